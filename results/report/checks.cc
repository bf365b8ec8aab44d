#include "results/report/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace frostbyte::report {
namespace {

using gate::Check;
using gate::Status;

constexpr std::array kUrgency = {Status::failed, Status::undecided, Status::warned, Status::ignored, Status::pass};

std::ptrdiff_t rank(const Check* check) { return std::ranges::find(kUrgency, check->status) - kUrgency.begin(); }

}  // namespace

std::vector<const Check*> by_urgency(std::span<const Check> checks) {
  std::vector<const Check*> order;
  for (const Check& check : checks) order.push_back(&check);
  std::ranges::stable_sort(order, {}, rank);
  return order;
}

std::string tally(std::span<const Check> checks) {
  std::string text;
  for (const Status status : kUrgency) {
    const auto count = std::ranges::count(checks, status, &Check::status);
    if (count == 0) continue;
    const std::string_view word = status == Status::pass ? "passed" : gate::to_string(status);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
  }
  return text.empty() ? "no checks" : text;
}

std::string claim(const Check& check) { return fmt::format("{} of {}: {}", check.metric, check.subject, check.limit); }

bool stops(const Check& check) {
  return check.status == Status::failed || (check.status == Status::undecided && check.level == gate::Level::fail);
}

}  // namespace frostbyte::report
