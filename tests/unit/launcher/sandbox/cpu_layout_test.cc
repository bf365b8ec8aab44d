#include "launcher/sandbox/cpu_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sched.h>

#include <fstream>
#include <set>

#include "launcher/base/file.h"

namespace frostbyte::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A sysfs of our own: CPUs with their siblings and package, as the kernel lays them out.
class Host {
 public:
  Host(const std::string& online, const std::string& isolated) : dir_(TempDir::create().value()) {
    write("online", online);
    write("isolated", isolated);
  }
  Host& core(const std::string& siblings, const std::string& package = "0") {
    const std::vector<int> cpus = parse_cpu_list(siblings).value();
    for (const int cpu : cpus) {
      write("cpu" + std::to_string(cpu) + "/topology/thread_siblings_list", siblings);
      write("cpu" + std::to_string(cpu) + "/topology/physical_package_id", package);
      all_.push_back(cpu);
    }
    return *this;
  }
  [[nodiscard]] CpuSource source() const { return {.sysfs = dir_.path(), .allowed = all_}; }
  [[nodiscard]] CpuSource allowed(std::vector<int> cpus) const {
    return {.sysfs = dir_.path(), .allowed = std::move(cpus)};
  }

 private:
  void write(const std::string& name, const std::string& value) {
    const std::filesystem::path path = dir_.path() / "devices/system/cpu" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << value << '\n';
  }
  TempDir dir_;
  std::vector<int> all_;
};

Host two_cores() { return std::move(Host("0-1", "").core("0").core("1")); }
/// The usual server numbering: the second threads come after all the first ones.
Host smt() { return std::move(Host("0-7", "").core("0,4").core("1,5").core("2,6").core("3,7")); }
/// The other numbering, where neighbours are siblings.
Host smt_neighbours() { return std::move(Host("0-3", "").core("0-1").core("2-3")); }

CpuChoice choose(const CpuSource& source) { return choose_cpus({}, {}, source).value(); }

TEST(ChooseCpus, GivesEachACoreOfItsOwn) {
  const Host host = two_cores();
  const CpuChoice choice = choose(host.source());
  EXPECT_EQ(choice.launcher, 0);
  EXPECT_THAT(choice.function, ElementsAre(1));
  EXPECT_THAT(choice.warning, IsEmpty());
}

TEST(ChooseCpus, SkipsTheSiblingOfTheLauncher) {
  const Host host = smt_neighbours();
  const CpuChoice choice = choose(host.source());
  EXPECT_EQ(choice.launcher, 0);
  EXPECT_THAT(choice.function, ElementsAre(2));
  EXPECT_THAT(choice.warning, IsEmpty());
}

TEST(ChooseCpus, WarnsWhenOnlySiblingsAreLeft) {
  const Host host = smt();
  const CpuChoice choice = choose(host.allowed({2, 6}));
  EXPECT_EQ(choice.launcher, 2);
  EXPECT_THAT(choice.function, ElementsAre(6));
  EXPECT_THAT(choice.warning, HasSubstr("CPUs 2 (launcher) and 6 (function) are hyperthreads of one core"));
}

TEST(ChooseCpus, SharesTheOnlyCpuAndSaysSo) {
  const Host host = two_cores();
  const CpuChoice choice = choose(host.allowed({1}));
  EXPECT_EQ(choice.launcher, 1);
  EXPECT_THAT(choice.function, ElementsAre(1));
  EXPECT_THAT(choice.warning, HasSubstr("share CPU 1, the only one"));
}

TEST(ChooseCpus, GivesIsolatedCpusToTheFunctionNotToTheLauncher) {
  Host host("0-3", "1,3");
  host.core("0").core("1").core("2").core("3");
  EXPECT_EQ(choose(host.source()).launcher, 0);
  EXPECT_THAT(choose(host.source()).function, ElementsAre(1));
  EXPECT_EQ(choose(host.allowed({1, 2, 3})).launcher, 2);
  EXPECT_THAT(choose(host.allowed({1, 2, 3})).function, ElementsAre(1));
}

TEST(ChooseCpus, PrefersADistinctCoreOverAnIsolatedSibling) {
  Host host("0-3", "1");
  host.core("0-1").core("2-3");
  EXPECT_THAT(choose(host.source()).function, ElementsAre(2));
}

TEST(ChooseCpus, KeepsTheFunctionOffCpu0WhenTheLauncherIsElsewhere) {
  const Host host = smt();
  const CpuChoice choice = choose_cpus(3, {}, host.source()).value();
  EXPECT_EQ(choice.launcher, 3);
  EXPECT_THAT(choice.function, ElementsAre(1));
}

TEST(ChooseCpus, UsesCpu0ForTheFunctionRatherThanShareACore) {
  const Host host = two_cores();
  EXPECT_THAT(choose_cpus(1, {}, host.source()).value().function, ElementsAre(0));
}

TEST(ChooseCpus, StaysInTheLaunchersPackage) {
  Host host("0-3", "");
  host.core("0", "0").core("1", "1").core("2", "0").core("3", "1");
  EXPECT_THAT(choose(host.source()).function, ElementsAre(2));
}

TEST(ChooseCpus, PutsTheLauncherBesideAGivenFunction) {
  const Host host = smt();
  const CpuChoice choice = choose_cpus({}, std::vector{4, 0, 4}, host.source()).value();
  EXPECT_EQ(choice.launcher, 1);
  EXPECT_THAT(choice.function, ElementsAre(0, 4));
  EXPECT_THAT(choice.warning, IsEmpty());
}

TEST(ChooseCpus, KeepsWhatTheUserAskedForAndWarns) {
  const Host host = smt();
  const CpuChoice choice = choose_cpus(1, std::vector{1, 2}, host.source()).value();
  EXPECT_EQ(choice.launcher, 1);
  EXPECT_THAT(choice.function, ElementsAre(1, 2));
  EXPECT_THAT(choice.warning, HasSubstr("share CPU 1"));
}

TEST(ChooseCpus, RefusesCpusItMayNotUse) {
  const Host host = two_cores();
  const auto offline = choose_cpus({}, std::vector{1, 9}, host.source());
  ASSERT_FALSE(offline.has_value());
  EXPECT_EQ(offline.error().subject, "CPU 9");
  EXPECT_THAT(offline.error().hint, HasSubstr("0-1"));
  const auto masked = choose_cpus(0, {}, host.allowed({1}));
  ASSERT_FALSE(masked.has_value());
  EXPECT_EQ(masked.error().subject, "CPU 0");
  const auto empty = choose_cpus({}, std::vector<int>(), host.source());
  ASSERT_FALSE(empty.has_value());
  EXPECT_EQ(empty.error().subject, "the function");
}

TEST(ChooseCpus, RefusesAMaskWithNothingOnline) {
  const Host host = two_cores();
  EXPECT_FALSE(choose_cpus({}, {}, host.allowed({7})).has_value());
}

TEST(ChooseCpus, WorksWithoutSysfs) {
  const CpuChoice choice = choose({.sysfs = "/nonexistent", .allowed = std::vector{3, 5}});
  EXPECT_EQ(choice.launcher, 3);
  EXPECT_THAT(choice.function, ElementsAre(5));
}

TEST(ChooseCpus, ChoosesWithinTheRealAffinityMask) {
  const CpuChoice choice = choose_cpus().value();
  cpu_set_t mask;
  ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
  EXPECT_TRUE(CPU_ISSET(choice.launcher, &mask));
  EXPECT_TRUE(CPU_ISSET(choice.function.front(), &mask));
  EXPECT_EQ(choice.launcher == choice.function.front(), CPU_COUNT(&mask) == 1);
}

RC_GTEST_PROP(ChooseCpus, NeverSharesACpuWhileThereAreTwo, (std::set<std::uint8_t> allowed)) {
  RC_PRE(allowed.size() >= 2);
  const CpuChoice choice =
      choose({.sysfs = "/nonexistent", .allowed = std::vector<int>(allowed.begin(), allowed.end())});
  RC_ASSERT(choice.function.size() == 1u);
  RC_ASSERT(choice.function.front() != choice.launcher);
  RC_ASSERT(choice.function.front() != 0);
  RC_ASSERT(choice.warning.empty());
}

RC_GTEST_PROP(ParseCpuList, InvertsFormat, (std::set<std::uint8_t> cpus)) {
  const std::vector<int> list(cpus.begin(), cpus.end());
  RC_ASSERT(parse_cpu_list(format_cpu_list(list)).value() == list);
}

TEST(ParseCpuList, SortsAndMerges) {
  EXPECT_THAT(parse_cpu_list("5,0-3,2-4").value(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(parse_cpu_list("").value(), IsEmpty());
  EXPECT_EQ(format_cpu_list({0, 1, 2, 3, 5}), "0-3,5");
}

TEST(ParseCpuList, RefusesWhatIsNoList) {
  for (const char* text : {"a", "1-", "-1", "3-1", "1,,2", "1,", ",", "1 2", "0-99999", "4294967297", "1-2-3", "+1"}) {
    const auto list = parse_cpu_list(text);
    ASSERT_FALSE(list.has_value()) << text;
    EXPECT_THAT(list.error().operation, HasSubstr("read the CPU list")) << text;
  }
}

}  // namespace
}  // namespace frostbyte::sandbox
