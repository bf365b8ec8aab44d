// The entries of one layer as they wait to be merged: one small record each, paths without what they share with the
// path before. A million entries take about a hundred megabytes. Internal to images/audit.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "images/oci/layer_reader.h"
#include "images/oci/path.h"

namespace frostbyte::audit {

/// XXH3 of a file's content, 128 bits. It tells equal files from different ones; it is no proof against somebody who
/// makes two files to deceive it, and no sum depends on it: layers are verified by SHA-256.
struct Content {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Content&) const = default;
};

struct Record {
  Content content{};
  std::uint64_t size = 0;        ///< payload bytes in the archive: those of a sparse file without its holes
  std::uint64_t compressed = 0;  ///< what the entry takes of the blob, headers included
  std::uint32_t shared = 0;      ///< leading bytes of the path before
  std::uint32_t rest = 0;        ///< further bytes of the path
  std::uint32_t target = 0;      ///< length of a link's target, which follows the path
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint16_t mode = 0;
  oci::EntryType type = oci::EntryType::file;
  oci::Mark mark = oci::Mark::none;
  bool exact = false;  ///< `compressed` is exact
};

/// Appends text in pieces that never move, so that growing needs no second copy.
class TextHeap {
 public:
  TextHeap() = default;
  TextHeap(TextHeap&& other) noexcept { swap(other); }
  TextHeap& operator=(TextHeap&& other) noexcept {
    TextHeap(std::move(other)).swap(*this);
    return *this;
  }
  const char* add(std::string_view text);

 private:
  static constexpr std::size_t kPiece = 1 << 20;
  void swap(TextHeap& other) noexcept {
    pieces_.swap(other.pieces_);
    std::swap(free_, other.free_);
    std::swap(left_, other.left_);
  }
  std::vector<std::unique_ptr<char[]>> pieces_;
  char* free_ = nullptr;
  std::size_t left_ = 0;
};

class RecordList {
 public:
  /// `path` is canonical, and what a whiteout or opaque mark is about.
  void add(Record record, std::string_view path, std::string_view target);
  [[nodiscard]] std::size_t size() const { return records_.size(); }

  /// Walks the list in archive order: visit(record, path, target).
  template <class Visit>
  void visit(Visit&& visit) const {
    std::string path;
    for (const Stored& stored : records_) {
      path.resize(stored.record.shared);
      path.append(stored.text, stored.record.rest);
      visit(stored.record, std::string_view(path),
            std::string_view(stored.text + stored.record.rest, stored.record.target));
    }
  }

 private:
  struct Stored {
    Record record;
    const char* text;
  };
  std::deque<Stored> records_;
  std::string last_;
  TextHeap heap_;
};

}  // namespace frostbyte::audit
