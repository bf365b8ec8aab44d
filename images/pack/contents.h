// What an image or a layer will hold, by path, before it is written: entries with fixed owners and modes, and where
// their bytes come from.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "images/oci/layer_writer.h"
#include "images/oci/path.h"

namespace frostbyte::pack {

/// A file's bytes: written out here, or those of files of this host, one after the other.
using Source = std::variant<std::string, std::vector<std::filesystem::path>>;

class Contents {
 public:
  /// What is laid over `below`, which must outlive it: folders that are there are not repeated, and links lead on
  /// there.
  static Contents over(const Contents& below) {
    Contents above;
    above.below_ = &below;
    return above;
  }

  /// Paths are canonical: "etc/passwd". A folder that is there already keeps the mode it has. Errors: the path is taken
  /// by something else; a path through something that is no folder.
  Result<void> add_folder(const std::string& path, std::uint32_t mode = 0755);
  Result<void> add_file(const std::string& path, Source source, std::uint32_t mode = 0644);
  Result<void> add_link(const std::string& path, const std::string& target);
  /// An entry of another archive, whose bytes are not kept here. Errors: likewise.
  Result<void> note(const oci::Entry& entry);

  /// Where `path` leads inside the image, through symbolic links, as the kernel would go; nothing when it leads to
  /// nothing, or round in a circle. "/lib64/x" and "lib64/x" are the same.
  [[nodiscard]] std::optional<std::string> resolve(std::string_view path) const;
  [[nodiscard]] bool has_file(std::string_view path) const;
  [[nodiscard]] bool empty() const { return items_.empty(); }

  /// As a layer, without what lies below.
  Result<oci::WrittenLayer> write(const oci::LayerOptions& options) const;

  /// Paths in the order in which they are written.
  [[nodiscard]] std::vector<std::string> paths() const;

 private:
  struct Item {
    oci::Entry entry;
    Source source;
  };
  Result<void> add(oci::Entry entry, Source source);
  [[nodiscard]] const oci::Entry* find(const std::string& path) const;
  const Contents* below_ = nullptr;
  std::map<std::string, Item, oci::PathOrder> items_;
};

}  // namespace frostbyte::pack
