#include "launcher/sandbox/cpu_layout.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "launcher/base/file.h"

namespace frostbyte::sandbox {
namespace {

constexpr int kMostCpus = 8192;  // CONFIG_NR_CPUS of the largest kernels

bool contains(const std::vector<int>& cpus, int cpu) { return std::ranges::find(cpus, cpu) != cpus.end(); }

/// What of /sys/devices/system/cpu the choice needs. A file that is missing (a container without sysfs) leaves the
/// plain reading: nothing isolated, every CPU its own core, one package.
class Topology {
 public:
  static Result<Topology> read(const CpuSource& source);
  [[nodiscard]] const std::vector<int>& usable() const { return usable_; }
  [[nodiscard]] bool isolated(int cpu) const { return contains(isolated_, cpu); }
  [[nodiscard]] bool same_core(int a, int b) const { return a == b || contains(siblings(a), b); }
  [[nodiscard]] bool same_package(int a, int b) const { return package(a) == package(b); }

 private:
  [[nodiscard]] std::vector<int> list(const std::string& name) const {
    return parse_cpu_list(read_trimmed(cpus_ / name).value_or("")).value_or(std::vector<int>());
  }
  [[nodiscard]] std::vector<int> siblings(int cpu) const {
    return list("cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
  }
  [[nodiscard]] std::string package(int cpu) const {
    return read_trimmed(cpus_ / ("cpu" + std::to_string(cpu)) / "topology/physical_package_id").value_or("");
  }

  std::filesystem::path cpus_;
  std::vector<int> usable_, isolated_;
};

Result<std::vector<int>> affinity() {
  std::vector<cpu_set_t> sets(kMostCpus / CPU_SETSIZE);
  const std::size_t size = sets.size() * sizeof(cpu_set_t);
  if (::sched_getaffinity(0, size, sets.data()) != 0) return system_failure("read the CPU affinity of", "the launcher");
  std::vector<int> cpus;
  for (int cpu = 0; cpu < kMostCpus; ++cpu) {
    if (CPU_ISSET_S(static_cast<std::size_t>(cpu), size, sets.data())) cpus.push_back(cpu);
  }
  return cpus;
}

Result<Topology> Topology::read(const CpuSource& source) {
  Topology topology;
  topology.cpus_ = source.sysfs / "devices/system/cpu";
  topology.usable_ = source.allowed ? *source.allowed : TRY(affinity());
  topology.isolated_ = topology.list("isolated");
  // sched_getaffinity already leaves offline CPUs out; a list given by a test or read from a plan may not.
  if (const std::vector<int> online = topology.list("online"); !online.empty()) {
    std::erase_if(topology.usable_, [&](int cpu) { return !contains(online, cpu); });
  }
  std::ranges::sort(topology.usable_);
  if (topology.usable_.empty())
    return failure("choose CPUs from", "the affinity mask", "it holds no CPU that is online");
  return topology;
}

Result<void> check_usable(const Topology& topology, int cpu, const char* whose) {
  if (contains(topology.usable(), cpu)) return {};
  return failure(std::string("run the ") + whose + " on", "CPU " + std::to_string(cpu),
                 "it is offline or outside of the affinity mask",
                 "usable here: " + format_cpu_list(topology.usable()) + "; see taskset(1) and the cgroup's cpuset");
}

int choose_launcher(const Topology& topology, const std::vector<int>& function) {
  // Least bad first: not where the function is, not on its core, and not where isolation was set up for something else.
  const auto badness = [&](int cpu) {
    const bool on_its_core = std::ranges::any_of(function, [&](int other) { return topology.same_core(cpu, other); });
    return std::tuple(contains(function, cpu), on_its_core, topology.isolated(cpu), cpu);
  };
  return std::ranges::min(topology.usable(), {}, badness);
}

int choose_function(const Topology& topology, int launcher) {
  const auto badness = [&](int cpu) {
    return std::tuple(cpu == launcher, topology.same_core(cpu, launcher), !topology.isolated(cpu), cpu == 0,
                      !topology.same_package(cpu, launcher), cpu);
  };
  return std::ranges::min(topology.usable(), {}, badness);
}

std::string warn_about(const Topology& topology, const CpuChoice& choice) {
  const std::string cpu = std::to_string(choice.launcher);
  if (topology.usable().size() == 1) {
    return "launcher and function share CPU " + cpu +
           ", the only one: each waits for the other, and every figure includes that; give this process a second CPU";
  }
  if (contains(choice.function, choice.launcher)) {
    return "launcher and function share CPU " + cpu + ": each waits for the other, and every figure includes that";
  }
  for (const int other : choice.function) {
    if (topology.same_core(choice.launcher, other)) {
      return "CPUs " + cpu + " (launcher) and " + std::to_string(other) +
             " (function) are hyperthreads of one core: they take turns on its units; choose CPUs of two cores";
    }
  }
  return {};
}

/// One CPU or a range, at the front of `text`.
Result<std::pair<int, int>> parse_range(std::string_view text) {
  const auto number = [](std::string_view digits, int& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && value >= 0 && value < kMostCpus;
  };
  const std::size_t dash = text.find('-');
  int first = 0;
  int last = 0;
  const bool ok = number(text.substr(0, dash), first) &&
                  (dash == std::string_view::npos ? (last = first, true) : number(text.substr(dash + 1), last));
  if (!ok)
    return failure("read the CPU list entry", std::string(text), "not a CPU number nor a range of them", "write 0-3,5");
  if (last < first) return failure("read the CPU list entry", std::string(text), "the range falls", "write 0-3,5");
  return std::pair(first, last);
}

}  // namespace

Result<CpuChoice> choose_cpus(const std::optional<int>& launcher, const std::optional<std::vector<int>>& function,
                              const CpuSource& source) {
  const Topology topology = TRY(Topology::read(source));
  if (launcher) TRY(check_usable(topology, *launcher, "launcher"));
  if (function && function->empty()) return failure("choose CPUs for", "the function", "the list given is empty");
  for (const int cpu : function.value_or(std::vector<int>())) TRY(check_usable(topology, cpu, "function"));

  CpuChoice choice;
  choice.launcher = launcher ? *launcher : choose_launcher(topology, function.value_or(std::vector<int>()));
  choice.function = function ? *function : std::vector{choose_function(topology, choice.launcher)};
  std::ranges::sort(choice.function);
  choice.function.erase(std::ranges::unique(choice.function).begin(), choice.function.end());
  choice.warning = warn_about(topology, choice);
  return choice;
}

Result<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::set<int> cpus;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const auto [first, last] = TRY(parse_range(text.substr(0, comma)));
    for (int cpu = first; cpu <= last; ++cpu) cpus.insert(cpu);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) return failure("read the CPU list", "", "it ends with a comma", "write 0-3,5");
  }
  return std::vector<int>(cpus.begin(), cpus.end());
}

std::string format_cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (auto first = cpus.begin(); first != cpus.end();) {
    auto last = first;
    while (std::next(last) != cpus.end() && *std::next(last) == *last + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(*first);
    if (last != first) text += "-" + std::to_string(*last);
    first = std::next(last);
  }
  return text;
}

}  // namespace frostbyte::sandbox
