// The running figure of the progress line: the median of a variant's last launches, in constant memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "launcher/base/units.h"

namespace frostbyte::sweep {

class LiveMedian {
 public:
  static constexpr std::size_t kWindow = 256;

  void add(Nanos value) {
    if (values_.size() < kWindow) {
      values_.push_back(value);
    } else {
      values_[next_] = value;
      next_ = (next_ + 1) % kWindow;
    }
  }

  /// The lower middle value: a progress line needs no interpolation.
  [[nodiscard]] std::optional<Nanos> value() const {
    if (values_.empty()) return std::nullopt;
    std::vector<Nanos> sorted = values_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }

 private:
  std::vector<Nanos> values_;
  std::size_t next_ = 0;
};

}  // namespace frostbyte::sweep
