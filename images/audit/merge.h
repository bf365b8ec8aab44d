// Lays layers on top of each other as an engine does, and keeps the books: who shipped each byte, and who made it dead.
// The rules are those of the OCI image specification, layer.md; METHOD.md lists them. Internal to images/audit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "images/audit/tree.h"
#include "images/oci/finding.h"

namespace frostbyte::audit {

/// Something that happened to a path that is being explained.
struct Event {
  enum class Kind : std::uint8_t { written, linked, implied, removed };
  std::uint32_t layer = 0;
  Kind kind = Kind::written;
  oci::EntryType type = oci::EntryType::file;
  std::uint64_t size = 0;
  std::uint16_t mode = 0;
  Death death = Death::overwritten;  ///< of a removal
  std::string by{};                  ///< the path whose entry caused a removal
};

class Merger {
 public:
  /// `watched` is a canonical path whose history is kept; empty: none.
  explicit Merger(std::string_view watched = {});

  /// Layers come base first. First everything the layer removes is taken from what lay below, wherever in the archive
  /// it says so; then its entries are added in the archive's order.
  void add_layer(const RecordList& records);

  [[nodiscard]] const Tree& tree() const { return tree_; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  [[nodiscard]] const oci::Findings& findings() const { return findings_; }
  [[nodiscard]] std::uint64_t redundant_whiteouts() const { return redundant_whiteouts_; }
  /// Gives the tree away; the merger is of no use afterwards.
  Tree take_tree() { return std::move(tree_); }

 private:
  struct Incoming {
    const Record& record;
    std::string_view path;
    std::string_view target;
    FileId file = kNone;  ///< what a hard link leads to
    oci::EntryType type = oci::EntryType::file;
  };
  void apply_mark(const Record& record, std::string_view path);
  void add_entry(const Record& record, std::string_view path, std::string_view target);
  void resolve_link(Incoming& incoming, std::string_view target);
  void make_way(NodeId parent, std::string_view path);
  void replace(NodeId id, const Incoming& incoming);
  void place(NodeId id, const Incoming& incoming);
  void remove(NodeId top, Death death, std::string_view by);
  void release(FileId id, Death death);
  [[nodiscard]] Death death_by(const Node& old, const Incoming& incoming) const;
  void note(oci::Severity severity, std::string_view name, std::string_view path, std::string_view what);

  Tree tree_;
  NodeId watched_ = kNone;
  std::uint32_t layer_ = 0;
  std::vector<Event> events_;
  oci::Findings findings_;
  std::uint64_t redundant_whiteouts_ = 0;
};

}  // namespace frostbyte::audit
