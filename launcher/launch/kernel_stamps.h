// The kernel's own stamps of a child: exec past its point of no return (`committed`) and the end of the process
// (`exit`). A software dummy event with comm_exec and task records, inherited by children, works without root at
// perf_event_paranoid ≤ 2 and needs no PMU. The records are stamped on the child's CPU with CLOCK_MONOTONIC.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/base/result.h"

namespace frostbyte::launch {

class KernelStamps {
 public:
  /// One event per CPU that a child may use or is born on. Must be opened by the thread that launches.
  /// Errors: EACCES with the sysctl that would permit it; ENOMEM when the ring buffers exceed the locked-memory limit.
  static Result<KernelStamps> open(const std::vector<int>& cpus);

  struct Stamps {
    std::optional<Instant> committed;
    std::optional<Instant> exit;
  };
  /// Whether processes born from now on leave records. On at first. Costs a system call a CPU when it changes.
  void record(bool on);

  /// Takes every record there is and returns those of `pid`. The process must have been reaped.
  Stamps collect(pid_t pid);

 private:
  class Ring {
   public:
    static Result<Ring> open(int cpu);
    Ring(Ring&& other) noexcept;
    Ring& operator=(Ring&&) = delete;
    ~Ring();
    void record(bool on) const;
    void collect(pid_t pid, Stamps& into);

   private:
    Ring(Fd fd, void* memory) : fd_(std::move(fd)), memory_(memory) {}
    Fd fd_;
    void* memory_;
  };
  std::vector<Ring> rings_;
  bool recording_ = true;
};

}  // namespace frostbyte::launch
