// A binary's figures under the names of the metric registry ("binary.file", "binary.code" …).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "images/elf/account.h"
#include "images/elf/fingerprint.h"
#include "images/elf/savings.h"

namespace frostbyte::elf {

struct Figure {
  std::string metric;
  std::int64_t value = 0;  ///< bytes or a count, as the registry says; capped at INT64_MAX
};

/// In the registry's order.
std::vector<Figure> figures(const Account& account, const Fingerprint& print, const Savings& savings);

}  // namespace frostbyte::elf
