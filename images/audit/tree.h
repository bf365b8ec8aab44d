// The merged root file system while layers are laid on top of each other: which paths are there, which file each name
// stands for, and, of every file ever shipped, whether anything still leads to it. Every operation costs what it adds
// or removes, never what lies below: merging is linear in the number of entries. Not here: what an entry of a layer
// does (merge.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "images/audit/record.h"

namespace frostbyte::audit {

/// Why a shipped file is not in the merged root file system.
enum class Death : std::uint8_t {
  overwritten,         ///< another layer has other content under its name
  metadata_only,       ///< another layer has the same content under its name: chmod, chown, touch, copied again
  whiteout,            ///< removed by name, or with a folder above it
  opaque,              ///< its folder was emptied
  replaced_type,       ///< its name, or a folder's above it, became something else
  duplicate_in_layer,  ///< its own layer has its name twice
};
inline constexpr std::size_t kDeaths = 6;
std::string_view to_string(Death death);

using NodeId = std::uint32_t;
using FileId = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xffffffff;
inline constexpr NodeId kRoot = 0;

/// A file as one layer shipped it; hard links within the layer share it.
struct File {
  Content content{};
  std::uint64_t size = 0;
  std::uint64_t compressed = 0;
  NodeId node = kNone;       ///< the name it was shipped under
  std::uint32_t names = 0;   ///< that lead to it now; 0: it is dead
  std::uint32_t layer = 0;   ///< that shipped it
  std::uint32_t killer = 0;  ///< layer that took its last name, once it is dead
  Death death = Death::overwritten;
  bool exact = false;
  bool linked = false;  ///< ever had more than one name
  [[nodiscard]] bool live() const { return names > 0; }
};

/// A path that some layer named. Children are those that are there now.
struct Node {
  const char* name = nullptr;
  NodeId parent = kNone;
  NodeId child = kNone, next = kNone, previous = kNone;
  FileId file = kNone;      ///< for files and hard links to them
  std::uint32_t layer = 0;  ///< of its last entry
  std::uint32_t uid = 0, gid = 0;
  std::uint16_t name_size = 0;
  std::uint16_t mode = 0;
  oci::EntryType type = oci::EntryType::folder;
  bool live = false;
  bool implied = false;  ///< a folder no entry names
};

class Tree {
 public:
  Tree();

  /// Every path has one node, live or not, once it has been interned; a parent's id is smaller than its children's.
  NodeId intern(std::string_view path);
  /// kNone when it was never interned.
  [[nodiscard]] NodeId find(std::string_view path) const;
  [[nodiscard]] bool node_is_live(std::string_view path) const;
  /// One step down; kNone when the name was never interned below it.
  [[nodiscard]] NodeId child(NodeId parent, std::string_view name) const { return slots_[slot_of(parent, name)]; }
  /// Where a symbolic link leads, as written; empty for anything else.
  [[nodiscard]] std::string_view link(NodeId id) const;
  void set_link(NodeId id, std::string_view target) { links_[id] = target; }
  [[nodiscard]] std::string path(NodeId id) const;
  [[nodiscard]] std::string_view name(NodeId id) const { return {nodes_[id].name, nodes_[id].name_size}; }

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<File>& files() const { return files_; }
  Node& node(NodeId id) { return nodes_[id]; }
  File& file(FileId id) { return files_[id]; }
  FileId add_file(const File& file);

  /// Puts a node among its parent's children, as something without children. Its parent must be a live folder.
  void enliven(NodeId id);
  /// Takes a node and everything below it away: visit(node) is called for each, before it goes.
  template <class Visit>
  void remove(NodeId top, Visit&& visit);

 private:
  [[nodiscard]] std::size_t slot_of(NodeId parent, std::string_view name) const;
  void grow();
  void unlink(NodeId id);

  std::vector<Node> nodes_;
  std::vector<File> files_;
  std::vector<NodeId> slots_;  ///< open addressing by (parent, name); a power of two, at most two thirds full
  TextHeap names_;
  std::unordered_map<NodeId, std::string> links_;
  std::vector<NodeId> pending_;
};

template <class Visit>
void Tree::remove(NodeId top, Visit&& visit) {
  unlink(top);
  pending_.assign(1, top);
  while (!pending_.empty()) {
    const NodeId id = pending_.back();
    pending_.pop_back();
    for (NodeId child = nodes_[id].child; child != kNone; child = nodes_[child].next) pending_.push_back(child);
    visit(id);
    Node& gone = nodes_[id];
    gone.live = gone.implied = false;
    gone.file = gone.child = kNone;
  }
}

}  // namespace frostbyte::audit
