#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "launcher/host/child_probe.h"
#include "launcher/host/facts.h"
#include "launcher/host/probes.h"

namespace frostbyte::host {
namespace {

using nlohmann::json;
using Status = Finding::Status;

constexpr double kQuietSteal = 1.0;  // percent
constexpr Nanos kSlowGrace = std::chrono::milliseconds(2);
constexpr Nanos kSlowWake = std::chrono::microseconds(50);

Finding noise(std::string subject) { return {.group = Group::noise, .subject = std::move(subject)}; }

Finding degrade(Finding finding, std::string consequence, std::string remedy) {
  finding.status = Status::degraded;
  finding.consequence = std::move(consequence);
  finding.remedy = std::move(remedy);
  return finding;
}

std::string text_of(const json& fact) { return fact.is_string() ? fact.get<std::string>() : fact.dump(); }

Finding judge_governor(const json& facts) {
  Finding finding = noise("CPU frequency");
  const json& governor = facts.at("cpu").at("governor");
  const json& turbo = facts.at("cpu").at("turbo");
  if (is_unavailable(governor)) {
    finding.detail = "no governor is visible";
    if (facts.at("virtualisation").at("hypervisor") == "none") return finding;
    finding.detail += ": the hypervisor decides";
    return degrade(std::move(finding), "frequency may change unseen; compare only what was interleaved in one run", "");
  }
  finding.detail = "governor " + text_of(governor) + (is_unavailable(turbo) ? "" : ", turbo " + text_of(turbo));
  if (governor == "performance") return finding;
  return degrade(std::move(finding), "a launch may meet a CPU that is still slow from idling",
                 "cpupower frequency-set -g performance");
}

Finding judge_mitigations(const json& facts) {
  Finding finding = noise("mitigations");
  const json& all = facts.at("cpu").at("mitigations");
  if (is_unavailable(all)) {
    finding.detail = "not listed by this kernel";
    return degrade(std::move(finding), "two hosts cannot be told apart by them", "");
  }
  const auto count = [&](std::string_view start) {
    return std::ranges::count_if(all, [&](const json& state) { return text_of(state).starts_with(start); });
  };
  finding.detail = fmt::format("{} active, {} not affected, {} vulnerable; part of the host id", count("Mitigation"),
                               count("Not affected"), count("Vulnerable"));
  return finding;
}

Finding judge_address_layout(const json& facts) {
  Finding finding = noise("address layout");
  const json& level = facts.at("kernel").at("aslr");
  finding.detail = is_unavailable(level) ? "not known" : "ASLR, randomize_va_space " + level.dump();
  if (level == 2) return finding;
  return degrade(std::move(finding), "one layout is measured again and again, and users run with others",
                 "sysctl kernel.randomize_va_space=2");
}

Finding judge_huge_pages(const json& facts) {
  Finding finding = noise("huge pages (THP)");
  const json& enabled = facts.at("memory").at("thp_enabled");
  const json& defrag = facts.at("memory").at("thp_defrag");
  if (is_unavailable(enabled)) {
    finding.detail = "not built in";
    return finding;
  }
  finding.detail = "enabled " + text_of(enabled) + ", defrag " + (is_unavailable(defrag) ? "unknown" : text_of(defrag));
  if (enabled != "always") return finding;
  return degrade(std::move(finding), "rss counts whole 2 MiB pages: allocators are then compared by their alignment",
                 "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
}

Finding judge_core_dumps(const json& facts) {
  Finding finding = noise("core dumps");
  const json& pattern = facts.at("kernel").at("core_pattern");
  finding.detail = is_unavailable(pattern) ? "not known" : "core_pattern " + text_of(pattern);
  if (is_unavailable(pattern) || !text_of(pattern).starts_with('|')) return finding;
  return degrade(std::move(finding), "each crashing function starts that handler, beside the launches that follow",
                 "sysctl kernel.core_pattern=core");
}

Finding judge_pressure(const json& facts) {
  Finding finding = noise("pressure (PSI)");
  if (facts.at("kernel").at("pressure_stall") == true) {
    finding.detail = "stall times are read around each launch";
    return finding;
  }
  finding.status = Status::unavailable;
  finding.detail = "no /proc/pressure";
  finding.consequence = "samples do not say that the host was short of CPU, memory or I/O";
  finding.remedy = "boot with psi=1";
  return finding;
}

Finding judge_idle_states(const json& facts, bool latency_file) {
  Finding finding = noise("idle states");
  const json& driver = facts.at("cpu").at("idle_driver");
  const bool none = is_unavailable(driver) || driver == "none";
  finding.detail = none ? "no idle driver" : "driver " + text_of(driver);
  if (none || latency_file) {
    finding.detail += latency_file ? ", /dev/cpu_dma_latency can hold them off" : "";
    return finding;
  }
  return degrade(std::move(finding), "after an idle gap a launch pays for the wake-up; keep the pace constant",
                 "run as root, so that /dev/cpu_dma_latency can be held");
}

}  // namespace

std::vector<Finding> judge_settings(const nlohmann::json& facts, bool latency_file) {
  return {judge_governor(facts),    judge_idle_states(facts, latency_file),
          judge_mitigations(facts), judge_address_layout(facts),
          judge_huge_pages(facts),  judge_core_dumps(facts),
          judge_pressure(facts)};
}

Finding judge_cores(const Surroundings& around, const nlohmann::json& facts) {
  Finding finding = noise("cores");
  if (!around.cpus_error.empty()) {
    finding.detail = around.cpus_error;
    return degrade(std::move(finding), "nothing is pinned", "");
  }
  finding.detail = fmt::format("launcher on CPU {}, function on CPU {}", around.cpus.launcher,
                               sandbox::format_cpu_list(around.cpus.function));
  if (!around.cpus.warning.empty()) return degrade(std::move(finding), around.cpus.warning, "");
  if (facts.at("virtualisation").at("hypervisor") != "none") {
    finding.detail += "; virtual, so they may share a core of the machine below";
  }
  return finding;
}

Finding judge(const StealReading& reading) {
  Finding finding = noise("steal");
  if (!reading.known) {
    finding.status = Status::unavailable;
    finding.detail = "/proc/stat does not say";
    finding.consequence = "time the hypervisor took away is not seen";
    return finding;
  }
  finding.detail = fmt::format("{:.1f} % over {}, {:.1f} % since boot", reading.now_percent, human(reading.window),
                               reading.since_boot_percent);
  if (std::max(reading.now_percent, reading.since_boot_percent) < kQuietSteal) return finding;
  return degrade(std::move(finding), "other guests take this one's CPUs: tails are theirs as much as the function's",
                 "a host of its own, or more runs and medians only");
}

Finding judge(const RcuReading& reading) {
  Finding finding = noise("RCU grace period");
  if (reading.code != 0) {
    finding.status = Status::unavailable;
    finding.detail = "membarrier: " + describe_errno(reading.code);
    finding.consequence = "its length is not known; it shows in sandbox_setup and sandbox_teardown";
    return finding;
  }
  finding.detail = human(reading.grace);
  if (reading.grace.median < kSlowGrace) return finding;
  return degrade(
      std::move(finding),
      "namespace and cgroup teardown waits for several of these: slots are prepared and torn down off the clock",
      "nothing to do for figures; for throughput, echo 1 > /sys/kernel/rcu_expedited");
}

Finding judge(const WakeReading& reading, const sandbox::CpuChoice& cpus) {
  Finding finding = noise("wake-up latency");
  finding.detail = fmt::format("p50 {} busy, {} after 2 ms idle (CPU {} and {})", human(reading.busy.median),
                               human(reading.idle.median), cpus.launcher, cpus.function.front());
  if (reading.idle.median < kSlowWake) return finding;
  return degrade(std::move(finding), "a launch after an idle gap pays this at each hand-over",
                 "keep the pace constant and short; hold /dev/cpu_dma_latency");
}

Finding judge(const NetnsReading& reading) {
  Finding finding = noise("network namespaces");
  if (reading.code != 0) {
    finding.status = Status::unavailable;
    finding.detail = describe_errno(reading.code);
    finding.consequence = "launches share the host's network: ports may clash";
    finding.remedy = "see namespaces above";
    return finding;
  }
  finding.detail = "made in " + human(reading.create.median);
  if (reading.lifetime) finding.detail += ", freed " + human(*reading.lifetime) + " after use";
  finding.detail += "; both off the clock";
  return finding;
}

std::vector<Finding> examine_noise(const Surroundings& around, const nlohmann::json& facts) {
  std::vector<Finding> findings = {judge_cores(around, facts), judge(try_steal(std::chrono::milliseconds(250)))};
  if (around.cpus_error.empty()) {
    const Result<WakeReading> wake = try_wake(around.cpus);
    findings.push_back(wake ? judge(*wake, around.cpus) : broken_probe(Group::noise, "wake-up latency", wake.error()));
  }
  findings.push_back(judge(try_rcu()));
  const Result<NetnsReading> netns = try_netns();
  findings.push_back(netns ? judge(*netns) : broken_probe(Group::noise, "network namespaces", netns.error()));
  std::ranges::move(judge_settings(facts, ::access("/dev/cpu_dma_latency", W_OK) == 0), std::back_inserter(findings));
  return findings;
}

}  // namespace frostbyte::host
