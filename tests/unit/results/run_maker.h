// Runs for the tests of what is computed from them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "results/record/run.h"

namespace frostbyte::record {

/// A successful launch that took `response` ns.
inline Sample launched(std::int64_t response) {
  Sample sample;
  sample.stamps = {{"exec", 1'000}, {"response", 1'000 + response}};
  return sample;
}

inline Sample failed(Outcome outcome, std::string detail) {
  Sample sample;
  sample.outcome = outcome;
  sample.detail = std::move(detail);
  return sample;
}

/// A run under construction: variants first, then launches in order.
class RunMaker {
 public:
  RunMaker& variant(std::string name, std::map<std::string, std::string> labels = {}) {
    header_.variants.push_back({.name = std::move(name), .labels = std::move(labels)});
    return *this;
  }
  RunMaker& add(const std::string& variant, Sample sample) {
    sample.variant = variant;
    sample.sequence = samples_.size();
    samples_.push_back(std::move(sample));
    return *this;
  }
  RunMaker& add_many(const std::string& variant, int count, const std::function<Sample(int)>& make) {
    for (int i = 0; i < count; ++i) add(variant, make(i));
    return *this;
  }
  Header& header() { return header_; }
  [[nodiscard]] Run make() const { return Run::build(header_, samples_, EndReason::complete).value(); }

 private:
  Header header_{.tool = {.version = "0.1.0"}};
  std::vector<Sample> samples_;
};

}  // namespace frostbyte::record
