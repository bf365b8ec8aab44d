// Compares text with a file below tests/golden, to the character. With FROSTBYTE_BLESS=1 in the environment the file is
// rewritten instead and the test fails, so that a blessing run is never taken for a passing one; scripts/bless-golden
// is the only way in.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace frostbyte::golden {

inline void expect_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(FROSTBYTE_GOLDEN) / name;
  std::stringstream expected;
  expected << std::ifstream(path, std::ios::binary).rdbuf();
  if (std::getenv("FROSTBYTE_BLESS") != nullptr) {
    if (expected.str() == text) return;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    FAIL() << "blessed: " << path.string();
  }
  EXPECT_EQ(text, expected.str()) << "differs from " << path.string()
                                  << "; when the change is meant: scripts/bless-golden";
}

}  // namespace frostbyte::golden
