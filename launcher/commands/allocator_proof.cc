#include "launcher/commands/allocator_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <span>

#include "images/elf/binary.h"
#include "images/elf/fingerprint.h"

namespace frostbyte::commands {
namespace {

constexpr const char* kWorkload = "allocator";

std::string label_of(const sweep::Variant& variant) {
  const auto label = variant.labels.find("allocator");
  return label == variant.labels.end() ? std::string() : label->second;
}

bool can_be_asked(const sweep::Variant& variant) {
  return std::ranges::find(variant.function.serves, kWorkload) != variant.function.serves.end();
}

Failure wrong_allocator(const sweep::Variant& variant, const std::string& found) {
  return failure(
      "prove the allocator of", variant.name, fmt::format("its label says {}, and {}", label_of(variant), found),
      fmt::format("rebuild {} with its allocator linked whole and before the C library, or correct its label "
                  "or env in function.toml",
                  variant.function.program.string()));
}

/// What the file shows. Nothing is claimed of a program into which another allocator is put when it starts.
Result<std::string> prove_file(const sweep::Variant& variant) {
  const elf::Binary binary = TRY(elf::Binary::read(variant.function.program));
  const elf::Fingerprint print = elf::fingerprint(binary);
  const std::string evidence = print.allocators.empty() ? "no trace of one" : print.allocators.front().evidence;
  const std::string found = fmt::format("its file has {}: {}", print.allocator(), evidence);
  // Allocators that leave no trace in a stripped file look like the C library's own: the process is asked.
  const bool certain = !print.allocators.empty() && print.allocators.front().strength != elf::Strength::implied;
  const bool may_change = print.linkage == elf::Linkage::dynamic || can_be_asked(variant);
  const bool differs = print.allocator() != label_of(variant);
  const bool another = certain && print.allocators.front().name != "glibc" && print.linkage != elf::Linkage::dynamic;
  if (differs && (another || !may_change)) return wrong_allocator(variant, found);
  return fmt::format("{} {} ({})", print.stripped ? "stripped file:" : "file:", print.allocator(), evidence);
}

/// The label and the settings as what the process must answer.
Result<sweep::Variant> questioned(const sweep::Variant& variant, const std::vector<std::filesystem::path>& search) {
  const function::Workloads workloads = TRY(function::workloads_for(variant.function, search));
  const auto workload = workloads.find(kWorkload);
  if (workload == workloads.end())
    return failure("prove the allocator of", variant.name, "workloads.toml does not define 'allocator'",
                   "copy it from frostbyte's functions/workloads.toml");
  nlohmann::json expected{{"allocator", label_of(variant)}, {"settings", nlohmann::json::object()}};
  for (const auto& [name, value] : variant.function.settings) expected["settings"][name] = value;
  sweep::Variant asked = variant;
  asked.workload = workload->second;
  asked.workload.expectation = {
      .status = 200, .body = {}, .json = expected.dump(), .volatile_fields = {}, .partial = true};
  asked.load.reset();
  return asked;
}

Failure not_proven(const sweep::Variant& variant, const record::Sample& sample) {
  const std::string detail = sample.detail.empty() ? std::string(record::to_string(sample.outcome)) : sample.detail;
  if (detail.find("$.allocator") != std::string::npos)
    return wrong_allocator(variant, fmt::format("the process that was started answers {}", detail));
  if (detail.find("$.settings") != std::string::npos)
    return failure("prove the settings of", variant.name, fmt::format("they did not take effect: {}", detail),
                   "set them where the allocator reads them, in the environment before exec or compiled in: later is "
                   "too late");
  return failure("prove the allocator of", variant.name, detail,
                 "frostbyte sweep -w 0 -r 1 shows the launch's failure");
}

std::string settings_text(const function::Function& function) {
  std::string text;
  for (const auto& [name, value] : function.settings) text += fmt::format(", {}={} in effect", name, value);
  return text;
}

/// Launches each once, in batches the executor can take.
Result<void> ask_all(const sweep::Plan& plan, sweep::Executor& executor) {
  std::vector<std::uint32_t> all(plan.variants.size());
  std::iota(all.begin(), all.end(), 0);
  const std::size_t most = std::max<std::size_t>(1, executor.batch_size());
  for (std::size_t at = 0; at < all.size(); at += most) {
    const std::span<const std::uint32_t> batch = std::span(all).subspan(at, std::min(most, all.size() - at));
    TRY(executor.prepare(batch));
    std::optional<Failure> problem;
    for (const std::uint32_t index : batch) {
      const record::Sample sample = TRY(executor.launch(index));
      if (sample.outcome == record::Outcome::ok) continue;
      problem = not_proven(plan.variants[index], sample);
      break;
    }
    TRY(executor.finish_batch());
    if (problem) return *std::move(problem);
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> prove_allocators(
    const sweep::Plan& plan, const std::vector<std::filesystem::path>& search,
    const std::function<Result<std::unique_ptr<sweep::Executor>>(const sweep::Plan&)>& make_executor) {
  std::vector<std::string> lines;
  sweep::Plan asked = plan;
  asked.variants.clear();
  for (const sweep::Variant& variant : plan.variants) {
    std::string line = fmt::format("{} is {}: {}", variant.name, label_of(variant), TRY(prove_file(variant)));
    if (can_be_asked(variant)) {
      asked.variants.push_back(TRY(questioned(variant, search)));
      line += fmt::format("; the process answers {}{}", label_of(variant), settings_text(variant.function));
    } else {
      line += "; the process cannot be asked: it does not serve the workload allocator";
    }
    lines.push_back(std::move(line));
  }
  if (!asked.variants.empty()) TRY(ask_all(asked, *TRY(make_executor(asked))));
  return lines;
}

}  // namespace frostbyte::commands
