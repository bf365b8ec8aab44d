// Memory at named events after the first response: after further requests, and after idling. The launch's intervals and
// the memory at its first response are measured by then and not touched.
#include <signal.h>

#include <array>

#include "launcher/contract/http.h"
#include "launcher/contract/listen_trap.h"
#include "launcher/contract/response_phase.h"
#include "launcher/launch/attempt.h"
#include "launcher/launch/memory.h"

namespace frostbyte::launch {
namespace {

constexpr std::array kMemory = {"memory.rss", "memory.pss", "memory.uss", "memory.anon"};
/// How often an idle wait looks whether the user wants to leave.
constexpr Nanos kGlance = std::chrono::milliseconds(100);

/// One request on a connection of its own, as the first was.
Result<contract::Conclusion> request_once(contract::Watch& watch, const contract::Address& server,
                                          const contract::Terms& terms) {
  const Fd client = TRY(contract::make_client_socket(server.family()));
  int error = contract::connect_to(client.get(), server.reachable());
  if (error == 0)
    error = contract::send_all(client.get(), contract::to_wire(terms.workload.request, server.reachable().to_string()),
                               watch.deadline());
  if (error != 0)
    return contract::Conclusion{
        .end = contract::End::refused, .phase = "", .detail = "it does not take another request", .errno_value = error};
  contract::Timeline untimed;
  return contract::await_response(watch, client.get(), terms.workload, untimed);
}

}  // namespace

/// Lets the function be. When it ends meanwhile, `ended` is how the launch ends.
void Launcher::rest(Attempt& attempt, Nanos time, const contract::Conclusion& ended) {
  contract::Watch& watch = *attempt.watch;
  const Instant until = MonotonicClock::now() + time;
  watch.set_deadline(until);
  while (MonotonicClock::now() < until) {
    const contract::Wake wake = watch.wait_until(-1, MonotonicClock::now() + kGlance);
    if (wake == contract::Wake::trapped) let_late_call_through(watch);
    if (wake == contract::Wake::exited) {
      attempt.conclusion = ended;
      return;
    }
    if (interrupted_ != nullptr && *interrupted_) {
      attempt.conclusion = {.end = contract::End::timeout, .phase = ended.phase, .detail = "interrupted"};
      return;
    }
  }
}

Result<void> Launcher::make_requests(Attempt& attempt, std::uint32_t count) {
  const Setting& setting = attempt.target.setting();
  const auto server = attempt.prepared.contract->served_at();
  if (!server)
    return failure("request again", setting.name, "its contract has no socket that could be asked", "--contract port");
  TRY(enter_network(attempt));
  for (std::uint32_t i = 0; i < count && attempt.answered(); ++i) {
    attempt.watch->set_deadline(MonotonicClock::now() + setting.timeout);
    attempt.conclusion = TRY(request_once(*attempt.watch, *server, setting.terms));
    if (interrupted_ != nullptr && *interrupted_ && attempt.answered())
      attempt.conclusion = {.end = contract::End::timeout, .detail = "interrupted"};
    if (attempt.answered()) continue;
    attempt.conclusion.phase = "after_requests";
    attempt.conclusion.detail =
        "request " + std::to_string(i + 1) + " of " + std::to_string(count) + ": " + attempt.conclusion.detail;
  }
  attempt.inside.reset();
  return {};
}

void Launcher::resume(Attempt& attempt) {
  const auto processes = launch_processes(attempt.child.pid, attempt.prepared.slot.cgroup.get());
  if (!processes) return;
  for (const pid_t pid : *processes) ::kill(pid, SIGCONT);
}

Result<void> Launcher::read_memory_at(Attempt& attempt, std::string_view event) {
  const auto processes = TRY(launch_processes(attempt.child.pid, attempt.prepared.slot.cgroup.get()));
  if (!freeze(attempt.child.pidfd.get(), processes)) attempt.sample.flags.emplace_back("not_frozen");
  put_memory_at(event, kMemory, processes, attempt.sample);
  return {};
}

Result<void> Launcher::revisit_memory(Attempt& attempt) {
  const Later& later = attempt.target.setting().later;
  if (later.requests > 0 && attempt.answered()) {
    resume(attempt);
    TRY(make_requests(attempt, later.requests));
    if (attempt.answered()) TRY(read_memory_at(attempt, "_after_requests"));
  }
  if (later.idle && attempt.answered()) {
    resume(attempt);
    rest(attempt, *later.idle, {.end = contract::End::exited, .phase = "after_idle", .detail = "while it was idle"});
    if (attempt.answered()) TRY(read_memory_at(attempt, "_after_idle"));
  }
  return {};
}

}  // namespace frostbyte::launch
