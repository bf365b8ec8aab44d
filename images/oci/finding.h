// What is odd about an image without making it unreadable. What makes it unreadable is an Error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace frostbyte::oci {

enum class Severity : std::uint8_t {
  note,     ///< harmless; explains a figure
  warning,  ///< some engines do something else with it
  invalid,  ///< against the specification
};

struct Finding {
  Severity severity = Severity::note;
  std::string name;         ///< "duplicate_entry": stable, for programs
  std::string text;         ///< one sentence; names the first path it is about
  std::uint64_t count = 1;  ///< how often it was seen
};

/// At most one finding a name: the first one's text, and how many there were.
class Findings {
 public:
  void add(Severity severity, std::string_view name, std::string text);
  void add(const Finding& finding);
  void add(const Findings& others);
  [[nodiscard]] const std::vector<Finding>& all() const { return all_; }
  [[nodiscard]] const Finding* find(std::string_view name) const;

 private:
  std::vector<Finding> all_;
};

}  // namespace frostbyte::oci
