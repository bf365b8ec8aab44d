// What a recipe stands for: the layer below a function's, and what that layer holds.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "images/oci/layer_writer.h"
#include "images/pack/contents.h"
#include "images/pack/recipe.h"

namespace frostbyte::pack {

struct Base {
  std::string name;  ///< the recipe's
  Contents contents;
  std::optional<oci::WrittenLayer> layer;  ///< none where the recipe puts nothing there
};

struct BaseOptions {
  oci::LayerOptions layer{};
  std::filesystem::path cache{};  ///< where roots made of packages are kept
  enum class Cached : std::uint8_t { use, renew } cached = Cached::use;
  std::function<void(const std::string&)> tell{};  ///< what takes long; may be empty
};

/// Errors: what the recipe takes from this host is not there (naming the package), or mmdebstrap fails.
Result<Base> build_base(const Recipe& recipe, const BaseOptions& options);

/// $XDG_CACHE_HOME/frostbyte, or ~/.cache/frostbyte; empty without a home.
std::filesystem::path cache_folder();

/// The layer of a DebianRule; what it holds is noted in `contents`. Internal to images/pack.
Result<oci::WrittenLayer> build_debian(const Recipe& recipe, const BaseOptions& options, Contents& contents);

/// Puts what a folder of this host holds below `path`: files that some may execute become 0755, others 0644, folders
/// 0755, links stay as they are. `without` names entries directly in it that are left out. Errors: a device, a pipe or
/// a socket among them; more than 100,000 entries; as readdir(3).
Result<void> add_tree(Contents& contents, const std::string& path, const std::filesystem::path& folder,
                      const std::vector<std::string>& without);

}  // namespace frostbyte::pack
