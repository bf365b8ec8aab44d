// What of an audited image is worth naming: its largest files, what is dead and who killed it, what is there twice,
// what is privileged, and how bytes spread over folders. Everything in a stable order: by size, then by path.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "images/audit/audit.h"

namespace frostbyte::audit {

/// A file, under the name it has now, or, dead, had when it was shipped.
struct ListedFile {
  std::string path{};
  FileId file = kNone;
  NodeId node = kNone;
};

/// The `most` largest live files; hard links once, under their first name in the order of shipping.
std::vector<ListedFile> largest_files(const Tree& tree, std::size_t most);

/// The `most` largest dead files.
std::vector<ListedFile> dead_files(const Tree& tree, std::size_t most);

/// Live files of one content.
struct DuplicateGroup {
  std::uint64_t size = 0;  ///< of one copy
  std::uint64_t copies = 0;
  std::vector<std::string> paths{};  ///< sorted; at most four of them
  [[nodiscard]] std::uint64_t wasted() const { return size * (copies - 1); }
};
/// The `most` groups that waste most.
std::vector<DuplicateGroup> duplicate_groups(const Tree& tree, std::size_t most);

/// Why a live file or folder deserves a look.
enum class Privilege : std::uint8_t { setuid, setgid, world_writable };
std::string_view to_string(Privilege privilege);
struct Privileged {
  std::string path{};
  Privilege privilege = Privilege::setuid;
  std::uint16_t mode = 0;
  std::uint32_t uid = 0, gid = 0;
  std::uint64_t size = 0;
};
/// All of them, by path; a file with several privileges once each. A folder that everybody may write is not one when it
/// is sticky, as /tmp is.
std::vector<Privileged> privileged_files(const Tree& tree);

/// Live bytes in and below a folder, or of a file.
struct Place {
  std::string path{};  ///< folders end in a slash; "… 12 more" for what is folded, with the path before it
  std::uint32_t depth = 0;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};
/// The folders that hold most, as a tree in depth-first order, largest first: every place has at least `part` of all
/// live bytes, and what is left of a folder some of whose content is shown is one line. Folders with a single large
/// child are one line with it.
std::vector<Place> places(const Tree& tree, double part);

/// Calls visit(path, file, node) for every live file, hard links once, in the order of their nodes.
void for_each_live_file(const Tree& tree, const std::function<void(NodeId, const File&)>& visit);

}  // namespace frostbyte::audit
