#include "launcher/host/doctor.h"

#include <algorithm>
#include <iterator>

#include "launcher/base/file.h"
#include "launcher/host/facts.h"
#include "launcher/host/probes.h"

namespace frostbyte::host {
namespace {

using Status = Finding::Status;

Surroundings look_around(const DoctorOptions& options) {
  Surroundings around{.cgroup_parent = options.cgroup_parent, .cpus = {}, .cpus_error = {}};
  if (Result<sandbox::CpuChoice> cpus = sandbox::choose_cpus()) {
    around.cpus = *std::move(cpus);
  } else {
    around.cpus_error = cpus.error().message();
  }
  return around;
}

Finding describe(const Leftover& leftover) {
  Finding finding{
      .group = Group::leftovers, .subject = std::string(to_string(leftover.kind)), .status = Status::degraded};
  finding.detail = leftover.kind == Leftover::Kind::process
                       ? std::to_string(leftover.process) + " (" + leftover.note + ") in " + leftover.path
                       : leftover.path + ": " + leftover.note;
  return finding;
}

Finding examine_leftover(const Leftover& leftover, DoctorOptions::Leftovers action) {
  Finding finding = describe(leftover);
  if (action == DoctorOptions::Leftovers::report) {
    finding.consequence = leftover.kind == Leftover::Kind::process ? "it takes CPU and memory beside every launch"
                                                                   : "it holds memory or disk space";
    finding.remedy = "frostbyte doctor --clean";
    return finding;
  }
  if (const Result<void> removed = remove(leftover); !removed) {
    finding.consequence = removed.error().message();
    return finding;
  }
  finding.status = Status::works;
  finding.detail += "; removed";
  return finding;
}

std::vector<Finding> examine_leftovers(DoctorOptions::Leftovers action) {
  const Result<std::vector<Leftover>> leftovers = find_leftovers();
  if (!leftovers) return {broken_probe(Group::leftovers, "leftovers", leftovers.error())};
  if (leftovers->empty()) return {{.group = Group::leftovers, .subject = "of killed runs", .detail = "none"}};
  std::vector<Finding> findings;
  for (const Leftover& leftover : *leftovers) findings.push_back(examine_leftover(leftover, action));
  return findings;
}

}  // namespace

Reason take_apart(std::string_view message) {
  constexpr std::string_view kMark = "hint: ";
  Reason reason{.cause = std::string(message.substr(0, message.find('\n')))};
  if (const std::size_t at = message.find(kMark); at != std::string_view::npos) {
    const std::string_view rest = message.substr(at + kMark.size());
    reason.hint = rest.substr(0, rest.find('\n'));
  }
  return reason;
}

Finding broken_probe(Group group, std::string subject, const Error& error) {
  return {.group = group,
          .subject = std::move(subject),
          .status = Status::unavailable,
          .detail = "could not be tried: " + take_apart(error.message()).cause,
          .consequence = "not known",
          .remedy = error.hint};
}

bool can_measure(const std::vector<Finding>& findings) {
  return std::ranges::none_of(findings, [](const Finding& finding) {
    return finding.need == Finding::Need::essential && finding.status == Status::unavailable;
  });
}

Result<DoctorReport> examine(const DoctorOptions& options) {
  const Surroundings around = look_around(options);
  DoctorReport report;
  report.facts = host_facts({.files = temporary_base()});
  const auto add = [&](std::vector<Finding> more) { std::ranges::move(more, std::back_inserter(report.findings)); };
  add(examine_launching(around));
  add(examine_stamps(around));
  add(examine_memory(around));
  add(examine_isolation(around));
  add(examine_noise(around, report.facts));
  // Last, and after our own probes have put everything away.
  add(examine_leftovers(options.leftovers));
  report.can_measure = can_measure(report.findings);
  return report;
}

}  // namespace frostbyte::host
