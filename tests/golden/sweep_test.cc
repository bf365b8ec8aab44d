// What the program prints, through the program itself, with launches that are made up from a seed. The functions are
// tests/fixtures/sweep.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "golden.h"

namespace frostbyte {
namespace {

/// Standard output and standard error of a command line, in a pipe.
std::string output_of(const std::string& arguments) {
  const std::string command = "env -u NO_COLOR LC_ALL=C.UTF-8 FROSTBYTE_FUNCTIONS='" FROSTBYTE_FIXTURES
                              "/sweep' '" FROSTBYTE_PROGRAM "' " +
                              arguments + " 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 4096> buffer;
  for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;) text.append(buffer.data(), n);
  return text;
}

std::string sweep(const std::string& arguments) { return output_of("sweep --fake-launches 5 --seed 5 " + arguments); }

TEST(Sweep, PrintsATableOfTwoFunctions) {
  golden::expect_golden("sweep/two_functions.txt", sweep("alpha beta --isolation full -r 300"));
}

TEST(Sweep, PrintsFailuresAsRows) {
  golden::expect_golden("sweep/failures.txt", sweep("alpha beta -L FAKE_OUTCOME=ok,wrong_response -r 30"));
}

TEST(Sweep, PrintsEveryLaunchFailed) {
  golden::expect_golden("sweep/all_failed.txt", sweep("alpha --env FAKE_OUTCOME=exec_failed"));
}

TEST(Sweep, PrintsADryRun) {
  golden::expect_golden("sweep/dry_run.txt",
                        sweep("alpha beta --dry-run --cache warm,cold --memory-limit 64MiB --env A=b"));
}

TEST(Sweep, PrintsMarkdown) {
  golden::expect_golden("sweep/two_functions.md", sweep("alpha beta --isolation full -r 300 -o markdown=-"));
}

TEST(Sweep, PrintsJson) { golden::expect_golden("sweep/one_function.json", sweep("alpha -r 10 -o json=-")); }

TEST(Help, OfTheProgram) { golden::expect_golden("help/frostbyte.txt", output_of("--help")); }
TEST(Help, OfASweep) { golden::expect_golden("help/sweep.txt", output_of("sweep --help")); }
TEST(Help, OfAReport) { golden::expect_golden("help/report.txt", output_of("report --help")); }
TEST(Help, OfAScrape) { golden::expect_golden("help/scrape.txt", output_of("scrape --help")); }
TEST(Help, OfClaims) { golden::expect_golden("help/claims.txt", output_of("claims --help")); }
TEST(Help, OfTheDoctor) { golden::expect_golden("help/doctor.txt", output_of("doctor --help")); }

}  // namespace
}  // namespace frostbyte
