// The functions of this repository keep to the format that users are told to keep to.
#include <gtest/gtest.h>

#include <algorithm>

#include "launcher/function/function.h"

namespace frostbyte::function {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> folders() {
  std::vector<fs::path> found;
  for (const char* place : {"/functions", "/tests/functions"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(FROSTBYTE_SOURCE + std::string(place), error)) {
      if (fs::exists(entry.path() / "function.toml")) found.push_back(entry.path());
    }
  }
  return found;
}

TEST(BundledFunctions, LoadAndAreNamedAfterTheirFolders) {
  ASSERT_FALSE(folders().empty());
  for (const fs::path& folder : folders()) {
    const auto function = load_function(folder.string(), {});
    ASSERT_TRUE(function) << function.error().message();
    EXPECT_EQ(function->name, folder.filename().string());
    EXPECT_FALSE(function->summary.empty()) << folder;
  }
}

TEST(BundledFunctions, ServeWorkloadsThatExist) {
  const std::vector<fs::path> search = {FROSTBYTE_SOURCE "/functions"};
  for (const fs::path& folder : folders()) {
    const auto function = load_function(folder.string(), search);
    ASSERT_TRUE(function) << function.error().message();
    const auto workloads = workloads_for(*function, search);
    ASSERT_TRUE(workloads) << workloads.error().message();
    for (const std::string& name : function->serves)
      EXPECT_TRUE(workloads->contains(name)) << folder << " serves " << name;
  }
}

}  // namespace
}  // namespace frostbyte::function
