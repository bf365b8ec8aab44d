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

std::string compare(const std::string& arguments) {
  return output_of("compare --fake-launches 5 --seed 5 --isolation full " + arguments);
}

TEST(Compare, PrintsVerdicts) {
  golden::expect_golden("compare/worse.txt", compare("alpha -L FAKE_START=200000,215000,190000,200100 -r 200"));
}

TEST(Compare, PrintsWhyItIsInconclusive) {
  golden::expect_golden("compare/inconclusive.txt",
                        compare("alpha beta --env FAKE_START=200000 -r 40 --metric "
                                "launch.exec_to_first_response,launch.listen_to_first_byte --margin 0.5%"));
}

TEST(Compare, PrintsInColour) {
  golden::expect_golden("compare/colour.txt",
                        compare("alpha -L FAKE_START=200000,215000,190000,204900 -r 60 --color always"));
}

TEST(Compare, PrintsMarkdown) {
  golden::expect_golden("compare/worse.md", compare("alpha -L FAKE_START=200000,215000,190000 -r 200 -o markdown=-"));
}

TEST(Compare, PrintsJson) {
  golden::expect_golden("compare/worse.json",
                        compare("alpha -L FAKE_START=200000,215000 -r 60 --metric memory.pss -o json=-"));
}

TEST(Help, OfAComparison) { golden::expect_golden("help/compare.txt", output_of("compare --help")); }
TEST(Help, OfTheProgram) { golden::expect_golden("help/frostbyte.txt", output_of("--help")); }
TEST(Help, OfASweep) { golden::expect_golden("help/sweep.txt", output_of("sweep --help")); }
TEST(Help, OfAnAudit) { golden::expect_golden("help/audit.txt", output_of("audit --help")); }
TEST(Help, OfAReport) { golden::expect_golden("help/report.txt", output_of("report --help")); }
TEST(Help, OfAScrape) { golden::expect_golden("help/scrape.txt", output_of("scrape --help")); }
TEST(Help, OfClaims) { golden::expect_golden("help/claims.txt", output_of("claims --help")); }
TEST(Help, OfTheDoctor) { golden::expect_golden("help/doctor.txt", output_of("doctor --help")); }
TEST(Help, OfCalibrate) { golden::expect_golden("help/calibrate.txt", output_of("calibrate --help")); }

}  // namespace
}  // namespace frostbyte
