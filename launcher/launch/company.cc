// Density: instances of a function that stay while another is launched beside them, and what all of them hold together.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "launcher/contract/listen_trap.h"
#include "launcher/launch/attempt.h"
#include "launcher/launch/memory.h"

namespace frostbyte::launch {
namespace {

constexpr std::int64_t kGibi = std::int64_t{1} << 30;

/// What is added up over instances, by the name it has in one of them.
constexpr const char* kPss = "memory.pss";
constexpr const char* kPrivate = "memory.private";
constexpr const char* kCharged = "charged";
constexpr const char* kStated = "stated";

void add(Figures& sum, const std::string& name, std::int64_t value) { sum.values[name] += value; }

void add_process_memory(const Figures& figures, Figures& sum) {
  for (const char* name : {kPss, kPrivate}) {
    if (const auto value = figures.values.find(name); value != figures.values.end())
      add(sum, name, value->second);
    else
      sum.unavailable.insert(*figures.unavailable.find(name));
  }
}

void add_cgroup(const sandbox::Cgroup* cgroup, Figures& sum) {
  const auto usage =
      cgroup != nullptr ? cgroup->usage() : failure("read", "the launch's cgroup", "this isolation gives it none");
  const auto why = [&](const auto& member) { return usage ? ((*usage).*member).unavailable : usage.error().message(); };
  const auto has = [&](const auto& member) { return usage && ((*usage).*member).value; };
  using Usage = sandbox::CgroupUsage;
  has(&Usage::current) ? add(sum, kCharged, usage->current.value->count)
                       : (void)sum.unavailable.emplace(kCharged, why(&Usage::current));
  for (const auto member : {&Usage::anon, &Usage::shared})
    has(member) ? add(sum, kStated, ((*usage).*member).value->count)
                : (void)sum.unavailable.emplace(kStated, why(member));
}

/// `name` and its value, or why there is none: the first reason of what it is made of.
class Publisher {
 public:
  explicit Publisher(record::Sample& sample) : sample_(sample) {}
  template <class Make>
  void put(const char* name, const Figures& figures, std::initializer_list<const char*> needs, const Make& make) {
    for (const char* need : needs)
      if (const auto reason = figures.unavailable.find(need); reason != figures.unavailable.end()) {
        sample_.unavailable[name] = reason->second;
        return;
      }
    // Memory that shrank while an instance came is no negative price: it is none.
    sample_.values[name] = std::max<std::int64_t>(0, make());
  }

 private:
  record::Sample& sample_;
};

}  // namespace

Launcher::~Launcher() { static_cast<void>(dismiss_companions(0)); }

Result<record::Sample> Launcher::add_companion(Target& target, Prepared prepared) {
  auto attempt = std::make_unique<Attempt>(Attempt{.target = target, .prepared = std::move(prepared)});
  attempt->sample.variant = target.setting().name;
  TRY(enter_network(*attempt));
  TRY(spawn(*attempt));
  TRY(converse(*attempt));
  attempt->inside.reset();
  if (attempt->answered()) {
    companions_.push_back(std::move(attempt));
    return companions_.back()->sample;
  }
  TRY(stop(*attempt));
  explain(*attempt);
  TRY(tear_down(*attempt));
  return std::move(attempt->sample);
}

Result<void> Launcher::dismiss_companions(std::size_t keep) {
  Result<void> outcome;
  for (std::size_t i = keep; i < companions_.size(); ++i)
    ::syscall(SYS_pidfd_send_signal, companions_[i]->child.pidfd.get(), SIGKILL, nullptr, 0);
  while (companions_.size() > keep) {
    const std::unique_ptr<Attempt> last = std::move(companions_.back());
    companions_.pop_back();
    auto ended = stop(*last);
    if (ended) ended = tear_down(*last);
    if (!ended && outcome) outcome = std::move(ended);
  }
  return outcome;
}

/// Sees to what idle instances may want of the launcher. The number, from 1, of one that has ended; 0: none has.
std::size_t Launcher::attend_companions() {
  std::vector<pollfd> set;
  for (const auto& companion : companions_) {
    const contract::Watch& watch = *companion->watch;
    for (const int fd : {watch.pidfd(), watch.notifications(), watch.stderr_read()})
      set.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  }
  if (::poll(set.data(), set.size(), 0) <= 0) return 0;
  for (std::size_t i = 0; i < companions_.size(); ++i) {
    contract::Watch& watch = *companions_[i]->watch;
    const std::span<const pollfd> of(set.data() + i * 3, 3);
    if (of[0].revents != 0) return i + 1;
    if ((of[1].revents & POLLIN) != 0) let_late_call_through(watch);
    if ((of[2].revents & POLLIN) != 0) watch.drain_stderr();
  }
  return 0;
}

Figures Launcher::company_memory(const Attempt* newest) const {
  Figures sum;
  for (const char* name : {kPss, kPrivate, kCharged, kStated}) sum.values[name] = 0;
  if (cgroups_) cgroups_->gather_statistics();
  const auto take = [&](const Attempt& attempt) {
    const sandbox::Cgroup* cgroup = attempt.prepared.slot.cgroup.get();
    Figures figures;
    const auto processes = launch_processes(attempt.child.pid, cgroup);
    read_process_memory(processes.value_or(std::vector<pid_t>()), figures);
    add_process_memory(figures, sum);
    add_cgroup(cgroup, sum);
  };
  for (const auto& companion : companions_) take(*companion);
  if (newest != nullptr) take(*newest);
  return sum;
}

Bytes Launcher::held_by_companions() const {
  const Figures sum = company_memory(nullptr);
  return {std::max(sum.values.at(kPss), sum.values.at(kCharged))};
}

void Launcher::put_density(Attempt& attempt, const Figures& before) const {
  const Figures now = company_memory(&attempt);
  const auto all = static_cast<std::int64_t>(companions_.size()) + 1;
  const auto value = [](const Figures& figures, const char* name) { return figures.values.at(name); };
  Publisher publish(attempt.sample);
  publish.put("density.pss", now, {kPss}, [&] { return value(now, kPss); });
  publish.put("density.cgroup", now, {kCharged}, [&] { return value(now, kCharged); });
  publish.put("density.marginal_pss", now, {kPss}, [&] { return value(now, kPss) - value(before, kPss); });
  publish.put("density.marginal_cgroup", now, {kCharged},
              [&] { return value(now, kCharged) - value(before, kCharged); });
  publish.put("density.per_gib", now, {kCharged},
              [&] { return all * kGibi / std::max<std::int64_t>(1, value(now, kCharged)); });
  publish.put("density.gap", now, {kPrivate, kStated},
              [&] { return std::abs(value(now, kPrivate) - value(now, kStated)); });
  publish.put("density.gap_quantum", now, {kStated}, [&] { return sandbox::statistics_quantum().count; });
}

}  // namespace frostbyte::launch
