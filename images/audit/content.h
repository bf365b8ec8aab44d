// The content of chosen live files of an audited image: a second pass over the layers that shipped them, and over no
// others. Layers were verified when they were audited.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "images/audit/audit.h"

namespace frostbyte::audit {

/// Where content is to be had: an image's layers, or a folder.
struct Source {
  const oci::Image* image = nullptr;  ///< null: the folder
  std::string folder{};
  oci::Limits limits{};
};

struct Wanted {
  std::function<bool(FileId)> file;                        ///< asked of live files
  std::function<bool(std::string_view)> beginning{};       ///< asked of a file's first bytes; none: any
  std::function<void(FileId, std::vector<char>)> receive;  ///< by layer, in the archive's order
  std::uint64_t largest = 1ULL << 30;                      ///< files with more bytes are passed over
};

/// Errors: as reading. A layer is read no further than its last wanted file.
Result<void> read_contents(const Source& source, const Tree& tree, const Wanted& wanted);

/// The node a path leads to, through symbolic links of folders and files; kNone when it leads nowhere or in circles.
NodeId follow(const Tree& tree, std::string_view path);

}  // namespace frostbyte::audit
