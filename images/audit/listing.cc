#include "images/audit/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace frostbyte::audit {
namespace {

constexpr std::uint16_t kSetUid = 04000;
constexpr std::uint16_t kSetGid = 02000;
constexpr std::uint16_t kSticky = 01000;
constexpr std::uint16_t kOthersWrite = 00002;
constexpr std::size_t kPathsOfAGroup = 4;

/// Cuts `files` to the `most` largest, in order. Paths are made for those alone.
std::vector<ListedFile> largest_of(const Tree& tree, std::vector<ListedFile> files, std::size_t most) {
  const auto size = [&](const ListedFile& file) { return tree.files()[file.file].size; };
  const std::size_t kept = std::min(most, files.size());
  // Ties are settled by path below; by number here, so that which of them are kept is settled too.
  const auto before = [&](const ListedFile& a, const ListedFile& b) {
    return std::tuple(size(b), a.node, a.file) < std::tuple(size(a), b.node, b.file);
  };
  std::partial_sort(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(kept), files.end(), before);
  files.resize(kept);
  for (ListedFile& file : files) file.path = tree.path(file.node);
  std::ranges::stable_sort(files, [&](const ListedFile& a, const ListedFile& b) {
    return std::tuple(size(b), a.path) < std::tuple(size(a), b.path);
  });
  return files;
}

}  // namespace

void for_each_live_file(const Tree& tree, const std::function<void(NodeId, const File&)>& visit) {
  std::vector<bool> seen(tree.files().size(), false);
  for (NodeId id = 1; id < tree.nodes().size(); ++id) {
    const Node& node = tree.nodes()[id];
    if (!node.live || node.file == kNone || seen[node.file]) continue;
    seen[node.file] = true;
    visit(id, tree.files()[node.file]);
  }
}

std::vector<ListedFile> largest_files(const Tree& tree, std::size_t most) {
  std::vector<ListedFile> files;
  for_each_live_file(tree, [&](NodeId id, const File& file) {
    if (file.size > 0) files.push_back({.file = tree.nodes()[id].file, .node = id});
  });
  return largest_of(tree, std::move(files), most);
}

std::vector<ListedFile> dead_files(const Tree& tree, std::size_t most) {
  std::vector<ListedFile> files;
  for (FileId id = 0; id < tree.files().size(); ++id) {
    const File& file = tree.files()[id];
    if (!file.live() && file.size > 0) files.push_back({.file = id, .node = file.node});
  }
  return largest_of(tree, std::move(files), most);
}

std::vector<DuplicateGroup> duplicate_groups(const Tree& tree, std::size_t most) {
  std::vector<std::pair<const File*, NodeId>> live;
  for_each_live_file(tree, [&](NodeId id, const File& file) {
    if (file.size > 0) live.emplace_back(&file, id);
  });
  const auto key = [](const auto& one) { return std::tie(one.first->size, one.first->content); };
  std::ranges::sort(
      live, [&](const auto& a, const auto& b) { return key(a) != key(b) ? key(a) < key(b) : a.second < b.second; });
  std::vector<DuplicateGroup> groups;
  std::vector<std::size_t> begins;
  for (std::size_t begin = 0; begin < live.size();) {
    std::size_t end = begin + 1;
    while (end < live.size() && key(live[end]) == key(live[begin])) ++end;
    if (end - begin > 1) {
      groups.push_back({.size = live[begin].first->size, .copies = end - begin});
      groups.back().paths.push_back(tree.path(live[begin].second));
      for (std::size_t i = begin + 1; i < std::min(end, begin + kPathsOfAGroup); ++i)
        groups.back().paths.push_back(tree.path(live[i].second));
      std::ranges::sort(groups.back().paths);
    }
    begin = end;
  }
  std::ranges::sort(groups, [](const DuplicateGroup& a, const DuplicateGroup& b) {
    return std::tuple(b.wasted(), a.paths) < std::tuple(a.wasted(), b.paths);
  });
  if (groups.size() > most) groups.resize(most);
  return groups;
}

std::string_view to_string(Privilege privilege) {
  constexpr std::array<std::string_view, 3> kNames = {"setuid", "setgid", "world-writable"};
  return kNames[static_cast<std::size_t>(privilege)];
}

std::vector<Privileged> privileged_files(const Tree& tree) {
  std::vector<Privileged> found;
  for (NodeId id = 1; id < tree.nodes().size(); ++id) {
    const Node& node = tree.nodes()[id];
    const bool file = node.file != kNone;
    if (!node.live || node.implied || (!file && node.type != oci::EntryType::folder)) continue;
    const auto add = [&](Privilege privilege) {
      found.push_back({.path = tree.path(id),
                       .privilege = privilege,
                       .mode = node.mode,
                       .uid = node.uid,
                       .gid = node.gid,
                       .size = file ? tree.files()[node.file].size : 0});
    };
    if (file && (node.mode & kSetUid) != 0) add(Privilege::setuid);
    if (file && (node.mode & kSetGid) != 0) add(Privilege::setgid);
    if ((node.mode & kOthersWrite) != 0 && (file || (node.mode & kSticky) == 0)) add(Privilege::world_writable);
  }
  std::ranges::sort(found, {}, [](const Privileged& one) { return std::tuple(one.path, one.privilege); });
  return found;
}

namespace {

class PlaceFinder {
 public:
  PlaceFinder(const Tree& tree, double part)
      : tree_(tree), bytes_(tree.nodes().size(), 0), files_(tree.nodes().size(), 0) {
    for_each_live_file(tree, [&](NodeId id, const File& file) {
      bytes_[id] += file.size;
      ++files_[id];
    });
    // A parent's number is smaller than its children's.
    for (NodeId id = static_cast<NodeId>(tree.nodes().size()); id-- > 1;) {
      bytes_[tree.nodes()[id].parent] += bytes_[id];
      files_[tree.nodes()[id].parent] += files_[id];
    }
    least_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(part * static_cast<double>(bytes_[kRoot])));
  }

  std::vector<Place> find() {
    add_children(kRoot, 0);
    return std::move(places_);
  }

 private:
  [[nodiscard]] std::vector<NodeId> large_children(NodeId folder) const {
    std::vector<NodeId> large;
    for (NodeId child = tree_.nodes()[folder].child; child != kNone; child = tree_.nodes()[child].next)
      if (bytes_[child] >= least_) large.push_back(child);
    std::ranges::sort(large, [&](NodeId a, NodeId b) {
      return std::tuple(bytes_[b], tree_.name(a)) < std::tuple(bytes_[a], tree_.name(b));
    });
    return large;
  }

  [[nodiscard]] bool is_folder(NodeId id) const { return tree_.nodes()[id].file == kNone; }

  /// No deeper than `part` allows: each level has a place of its own size, and a chain of folders is one.
  void add_children(NodeId folder, std::uint32_t depth) {
    const std::vector<NodeId> large = large_children(folder);
    std::uint64_t bytes = bytes_[folder];
    std::uint64_t files = files_[folder];
    for (const NodeId child : large) {
      bytes -= bytes_[child];
      files -= files_[child];
      add(child, depth);
    }
    if (!large.empty() && files > 0 && bytes > 0) {
      const std::string path = tree_.path(folder);
      places_.push_back({.path = (path.empty() ? "/" : "/" + path + "/") + fmt::format("({} smaller)", files),
                         .depth = depth,
                         .bytes = bytes,
                         .files = files});
    }
  }

  void add(NodeId id, std::uint32_t depth) {
    while (is_folder(id)) {
      const NodeId only = tree_.nodes()[id].child;
      if (only == kNone || tree_.nodes()[only].next != kNone) break;
      id = only;
    }
    places_.push_back({.path = "/" + tree_.path(id) + (is_folder(id) ? "/" : ""),
                       .depth = depth,
                       .bytes = bytes_[id],
                       .files = files_[id]});
    if (is_folder(id) && depth + 1 < kDeepest) add_children(id, depth + 1);
  }

  static constexpr std::uint32_t kDeepest = 6;
  const Tree& tree_;
  std::vector<std::uint64_t> bytes_, files_;
  std::uint64_t least_ = 1;
  std::vector<Place> places_;
};

}  // namespace

std::vector<Place> places(const Tree& tree, double part) { return PlaceFinder(tree, part).find(); }

}  // namespace frostbyte::audit
