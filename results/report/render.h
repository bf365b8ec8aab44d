// From a summary to text in a named format. A new format is one file with one function, and one row in render.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"
#include "results/compare/comparison.h"
#include "results/gate/check.h"
#include "results/summary/summary.h"

namespace frostbyte::report {

enum class Colour : std::uint8_t { off, on };
enum class Charset : std::uint8_t { ascii, unicode };

using summary::Distribution;
using summary::Figure;
using summary::Flag;
using summary::kConfidence;
using summary::Range;
using summary::Subject;
using summary::Summary;
using summary::Tail;

/// Everything a command has to say.
struct Report {
  Summary summary;
  std::vector<compare::Comparison> comparisons{};  ///< one a candidate; empty when nothing was compared
  std::vector<gate::Check> checks{};               ///< in the budgets' order; empty without budgets and gates
};

/// Only the console format looks at these.
struct RenderOptions {
  Colour colour = Colour::off;
  Charset charset = Charset::unicode;
  std::uint32_t width = 80;  ///< columns; figures are dropped in a stated order until the table fits
};

/// What suits a descriptor: its width and colour when it is a terminal (NO_COLOR and TERM=dumb are heeded), plain text
/// of 100 columns when it is not; UTF-8 as the locale's variables say.
RenderOptions terminal_options(int fd);

struct Format {
  std::string_view name;     ///< as in `-o name=path`
  std::string_view summary;  ///< one line for the help text
  Result<std::string> (*render)(const Report& report, const RenderOptions& options);
};
std::span<const Format> formats();

/// Text that ends in a newline. Errors: no such format (the hint lists them).
Result<std::string> render(std::string_view format, const Report& report, const RenderOptions& options = {});

}  // namespace frostbyte::report
