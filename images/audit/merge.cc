#include "images/audit/merge.h"

#include <fmt/format.h>

namespace frostbyte::audit {

using oci::EntryType;
using oci::Mark;
using oci::Severity;

Merger::Merger(std::string_view watched) {
  if (!watched.empty()) watched_ = tree_.intern(watched);
}

void Merger::note(Severity severity, std::string_view name, std::string_view path, std::string_view what) {
  // Text is made for the first of each kind only: there may be a million.
  const bool first = findings_.find(name) == nullptr;
  findings_.add(severity, name, first ? fmt::format("layer {}: '/{}' {}", layer_ + 1, path, what) : std::string());
}

void Merger::add_layer(const RecordList& records) {
  // Opaque folders first: a whiteout below one is then redundant, whichever of the two comes first in the archive.
  records.visit([&](const Record& record, std::string_view path, std::string_view) {
    if (record.mark == Mark::opaque) apply_mark(record, path);
  });
  records.visit([&](const Record& record, std::string_view path, std::string_view) {
    if (record.mark != Mark::opaque && record.mark != Mark::none) apply_mark(record, path);
  });
  records.visit([&](const Record& record, std::string_view path, std::string_view target) {
    if (record.mark == Mark::none) add_entry(record, path, target);
  });
  ++layer_;
}

void Merger::apply_mark(const Record& record, std::string_view path) {
  if (record.mark == Mark::invalid)
    return note(Severity::invalid, "invalid_whiteout", path, "is a whiteout of nothing");
  if (record.mark == Mark::other) return note(Severity::note, "aufs_metadata", path, "is aufs metadata, of no effect");
  const NodeId id = tree_.find(path);
  const bool there = id != kNone && tree_.node(id).live;
  if (record.mark == Mark::opaque) {
    while (there && tree_.node(id).child != kNone) remove(tree_.node(id).child, Death::opaque, path);
  } else if (there && id != kRoot) {
    remove(id, Death::whiteout, path);
  } else {
    ++redundant_whiteouts_;
  }
}

void Merger::remove(NodeId top, Death death, std::string_view by) {
  tree_.remove(top, [&](NodeId id) {
    const Node& node = tree_.node(id);
    if (id == watched_)
      events_.push_back({.layer = layer_,
                         .kind = Event::Kind::removed,
                         .type = node.type,
                         .mode = node.mode,
                         .death = node.layer == layer_ ? Death::duplicate_in_layer : death,
                         .by = std::string(by)});
    if (node.file != kNone) release(node.file, death);
  });
}

void Merger::release(FileId id, Death death) {
  File& file = tree_.file(id);
  if (--file.names > 0) return;
  file.death = file.layer == layer_ ? Death::duplicate_in_layer : death;
  file.killer = layer_;
}

/// A link leads to a file that its own layer has brought before, or that lies below. What it leads to is settled before
/// anything makes way for the link itself.
void Merger::resolve_link(Incoming& incoming, std::string_view target) {
  const NodeId id = tree_.find(target);
  if (id == kNone || !tree_.node(id).live || tree_.node(id).type == EntryType::folder) {
    incoming.type = EntryType::file;
    return note(Severity::warning, "hardlink_without_target", incoming.path,
                fmt::format("is a hard link to '/{}', where there is no file", target));
  }
  const Node& node = tree_.node(id);
  incoming.type = node.type;
  incoming.file = node.file;
  if (node.file == kNone) return;
  if (tree_.file(node.file).layer != layer_)
    note(Severity::warning, "hardlink_across_layers", incoming.path,
         "is a hard link to a file of a layer below, which some engines cannot unpack and others copy");
  tree_.file(node.file).linked = true;
}

void Merger::add_entry(const Record& record, std::string_view path, std::string_view target) {
  Incoming incoming{.record = record, .path = path, .target = target, .file = kNone, .type = record.type};
  if (record.type == EntryType::hardlink) resolve_link(incoming, target);
  const NodeId id = tree_.intern(path);
  if (id == kRoot) {
    if (record.type != EntryType::folder)
      return note(Severity::invalid, "root_replaced", path, "is the root, and the entry is no folder");
    Node& root = tree_.node(kRoot);
    root.mode = record.mode, root.uid = record.uid, root.gid = record.gid, root.implied = false;
    return;
  }
  make_way(tree_.node(id).parent, path);
  replace(id, incoming);
}

/// Every folder above an entry must be there. What stands there instead makes way, as it does in the overlay file
/// systems of engines, which unpack each layer by itself and never look through a link of another.
void Merger::make_way(NodeId parent, std::string_view path) {
  std::vector<NodeId> missing;
  for (NodeId id = parent; id != kRoot; id = tree_.node(id).parent) {
    const Node& node = tree_.node(id);
    if (node.live && node.type == EntryType::folder) break;
    missing.push_back(id);
  }
  for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
    if (tree_.node(*it).live) {
      note(Severity::warning, "path_through_link", path,
           fmt::format("passes through '/{}', which is no folder: engines disagree whether to follow or to replace it",
                       tree_.path(*it)));
      remove(*it, Death::replaced_type, path);
    }
    tree_.enliven(*it);
    Node& node = tree_.node(*it);
    node.type = EntryType::folder, node.layer = layer_, node.mode = 0755, node.uid = node.gid = 0, node.implied = true;
    if (*it == watched_) events_.push_back({.layer = layer_, .kind = Event::Kind::implied, .type = node.type});
  }
}

Death Merger::death_by(const Node& old, const Incoming& incoming) const {
  if (old.type != incoming.type) return Death::replaced_type;
  if (old.file == kNone || incoming.type != EntryType::file) return Death::overwritten;
  const File& before = tree_.files()[old.file];
  const bool linked = incoming.file != kNone;
  const Content content = linked ? tree_.files()[incoming.file].content : incoming.record.content;
  const std::uint64_t size = linked ? tree_.files()[incoming.file].size : incoming.record.size;
  return before.size == size && before.content == content ? Death::metadata_only : Death::overwritten;
}

void Merger::replace(NodeId id, const Incoming& incoming) {
  const Node& old = tree_.node(id);
  if (!old.live) return place(id, incoming);
  if (incoming.file != kNone && old.file == incoming.file) return;  // already another name of this very file
  if (old.type == EntryType::folder && incoming.type == EntryType::folder) {
    Node& node = tree_.node(id);
    node.mode = incoming.record.mode, node.uid = incoming.record.uid, node.gid = incoming.record.gid;
    node.layer = layer_, node.implied = false;
    return;
  }
  if (old.layer == layer_ && !old.implied)
    note(Severity::warning, "duplicate_entry", incoming.path, "stands in its layer more than once; the last counts");
  // The file a link leads to may lie below what makes way; a name in hand keeps it.
  if (incoming.file != kNone) ++tree_.file(incoming.file).names;
  remove(id, death_by(old, incoming), incoming.path);
  if (incoming.file != kNone) --tree_.file(incoming.file).names;
  place(id, incoming);
}

void Merger::place(NodeId id, const Incoming& incoming) {
  const Record& record = incoming.record;
  tree_.enliven(id);
  FileId file = incoming.file;
  if (incoming.type == EntryType::file && file == kNone) {
    // A hard link that leads nowhere becomes an empty file of its own.
    const bool shipped = record.type == EntryType::file;
    file = tree_.add_file({.content = shipped ? record.content : Content{},
                           .size = shipped ? record.size : 0,
                           .compressed = record.compressed,
                           .node = id,
                           .layer = layer_,
                           .exact = record.exact});
  }
  Node& node = tree_.node(id);
  node.type = incoming.type, node.layer = layer_, node.file = file, node.implied = false;
  node.mode = record.mode, node.uid = record.uid, node.gid = record.gid;
  if (file != kNone) ++tree_.file(file).names;
  if (incoming.type == EntryType::symlink) {
    const bool linked = record.type == EntryType::hardlink;
    tree_.set_link(id, std::string(linked ? tree_.link(tree_.find(incoming.target)) : incoming.target));
  }
  if (id == watched_)
    events_.push_back({.layer = layer_,
                       .kind = record.type == EntryType::hardlink ? Event::Kind::linked : Event::Kind::written,
                       .type = incoming.type,
                       .size = file == kNone ? 0 : tree_.file(file).size,
                       .mode = record.mode});
}

}  // namespace frostbyte::audit
