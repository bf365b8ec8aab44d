#include "launcher/host/calibration_plan.h"

#include <algorithm>

#include "launcher/function/function.h"
#include "launcher/sweep/expand.h"

namespace frostbyte::host {
namespace {

using function::ContractKind;
using sweep::Variant;

constexpr const char* kNullFunction = "c-nolibc";
constexpr const char* kWorkload = "hello";
constexpr std::array kDelaysInMicroseconds = {0, 250, 500, 1'000, 2'000, 5'000, 10'000};

Result<Variant> variant_of(const std::string& name, ContractKind contract, const CalibratorOptions& options) {
  sweep::Target target{.function = TRY(function::load_function(name, options.search)), .workload = {}};
  const function::Workloads workloads = TRY(function::workloads_for(target.function, options.search));
  const auto workload = workloads.find(kWorkload);
  if (workload == workloads.end())
    return failure("calibrate with", name, std::string("workloads.toml has no ") + kWorkload);
  target.workload = workload->second;
  auto variants =
      TRY(sweep::expand({.targets = {std::move(target)}, .contracts = {contract}, .isolations = {options.isolation}}));
  Variant variant = std::move(variants.front());
  variant.name += "[" + std::string(function::to_string(contract)) + "]";
  return variant;
}

Variant renamed(Variant variant, const std::string& addition) {
  variant.name += addition;
  return variant;
}

class Planner {
 public:
  Planner(const CalibratorOptions& options, std::string stamps) : options_(options), stamps_(std::move(stamps)) {}

  Result<CalibrationPlan> plan() {
    TRY(plan_against_itself());
    TRY(plan_delays());
    TRY(plan_stamping());
    TRY(plan_instruments());
    return std::move(plan_);
  }

 private:
  CalibrationPart part(std::string_view title, std::vector<Variant> variants, double share, std::uint32_t most) {
    auto& all = plan_.all.variants;
    const CalibrationPart part{.title = title,
                               .first = static_cast<std::uint32_t>(all.size()),
                               .count = static_cast<std::uint32_t>(variants.size()),
                               .share = share,
                               .most_rounds = most};
    std::ranges::move(variants, std::back_inserter(all));
    return part;
  }

  Result<void> plan_against_itself() {
    const Variant port = TRY(variant_of(kNullFunction, ContractKind::port, options_));
    const Variant fds = TRY(variant_of(kNullFunction, ContractKind::listen_fds, options_));
    plan_.against_itself = part("a build against itself", {port, renamed(port, " again"), fds}, 0.3, 2'000);
    return {};
  }

  Result<void> plan_delays() {
    std::vector<Variant> variants;
    for (const ContractKind contract : {ContractKind::port, ContractKind::listen_fds}) {
      const Variant plain = TRY(variant_of("known-delay", contract, options_));
      for (const int delay : kDelaysInMicroseconds) {
        plan_.delay_of[std::string(function::to_string(contract))].push_back(
            {.variant = static_cast<std::uint32_t>(variants.size()), .delay = delay * 1e3});
        variants.push_back(renamed(plain, " " + std::to_string(delay)));
        variants.back().env.emplace_back("DELAY_US", std::to_string(delay));
      }
    }
    plan_.delays = part("known delays", std::move(variants), 0.3, 300);
    return {};
  }

  Result<void> plan_stamping() {
    std::vector<Variant> variants;
    for (const ContractKind contract : {ContractKind::port, ContractKind::listen_fds}) {
      Variant variant = TRY(variant_of("self-stamping", contract, options_));
      variant.isolation.clear(sandbox::Part::mount);  // the page is a file of the host
      variant.env.emplace_back("STAMPS", stamps_);
      variants.push_back(std::move(variant));
    }
    variants.push_back(renamed(variants[kStampingPort], " untrapped"));
    variants.back().instruments.listen_trap = false;
    plan_.stamping = part("a function that stamps itself", std::move(variants), 0.2, 2'000);
    return {};
  }

  Result<void> plan_instruments() {
    const Variant all = TRY(variant_of(kNullFunction, ContractKind::listen_fds, options_));
    std::vector<Variant> variants(3, renamed(all, " watched"));
    variants[1] = renamed(all, " without kernel stamps");
    variants[1].instruments.kernel_stamps = false;
    variants[2] = renamed(all, " without memory");
    variants[2].instruments.memory = false;
    plan_.left_out = {"", "kernel stamps", "reading memory"};
    plan_.instruments = part("instruments left out", std::move(variants), 0.2, 2'000);
    return {};
  }

  const CalibratorOptions& options_;
  std::string stamps_;
  CalibrationPlan plan_;
};

}  // namespace

sweep::Plan CalibrationPlan::of(const CalibrationPart& part, Nanos time, std::uint64_t seed) const {
  sweep::Plan plan;
  plan.variants.assign(all.variants.begin() + part.first, all.variants.begin() + part.first + part.count);
  plan.runs = part.most_rounds;
  plan.time_budget = Nanos(static_cast<std::int64_t>(static_cast<double>(time.count()) * part.share));
  plan.seed = seed;
  return plan;
}

Result<CalibrationPlan> plan_calibration(const CalibratorOptions& options, const std::string& stamps) {
  return Planner(options, stamps).plan();
}

}  // namespace frostbyte::host
