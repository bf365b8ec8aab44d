#include "launcher/launch/attempt.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace frostbyte::launch {
namespace {

/// What a function finds when its own description says nothing: enough to find programs, nothing of the user's session,
/// so that a figure does not depend on who measured it.
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr const char* kHome = "/tmp";

constexpr std::string_view kListenPid = "LISTEN_PID=";
constexpr std::size_t kPidDigits = 20;
constexpr Nanos kFreezePatience = std::chrono::milliseconds(20);

using Variables = std::vector<std::pair<std::string, std::string>>;

/// Later definitions win, as in a shell; order of first appearance is kept.
std::vector<std::string> merge(const std::vector<Variables>& layers) {
  Variables merged;
  for (const Variables& layer : layers) {
    for (const auto& [name, value] : layer) {
      const auto known =
          std::find_if(merged.begin(), merged.end(), [&](const auto& pair) { return pair.first == name; });
      known == merged.end() ? (void)merged.emplace_back(name, value) : (void)(known->second = value);
    }
  }
  std::vector<std::string> text;
  text.reserve(merged.size() + 1);
  for (const auto& [name, value] : merged) text.push_back(name + "=" + value);
  return text;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

/// waitid(2) itself: libc's wrapper hides the rusage.
long wait_for(int pidfd, siginfo_t& info, int options, rusage* usage) {
  return ::syscall(SYS_waitid, P_PIDFD, pidfd, &info, options, usage);
}

}  // namespace

Arguments::Arguments(const Setting& setting, const contract::Contract& contract, bool pid_is_one)
    : words_(setting.argv) {
  variables_ = merge({{{"PATH", kPath}, {"HOME", kHome}}, contract.environment(), setting.env});
  if (contract.inherited_listener() >= 0) {
    variables_.push_back(std::string(kListenPid) + (pid_is_one ? "1" : std::string(kPidDigits, '0')));
  }
  argv_ = pointers(words_);
  envp_ = pointers(variables_);
  if (contract.inherited_listener() >= 0 && !pid_is_one)
    listen_pid_digits_ = variables_.back().data() + kListenPid.size();
}

Ending reap(int pidfd, Instant deadline) {
  Ending ending;
  pollfd ended{.fd = pidfd, .events = POLLIN, .revents = 0};
  for (;;) {
    const Nanos left = deadline - MonotonicClock::now();
    const timespec timeout{.tv_sec = std::max<std::int64_t>(left.count(), 0) / 1'000'000'000,
                           .tv_nsec = std::max<std::int64_t>(left.count(), 0) % 1'000'000'000};
    if (::ppoll(&ended, 1, &timeout, nullptr) > 0) break;
    if (left.count() <= 0) return ending;
  }
  ending.seen = MonotonicClock::now();
  siginfo_t info{};
  if (wait_for(pidfd, info, WEXITED, &ending.usage) != 0) return ending;
  ending.reaped = true;
  if (info.si_code == CLD_EXITED) {
    ending.exit_status = info.si_status;
  } else {
    ending.signal = info.si_status;
  }
  return ending;
}

bool freeze(int pidfd, const std::vector<pid_t>& processes) {
  for (std::size_t i = 1; i < processes.size(); ++i) ::kill(processes[i], SIGSTOP);
  if (::syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, nullptr, 0) != 0) return false;
  const Instant deadline = MonotonicClock::now() + kFreezePatience;
  while (MonotonicClock::now() < deadline) {
    siginfo_t info{};
    if (wait_for(pidfd, info, WSTOPPED | WNOHANG, nullptr) == 0 && info.si_pid != 0) return true;
  }
  return false;
}

}  // namespace frostbyte::launch
