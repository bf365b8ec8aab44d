// Counts the system calls of a process and of all it starts, up to its first response: a tracer (ptrace(2)), which
// needs no right over a child and counts exactly. It slows the traced down manyfold, so no launch under it is timed.
//
// A traced process stands still after the call that sent bytes until the launcher has looked at what arrived: what it
// does once the response is out is never counted.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"

namespace frostbyte::launch {

/// Metric name (calls.*) → count.
using CallCounts = std::map<std::string, std::int64_t>;

class CallTrace {
 public:
  /// Errors: the launcher's own descriptors. SIGCHLD is blocked in the calling thread, which must be the one that
  /// launches, for the life of the object.
  static Result<CallTrace> create();
  CallTrace(CallTrace&&) = default;
  CallTrace& operator=(CallTrace&&) = delete;
  ~CallTrace() = default;

  /// `child` asked to be traced (PTRACE_TRACEME) and has called execve.
  void begin(pid_t child);
  /// Readable when attend() has something to do.
  [[nodiscard]] int descriptor() const { return events_.get(); }
  /// Counts what the traced do and lets them go on.
  void attend();
  /// Kills the child, which whoever started it reaps, and all it started, which is reaped here.
  void end(int child_pidfd);
  /// With every metric of the census, those never called at 0.
  [[nodiscard]] CallCounts counts() const;
  /// Why the counts are none: the child was never seen to be traced. Empty when they are.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  /// SIGCHLD blocked, and as it was before.
  class QuietChildren {
   public:
    QuietChildren();
    QuietChildren(QuietChildren&& other) noexcept : before_(other.before_), ours_(std::exchange(other.ours_, false)) {}
    ~QuietChildren();

   private:
    sigset_t before_{};
    bool ours_ = true;
  };
  struct Tracee {
    bool begun = false;      ///< its first stop, which the tracer brings about, is over
    std::uint64_t call = 0;  ///< the number of the one it is in
    bool faulted = false;    ///< and has made no call since
    bool held = false;       ///< stands still until the timer fires: what it sent may be on its way
  };

  CallTrace() = default;
  bool take_stop(pid_t thread, Tracee& tracee);
  void on_stop(pid_t thread, Tracee& tracee, int status);
  void on_call(pid_t thread, Tracee& tracee);
  void on_event(pid_t thread, int event);
  void on_signal(pid_t thread, Tracee& tracee, int signal);
  void hold(Tracee& tracee);
  void release_held();

  QuietChildren quiet_;
  Fd signals_, timer_, events_;
  pid_t child_ = 0;
  std::map<pid_t, Tracee> tracees_;
  std::int64_t total_ = 0;
  std::map<std::uint64_t, std::int64_t> by_number_;
  std::string problem_ = "the function was never traced";
};

}  // namespace frostbyte::launch
