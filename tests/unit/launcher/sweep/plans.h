// Plans and samples for the tests of this folder.
#pragma once

#include <string>
#include <utility>

#include "launcher/sweep/plan.h"
#include "results/record/sample.h"

namespace frostbyte::sweep {

inline function::Function function_named(std::string name) {
  function::Function function;
  function.folder = "/functions/" + name;
  function.program = function.folder / name;
  function.command = {"./" + name};
  function.serves = {"hello"};
  function.name = std::move(name);
  return function;
}

inline Plan plan_of_variants(std::uint32_t variants, std::uint32_t runs, std::uint32_t warmup = 0) {
  Plan plan;
  for (std::uint32_t i = 0; i < variants; ++i) {
    Variant variant;
    variant.name = std::string("v").append(std::to_string(i));
    variant.function = function_named(variant.name);
    plan.variants.push_back(std::move(variant));
  }
  plan.runs = runs;
  plan.warmup = warmup;
  plan.seed = 7;
  return plan;
}

inline record::Sample ok_sample(std::int64_t exec_to_response = 500'000) {
  record::Sample sample;
  sample.stamps = {{"exec", 1'000'000}, {"response", 1'000'000 + exec_to_response}};
  return sample;
}

inline record::Sample failed_sample(record::Outcome outcome = record::Outcome::exec_failed) {
  record::Sample sample;
  sample.outcome = outcome;
  sample.detail = "it failed";
  return sample;
}

}  // namespace frostbyte::sweep
