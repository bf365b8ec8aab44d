// Each part of a sandbox is seen, from inside, to do what it promises; and each can be left out alone.
#include <net/if.h>
#include <sys/resource.h>

#include <algorithm>

#include "harness.h"
#include "launcher/base/file.h"

namespace frostbyte::integration {
namespace {

/// What test-inspect must find; "!VALUE": must differ.
struct Claim {
  const char* name;
  const char* isolation;
  Words facts;
};

class Isolation : public Integration, public ::testing::WithParamInterface<Claim> {
 protected:
  void inspect(const std::string& isolation, const Words& facts, const Words& more = {}) const {
    Words words{test_function("test-inspect"), "--isolation", isolation, "-r", "3", "-w", "0"};
    for (const std::string& fact : facts) words = words + Words{"--env", "EXPECT_" + fact};
    EXPECT_EQ(sweep_ok(words + more).rows.size(), 3u);
  }
};

TEST_P(Isolation, IsSeenFromInside) { inspect(GetParam().isolation, GetParam().facts); }

const std::string kNoCapability = "0000000000000000";

INSTANTIATE_TEST_SUITE_P(
    Parts, Isolation,
    ::testing::Values(
        Claim{"pid", "full", {"PID=1", "PPID=0"}}, Claim{"without_pid", "full,-pid", {"PID=!1"}},
        Claim{"net", "full", {"INTERFACES=lo"}}, Claim{"uts", "full", {"HOSTNAME=frostbyte"}},
        Claim{"without_uts", "full,-uts", {"HOSTNAME=!frostbyte"}},
        Claim{"capabilities",
              "full",
              {"CapInh=" + kNoCapability, "CapPrm=" + kNoCapability, "CapEff=" + kNoCapability,
               "CapBnd=" + kNoCapability, "CapAmb=" + kNoCapability}},
        Claim{"without_capabilities", "full,-capabilities", {"CapBnd=!" + kNoCapability}},
        Claim{"no_new_privs", "full", {"NoNewPrivs=1"}}, Claim{"filter", "full", {"Seccomp=2"}},
        Claim{"filter_refuses", "full", {"MOUNT=EPERM", "UNSHARE=EPERM", "PTRACE=EPERM", "CHROOT=EPERM"}},
        Claim{"without_filter", "full,-syscall-filter", {"PTRACE=allowed", "MOUNT=ENOENT", "CHROOT=ENOENT"}},
        Claim{"root",
              "full",
              {"ROOT=dev function proc tmp", "WRITE_ROOT=EROFS", "WRITE_FOLDER=EROFS", "WRITE_TMP=allowed"}},
        Claim{"devices", "full", {"DEV=fd full null random stderr stdin stdout urandom zero"}},
        Claim{"namespaces_alone", "namespaces", {"PID=1", "INTERFACES=lo"}}, Claim{"session", "full", {"SESSION=own"}},
        Claim{"session_without_isolation", "none", {"SESSION=own"}},
        Claim{"signals", "full", {"SigBlk=" + kNoCapability, "IGNORED="}},
        Claim{"signals_without_isolation", "none", {"SigBlk=" + kNoCapability, "IGNORED="}},
        Claim{"descriptors", "full", {"FDS=0 1 2"}}, Claim{"descriptors_without_isolation", "none", {"FDS=0 1 2"}},
        Claim{"environment", "full", {"ENVIRONMENT=HOME PATH PORT"}}, Claim{"one_cpu", "full", {"CPUS=1"}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Isolation, HandsOverOneDescriptorByListenFds) {
  inspect("full", {"FDS=0 1 2 3", "PID=1"}, {"--contract", "listen-fds"});
  inspect("none", {"FDS=0 1 2 3"}, {"--contract", "listen-fds"});
}

TEST_F(Isolation, TmpIsEmptyOnEveryLaunchThoughTheLastLeftAMark) {
  inspect("full", {"TMP="}, {"--env", "LEAVE_MARK=1"});
}

TEST_F(Isolation, WithoutNetSeesTheHostsInterfaces) {
  Words names;
  struct if_nameindex* list = ::if_nameindex();
  for (const struct if_nameindex* at = list; at != nullptr && at->if_index != 0; ++at) names.emplace_back(at->if_name);
  ::if_freenameindex(list);
  std::ranges::sort(names);
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : " ") + name;
  inspect("full,-net", {"INTERFACES=" + all});
}

TEST_F(Isolation, RestoresTheLimitOfOpenFilesThatTheLauncherRaised) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  inspect("full", {"NOFILE=" + std::to_string(limit.rlim_cur)});
}

TEST_F(Isolation, EveryPartCanBeLeftOutAlone) {
  for (const char* part :
       {"mount", "pid", "net", "ipc", "uts", "cgroup-ns", "cgroup", "capabilities", "no-new-privs", "syscall-filter"}) {
    SCOPED_TRACE(part);
    const RunFile run =
        sweep_ok({bundled("c-musl"), "--isolation", std::string("full,-") + part, "-r", "2", "-w", "0"});
    EXPECT_EQ(run.rows.size(), 2u);
  }
}

TEST_F(Isolation, EveryPartCanBeHadAlone) {
  for (const char* part : {"mount", "pid", "net", "ipc", "uts", "cgroup-ns", "cgroup", "capabilities", "no-new-privs",
                           "syscall-filter", "user"}) {
    SCOPED_TRACE(part);
    const RunFile run =
        sweep_ok({bundled("c-musl"), "--isolation", std::string("none,+") + part, "-r", "2", "-w", "0"});
    EXPECT_EQ(run.rows.size(), 2u);
  }
}

TEST_F(Isolation, AUserNamespaceMayComeOnTop) {
  inspect("full,+user", {"PID=1", "INTERFACES=lo", "CapEff=" + kNoCapability, "HOSTNAME=frostbyte"});
}

}  // namespace
}  // namespace frostbyte::integration
