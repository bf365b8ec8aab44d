// From a word of the command line to something weighed: what it names is found out by looking, not by its spelling.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "images/audit/audit.h"
#include "images/oci/image.h"
#include "launcher/commands/weighed.h"

namespace frostbyte::commands {

struct InputOptions {
  oci::OpenOptions open{};
  std::optional<oci::Image> base{};  ///< images are split at it
  std::vector<int> zstd_levels{};
  std::string explain{};
  std::vector<std::string> ignore{};
  std::size_t top = 10;
  bool what_if = false;
  bool with_parts = false;
  std::vector<std::filesystem::path> search{};  ///< for functions' names
};

/// An image (a layout's folder, an archive, "-"), a root file system (a folder, an archive), an ELF file, or a function
/// (a folder with function.toml, the toml, a bundled function's name): of that its program. Errors: nothing of that
/// name, neither of these, unreadable; those of oci::open_image and audit::audit_image.
Result<Weighed> weigh(const std::string& input, const std::string& name, const InputOptions& options);

/// Opens an image without reading its layers, for --base.
Result<oci::Image> open_base(const std::string& input, const oci::OpenOptions& options);

/// A name for each input: those given, then the last part of its path, or all of it where two would be alike.
Result<std::vector<std::string>> name_inputs(const std::vector<std::string>& inputs,
                                             const std::vector<std::string>& names);

}  // namespace frostbyte::commands
