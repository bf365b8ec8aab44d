// However a sweep ends, what it measured is readable and can be completed, and no function outlives it.
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "harness.h"
#include "leftovers.h"

namespace frostbyte::integration {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::size_t lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

void await_lines(const Child& sweep, const std::filesystem::path& path, std::size_t count) {
  for (int i = 0; i < 3000 && sweep.running() && lines_of(path) < count; ++i)
    std::this_thread::sleep_for(milliseconds(10));
}

/// Every variant was measured once in every round, whatever happened in between.
void expect_complete(const RunFile& run, std::uint32_t rounds) {
  EXPECT_TRUE(run.ended);
  std::map<std::pair<std::string, std::int64_t>, int> measured;
  for (std::size_t i = 0; i < run.rows.size(); ++i) {
    const Row& row = run.rows[i];
    EXPECT_EQ(row.number("sequence"), static_cast<std::int64_t>(i));
    EXPECT_TRUE(row.ok()) << row.dump();
    if (!row.warmup()) ++measured[{row.variant(), row.number("round")}];
  }
  EXPECT_EQ(measured.size(), rounds * run.variants().size());
  for (const auto& [where, times] : measured) EXPECT_EQ(times, 1) << where.first << " in round " << where.second;
}

class Interruption : public Integration, public ::testing::WithParamInterface<int> {};

TEST_P(Interruption, KeepsWhatWasMeasuredAndResumes) {
  constexpr std::uint32_t kRuns = 150;
  Child interrupted(sweep_words({bundled("c-musl"), bundled("c-glibc"), "-r", std::to_string(kRuns), "-w", "2"}));
  await_lines(interrupted, run_path(), 20);
  ASSERT_TRUE(interrupted.running()) << "it ended before it could be interrupted";
  interrupted.signal(GetParam());
  const Finished finished = interrupted.wait(std::chrono::seconds(20));
  EXPECT_EQ(finished.exit_code, 130) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("c-glibc")) << "what was measured is shown";
  const RunFile part = read_run_file(run_path());
  EXPECT_FALSE(part.cut_short);
  EXPECT_GE(part.rows.size(), 19u);
  EXPECT_LT(part.rows.size(), 2u * kRuns);

  const Sweep resumed = sweep({"--resume"});
  EXPECT_EQ(resumed.finished.exit_code, 0) << resumed.finished.err;
  expect_complete(resumed.run, kRuns);
}

INSTANTIATE_TEST_SUITE_P(By, Interruption, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& test) { return test.param == SIGINT ? "SIGINT" : "SIGTERM"; });

class Kill : public Integration {
 protected:
  static constexpr std::uint32_t kRuns = 200;

  [[nodiscard]] Words words() const {
    return sweep_words({bundled("c-musl"), bundled("c-glibc"), "-r", std::to_string(kRuns), "-w", "0", "--resume"});
  }

  /// Rows so far; everything that was written is readable.
  [[nodiscard]] std::size_t rows_so_far() const {
    return std::filesystem::exists(run_path()) ? read_run_file(run_path()).rows.size() : 0;
  }

  /// Kills the sweep after `delay`. False when it was done before.
  bool kill_after(milliseconds delay) const {
    Child sweep(words());
    std::this_thread::sleep_for(delay);
    const bool was_running = sweep.running();
    sweep.signal(SIGKILL);
    (void)sweep.wait();
    return was_running;
  }
};

TEST_F(Kill, AtRandomMomentsLeavesNoFunctionAndAReadableRunThatResumes) {
  const auto before = leftovers();
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> delay_ms(0, in_virtual_machine() ? 6000 : 500);
  const int kills = long_mode() ? 50 : 10;
  std::size_t rows = 0;
  for (int i = 0; i < kills; ++i) {
    const milliseconds delay(delay_ms(random));
    SCOPED_TRACE("kill " + std::to_string(i) + " after " + std::to_string(delay.count()) + " ms");
    if (!kill_after(delay)) break;
    ASSERT_THAT(surviving_children(), IsEmpty()) << "a function outlived the launcher";
    const std::size_t now = rows_so_far();
    ASSERT_GE(now, rows) << "samples were lost";
    rows = now;
  }
  const Finished finished = Child(words()).wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  expect_complete(read_run_file(run_path()), kRuns);

  EXPECT_EQ(frostbyte({"doctor", "--clean"}).exit_code, 0);
  EXPECT_THAT(left_since(before), IsEmpty()) << "doctor --clean did not remove all";
}

TEST_F(Kill, WhatIsLeftBehindIsFoundAndRemovedByTheDoctor) {
  const auto before = leftovers();
  Child sweep(sweep_words({test_function("fault-never-listens"), "-r", "5", "-w", "0", "--timeout", "30s"}));
  await_lines(sweep, run_path(), 1);
  std::this_thread::sleep_for(milliseconds(in_virtual_machine() ? 2000 : 300));  // into the first launch
  sweep.signal(SIGKILL);
  (void)sweep.wait();
  EXPECT_THAT(surviving_children(), IsEmpty());
  if (left_since(before).empty()) GTEST_SKIP() << "not applicable: this launcher had nothing to leave behind";
  EXPECT_THAT(frostbyte({"doctor"}).out, HasSubstr("frostbyte doctor --clean"));
  EXPECT_EQ(frostbyte({"doctor", "--clean"}).exit_code, 0);
  EXPECT_THAT(left_since(before), IsEmpty());
}

}  // namespace
}  // namespace frostbyte::integration
