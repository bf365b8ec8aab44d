// Runs for the tests of this folder.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "results/record/run.h"

namespace frostbyte::report {

/// A successful launch that took `response` ns.
inline record::Sample launched(std::int64_t response) {
  record::Sample sample;
  sample.stamps = {{"exec", 1'000}, {"response", 1'000 + response}};
  return sample;
}

inline record::Sample failed(record::Outcome outcome, std::string detail) {
  record::Sample sample;
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
  RunMaker& add(const std::string& variant, record::Sample sample) {
    sample.variant = variant;
    sample.sequence = samples_.size();
    samples_.push_back(std::move(sample));
    return *this;
  }
  RunMaker& add_many(const std::string& variant, int count, const std::function<record::Sample(int)>& make) {
    for (int i = 0; i < count; ++i) add(variant, make(i));
    return *this;
  }
  record::Header& header() { return header_; }
  [[nodiscard]] record::Run make() const {
    return record::Run::build(header_, samples_, record::EndReason::complete).value();
  }

 private:
  record::Header header_{.tool = {.version = "0.1.0"}};
  std::vector<record::Sample> samples_;
};

}  // namespace frostbyte::report
