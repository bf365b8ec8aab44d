// What every integration test starts from: a sweep by the real program, its run file, and the check that nothing is
// left of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "launcher/base/file.h"
#include "process.h"
#include "run_file.h"

namespace frostbyte::integration {

/// Words of a command line; `words + words` joins them.
using Words = std::vector<std::string>;
Words operator+(Words first, const Words& second);

// Where things are: $FROSTBYTE_BIN_DIR is a build tree, this one by default.
std::filesystem::path build_directory();
std::string frostbyte_program();
std::string bundled(const std::string& name);
std::string test_function(const std::string& name);
std::string calibration_function(const std::string& name);

// Where the tests run.
bool is_root();
bool in_virtual_machine();
bool only_cgroup_v2();
/// FROSTBYTE_LONG=1: as many launches as METHOD.md promises, instead of as many as a developer waits for.
bool long_mode();
/// The program's path; empty when it is not installed.
std::string find_program(const std::string& name);
/// File system type of a path, as /proc/self/mountinfo names it.
std::string file_system_of(const std::filesystem::path& path);

struct Sweep {
  Finished finished;
  RunFile run;
};

class Integration : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] std::filesystem::path scratch() const { return scratch_->path(); }
  [[nodiscard]] std::string run_path() const { return (scratch() / "run.jsonl").string(); }
  /// The words of `frostbyte sweep` into run_path().
  [[nodiscard]] Words sweep_words(const Words& arguments) const;
  /// Sweeps, waits and reads the run file.
  [[nodiscard]] Sweep sweep(const Words& arguments, const StartOptions& options = {}) const;
  /// The same where every launch must succeed: fails the test, with the first failure, when one does not.
  [[nodiscard]] RunFile sweep_ok(const Words& arguments, const StartOptions& options = {}) const;
  static Finished frostbyte(const Words& arguments, const StartOptions& options = {});

 private:
  std::unique_ptr<TempDir> scratch_;
  std::vector<std::string> before_;
};

}  // namespace frostbyte::integration
