// A launcher that has launched much holds what one holds that has launched little.
#include <fstream>
#include <iterator>
#include <thread>

#include "harness.h"

namespace frostbyte::integration {
namespace {

namespace fs = std::filesystem;

/// What a process holds at one moment, and how far its run was then.
struct Holding {
  std::size_t rows = 0;
  std::int64_t descriptors = 0;
  std::int64_t mounts = 0;
  std::int64_t resident_kib = 0;
};

std::int64_t lines_of(const fs::path& path) {
  std::ifstream file(path);
  return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
}

std::int64_t entries_of(const fs::path& path) {
  std::error_code ignored;
  return std::distance(fs::directory_iterator(path, ignored), fs::directory_iterator());
}

std::int64_t resident_kib(const fs::path& process) {
  std::ifstream file(process / "status");
  for (std::string word; file >> word;) {
    if (word != "VmRSS:") continue;
    std::int64_t kib = 0;
    file >> kib;
    return kib;
  }
  return 0;
}

std::vector<Holding> watch(const Child& sweep, const fs::path& run_file) {
  const fs::path process = "/proc/" + std::to_string(sweep.pid());
  std::vector<Holding> holdings;
  while (sweep.running()) {
    Holding now{.rows = static_cast<std::size_t>(lines_of(run_file)),
                .descriptors = entries_of(process / "fd"),
                .mounts = lines_of(process / "mountinfo"),
                .resident_kib = resident_kib(process)};
    if (now.resident_kib > 0) holdings.push_back(now);  // an ended process has none
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
  }
  return holdings;
}

/// The most that was held while the run had [from, to) rows.
std::int64_t most(const std::vector<Holding>& holdings, std::int64_t Holding::* what, std::size_t from,
                  std::size_t to) {
  std::int64_t result = -1;
  for (const Holding& holding : holdings) {
    if (holding.rows >= from && holding.rows < to) result = std::max(result, holding.*what);
  }
  return result;
}

class Leak : public Integration {};

TEST_F(Leak, ManyLaunchesAtFullHoldNoMoreThanFew) {
  // Slots are made in batches, so what is held rises and falls; the peaks are compared, of whole batches.
  constexpr std::size_t kBatch = 128;
  const std::size_t batches = long_mode() ? 79 : 5;
  Child sweep(
      sweep_words({bundled("c-musl"), "--isolation", "full", "-w", "0", "-r", std::to_string(batches * kBatch)}));
  const std::vector<Holding> holdings = watch(sweep, run_path());
  const Finished finished = sweep.wait();
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  ASSERT_EQ(read_run_file(run_path()).rows.size(), batches * kBatch);
  const auto early = [&](auto what) { return most(holdings, what, kBatch, 2 * kBatch); };
  const auto late = [&](auto what) { return most(holdings, what, (batches - 1) * kBatch, batches * kBatch + 1); };
  ASSERT_GT(early(&Holding::descriptors), 0);
  // Peaks are seen through samples of them: a slot holds a handful of descriptors, a leak a handful a launch.
  EXPECT_LE(late(&Holding::descriptors), early(&Holding::descriptors) + static_cast<std::int64_t>(kBatch));
  EXPECT_LE(late(&Holding::mounts), early(&Holding::mounts));
  EXPECT_LE(late(&Holding::resident_kib), early(&Holding::resident_kib) + 1024) << "the launcher grows";
}

}  // namespace
}  // namespace frostbyte::integration
