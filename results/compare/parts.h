// What two artifacts consist of, piece by piece: files, sections, symbols. Which pieces are new, gone, larger, smaller,
// the same under another name. Pure, and blind to what the pieces are.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace frostbyte::compare {

struct Part {
  std::string group{};  ///< "file", "section", "symbol": only parts of one group are compared
  std::string name{};   ///< unique in its group
  std::int64_t bytes = 0;
  std::string content{};     ///< a digest; empty: not known, and never said to have changed
  std::string attributes{};  ///< "0755 0:0"; what may change without the content
  std::string where{};       ///< "layer 2"; for people
  auto operator<=>(const Part&) const = default;
};

enum class PartChange : std::uint8_t {
  added,
  removed,
  grown,
  shrunk,
  changed,     ///< other content of the same size
  attributes,  ///< the same content with other attributes
  moved,       ///< the same content under another name
};
std::string_view to_string(PartChange change);

struct PartDifference {
  std::string group{};
  std::string name{};
  PartChange change = PartChange::added;
  std::int64_t base_bytes = 0;
  std::int64_t candidate_bytes = 0;
  std::string from{};   ///< of a moved part: the name it had
  std::string where{};  ///< the candidate's; of a removed part the base's
  [[nodiscard]] std::int64_t growth() const { return candidate_bytes - base_bytes; }
};

/// The largest change first, then by group and name; parts that do not differ are left out. The growths of a group sum
/// to the difference of its sizes. Each part moves at most once: what is copied is one move and further additions.
std::vector<PartDifference> difference(std::vector<Part> base, std::vector<Part> candidate);

}  // namespace frostbyte::compare
