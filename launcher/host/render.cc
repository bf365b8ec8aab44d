#include "launcher/host/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace frostbyte::host {
namespace {

using nlohmann::json;
using Status = Finding::Status;

constexpr int kLeastWidth = 40;
constexpr std::size_t kMargin = 4;  // "  ✓ "

enum class Ink : std::uint8_t { bold, dim, green, yellow, red };

class Page {
 public:
  explicit Page(const TextStyle& style)
      : colour_(style.colour == TextStyle::Colour::on),
        width_(static_cast<std::size_t>(std::max(style.width, kLeastWidth))) {}

  [[nodiscard]] std::string paint(std::string_view text, Ink ink) const {
    constexpr const char* kCodes[] = {"1", "2", "32", "33", "31"};
    if (!colour_) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(ink)], text);
  }
  void line(const std::string& text = "") { text_ += text + '\n'; }

  /// `first` (already as wide as `indent`, colours aside) and then `text`, broken at spaces.
  void paragraph(const std::string& first, std::size_t indent, std::string_view text) {
    std::string start = first;
    do {
      const std::size_t cut = break_at(text, width_ - std::min(indent, width_ / 2));
      line(start + std::string(text.substr(0, cut)));
      text.remove_prefix(cut);
      text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
      start = std::string(indent, ' ');
    } while (!text.empty());
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  static std::size_t break_at(std::string_view text, std::size_t room) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end <= room) return end;
    const std::size_t space = text.rfind(' ', room);
    // A path longer than the line stays whole: it is there to be copied.
    return space != std::string_view::npos && space > 0 ? space : std::min(text.find(' '), end);
  }

  std::string text_;
  bool colour_;
  std::size_t width_;
};

std::string mark(const Page& page, Status status) {
  switch (status) {
    case Status::works:
      return page.paint("✓", Ink::green);
    case Status::degraded:
      return page.paint("!", Ink::yellow);
    case Status::unavailable:
      return page.paint("✗", Ink::red);
  }
  return {};
}

std::ptrdiff_t count(const DoctorReport& report, Status status) {
  return std::ranges::count(report.findings, status, &Finding::status);
}

std::string text_of(const json& facts, const char* pointer) {
  const json value = facts.value(json::json_pointer(pointer), json());
  return value.is_string() ? value.get<std::string>() : value.is_number() ? value.dump() : std::string();
}

/// What people call the hypervisor that CPUID names so.
std::string known_as(const std::string& hypervisor) {
  constexpr std::array<std::pair<std::string_view, const char*>, 6> kNames = {{{"KVMKVMKVM", "KVM"},
                                                                               {"TCGTCGTCGTCG", "QEMU emulation"},
                                                                               {"Microsoft Hv", "Hyper-V"},
                                                                               {"VMwareVMware", "VMware"},
                                                                               {"XenVMMXenVMM", "Xen"},
                                                                               {"bhyve bhyve ", "bhyve"}}};
  const auto known = std::ranges::find(kNames, hypervisor, [](const auto& entry) { return entry.first; });
  return known == kNames.end() ? hypervisor : known->second;
}

/// "AMD EPYC, 2 CPUs, Debian GNU/Linux 12 (bookworm), Linux 6.1.0-30, KVM guest"
std::string describe_host(const json& facts) {
  std::vector<std::string> parts;
  const auto add = [&](const std::string& before, const std::string& value, const std::string& after = "") {
    if (!value.empty()) parts.push_back(before + value + after);
  };
  add("", text_of(facts, "/cpu/model"));
  const std::string cpus = text_of(facts, "/cpu/online_count");
  add("", cpus, cpus == "1" ? " CPU" : " CPUs");
  add("", text_of(facts, "/system/distribution"));
  add("Linux ", text_of(facts, "/system/kernel_release"));
  const std::string hypervisor = text_of(facts, "/virtualisation/hypervisor");
  add("", hypervisor == "none" ? "" : known_as(hypervisor), " guest");
  return fmt::format("{}", fmt::join(parts, ", "));
}

void write_verdict(Page& page, const DoctorReport& report) {
  const std::string verdict = report.can_measure ? page.paint("This host can measure cold starts.", Ink::bold)
                                                 : page.paint("This host cannot measure cold starts.", Ink::red);
  page.line(verdict);
  const std::string host = report.facts.is_object() ? describe_host(report.facts) : std::string();
  if (!host.empty()) page.paragraph("", 0, host);
  const std::string id = report.facts.is_object() ? text_of(report.facts, "/host_id/id") : std::string();
  if (!id.empty()) page.line(page.paint("host id " + id, Ink::dim));
}

void write_finding(Page& page, const Finding& finding, std::size_t column) {
  const std::string subject = fmt::format("{:<{}}", finding.subject, column);
  const std::size_t indent = kMargin + column + 2;
  page.paragraph("  " + mark(page, finding.status) + " " + subject + "  ", indent, finding.detail);
  if (finding.status == Status::works) return;
  const std::string margin(indent, ' ');
  if (!finding.consequence.empty())
    page.paragraph(margin + page.paint("↳ ", Ink::dim), indent + 2, finding.consequence);
  if (!finding.remedy.empty()) page.paragraph(margin + page.paint("→ ", Ink::yellow), indent + 2, finding.remedy);
}

void write_sum(Page& page, const DoctorReport& report) {
  const auto degraded = count(report, Status::degraded);
  const auto missing = count(report, Status::unavailable);
  page.line(fmt::format("{} work, {} degraded, {} unavailable", count(report, Status::works), degraded, missing));
}

}  // namespace

std::string to_text(const DoctorReport& report, const TextStyle& style) {
  Page page(style);
  write_verdict(page, report);
  std::size_t column = 0;
  for (const Finding& finding : report.findings) column = std::max(column, finding.subject.size());
  for (std::size_t i = 0; i < kGroupCount; ++i) {
    const auto group = static_cast<Group>(i);
    if (std::ranges::find(report.findings, group, &Finding::group) == report.findings.end()) continue;
    page.line();
    page.line(page.paint(to_string(group), Ink::bold));
    for (const Finding& finding : report.findings) {
      if (finding.group == group) write_finding(page, finding, column);
    }
  }
  page.line();
  write_sum(page, report);
  return page.take();
}

nlohmann::json to_json(const DoctorReport& report) {
  json findings = json::array();
  for (const Finding& finding : report.findings) {
    findings.push_back({{"group", to_string(finding.group)},
                        {"subject", finding.subject},
                        {"status", to_string(finding.status)},
                        {"essential", finding.need == Finding::Need::essential},
                        {"detail", finding.detail},
                        {"consequence", finding.consequence},
                        {"remedy", finding.remedy}});
  }
  return {{"schema", "frostbyte.doctor/1"},
          {"can_measure", report.can_measure},
          {"findings", findings},
          {"facts", report.facts}};
}

}  // namespace frostbyte::host
