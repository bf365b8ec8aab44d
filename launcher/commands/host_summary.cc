#include "launcher/commands/host_summary.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace frostbyte::commands {

namespace {

/// What CPUID signs with is not what anybody calls it.
std::string_view known_name(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kHypervisors[] = {{"KVMKVMKVM", "KVM"},
                                                                            {"Microsoft Hv", "Hyper-V"},
                                                                            {"VMwareVMware", "VMware"},
                                                                            {"XenVMMXenVMM", "Xen"},
                                                                            {"TCGTCGTCGTCG", "QEMU without KVM"}};
  for (const auto& [signature, name] : kHypervisors)
    if (text == signature) return name;
  return text;
}

}  // namespace

std::string host_summary(const record::Json& facts) {
  std::string line;
  const auto add = [&](const char* pointer, std::string_view before, std::string_view after) {
    const record::Json::json_pointer at(pointer);
    if (!facts.contains(at)) return;
    const record::Json& fact = facts.at(at);
    if (!fact.is_string() && !fact.is_number()) return;  // unavailable, with a reason
    const std::string text = fact.is_string() ? fact.get<std::string>() : fact.dump();
    line += fmt::format("{}{}{}{}", line.empty() ? "" : ", ", before, known_name(text), after);
  };
  add("/cpu/model", "", "");
  add("/cpu/online_count", "", " CPUs");
  add("/system/kernel_release", "Linux ", "");
  add("/cgroup/mode", "cgroup ", "");
  add("/virtualisation/hypervisor", "on ", "");
  return line;
}

}  // namespace frostbyte::commands
