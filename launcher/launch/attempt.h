// A launch under way: what its phases hand to one another. Internal to launcher/launch.
#pragma once

#include <sys/resource.h>

#include <optional>
#include <string>
#include <vector>

#include "launcher/contract/watch.h"
#include "launcher/launch/call_trace.h"
#include "launcher/launch/launcher.h"

namespace frostbyte::launch {

/// How the process ended, once reaped.
struct Ending {
  bool reaped = false;
  int exit_status = -1;  ///< -1 when it did not exit by itself
  int signal = 0;
  rusage usage{};
  Instant seen;  ///< when the launcher saw it
};

struct Launcher::Attempt {
  Target& target;
  Prepared prepared;
  record::Sample sample;
  std::optional<sandbox::InNetwork> inside{};  // from before the spawn until the conversation is over
  sandbox::Spawned child;
  CallTrace* trace = nullptr;     // of a census
  sandbox::StepList join;         // entering the cgroup
  sandbox::StepList descriptors;  // what the function inherits
  std::optional<contract::Watch> watch;
  contract::Timeline timeline;
  contract::Conclusion conclusion;
  std::optional<Instant> stop_requested;
  Ending ending;
  bool ended_by_itself = false;  // not by the launcher's stop

  [[nodiscard]] bool answered() const { return conclusion.end == contract::End::ok; }
};

/// argv and envp of one launch, as execve takes them.
class Arguments {
 public:
  /// `listen_pid_known`: the function will be pid 1 of its namespace; else the child fills the digits in.
  Arguments(const Setting& setting, const contract::Contract& contract, bool pid_is_one);

  [[nodiscard]] char* const* argv() const { return argv_.data(); }
  [[nodiscard]] char* const* envp() const { return envp_.data(); }
  [[nodiscard]] char* listen_pid_digits() const { return listen_pid_digits_; }

 private:
  std::vector<std::string> words_;
  std::vector<std::string> variables_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
  char* listen_pid_digits_ = nullptr;
};

/// Waits until the process behind `pidfd` has ended and reaps it. Nothing reaped when `deadline` passes first.
Ending reap(int pidfd, Instant deadline);

/// Stops every process (SIGSTOP), waiting until the first one stands still. False when it does not within a few ms.
bool freeze(int pidfd, const std::vector<pid_t>& processes);

}  // namespace frostbyte::launch
