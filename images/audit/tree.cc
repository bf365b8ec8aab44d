#include "images/audit/tree.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

namespace frostbyte::audit {

std::string_view to_string(Death death) {
  constexpr std::array<std::string_view, kDeaths> kNames = {"overwritten", "metadata_only", "whiteout",
                                                            "opaque",      "replaced_type", "duplicate_in_layer"};
  return kNames[static_cast<std::size_t>(death)];
}

Tree::Tree() : slots_(1024, kNone) { nodes_.push_back({.name = names_.add(""), .live = true, .implied = true}); }

/// Where the node is, or where it would be put.
std::size_t Tree::slot_of(NodeId parent, std::string_view name) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = XXH3_64bits_withSeed(name.data(), name.size(), parent) & mask;
  while (slots_[slot] != kNone) {
    const Node& node = nodes_[slots_[slot]];
    if (node.parent == parent && std::string_view(node.name, node.name_size) == name) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

void Tree::grow() {
  slots_.assign(slots_.size() * 2, kNone);
  for (NodeId id = 1; id < nodes_.size(); ++id) slots_[slot_of(nodes_[id].parent, name(id))] = id;
}

NodeId Tree::intern(std::string_view path) {
  NodeId parent = kRoot;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    std::size_t slot = slot_of(parent, part);
    if (slots_[slot] == kNone) {
      if ((nodes_.size() + 1) * 3 > slots_.size() * 2) {
        grow();
        slot = slot_of(parent, part);
      }
      slots_[slot] = static_cast<NodeId>(nodes_.size());
      nodes_.push_back(
          {.name = names_.add(part), .parent = parent, .name_size = static_cast<std::uint16_t>(part.size())});
    }
    parent = slots_[slot];
  }
  return parent;
}

NodeId Tree::find(std::string_view path) const {
  NodeId id = kRoot;
  while (!path.empty() && id != kNone) {
    const std::size_t end = std::min(path.find('/'), path.size());
    id = slots_[slot_of(id, path.substr(0, end))];
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return id;
}

bool Tree::node_is_live(std::string_view path) const {
  const NodeId id = find(path);
  return id != kNone && nodes_[id].live;
}

std::string_view Tree::link(NodeId id) const {
  const auto found = links_.find(id);
  return found == links_.end() || nodes_[id].type != oci::EntryType::symlink ? std::string_view() : found->second;
}

std::string Tree::path(NodeId id) const {
  std::vector<NodeId> chain;
  for (; id != kRoot; id = nodes_[id].parent) chain.push_back(id);
  std::string text;
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if (!text.empty()) text += '/';
    text += name(*it);
  }
  return text;
}

FileId Tree::add_file(const File& file) {
  files_.push_back(file);
  return static_cast<FileId>(files_.size() - 1);
}

void Tree::enliven(NodeId id) {
  Node& node = nodes_[id];
  Node& parent = nodes_[node.parent];
  node.live = true;
  node.child = node.previous = kNone;
  node.next = parent.child;
  if (node.next != kNone) nodes_[node.next].previous = id;
  parent.child = id;
}

void Tree::unlink(NodeId id) {
  const Node& node = nodes_[id];
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
  } else {
    nodes_[node.parent].child = node.next;
  }
  if (node.next != kNone) nodes_[node.next].previous = node.previous;
}

}  // namespace frostbyte::audit
