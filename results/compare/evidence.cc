#include "results/compare/evidence.h"

#include <algorithm>
#include <functional>

#include "results/stats/order.h"
#include "results/stats/two_sample.h"

namespace frostbyte::compare {
namespace {

struct Value {
  std::uint32_t round = 0;
  double value = 0;
};

/// In launch order; warm-ups and missing cells left out.
std::vector<Value> measured(const Side& side, std::string_view metric) {
  std::vector<Value> values;
  const record::VariantData& data = side.run->variants()[side.variant];
  const auto column = data.columns.find(metric);
  if (column == data.columns.end()) return values;
  values.reserve(data.rows.size());
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const std::int64_t cell = column->second[i];
    if (!data.rows[i].warmup && cell != record::kMissing)
      values.push_back({.round = data.rows[i].round, .value = static_cast<double>(cell)});
  }
  return values;
}

/// Only what both have in the same round.
void keep_common_rounds(std::vector<Value>& base, std::vector<Value>& candidate) {
  // A resumed run makes up for what it lacks: its rounds need not ascend.
  std::ranges::stable_sort(base, {}, &Value::round);
  std::ranges::stable_sort(candidate, {}, &Value::round);
  std::size_t kept = 0;
  for (std::size_t b = 0, c = 0; b < base.size() && c < candidate.size();) {
    if (base[b].round != candidate[c].round) {
      base[b].round < candidate[c].round ? ++b : ++c;
    } else {
      base[kept] = base[b++];
      candidate[kept++] = candidate[c++];
    }
  }
  base.resize(kept);
  candidate.resize(kept);
}

std::vector<double> numbers(const std::vector<Value>& values) {
  std::vector<double> numbers(values.size());
  std::ranges::transform(values, numbers.begin(), &Value::value);
  return numbers;
}

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return stats::median(values);
}

}  // namespace

Evidence::Evidence(const Side& base, const Side& candidate, const metric::Metric& metric)
    : paired_(base.run == candidate.run) {
  std::vector<Value> from = measured(base, metric.id);
  std::vector<Value> to = measured(candidate, metric.id);
  if (paired_) keep_common_rounds(from, to);
  values_ = numbers(from);
  other_values_ = numbers(to);
  n_base_ = values_.size();
  n_candidate_ = other_values_.size();
  base_ = median_of(values_);
  candidate_ = median_of(other_values_);
  if (paired_) {
    std::ranges::transform(other_values_, values_, values_.begin(), std::minus<>());
    other_values_ = {};
  } else {
    inflation_ = std::max(stats::variance_inflation(values_), stats::variance_inflation(other_values_));
  }
}

stats::Shift Evidence::shift(double confidence) const {
  return paired_ ? stats::hodges_lehmann(values_, confidence)
                 : stats::hodges_lehmann(values_, other_values_, confidence, inflation_);
}

double Evidence::p_value() const {
  return paired_ ? stats::signed_rank(values_).p_value : stats::rank_sum(values_, other_values_, inflation_).p_value;
}

}  // namespace frostbyte::compare
