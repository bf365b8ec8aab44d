#include "launcher/host/facts.h"

#include <cpuid.h>
#include <openssl/evp.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <set>
#include <vector>

#include "launcher/base/file.h"
#include "launcher/host/mountinfo.h"
#include "launcher/sandbox/cpu_layout.h"

namespace frostbyte::host {
namespace {

using nlohmann::json;

/// The facts two runs must share to be compared without a warning.
constexpr std::array kIdentity = {
    "/cpu/model",    "/cpu/online_count", "/system/kernel_release", "/virtualisation/hypervisor",
    "/clock/source", "/cpu/governor",     "/cpu/mitigations"};

std::string hash(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
  constexpr std::size_t kDigits = 16;
  std::string hex;
  for (std::size_t i = 0; i < kDigits / 2; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

/// Reads facts below one root, each as its value or as the reason why not.
class Tree {
 public:
  explicit Tree(std::filesystem::path root) : root_(std::move(root)) {}

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] json text(const std::string& path) const {
    const Result<std::string> value = read_trimmed(root_ / path);
    if (value) return *value;
    return unavailable("/" + path + ": " +
                       (value.error().code != 0 ? std::strerror(value.error().code) : value.error().cause));
  }
  [[nodiscard]] json number(const std::string& path) const {
    const json value = text(path);
    if (is_unavailable(value)) return value;
    const std::string& digits = value.get_ref<const std::string&>();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return unavailable("/" + path + ": not a number");
    return number;
  }
  /// The bracketed word of "always [madvise] never".
  [[nodiscard]] json selected(const std::string& path) const {
    const json value = text(path);
    if (is_unavailable(value)) return value;
    const std::string& words = value.get_ref<const std::string&>();
    const std::size_t open = words.find('[');
    const std::size_t close = words.find(']');
    if (open == std::string::npos || close == std::string::npos || close < open)
      return unavailable("/" + path + ": nothing selected");
    return words.substr(open + 1, close - open - 1);
  }
  /// The value of "key<separator>value" on the first such line.
  [[nodiscard]] json field(const std::string& path, std::string_view key, char separator) const {
    const json content = text(path);
    if (is_unavailable(content)) return content;
    const std::string lines = "\n" + content.get<std::string>();
    for (std::size_t at = lines.find("\n" + std::string(key)); at != std::string::npos;
         at = lines.find("\n" + std::string(key), at + 1)) {
      std::size_t value = lines.find_first_not_of(" \t", at + 1 + key.size());
      if (value == std::string::npos || lines[value] != separator) continue;
      value = std::min(lines.find_first_not_of(" \t\"", value + 1), lines.size());
      const std::size_t end = std::min(lines.find('\n', value), lines.size());
      std::string found = lines.substr(value, end - value);
      if (found.ends_with('"')) found.pop_back();
      return found;
    }
    return unavailable("/" + path + ": has no " + std::string(key));
  }
  [[nodiscard]] bool exists(const std::string& path) const {
    std::error_code ignored;
    return std::filesystem::exists(root_ / path, ignored);
  }
  [[nodiscard]] std::vector<std::string> names_in(const std::string& path) const {
    std::set<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(root_ / path, error), end; !error && entry != end;
         entry.increment(error)) {
      names.insert(entry->path().filename());
    }
    return {names.begin(), names.end()};
  }

 private:
  std::filesystem::path root_;
};

json first_available(json one, json other) { return is_unavailable(one) ? std::move(other) : std::move(one); }

json system_facts(const Tree& tree) {
  utsname name{};
  ::uname(&name);
  const json boot = tree.text("proc/sys/kernel/random/boot_id");
  return {{"distribution", first_available(tree.field("etc/os-release", "PRETTY_NAME", '='),
                                           tree.field("usr/lib/os-release", "PRETTY_NAME", '='))},
          {"kernel_release", tree.text("proc/sys/kernel/osrelease")},
          {"kernel_version", tree.text("proc/sys/kernel/version")},
          {"machine", name.machine},
          // Tells runs of one boot from others without naming the machine.
          {"boot", is_unavailable(boot) ? boot : json(hash("frostbyte boot " + boot.get<std::string>()))}};
}

constexpr const char* kCpus = "sys/devices/system/cpu/";

/// A file all online CPUs have, as one value when they agree, else as the sorted list of values.
json over_cpus(const Tree& tree, const std::vector<int>& cpus, const std::string& file) {
  std::set<std::string> values;
  for (const int cpu : cpus) {
    const json value = tree.text(kCpus + ("cpu" + std::to_string(cpu)) + "/" + file);
    if (is_unavailable(value)) return value;
    values.insert(value.get<std::string>());
  }
  if (values.empty()) return unavailable("the online CPUs are not known");
  return values.size() == 1 ? json(*values.begin()) : json(values);
}

json turbo(const Tree& tree) {
  const json none = tree.number(kCpus + std::string("intel_pstate/no_turbo"));
  if (!is_unavailable(none)) return none == 0 ? "on" : "off";
  const json boost = tree.number(kCpus + std::string("cpufreq/boost"));
  if (!is_unavailable(boost)) return boost == 0 ? "off" : "on";
  return unavailable("no driver of this host says (intel_pstate/no_turbo, cpufreq/boost)");
}

json sibling_groups(const Tree& tree, const std::vector<int>& cpus) {
  std::set<std::vector<int>> groups;
  for (const int cpu : cpus) {
    const json list = tree.text(kCpus + ("cpu" + std::to_string(cpu)) + "/topology/thread_siblings_list");
    if (is_unavailable(list)) return list;
    groups.insert(sandbox::parse_cpu_list(list.get<std::string>()).value_or(std::vector{cpu}));
  }
  json texts = json::array();
  for (const std::vector<int>& group : groups) texts.push_back(sandbox::format_cpu_list(group));
  return texts;
}

json mitigations(const Tree& tree) {
  json found = json::object();
  const std::string folder = kCpus + std::string("vulnerabilities");
  for (const std::string& name : tree.names_in(folder)) found[name] = tree.text(folder + "/" + name);
  return found.empty() ? unavailable("/" + folder + ": cannot be listed") : found;
}

json cpu_facts(const Tree& tree) {
  const json online = tree.text(kCpus + std::string("online"));
  const std::vector<int> cpus = is_unavailable(online)
                                    ? std::vector<int>()
                                    : sandbox::parse_cpu_list(online.get<std::string>()).value_or(std::vector<int>());
  const json cores = sibling_groups(tree, cpus);
  return {{"model", tree.field("proc/cpuinfo", "model name", ':')},
          {"microcode", tree.field("proc/cpuinfo", "microcode", ':')},
          {"online", online},
          {"online_count", is_unavailable(online) ? online : json(cpus.size())},
          {"core_count", is_unavailable(cores) ? cores : json(cores.size())},
          {"siblings", cores},
          {"smt", tree.text(kCpus + std::string("smt/control"))},
          {"isolated", tree.text(kCpus + std::string("isolated"))},
          {"nohz_full", tree.text(kCpus + std::string("nohz_full"))},
          {"governor", over_cpus(tree, cpus, "cpufreq/scaling_governor")},
          {"frequency_driver", over_cpus(tree, cpus, "cpufreq/scaling_driver")},
          {"turbo", turbo(tree)},
          {"idle_driver", tree.text(kCpus + std::string("cpuidle/current_driver"))},
          {"mitigations", mitigations(tree)}};
}

json kibibytes(const json& text) {
  if (is_unavailable(text)) return text;
  std::int64_t count = 0;
  const std::string& digits = text.get_ref<const std::string&>();
  if (std::from_chars(digits.data(), digits.data() + digits.size(), count).ec != std::errc())
    return unavailable("not a number");
  return count * 1024;
}

json memory_facts(const Tree& tree) {
  const std::string thp = "sys/kernel/mm/transparent_hugepage/";
  return {{"total_bytes", kibibytes(tree.field("proc/meminfo", "MemTotal", ':'))},
          {"swap_bytes", kibibytes(tree.field("proc/meminfo", "SwapTotal", ':'))},
          {"page_bytes", ::sysconf(_SC_PAGESIZE)},
          {"thp_enabled", tree.selected(thp + "enabled")},
          {"thp_defrag", tree.selected(thp + "defrag")},
          {"thp_khugepaged_defrag", tree.number(thp + "khugepaged/defrag")}};
}

json kernel_facts(const Tree& tree) {
  const std::string kernel = "proc/sys/kernel/";
  return {{"aslr", tree.number(kernel + "randomize_va_space")},
          {"perf_event_paranoid", tree.number(kernel + "perf_event_paranoid")},
          {"yama_ptrace_scope", tree.number(kernel + "yama/ptrace_scope")},
          {"io_uring_disabled", tree.number(kernel + "io_uring_disabled")},
          {"core_pattern", tree.text(kernel + "core_pattern")},
          {"rcu_expedited", tree.number("sys/kernel/rcu_expedited")},
          {"rcu_normal", tree.number("sys/kernel/rcu_normal")},
          {"max_user_namespaces", tree.number("proc/sys/user/max_user_namespaces")},
          {"pressure_stall", tree.exists("proc/pressure/cpu")}};
}

/// v2 alone, v1 alone, or both: a hybrid has its memory controller in one of them only.
json cgroup_facts(const Tree& tree) {
  const Result<std::vector<Mount>> mounts = read_mounts(tree.root());
  if (!mounts) return {{"mode", unavailable(mounts.error().message())}};
  std::set<std::string> v2;
  std::set<std::string> v1;
  bool has_v2 = false;
  const auto collect = [](std::set<std::string>& into, std::string words, char separator) {
    words += separator;
    for (std::size_t from = 0, to = 0; (to = words.find(separator, from)) != std::string::npos; from = to + 1) {
      const std::string word = words.substr(from, to - from);
      if (!word.empty() && word != "rw" && word != "ro") into.insert(word);
    }
  };
  for (const Mount& mount : *mounts) {
    if (mount.type == "cgroup") collect(v1, mount.super_options, ',');
    if (mount.type != "cgroup2") continue;
    has_v2 = true;
    const json controllers = tree.text(mount.point.substr(1) + "/cgroup.controllers");
    if (!is_unavailable(controllers)) collect(v2, controllers.get<std::string>(), ' ');
  }
  const char* mode = has_v2 ? (v1.empty() ? "v2" : "hybrid") : (v1.empty() ? "none" : "v1");
  return {{"mode", mode}, {"controllers_v2", v2}, {"controllers_v1", v1}};
}

/// The CPU itself says whether a hypervisor is present, and the hypervisor what it is called (CPUID leaf 0x40000000).
json hypervisor() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kHypervisorPresent = 1u << 31;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return unavailable("CPUID leaf 1 is not supported");
  if ((c & kHypervisorPresent) == 0) return "none";
  __cpuid(0x40000000, a, b, c, d);
  std::array<char, 13> name{};
  std::memcpy(name.data(), &b, 4);
  std::memcpy(name.data() + 4, &c, 4);
  std::memcpy(name.data() + 8, &d, 4);
  for (const char byte : std::string_view(name.data())) {
    if (byte < ' ' || byte > '~') return "unnamed";
  }
  return name[0] == '\0' ? "unnamed" : name.data();
}

json virtualisation_facts(const Tree& tree) {
  json hints = json::array();
  for (const char* path : {".dockerenv", "run/.containerenv", "run/systemd/container"}) {
    if (tree.exists(path)) hints.push_back("/" + std::string(path));
  }
  return {{"hypervisor", hypervisor()},
          {"vendor", tree.text("sys/class/dmi/id/sys_vendor")},
          {"product", tree.text("sys/class/dmi/id/product_name")},
          {"container_hints", hints}};
}

json storage_facts(const Tree& tree, const std::filesystem::path& files) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::canonical(files, error);
  const auto none = [&](const std::string& why) {
    return json{{"path", files.string()}, {"file_system", unavailable(why)}, {"read_ahead_kb", unavailable(why)}};
  };
  if (error) return none(files.string() + ": " + error.message());
  const Result<std::vector<Mount>> mounts = read_mounts();
  const Mount* mount = mounts ? mount_of(*mounts, path) : nullptr;
  if (mount == nullptr) return none("no mount of this namespace holds the path");
  return {{"path", files.string()},
          {"file_system", mount->type},
          {"read_ahead_kb", tree.number("sys/class/bdi/" + mount->device + "/read_ahead_kb")}};
}

json identity(const json& facts) {
  json names = json::array();
  std::string text;
  for (const char* name : kIdentity) {
    names.push_back(name);
    text += std::string(name) + "=" + facts.at(json::json_pointer(name)).dump() + "\n";
  }
  return {{"id", hash(text)}, {"of", names}};
}

}  // namespace

nlohmann::json unavailable(std::string reason) { return {{"value", nullptr}, {"reason", std::move(reason)}}; }

bool is_unavailable(const nlohmann::json& fact) {
  return fact.is_object() && fact.size() == 2 && fact.contains("reason") && fact.contains("value") &&
         fact["value"].is_null();
}

nlohmann::json host_facts(const FactsOptions& options) {
  const Tree tree(options.root);
  json facts = {{"system", system_facts(tree)},
                {"cpu", cpu_facts(tree)},
                {"memory", memory_facts(tree)},
                {"kernel", kernel_facts(tree)},
                {"cgroup", cgroup_facts(tree)},
                {"virtualisation", virtualisation_facts(tree)},
                {"clock",
                 {{"source", tree.text("sys/devices/system/clocksource/clocksource0/current_clocksource")},
                  {"available", tree.text("sys/devices/system/clocksource/clocksource0/available_clocksource")}}},
                {"network",
                 {{"tstamp_prequeue", tree.number("proc/sys/net/core/netdev_tstamp_prequeue")},
                  {"tstamp_allow_data", tree.number("proc/sys/net/core/tstamp_allow_data")},
                  {"somaxconn", tree.number("proc/sys/net/core/somaxconn")}}},
                {"storage", storage_facts(tree, options.files)}};
  facts["host_id"] = identity(facts);
  return facts;
}

}  // namespace frostbyte::host
