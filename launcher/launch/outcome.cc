#include "launcher/launch/outcome.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "launcher/base/file.h"

namespace frostbyte::launch {
namespace {

using record::Outcome;

std::string errno_text(int error) {
  const char* name = ::strerrorname_np(error);
  return std::string(::strerrordesc_np(error)) + " (" + (name != nullptr ? name : std::to_string(error)) + ")";
}

std::string signal_text(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

void set(record::Sample& sample, Outcome outcome, const char* phase, std::string detail, int error = 0) {
  sample.outcome = outcome;
  sample.phase = phase;
  sample.detail = std::move(detail);
  sample.errno_value = error;
}

/// The child could not become the function: a step of the sandbox was refused, or execve.
void explain_start(const Evidence& evidence, record::Sample& sample) {
  const sandbox::ChildReport& report = evidence.child.report;
  if (report.list < evidence.lists.size()) {
    const sandbox::StepList& list = *evidence.lists[report.list];
    set(sample, Outcome::sandbox_failed, "sandbox",
        "cannot " + list.what(report.step) + ": " + errno_text(report.error), report.error);
    return;
  }
  std::string detail = "execve " + evidence.target.setting().program.string() + ": " + errno_text(report.error);
  if (const std::string why = evidence.target.why_not_executable(); !why.empty()) detail += ": " + why;
  set(sample, Outcome::exec_failed, "exec", std::move(detail), report.error);
}

bool oom_killed(const sandbox::Cgroup* cgroup) { return cgroup != nullptr && cgroup->oom_killed().value_or(false); }

std::string limit_note(const Evidence& evidence) {
  const auto& tasks = evidence.target.setting().limits.tasks;
  if (evidence.cgroup == nullptr || !tasks || !evidence.cgroup->tasks_limit_hit().value_or(false)) return {};
  return "; a fork was refused by the limit of " + std::to_string(*tasks) + " tasks";
}

/// The process ended before the response. Which of several ends it was.
void explain_exit(const Evidence& evidence, record::Sample& sample) {
  const std::string when = evidence.conclusion.detail.empty() ? "" : " " + evidence.conclusion.detail;
  if (evidence.exit_signal == 0) {
    const bool forked = evidence.exit_status == 0;
    set(sample, Outcome::exited_early, evidence.conclusion.phase,
        "exited with status " + std::to_string(evidence.exit_status) + when +
            (forked ? "; a program that puts itself into the background must be told to stay in the foreground" : ""));
    return;
  }
  // Past its point of no return, execve reports a broken file by a signal: the file itself says whether it was that.
  if (std::string_view(evidence.conclusion.phase) == "listen") {
    if (const std::string why = evidence.target.why_not_executable(); !why.empty()) {
      set(sample, Outcome::exec_failed, "exec",
          "ended by " + signal_text(evidence.exit_signal) + " before its first instruction: " + why);
      return;
    }
  }
  set(sample, Outcome::crashed, evidence.conclusion.phase, "ended by " + signal_text(evidence.exit_signal) + when);
}

/// The conversation broke off because the process did.
bool crashed_meanwhile(const Evidence& evidence) { return evidence.ended_by_itself && evidence.exit_signal != 0; }

void explain_crash(const Evidence& evidence, record::Sample& sample) {
  set(sample, Outcome::crashed, evidence.conclusion.phase,
      "ended by " + signal_text(evidence.exit_signal) + "; " + evidence.conclusion.detail);
}

void explain_conclusion(const Evidence& evidence, record::Sample& sample) {
  const contract::Conclusion& conclusion = evidence.conclusion;
  switch (conclusion.end) {
    case contract::End::ok:
      return;
    case contract::End::exited:
      return explain_exit(evidence, sample);
    case contract::End::timeout:
      return set(sample, Outcome::timeout, conclusion.phase, conclusion.detail);
    case contract::End::refused:
      if (crashed_meanwhile(evidence)) return explain_crash(evidence, sample);
      return set(sample, Outcome::refused, conclusion.phase, conclusion.detail, conclusion.errno_value);
    case contract::End::wrong_response:
      if (crashed_meanwhile(evidence)) return explain_crash(evidence, sample);
      return set(sample, Outcome::wrong_response, conclusion.phase, conclusion.detail, conclusion.errno_value);
  }
}

Nanos to_nanos(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

void explain_outcome(const Evidence& evidence, record::Sample& sample) {
  if (evidence.child.report.error != 0) {
    explain_start(evidence, sample);
  } else {
    explain_conclusion(evidence, sample);
  }
  if (sample.outcome == Outcome::ok) return;
  if (sample.outcome != Outcome::sandbox_failed && sample.outcome != Outcome::exec_failed) {
    if (oom_killed(evidence.cgroup)) {
      const auto& limit = evidence.target.setting().limits.memory;
      set(sample, Outcome::oom_killed, evidence.conclusion.phase,
          "killed by the kernel's OOM killer" +
              (limit ? " at the memory limit of " + to_string(*limit) : std::string()));
    } else {
      sample.detail += limit_note(evidence);
    }
  }
  if (evidence.ended_by_itself) {
    sample.exit_status = evidence.exit_status;
    sample.exit_signal = evidence.exit_signal;
  }
  sample.stderr_tail = evidence.stderr_tail;
}

void record_usage(const rusage& before_exec, const rusage& at_exit, record::Sample& sample) {
  const auto difference = [](long after, long before) { return static_cast<std::int64_t>(after - before); };
  sample.values["faults.minor"] = difference(at_exit.ru_minflt, before_exec.ru_minflt);
  sample.values["faults.major"] = difference(at_exit.ru_majflt, before_exec.ru_majflt);
  sample.values["cpu.user"] = (to_nanos(at_exit.ru_utime) - to_nanos(before_exec.ru_utime)).count();
  sample.values["cpu.system"] = (to_nanos(at_exit.ru_stime) - to_nanos(before_exec.ru_stime)).count();
  // Read while the process stood still; its way to execve is taken off here.
  for (const auto& [name, before] : {std::pair{"switches.voluntary", before_exec.ru_nvcsw},
                                     std::pair{"switches.involuntary", before_exec.ru_nivcsw}}) {
    if (const auto it = sample.values.find(name); it != sample.values.end())
      it->second = std::max<std::int64_t>(it->second - before, 0);
  }
}

std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  const std::string self = std::to_string(::getpid());
  const auto text = read_file("/proc/self/task/" + self + "/children");
  if (!text) return children;
  const char* at = text->data();
  const char* const end = at + text->size();
  while (at < end) {
    pid_t child = 0;
    const auto [next, error] = std::from_chars(at, end, child);
    if (error != std::errc()) break;
    children.push_back(child);
    at = next + 1;
  }
  return children;
}

}  // namespace frostbyte::launch
