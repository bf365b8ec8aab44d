#include "launcher/launch/memory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "launcher/base/file.h"
#include "launcher/launch/process_files.h"
#include "results/metric/metric.h"

namespace frostbyte::launch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::UnorderedElementsAre;

constexpr std::int64_t kMebi = 1 << 20;
constexpr std::int64_t kPage = 4096;

/// A process that runs `body`, stops itself, and is killed and reaped at the end.
class Stopped {
 public:
  explicit Stopped(const std::function<void()>& body) : pid_(::fork()) {
    if (pid_ == 0) {
      body();
      ::raise(SIGSTOP);
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, WUNTRACED), pid_);
    EXPECT_TRUE(WIFSTOPPED(status)) << "status " << status;
  }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;
  ~Stopped() { end(); }

  /// Killed but not reaped: a zombie.
  void kill_only() const {
    ::kill(pid_, SIGKILL);
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

void* map_and_touch(std::int64_t bytes, int flags = MAP_PRIVATE | MAP_ANONYMOUS, int fd = -1) {
  const int protection = fd >= 0 ? PROT_READ : PROT_READ | PROT_WRITE;
  void* memory = ::mmap(nullptr, static_cast<std::size_t>(bytes), protection, flags, fd, 0);
  ::madvise(memory, static_cast<std::size_t>(bytes), MADV_NOHUGEPAGE);
  for (std::int64_t i = 0; i < bytes; i += kPage) {
    auto* byte = static_cast<volatile char*>(memory) + i;
    if (fd >= 0) {
      static_cast<void>(*byte);
    } else {
      *byte = 1;
    }
  }
  return memory;
}

Figures read_one(pid_t pid) {
  Figures figures;
  read_process_memory(std::array{pid}, figures);
  return figures;
}

TEST(ReadProcessMemory, SeesTouchedMemoryToOnePercent) {
  constexpr std::int64_t kTouched = 64 * kMebi;
  const Stopped idle([] {});
  const Stopped busy([] { map_and_touch(kTouched); });
  const Figures before = read_one(idle.pid()), after = read_one(busy.pid());
  for (const char* name : {"memory.rss", "memory.anon", "memory.pss", "memory.uss", "memory.rss_peak"}) {
    const std::int64_t difference = after.values.at(name) - before.values.at(name);
    EXPECT_NEAR(static_cast<double>(difference), kTouched, kTouched / 100.0) << name;
  }
}

TEST(ReadProcessMemory, DoesNotCountWhatIsMappedButNeverTouched) {
  const Stopped idle([] {});
  const Stopped mapped(
      [] { ::mmap(nullptr, 256 * kMebi, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); });
  EXPECT_LT(read_one(mapped.pid()).values.at("memory.rss"), read_one(idle.pid()).values.at("memory.rss") + kMebi);
}

TEST(ReadProcessMemory, CountsFilePagesAsFile) {
  constexpr std::int64_t kSize = 8 * kMebi;
  const auto folder = *TempDir::create();
  const std::string path = (folder.path() / "data").string();
  ASSERT_TRUE(write_atomically(path, std::string(kSize, 'x')).has_value());
  const Fd fd = *open_file(path, O_RDONLY);
  const Stopped idle([] {});
  const Stopped reader([&] { map_and_touch(kSize, MAP_PRIVATE, fd.get()); });
  const Figures before = read_one(idle.pid()), after = read_one(reader.pid());
  EXPECT_NEAR(static_cast<double>(after.values.at("memory.file") - before.values.at("memory.file")), kSize,
              kSize / 100.0);
  EXPECT_LT(after.values.at("memory.anon"), before.values.at("memory.anon") + kMebi);
}

TEST(ReadProcessMemory, PartsSumAndSharesAreOrdered) {
  const Stopped process([] { map_and_touch(4 * kMebi); });
  const auto values = read_one(process.pid()).values;
  EXPECT_EQ(values.at("memory.rss"), values.at("memory.anon") + values.at("memory.file"));
  EXPECT_LE(values.at("memory.uss"), values.at("memory.pss"));
  EXPECT_LE(values.at("memory.pss"), values.at("memory.rss"));
  EXPECT_LE(values.at("memory.rss"), values.at("memory.rss_peak"));
}

TEST(ReadProcessMemory, AgreesWithTheKernelsCounters) {
  const Stopped process([] { map_and_touch(16 * kMebi); });
  const auto values = read_one(process.pid()).values;
  const std::string status = *read_file("/proc/" + std::to_string(process.pid()) + "/status");
  const std::int64_t error = values.at("memory.rss_peak_error") + kPage;
  EXPECT_NEAR(*field(status, "RssAnon") * 1024, values.at("memory.anon"), static_cast<double>(error));
  EXPECT_NEAR((*field(status, "RssFile") + *field(status, "RssShmem")) * 1024, values.at("memory.file"),
              static_cast<double>(error));
}

TEST(ReadProcessMemory, PeakRemembersWhatWasGivenBack) {
  const Stopped process([] { ::munmap(map_and_touch(32 * kMebi), 32 * kMebi); });
  const auto values = read_one(process.pid()).values;
  EXPECT_LT(values.at("memory.rss"), 16 * kMebi);
  EXPECT_GE(values.at("memory.rss_peak") + values.at("memory.rss_peak_error"), 32 * kMebi);
}

TEST(ReadProcessMemory, SumsOverProcesses) {
  const Stopped one([] { map_and_touch(8 * kMebi); }), two([] { map_and_touch(16 * kMebi); });
  Figures both;
  read_process_memory(std::array{one.pid(), two.pid()}, both);
  const auto first = read_one(one.pid()).values, second = read_one(two.pid()).values;
  for (const char* name : {"memory.rss", "memory.anon", "memory.file", "memory.rss_peak", "memory.processes"}) {
    EXPECT_EQ(both.values.at(name), first.at(name) + second.at(name)) << name;
  }
  EXPECT_EQ(both.values.at("memory.processes"), 2);
}

TEST(ReadProcessMemory, SkipsAProcessThatVanished) {
  const Stopped alive([] {});
  Stopped dead([] {});
  const pid_t gone = dead.pid();
  dead.end();
  Figures figures;
  read_process_memory(std::array{alive.pid(), gone}, figures);
  EXPECT_THAT(figures.unavailable, IsEmpty());
  EXPECT_EQ(figures.values.at("memory.processes"), 1);
  EXPECT_EQ(figures.values.at("memory.rss"), read_one(alive.pid()).values.at("memory.rss"));
}

TEST(ReadProcessMemory, SkipsAZombie) {
  const Stopped alive([] {});
  const Stopped dead([] {});
  dead.kill_only();
  Figures figures;
  read_process_memory(std::array{alive.pid(), dead.pid()}, figures);
  EXPECT_THAT(figures.unavailable, IsEmpty());
  EXPECT_EQ(figures.values.at("memory.processes"), 1);
}

TEST(ReadProcessMemory, GivesReasonsAndNoNumberWhenTheFunctionIsGone) {
  Stopped dead([] {});
  const pid_t gone = dead.pid();
  dead.end();
  const Figures figures = read_one(gone);
  EXPECT_THAT(figures.values, IsEmpty());
  for (const char* name : {"memory.rss", "memory.rss_peak", "memory.processes", "switches.voluntary"}) {
    EXPECT_THAT(figures.unavailable.at(name), HasSubstr("the function has ended")) << name;
  }
}

TEST(ReadProcessMemory, GivesReasonsForAZombieFunction) {
  const Stopped dead([] {});
  dead.kill_only();
  EXPECT_THAT(read_one(dead.pid()).values, IsEmpty());
}

TEST(ReadProcessMemory, GivesReasonsForNoProcesses) {
  Figures figures;
  read_process_memory({}, figures);
  EXPECT_THAT(figures.values, IsEmpty());
  EXPECT_EQ(figures.unavailable.at("memory.rss"), "the launch has no process");
}

TEST(ReadProcessMemory, NamesTheCauseWhenTheKernelRefuses) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to give root up";
  const Stopped process([] {});
  const pid_t reader = ::fork();
  if (reader == 0) {
    ::syscall(SYS_setresuid, 65534, 65534, 65534);
    const Figures figures = read_one(process.pid());
    const auto found = figures.unavailable.find("memory.rss");
    const bool named = found != figures.unavailable.end() && found->second.contains("EACCES") &&
                       found->second.contains("smaps_rollup") && found->second.contains("hint");
    ::_exit(named && !figures.values.contains("memory.rss") && figures.values.contains("memory.rss_peak") ? 0 : 1);
  }
  int status = -1;
  ::waitpid(reader, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(ReadProcessMemory, CountsSwitchesOfEveryThread) {
  constexpr int kSleeps = 50;
  const auto sleep_often = [] {
    for (int i = 0; i < kSleeps; ++i) ::usleep(100);
  };
  const Stopped threaded([&] {
    static std::atomic<bool> slept = false;  // the thread must live on: a dead one's switches are its own no more
    std::thread([&] {
      sleep_often();
      slept = true;
      for (;;) ::pause();
    }).detach();
    while (!slept) ::sched_yield();
  });
  EXPECT_GE(read_one(threaded.pid()).values.at("switches.voluntary"), kSleeps);
}

TEST(ReadProcessMemory, CountsMigrationsOrSaysWhyNot) {
  const Stopped process([] {});
  const Figures figures = read_one(process.pid());
  const bool known = figures.values.contains("disturbance.migrations");
  EXPECT_NE(known, figures.unavailable.contains("disturbance.migrations"));
  const std::string sched = "/proc/" + std::to_string(process.pid()) + "/sched";
  EXPECT_EQ(known, ::access(sched.c_str(), F_OK) == 0);
}

TEST(Figures, AreAllRegisteredMetrics) {
  const Stopped process([] {});
  Figures figures = read_one(process.pid());
  read_cgroup_memory(nullptr, figures);
  for (const auto& [name, value] : figures.values) EXPECT_NE(metric::find(name), nullptr) << name;
  for (const auto& [name, reason] : figures.unavailable) EXPECT_NE(metric::find(name), nullptr) << name;
}

TEST(ReadCgroupMemory, GivesReasonsWithoutACgroup) {
  Figures figures;
  read_cgroup_memory(nullptr, figures);
  EXPECT_THAT(figures.values, IsEmpty());
  EXPECT_THAT(figures.unavailable,
              UnorderedElementsAre(Key("memory.cgroup_peak"), Key("memory.cgroup_peak_quantum"),
                                   Key("memory.cgroup_anon"), Key("memory.cgroup_file"), Key("cpu.cgroup")));
}

TEST(ReadCgroupMemory, GivesEachFigureAValueOrAReason) {
  const auto factory = *sandbox::CgroupFactory::probe(std::nullopt);
  const auto cgroup = *factory->create({});
  Figures figures;
  read_cgroup_memory(cgroup.get(), figures);
  EXPECT_EQ(figures.values.size() + figures.unavailable.size(), 5u);
  EXPECT_EQ(figures.values.contains("memory.cgroup_peak"), figures.values.contains("memory.cgroup_peak_quantum"));
}

TEST(LaunchProcesses, FindsDescendantsWithoutACgroup) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const Stopped root([&] {
    const pid_t child = ::fork();
    if (child == 0) {
      const pid_t grandchild = ::fork();
      if (grandchild == 0) {
        static_cast<void>(::write(ready[1], "x", 1));
        for (;;) ::pause();
      }
      for (;;) ::pause();
    }
    char byte;
    static_cast<void>(::read(ready[0], &byte, 1));
  });
  const auto found = *launch_processes(root.pid(), nullptr);
  EXPECT_EQ(found.size(), 3u);
  EXPECT_EQ(found.front(), root.pid());
  for (const pid_t pid : found) {
    if (pid != root.pid()) ::kill(pid, SIGKILL);
  }
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(LaunchProcesses, PutsTheFunctionFirst) {
  const auto factory = *sandbox::CgroupFactory::probe(std::nullopt);
  const auto cgroup = *factory->create({});
  EXPECT_THAT(*launch_processes(::getpid(), cgroup.get()), testing::Contains(::getpid()));
  EXPECT_EQ(launch_processes(::getpid(), cgroup.get())->front(), ::getpid());
}

TEST(Field, ReadsWholeKeysOnly) {
  constexpr std::string_view kText = "VmHWM:\t  12 kB\nThreads:\t3\nse.nr_migrations      :     7\nVmHWMx: 9\n";
  EXPECT_EQ(field(kText, "VmHWM"), 12);
  EXPECT_EQ(field(kText, "Threads"), 3);
  EXPECT_EQ(field(kText, "se.nr_migrations"), 7);
  EXPECT_EQ(field(kText, "Vm"), std::nullopt);
  EXPECT_EQ(field(kText, "Pss"), std::nullopt);
}

}  // namespace
}  // namespace frostbyte::launch
