// What the end of a run states about every byte before it, so that a file that was changed afterwards is told from one
// that was measured. Against accidents and well-meant edits, not against forgery. Internal to results/record.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct XXH3_state_s;

namespace frostbyte::record {

class Digest {
 public:
  Digest();
  /// `line` without its newline, which is digested too.
  void add_line(std::string_view line);
  /// "xxh3:" and 16 hexadecimal digits, of all lines so far.
  [[nodiscard]] std::string text() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace frostbyte::record
