// What --ignore accepts of an image: dead bytes and privileges of paths that match. They stay in what is shipped, and
// stand apart from what is dead, so that the account still sums.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "images/audit/audit.h"

namespace frostbyte::commands {

class Accepted {
 public:
  Accepted(const audit::Audit& audit, const std::vector<std::string>& globs);
  [[nodiscard]] bool covers(std::string_view path) const;  ///< without its leading slash
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// The image's account without what is accepted.
  [[nodiscard]] const audit::Account& rest() const { return rest_; }

 private:
  const std::vector<std::string>& globs_;
  std::uint64_t bytes_ = 0;
  audit::Account rest_;
};

}  // namespace frostbyte::commands
