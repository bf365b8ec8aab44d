#include "launcher/host/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "launcher/base/file.h"

namespace frostbyte::host {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A host of our own, as files.
class Tree {
 public:
  Tree() : dir_(TempDir::create().value()) {
    write("proc/sys/kernel/osrelease", "6.1.0-30-amd64");
    write("proc/sys/kernel/random/boot_id", "00000000-1111-2222-3333-444444444444");
    write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Test CPU @ 2.0 GHz\nmicrocode\t: 0x1\n\nprocessor\t: 1\n");
    write("proc/meminfo", "MemTotal:       1024 kB\nMemFree: 1 kB\nSwapTotal:      0 kB\n");
    write("proc/self/mountinfo", "1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    write("sys/fs/cgroup/cgroup.controllers", "cpu memory pids");
    write("sys/devices/system/cpu/online", "0-3");
    for (int cpu = 0; cpu < 4; ++cpu) {
      write(cpu_file(cpu, "topology/thread_siblings_list"), cpu % 2 == 0 ? "0,2" : "1,3");
      write(cpu_file(cpu, "cpufreq/scaling_governor"), "performance");
    }
    write("sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected");
    write("sys/devices/system/cpu/intel_pstate/no_turbo", "1");
    write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
    write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc");
    write("etc/os-release", "ID=test\nPRETTY_NAME=\"Test Linux 1\"\n");
  }
  static std::string cpu_file(int cpu, const std::string& name) {
    return "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/" + name;
  }
  void write(const std::string& name, const std::string& value) const {
    std::filesystem::create_directories((dir_.path() / name).parent_path());
    std::ofstream(dir_.path() / name) << value << '\n';
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(dir_.path() / name); }
  [[nodiscard]] json facts() const { return host_facts({.root = dir_.path(), .files = "/"}); }
  [[nodiscard]] std::string id() const { return facts().at("host_id").at("id"); }

 private:
  TempDir dir_;
};

TEST(HostFacts, ReadsWhatTheHostSays) {
  const json facts = Tree().facts();
  EXPECT_EQ(facts.at("system").at("distribution"), "Test Linux 1");
  EXPECT_EQ(facts.at("system").at("kernel_release"), "6.1.0-30-amd64");
  EXPECT_EQ(facts.at("cpu").at("model"), "Test CPU @ 2.0 GHz");
  EXPECT_EQ(facts.at("cpu").at("online_count"), 4);
  EXPECT_EQ(facts.at("cpu").at("core_count"), 2);
  EXPECT_EQ(facts.at("cpu").at("siblings"), json({"0,2", "1,3"}));
  EXPECT_EQ(facts.at("cpu").at("governor"), "performance");
  EXPECT_EQ(facts.at("cpu").at("turbo"), "off");
  EXPECT_EQ(facts.at("memory").at("total_bytes"), 1024 * 1024);
  EXPECT_EQ(facts.at("memory").at("swap_bytes"), 0);
  EXPECT_EQ(facts.at("memory").at("thp_enabled"), "madvise");
}

TEST(HostFacts, SaysWhyAFactIsMissing) {
  const json fact = Tree().facts().at("kernel").at("perf_event_paranoid");
  EXPECT_TRUE(is_unavailable(fact));
  EXPECT_EQ(fact.at("reason"), "/proc/sys/kernel/perf_event_paranoid: No such file or directory");
}

TEST(HostFacts, DoesNotTakeGarbageForANumber) {
  const Tree tree;
  tree.write("proc/sys/kernel/perf_event_paranoid", "2 or so");
  const json fact = tree.facts().at("kernel").at("perf_event_paranoid");
  EXPECT_TRUE(is_unavailable(fact));
  EXPECT_THAT(fact.at("reason").get<std::string>(), HasSubstr("not a number"));
  tree.write("proc/sys/kernel/perf_event_paranoid", "-1");
  EXPECT_EQ(tree.facts().at("kernel").at("perf_event_paranoid"), -1);
}

TEST(HostFacts, ListsTheGovernorsWhenCpusDiffer) {
  const Tree tree;
  tree.write(Tree::cpu_file(2, "cpufreq/scaling_governor"), "powersave");
  EXPECT_EQ(tree.facts().at("cpu").at("governor"), json({"performance", "powersave"}));
}

TEST(HostFacts, TellsTheCgroupModesApart) {
  const Tree tree;
  EXPECT_EQ(tree.facts().at("cgroup").at("mode"), "v2");
  EXPECT_EQ(tree.facts().at("cgroup").at("controllers_v2"), json({"cpu", "memory", "pids"}));
  const std::string v1 = "3 1 0:3 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
  tree.write("proc/self/mountinfo", v1);
  EXPECT_EQ(tree.facts().at("cgroup").at("mode"), "v1");
  EXPECT_EQ(tree.facts().at("cgroup").at("controllers_v1"), json({"memory"}));
  tree.write("proc/self/mountinfo", v1 + "4 1 0:4 / /unified rw - cgroup2 cgroup2 rw\n");
  EXPECT_EQ(tree.facts().at("cgroup").at("mode"), "hybrid");
  tree.write("proc/self/mountinfo", "1 0 0:1 / / rw - ext4 /dev/a rw\n");
  EXPECT_EQ(tree.facts().at("cgroup").at("mode"), "none");
}

TEST(HostFacts, NeverNamesTheBoot) {
  const json facts = Tree().facts();
  EXPECT_EQ(facts.dump().find("4444"), std::string::npos);
  EXPECT_EQ(facts.at("system").at("boot").get<std::string>().size(), 16u);
}

TEST(HostId, IsStable) {
  const Tree tree;
  EXPECT_EQ(tree.id(), tree.id());
  EXPECT_EQ(tree.id().size(), 16u);
}

TEST(HostId, IgnoresWhatDoesNotTouchFigures) {
  const Tree tree;
  const std::string before = tree.id();
  tree.write("proc/sys/kernel/random/boot_id", "another boot");
  tree.write("proc/meminfo", "MemTotal: 2048 kB\n");
  tree.write("etc/os-release", "PRETTY_NAME=Other\n");
  EXPECT_EQ(tree.id(), before);
}

TEST(HostId, ChangesWithEachThingThatMakesFiguresDiffer) {
  const std::string before = Tree().id();
  const auto id_with = [](const std::string& file, const std::string& value) {
    const Tree tree;
    tree.write(file, value);
    return tree.id();
  };
  EXPECT_NE(id_with("proc/sys/kernel/osrelease", "6.2"), before);
  EXPECT_NE(id_with("proc/cpuinfo", "model name : Other"), before);
  EXPECT_NE(id_with("sys/devices/system/cpu/online", "0-1"), before);
  EXPECT_NE(id_with(Tree::cpu_file(0, "cpufreq/scaling_governor"), "powersave"), before);
  EXPECT_NE(id_with("sys/devices/system/cpu/vulnerabilities/meltdown", "Mitigation: PTI"), before);
  EXPECT_NE(id_with("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet"), before);
}

TEST(HostFacts, SurvivesAnEmptyTree) {
  const TempDir empty = TempDir::create().value();
  const json facts = host_facts({.root = empty.path(), .files = empty.path() / "nowhere"});
  EXPECT_TRUE(is_unavailable(facts.at("cpu").at("model")));
  EXPECT_TRUE(is_unavailable(facts.at("cpu").at("online_count")));
  EXPECT_TRUE(is_unavailable(facts.at("cpu").at("mitigations")));
  EXPECT_TRUE(is_unavailable(facts.at("cgroup").at("mode")));
  EXPECT_TRUE(is_unavailable(facts.at("storage").at("file_system")));
}

/// Every leaf is a value or the one shape of an unavailable fact: a bare null means nothing to a reader.
void expect_one_shape(const json& fact, const std::string& name) {
  EXPECT_FALSE(fact.is_null()) << name;
  if (is_unavailable(fact)) {
    EXPECT_FALSE(fact.at("reason").get<std::string>().empty()) << name;
  } else if (fact.is_object()) {
    for (const auto& [key, value] : fact.items()) expect_one_shape(value, name + "/" + key);
  }
}

TEST(HostFacts, HaveOneShape) {
  expect_one_shape(host_facts(), "");
  expect_one_shape(Tree().facts(), "");
}

}  // namespace
}  // namespace frostbyte::host
