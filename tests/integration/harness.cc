#include "harness.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "leftovers.h"

namespace frostbyte::integration {
namespace {

namespace fs = std::filesystem;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::string_view(value) == "1";
}

/// The first launch that failed, or an empty text.
std::string first_failure(const RunFile& run) {
  const auto failed = std::ranges::find_if(run.rows, [](const Row& row) { return !row.ok(); });
  return failed == run.rows.end() ? "" : failed->dump();
}

}  // namespace

Words operator+(Words first, const Words& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

fs::path build_directory() {
  const char* directory = std::getenv("FROSTBYTE_BIN_DIR");
  return directory == nullptr ? FROSTBYTE_BUILD : directory;
}
std::string frostbyte_program() { return build_directory() / "bin/frostbyte"; }
std::string bundled(const std::string& name) { return build_directory() / "functions" / name; }
std::string test_function(const std::string& name) { return build_directory() / "tests/functions" / name; }
std::string calibration_function(const std::string& name) { return build_directory() / "calibration" / name; }

bool is_root() { return ::geteuid() == 0; }
bool in_virtual_machine() { return is_set("FROSTBYTE_VM"); }
bool long_mode() { return is_set("FROSTBYTE_LONG"); }

bool only_cgroup_v2() {
  std::ifstream file("/proc/self/mountinfo");
  const std::string mounts(std::istreambuf_iterator<char>(file), {});
  return mounts.find(" - cgroup2 ") != std::string::npos && mounts.find(" - cgroup ") == std::string::npos;
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path program = fs::path(folder) / name;
    if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) return program;
  }
  return {};
}

std::string file_system_of(const fs::path& path) {
  std::ifstream file("/proc/self/mountinfo");
  std::string longest, type;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string skipped, point, word, found;
    words >> skipped >> skipped >> skipped >> skipped >> point;
    while (words >> word && word != "-") {
    }
    words >> found;
    const bool above = point == "/" || (path.string() + "/").starts_with(point + "/");
    if (above && point.size() >= longest.size()) {
      longest = point;
      type = found;
    }
  }
  return type;
}

void Integration::SetUp() {
  auto scratch = TempDir::create("frostbyte-");
  ASSERT_TRUE(scratch) << scratch.error().message();
  scratch_ = std::make_unique<TempDir>(std::move(*scratch));
  before_ = leftovers();
}

void Integration::TearDown() {
  scratch_.reset();
  EXPECT_THAT(surviving_children(), ::testing::IsEmpty()) << "processes outlived the launcher";
  end_children();
  EXPECT_THAT(left_since(before_), ::testing::IsEmpty()) << "left behind on the host";
}

Words Integration::sweep_words(const Words& arguments) const {
  return Words{frostbyte_program(), "sweep", "--run-file", run_path()} + arguments;
}

Finished Integration::frostbyte(const Words& arguments, const StartOptions& options) {
  return Child(Words{frostbyte_program()} + arguments, options).wait();
}

Sweep Integration::sweep(const Words& arguments, const StartOptions& options) const {
  // One test may sweep several times; an earlier file is of no use then. --overwrite and --resume exclude each other.
  const bool resumes = std::ranges::find(arguments, "--resume") != arguments.end();
  if (!resumes) fs::remove(run_path());
  Sweep sweep{.finished = Child(sweep_words(arguments), options).wait()};
  if (!fs::exists(run_path())) throw std::runtime_error("the sweep wrote no run file: " + sweep.finished.err);
  sweep.run = read_run_file(run_path());
  return sweep;
}

RunFile Integration::sweep_ok(const Words& arguments, const StartOptions& options) const {
  Sweep done = sweep(arguments, options);
  EXPECT_EQ(done.finished.exit_code, 0) << done.finished.err;
  EXPECT_TRUE(done.run.ended) << done.finished.err;
  EXPECT_EQ(first_failure(done.run), "") << done.finished.err;
  return std::move(done.run);
}

}  // namespace frostbyte::integration
