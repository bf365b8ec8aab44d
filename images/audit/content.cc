#include "images/audit/content.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <deque>

#include "images/oci/path.h"

namespace frostbyte::audit {
namespace {

/// As many symbolic links as the kernel follows in one path (MAXSYMLINKS).
constexpr int kMostLinks = 40;

class ContentReader {
 public:
  ContentReader(const Source& source, const Tree& tree, const Wanted& wanted)
      : source_(source), tree_(tree), wanted_(wanted), shipped_(tree.nodes().size(), kNone) {}

  Result<void> read() {
    const auto& files = tree_.files();
    for (FileId begin = 0; begin < files.size();) {
      const std::uint32_t layer = files[begin].layer;  // files stand in the order of their layers
      FileId end = begin;
      missing_ = 0;
      for (; end < files.size() && files[end].layer == layer; ++end) {
        const File& file = files[end];
        if (!file.live() || file.size > wanted_.largest || !wanted_.file(end)) continue;
        if (shipped_[file.node] == kNone) ++missing_;
        shipped_[file.node] = end;
      }
      if (missing_ > 0)
        TRY(source_.image != nullptr ? read_layer(source_.image->layers[layer]) : read_folder(begin, end));
      for (FileId id = begin; id < end; ++id) shipped_[files[id].node] = kNone;
      begin = end;
    }
    return {};
  }

 private:
  Result<void> read_layer(const oci::Layer& layer) {
    oci::LayerReader reader = TRY(oci::LayerReader::open(layer, source_.limits));
    while (missing_ > 0) {
      const oci::Entry* entry = TRY(reader.next());
      if (entry == nullptr) break;
      if (entry->type != oci::EntryType::file) continue;
      const NodeId node = tree_.find(oci::canonical_path(entry->path).path);
      const FileId id = node == kNone ? kNone : shipped_[node];
      if (id == kNone) continue;
      TRY(read_entry(reader, id));
    }
    return {};
  }

  Result<void> read_entry(oci::LayerReader& reader, FileId id) {
    std::vector<char> content;
    for (;;) {
      const auto piece = TRY(reader.read());
      if (piece.bytes.empty()) break;
      const auto* begin = reinterpret_cast<const char*>(piece.bytes.data());
      const bool first = content.empty() && piece.offset == 0;
      if (first && !begins_as_wanted({begin, piece.bytes.size()})) return pass_over();
      if (piece.offset > wanted_.largest || piece.bytes.size() > wanted_.largest - piece.offset) return pass_over();
      content.resize(std::max<std::size_t>(content.size(), piece.offset));  // holes are zeros
      content.insert(content.end(), begin, begin + piece.bytes.size());
    }
    deliver(id, std::move(content));
    return {};
  }

  Result<void> read_folder(FileId begin, FileId end) {
    for (FileId id = begin; id < end; ++id) {
      if (shipped_[tree_.files()[id].node] != id) continue;
      const std::string path = source_.folder + "/" + tree_.path(tree_.files()[id].node);
      const Fd fd = TRY(open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
      std::vector<char> content;
      TRY(fill(fd, path, id, content));
    }
    return {};
  }

  Result<void> fill(const Fd& fd, const std::string& path, FileId id, std::vector<char>& content) {
    std::vector<char> buffer(256 << 10);
    for (;;) {
      const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_failure("read", path);
      if (n == 0) break;
      const auto size = static_cast<std::size_t>(n);
      if (content.empty() && !begins_as_wanted({buffer.data(), size})) return pass_over();
      if (content.size() + size > wanted_.largest) return pass_over();
      content.insert(content.end(), buffer.data(), buffer.data() + size);
    }
    deliver(id, std::move(content));
    return {};
  }

  [[nodiscard]] bool begins_as_wanted(std::string_view bytes) const {
    return !wanted_.beginning || wanted_.beginning(bytes);
  }

  Result<void> pass_over() {
    --missing_;
    return {};
  }

  void deliver(FileId id, std::vector<char> content) {
    --missing_;
    wanted_.receive(id, std::move(content));
  }

  const Source& source_;
  const Tree& tree_;
  const Wanted& wanted_;
  std::vector<FileId> shipped_;  ///< by node, of the layer at hand
  std::size_t missing_ = 0;
};

/// The parts of a path still to be walked, first part first.
void put_parts(std::string_view path, std::deque<std::string>& parts) {
  std::vector<std::string> found;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0 && path.substr(0, end) != ".") found.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  parts.insert(parts.begin(), found.begin(), found.end());
}

}  // namespace

Result<void> read_contents(const Source& source, const Tree& tree, const Wanted& wanted) {
  return ContentReader(source, tree, wanted).read();
}

NodeId follow(const Tree& tree, std::string_view path) {
  std::deque<std::string> parts;
  put_parts(path, parts);
  NodeId at = kRoot;
  int links = 0;
  while (!parts.empty()) {
    const std::string part = std::move(parts.front());
    parts.pop_front();
    if (part == "..") {
      at = at == kRoot ? kRoot : tree.nodes()[at].parent;
      continue;
    }
    const NodeId next = tree.child(at, part);
    if (next == kNone || !tree.nodes()[next].live) return kNone;
    if (tree.nodes()[next].type != oci::EntryType::symlink) {
      at = next;
      continue;
    }
    const std::string_view target = tree.link(next);
    if (target.empty() || ++links > kMostLinks) return kNone;
    if (target.starts_with('/')) at = kRoot;
    put_parts(target, parts);
  }
  return at;
}

}  // namespace frostbyte::audit
