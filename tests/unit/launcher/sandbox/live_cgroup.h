// What the tests of live cgroups share: a factory of whichever version this host has, and ways into its cgroups.
#pragma once

#include <gtest/gtest.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "launcher/base/process.h"
#include "launcher/sandbox/cgroup.h"
#include "launcher/sandbox/cgroup_directory.h"
#include "launcher/sandbox/cgroup_hierarchy.h"

namespace frostbyte::sandbox {

inline constexpr std::int64_t kMebi = 1 << 20;

/// Every directory, in every hierarchy, that carries the name of `owner`.
inline std::vector<std::string> runs_of(const ProcessName& owner) {
  std::vector<std::string> found;
  for (const Hierarchy& hierarchy : read_hierarchies().value_or(std::vector<Hierarchy>())) {
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator entry(hierarchy.mount_point, error), end; !error && entry != end;
         entry.increment(error)) {
      if (owner_of_run(entry->path().filename().string()) == owner) found.push_back(entry->path().string());
    }
  }
  return found;
}

/// Runs `body` in a process inside the cgroup, which it enters as a launched child does.
inline pid_t start_in(const Cgroup& cgroup, const std::function<void()>& body) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  if (cgroup.clone_into_fd() >= 0) {
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup.clone_into_fd());
  }
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid != 0) return pid;
  for (const int tasks : cgroup.join_fds()) {
    if (::write(tasks, "0", 1) != 1) ::_exit(99);
  }
  body();
  ::_exit(0);
}

inline int wait_for_end(pid_t pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

class LiveCgroup : public testing::Test {
 protected:
  void SetUp() override {
    auto probed = CgroupFactory::probe(std::nullopt);
    ASSERT_TRUE(probed.has_value()) << probed.error().message();
    if ((*probed)->version() == CgroupVersion::none) {
      if (std::getenv("FROSTBYTE_REQUIRE_ALL") != nullptr) FAIL() << (*probed)->reason();
      GTEST_SKIP() << (*probed)->reason();
    }
    factory = std::move(*probed);
  }

  std::unique_ptr<Cgroup> create(const Limits& limits = {}) {
    auto made = factory->create(limits);
    if (!made) {
      ADD_FAILURE() << made.error().message();
      return nullptr;
    }
    return std::move(*made);
  }

  std::unique_ptr<CgroupFactory> factory;
};

}  // namespace frostbyte::sandbox
