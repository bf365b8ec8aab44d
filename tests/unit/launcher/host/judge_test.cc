// Every verdict of the doctor, on readings of hosts that nobody needs to own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cerrno>

#include "launcher/host/facts.h"
#include "launcher/host/probes.h"

namespace frostbyte::host {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Status = Finding::Status;

const sandbox::CpuChoice kCpus{.launcher = 0, .function = {1}, .warning = {}};

Spread spread(Nanos median) { return {.least = median, .median = median, .p99 = median, .count = 20}; }

TEST(TakeApart, SeparatesTheCauseFromItsHint) {
  const Reason both = take_apart("cannot use 'x': no\n  hint: do this\n  hint: do that");
  EXPECT_EQ(both.cause, "cannot use 'x': no");
  EXPECT_EQ(both.hint, "do this");
  EXPECT_EQ(take_apart("plain").cause, "plain");
  EXPECT_THAT(take_apart("plain").hint, IsEmpty());
}

TEST(JudgeSpawn, MakesMeasuringImpossibleWhenRefused) {
  EXPECT_EQ(judge(SpawnReading{}).status, Status::works);
  const Finding refused = judge(SpawnReading{.vfork_errno = ENOSYS});
  EXPECT_EQ(refused.status, Status::unavailable);
  EXPECT_THAT(refused.detail, HasSubstr("ENOSYS"));
  EXPECT_FALSE(can_measure({judge(ClockReading{}), refused}));
  EXPECT_THAT(judge(SpawnReading{.vfork_errno = EPERM}).remedy, HasSubstr("seccomp=unconfined"));
}

TEST(CanMeasure, IsNotDeniedByWhatOnlyDegrades) {
  EXPECT_TRUE(can_measure({judge(SpawnReading{}), judge(RcuReading{.code = EPERM, .grace = {}})}));
}

TEST(JudgeNotification, WorksWhenAllOfItDid) {
  const auto findings = judge(NotificationReading{.child_agrees = true}, std::nullopt);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].status, Status::works);
  EXPECT_EQ(findings[1].status, Status::works);
}

TEST(JudgeNotification, TellsAStackedListenerFromARefusal) {
  EXPECT_THAT(judge(NotificationReading{.install_errno = EBUSY}, {})[0].remedy, HasSubstr("another filter"));
  const auto findings = judge(NotificationReading{.install_errno = EINVAL}, {});
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].status, Status::unavailable);
  EXPECT_THAT(findings[0].consequence, HasSubstr("listen-fds"));
}

TEST(JudgeNotification, DoesNotBelieveAnAnswerTheChildDidNotSee) {
  EXPECT_EQ(judge(NotificationReading{.child_agrees = false}, {})[0].status, Status::unavailable);
}

TEST(JudgeNotification, DegradesWithoutKillableWait) {
  const Finding trap = judge(NotificationReading{.killable_errno = EINVAL, .child_agrees = true}, {})[0];
  EXPECT_EQ(trap.status, Status::degraded);
  EXPECT_THAT(trap.remedy, HasSubstr("asyncpreemptoff"));
}

TEST(JudgeNotification, BlamesYamaOnlyWhenItIsStrict) {
  const NotificationReading refused{.getfd_errno = EPERM};
  EXPECT_THAT(judge(refused, 2).at(1).remedy, HasSubstr("ptrace_scope=1"));
  EXPECT_THAT(judge(refused, 1).at(1).remedy, HasSubstr("syscall filter"));
  EXPECT_EQ(judge(refused, 2).at(1).status, Status::degraded);
}

TEST(JudgeLimits, WantRoomForABatch) {
  const auto poor = judge(LimitReading{.files = 1024, .tasks = 100, .tasks_source = "pids.max"});
  EXPECT_EQ(poor[0].status, Status::degraded);
  EXPECT_EQ(poor[1].status, Status::degraded);
  EXPECT_THAT(poor[1].remedy, HasSubstr("pids.max"));
  const auto rich = judge(LimitReading{.files = 1 << 20, .tasks = {}, .tasks_source = {}});
  EXPECT_EQ(rich[0].status, Status::works);
  EXPECT_EQ(rich[1].status, Status::works);
}

TEST(JudgeClock, WantsTheCpusOwnCounterAndACheapReading) {
  EXPECT_EQ(judge(ClockReading{.source = "tsc", .cost = Nanos(25)}).status, Status::works);
  EXPECT_EQ(judge(ClockReading{.source = "tsc", .cost = Nanos(900)}).status, Status::degraded);
  EXPECT_EQ(judge(ClockReading{.source = "hpet", .cost = Nanos(25)}).status, Status::degraded);
  EXPECT_EQ(judge(ClockReading{.source = "kvm-clock", .cost = Nanos(40)}).status, Status::degraded);
}

TEST(JudgePerf, BelievesARecordOnlyWithinItsBracket) {
  const PerfReading good{.exec_recorded = true, .within_bracket = true, .after_fork = Nanos(20'000)};
  EXPECT_EQ(judge(good, 2).status, Status::works);
  EXPECT_EQ(judge(PerfReading{.exec_recorded = true}, 2).status, Status::degraded);
  EXPECT_THAT(judge(PerfReading{.exec_recorded = true}, 2).detail, HasSubstr("CLOCK_MONOTONIC"));
  EXPECT_EQ(judge(PerfReading{}, 2).status, Status::degraded);
}

TEST(JudgePerf, NamesTheSwitchThatIsClosed) {
  EXPECT_THAT(judge(PerfReading{.open_errno = EACCES}, 4).remedy, HasSubstr("perf_event_paranoid=2"));
  EXPECT_THAT(judge(PerfReading{.open_errno = EPERM}, 1).remedy, HasSubstr("container"));
  EXPECT_THAT(judge(PerfReading{.map_errno = EPERM}, 2).remedy, HasSubstr("mlock"));
}

TEST(JudgeTimestamps, WantEveryByteStamped) {
  EXPECT_EQ(judge(TimestampReading{.tries = 50, .stamped = 50}).status, Status::works);
  EXPECT_EQ(judge(TimestampReading{.tries = 50, .stamped = 49}).status, Status::degraded);
  EXPECT_EQ(judge(TimestampReading{.tries = 0, .stamped = 0}).status, Status::degraded);
  EXPECT_EQ(judge(TimestampReading{.option_errno = EINVAL}).status, Status::degraded);
  EXPECT_THAT(judge(TimestampReading{.connect_errno = ENETUNREACH}).remedy, HasSubstr("lo up"));
}

TEST(JudgeEviction, RefusesColdOnAMemoryFileSystem) {
  const auto findings = judge(EvictionReading{.evicted = false, .mincore_agrees = true, .file_system = "tmpfs"});
  EXPECT_EQ(findings[1].status, Status::degraded);
  EXPECT_THAT(findings[1].detail, HasSubstr("tmpfs"));
  EXPECT_THAT(findings[1].remedy, HasSubstr("TMPDIR"));
}

TEST(JudgeEviction, FallsBackToMincore) {
  const auto findings = judge(EvictionReading{.cachestat_errno = ENOSYS, .evicted = true, .mincore_agrees = true});
  EXPECT_EQ(findings[0].status, Status::degraded);
  EXPECT_EQ(findings[1].status, Status::works);
}

TEST(JudgeProcFiles, DoNotTakeAnEmptyFileForAnAnswer) {
  EXPECT_EQ(judge(ProcReading{.smaps_sane = true})[0].status, Status::works);
  EXPECT_EQ(judge(ProcReading{.smaps_sane = false})[0].status, Status::unavailable);
  EXPECT_EQ(judge(ProcReading{.smaps_sane = true, .sched_errno = ENOENT})[1].status, Status::degraded);
}

TEST(JudgeNamespaces, FindTheClosedSwitch) {
  const NamespaceReading refused{.privileged = false, .user_errno = EPERM, .kinds = {{"net", EPERM}}};
  const auto with = [&](const UserNamespacePolicy& policy) { return judge(refused, policy).at(1); };
  EXPECT_THAT(with({.most = 0, .debian = 0, .apparmor = 1}).remedy, HasSubstr("max_user_namespaces"));
  EXPECT_THAT(with({.most = 9, .debian = 0, .apparmor = 1}).remedy, HasSubstr("unprivileged_userns_clone=1"));
  EXPECT_THAT(with({.most = 9, .debian = 1, .apparmor = 1}).detail, HasSubstr("AppArmor"));
  EXPECT_THAT(with({.most = 9, .debian = {}, .apparmor = {}}).remedy, HasSubstr("root"));
  EXPECT_EQ(with({}).status, Status::unavailable);
}

TEST(JudgeNamespaces, NameWhatIsRefusedAndWhatIsNot) {
  const Finding some = judge(NamespaceReading{.privileged = true, .kinds = {{"net", EPERM}, {"uts", 0}}}, {}).at(0);
  EXPECT_EQ(some.status, Status::degraded);
  EXPECT_THAT(some.detail, HasSubstr("refused: net (EPERM"));
  EXPECT_THAT(some.detail, HasSubstr("working: uts"));
  EXPECT_EQ(judge(NamespaceReading{.privileged = true, .kinds = {{"net", EPERM}}}, {}).at(0).status,
            Status::unavailable);
  EXPECT_EQ(judge(NamespaceReading{.privileged = true, .user_errno = ENOSPC}, {}).at(1).status, Status::degraded);
}

TEST(JudgeMounts, NameTheStepThatFailed) {
  using Step = MountReading::Step;
  EXPECT_EQ(judge(MountReading{}, {}).status, Status::works);
  const Finding masked = judge(MountReading{.failed = Step::proc, .code = EPERM}, {});
  EXPECT_THAT(masked.detail, HasSubstr("mounting /proc: EPERM"));
  EXPECT_THAT(masked.remedy, HasSubstr("systempaths=unconfined"));
  EXPECT_THAT(judge(MountReading{.failed = Step::pivot_root, .code = EINVAL}, {}).remedy, HasSubstr("initramfs"));
}

TEST(JudgeNoise, HasItsThresholds) {
  EXPECT_EQ(judge(StealReading{.known = true, .now_percent = 0.5}).status, Status::works);
  EXPECT_EQ(judge(StealReading{.known = true, .now_percent = 3}).status, Status::degraded);
  EXPECT_EQ(judge(StealReading{.known = true, .since_boot_percent = 3}).status, Status::degraded);
  EXPECT_EQ(judge(StealReading{}).status, Status::unavailable);
  EXPECT_EQ(judge(RcuReading{.grace = spread(Nanos(10'000))}).status, Status::works);
  EXPECT_EQ(judge(RcuReading{.grace = spread(Nanos(8'000'000))}).status, Status::degraded);
  EXPECT_EQ(judge(WakeReading{.busy = spread(Nanos(5'000)), .idle = spread(Nanos(9'000))}, kCpus).status,
            Status::works);
  EXPECT_EQ(judge(WakeReading{.busy = spread(Nanos(5'000)), .idle = spread(Nanos(90'000))}, kCpus).status,
            Status::degraded);
  EXPECT_EQ(judge(NetnsReading{.code = EPERM, .create = {}, .lifetime = {}}).status, Status::unavailable);
}

json facts() {
  return {{"cpu",
           {{"governor", "performance"},
            {"turbo", "on"},
            {"idle_driver", "intel_idle"},
            {"mitigations", {{"a", "Not affected"}, {"b", "Vulnerable"}}}}},
          {"kernel", {{"aslr", 2}, {"core_pattern", "core"}, {"pressure_stall", true}}},
          {"memory", {{"thp_enabled", "madvise"}, {"thp_defrag", "madvise"}}},
          {"virtualisation", {{"hypervisor", "none"}}}};
}

Finding setting(const json& of, const std::string& subject) {
  for (const Finding& finding : judge_settings(of, true)) {
    if (finding.subject == subject) return finding;
  }
  ADD_FAILURE() << "no finding on " << subject;
  return {};
}

TEST(JudgeSettings, ApprovesOfAQuietMachine) {
  for (const Finding& finding : judge_settings(facts(), true))
    EXPECT_EQ(finding.status, Status::works) << finding.subject;
}

TEST(JudgeSettings, ObjectsToEachNoisySetting) {
  const auto degraded_by = [](const char* pointer, const json& value, const std::string& subject) {
    json changed = facts();
    changed[json::json_pointer(pointer)] = value;
    return setting(changed, subject).status;
  };
  EXPECT_EQ(degraded_by("/cpu/governor", "powersave", "CPU frequency"), Status::degraded);
  EXPECT_EQ(degraded_by("/cpu/governor", json({"performance", "powersave"}), "CPU frequency"), Status::degraded);
  EXPECT_EQ(degraded_by("/kernel/aslr", 0, "address layout"), Status::degraded);
  EXPECT_EQ(degraded_by("/memory/thp_enabled", "always", "huge pages (THP)"), Status::degraded);
  EXPECT_EQ(degraded_by("/kernel/core_pattern", "|/usr/share/apport/apport %p", "core dumps"), Status::degraded);
  EXPECT_EQ(degraded_by("/kernel/pressure_stall", false, "pressure (PSI)"), Status::unavailable);
  EXPECT_EQ(degraded_by("/cpu/mitigations", unavailable("no"), "mitigations"), Status::degraded);
}

TEST(JudgeSettings, MissesAGovernorOnlyInAGuest) {
  json guest = facts();
  guest["cpu"]["governor"] = unavailable("none");
  EXPECT_EQ(setting(guest, "CPU frequency").status, Status::works);
  guest["virtualisation"]["hypervisor"] = "KVMKVMKVM";
  EXPECT_EQ(setting(guest, "CPU frequency").status, Status::degraded);
}

TEST(JudgeSettings, WantsIdleStatesHeldOff) {
  EXPECT_EQ(judge_settings(facts(), false).at(1).status, Status::degraded);
  json none = facts();
  none["cpu"]["idle_driver"] = "none";
  EXPECT_EQ(judge_settings(none, false).at(1).status, Status::works);
}

TEST(JudgeCores, PassesTheWarningOn) {
  Surroundings around{.cgroup_parent = {}, .cpus = kCpus, .cpus_error = {}};
  EXPECT_EQ(judge_cores(around, facts()).status, Status::works);
  around.cpus.warning = "they share";
  EXPECT_EQ(judge_cores(around, facts()).consequence, "they share");
  around.cpus_error = "no CPU";
  EXPECT_EQ(judge_cores(around, facts()).status, Status::degraded);
}

/// A report that says "degraded" and not what that costs is of no use to anyone.
void check_complete(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    RC_ASSERT(!finding.subject.empty());
    RC_ASSERT(!finding.detail.empty());
    RC_ASSERT(finding.status == Status::works || !finding.consequence.empty());
    RC_ASSERT(finding.status != Status::works || (finding.consequence.empty() && finding.remedy.empty()));
  }
}

RC_GTEST_PROP(Judge, AlwaysStatesWhatFailureCosts, ()) {
  const auto code = [] { return *rc::gen::element(0, EPERM, EACCES, ENOSYS, EINVAL, ENOSPC, ETIMEDOUT); };
  const auto coin = [] { return *rc::gen::arbitrary<bool>(); };
  check_complete({judge(SpawnReading{.vfork_errno = code()})});
  check_complete(judge(NotificationReading{.install_errno = code(),
                                           .killable_errno = code(),
                                           .receive_errno = code(),
                                           .getfd_errno = code(),
                                           .answer_errno = code(),
                                           .continue_errno = code(),
                                           .child_agrees = coin()},
                       coin() ? std::optional<std::int64_t>(2) : std::nullopt));
  check_complete({judge(IoUringReading{.setup_errno = code()})});
  check_complete({judge(PerfReading{.open_errno = code(),
                                    .map_errno = code(),
                                    .exec_errno = code(),
                                    .exec_recorded = coin(),
                                    .within_bracket = coin()},
                        2)});
  check_complete({judge(
      TimestampReading{.connect_errno = code(), .option_errno = code(), .tries = coin() ? 5 : 0, .stamped = 5})});
  check_complete(judge(EvictionReading{.cachestat_errno = code(), .evicted = coin(), .mincore_agrees = coin()}));
  check_complete(judge(ProcReading{.smaps_errno = code(), .smaps_sane = coin(), .sched_errno = code()}));
  check_complete(
      judge(NamespaceReading{.privileged = coin(), .user_errno = code(), .kinds = {{"a", code()}, {"b", code()}}}, {}));
  check_complete({judge(
      MountReading{.failed = coin() ? MountReading::Step::proc : MountReading::Step::done, .code = code()}, {})});
}

}  // namespace
}  // namespace frostbyte::host
