#include "results/record/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/base/file.h"
#include "results/record/digest.h"
#include "results/record/json.h"
#include "sample_maker.h"

namespace frostbyte::record {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunFile : public ::testing::Test {
 protected:
  Result<record::Run> read(const std::string& content, const OnSample& on_sample = {}) {
    put(path(), content);
    return read_run(path(), on_sample);
  }
  std::string error_of(const std::string& content) {
    const auto run = read(content);
    return run ? "" : run.error().message();
  }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "run.jsonl"; }

  TempDir directory_ = TempDir::create().value();
  std::string header_ = encode(two_variants()) + "\n";
};

std::string line(const Sample& sample) { return encode(sample) + "\n"; }

/// `lines` and the end that belongs to them.
std::string ended(const std::string& lines, std::uint64_t samples, std::uint64_t ok) {
  Digest digest;
  for (std::size_t begin = 0, end = 0; (end = lines.find('\n', begin)) != std::string::npos; begin = end + 1)
    digest.add_line(std::string_view(lines).substr(begin, end - begin));
  End end{.samples = samples, .digest = digest.text()};
  end.outcomes[0] = ok;
  return lines + encode(end) + "\n";
}

TEST_F(RunFile, BecomesColumnsPerVariantInLaunchOrder) {
  const auto run = read(ended(
      header_ + line(ok_sample(0, "b", 100)) + line(ok_sample(1, "a", 200)) + line(ok_sample(2, "a", 300)), 3, 3));
  ASSERT_TRUE(run.has_value()) << run.error().message();
  EXPECT_THAT(run->notes(), IsEmpty());
  EXPECT_THAT(run->order(), ElementsAre(1, 0, 0));
  const VariantData& a = run->variants()[0];
  EXPECT_THAT(a.columns.at("launch.exec_to_first_response"), ElementsAre(200, 300));
  EXPECT_THAT(a.columns.at("launch.exec_to_listen"), ElementsAre(129'000, 129'000));
  EXPECT_THAT(a.columns.at("memory.rss"), ElementsAre(1'048'576, 1'048'576));
  EXPECT_THAT(a.columns.at("launch.error"), ElementsAre(400, 400));
  EXPECT_FALSE(a.columns.contains("launch.exec_to_first_byte")) << "its stamp never happened";
  EXPECT_EQ(a.unavailable.at("memory.cgroup_peak"), "no cgroup");
  EXPECT_EQ(a.sources.at("listen").at("seccomp"), 2u);
}

TEST_F(RunFile, AFailedLaunchIsARowAndNeverANumber) {
  const auto run = read(header_ + line(ok_sample(0, "a", 100)) + line(failed_sample(1, "a")) +
                        line(ok_sample(2, "a", 300)) + line(failed_sample(3, "a")));
  ASSERT_TRUE(run.has_value()) << run.error().message();
  const VariantData& a = run->variants()[0];
  EXPECT_THAT(a.columns.at("launch.exec_to_first_response"), ElementsAre(100, kMissing, 300, kMissing));
  EXPECT_THAT(a.columns.at("memory.rss"), ElementsAre(1'048'576, kMissing, 1'048'576, kMissing));
  EXPECT_EQ(a.outcomes[static_cast<std::size_t>(Outcome::crashed)], 2u);
  ASSERT_EQ(a.failures.size(), 1u);
  EXPECT_EQ(a.failures[0].count, 2u);
  EXPECT_EQ(a.failures[0].first_sequence, 1u);
  EXPECT_EQ(a.failures[0].stderr_tail, "boom\n");
}

TEST_F(RunFile, EveryColumnIsAsLongAsTheRows) {
  Sample late = ok_sample(1, "a");
  late.values["faults.major"] = 3;
  const auto run = read(header_ + line(ok_sample(0, "a")) + line(late) + line(failed_sample(2, "a")));
  ASSERT_TRUE(run.has_value());
  for (const auto& [metric, cells] : run->variants()[0].columns) EXPECT_EQ(cells.size(), 3u) << metric;
  EXPECT_THAT(run->variants()[0].columns.at("faults.major"), ElementsAre(kMissing, 3, kMissing));
}

TEST_F(RunFile, StampsStandAboveAValueOfTheSameName) {
  Sample sample = ok_sample(0, "a", 100);
  sample.values["launch.exec_to_first_response"] = 7;
  sample.values["launch.sandbox_setup"] = 8;
  const auto run = read(header_ + line(sample));
  ASSERT_TRUE(run.has_value());
  EXPECT_THAT(run->variants()[0].columns.at("launch.exec_to_first_response"), ElementsAre(100));
  EXPECT_THAT(run->variants()[0].columns.at("launch.sandbox_setup"), ElementsAre(8));
}

TEST_F(RunFile, AnErrorBoundThatIsNotStatedIsMissing_NotZero) {
  Sample sample = ok_sample(0, "a");
  sample.error_ns = 0;
  const auto run = read(header_ + line(sample));
  ASSERT_TRUE(run.has_value());
  EXPECT_FALSE(run->variants()[0].columns.contains("launch.error"));
}

TEST_F(RunFile, WarmUpsAreCountedApart) {
  Sample warm = failed_sample(0, "a");
  warm.warmup = true;
  const auto run = read(header_ + line(warm) + line(ok_sample(1, "a")));
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->variants()[0].warmups, 1u);
  EXPECT_THAT(run->variants()[0].failures, IsEmpty());
  EXPECT_EQ(run->counts().outcomes[0], 1u);
  EXPECT_TRUE(run->variants()[0].rows[0].warmup);
}

TEST_F(RunFile, TellsFailureKindsApartUpToALimitAndCountsTheRest) {
  std::string content = header_;
  for (std::uint64_t i = 0; i < kMaxFailureKinds + 5; ++i) {
    Sample sample = failed_sample(i, "a");
    sample.detail = "cause " + std::to_string(i);
    content += line(sample);
  }
  const auto run = read(content);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->variants()[0].failures.size(), kMaxFailureKinds);
  EXPECT_EQ(run->variants()[0].failures_of_other_kinds, 5u);
}

TEST_F(RunFile, CutAnywhere_ReadsItsWholeLinesAndSaysSo) {
  const std::string content = header_ + line(ok_sample(0, "a")) + line(failed_sample(1, "b")) + line(ok_sample(2, "b"));
  for (std::size_t size = header_.size(); size <= content.size(); ++size) {
    const std::string part = content.substr(0, size);
    const auto whole_lines = static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n')) - 1;
    const auto run = read(part);
    ASSERT_TRUE(run.has_value()) << size << ": " << run.error().message();
    EXPECT_EQ(run->counts().samples, whole_lines);
    EXPECT_THAT(run->notes().back(), HasSubstr("the run has no end"));
    EXPECT_EQ(run->notes().size(), part.ends_with('\n') ? 1u : 2u);
  }
}

TEST_F(RunFile, CutInItsHeader_IsAnError) {
  EXPECT_THAT(error_of(""), HasSubstr("it is empty"));
  EXPECT_THAT(error_of(header_.substr(0, header_.size() - 1)), HasSubstr("its first line is cut off"));
}

TEST_F(RunFile, RefusesDuplicatedReorderedAndMissingSamplesWithTheLine) {
  const std::string first = line(ok_sample(0, "a"));
  const std::string second = line(ok_sample(1, "b"));
  const std::string third = line(ok_sample(2, "b"));
  EXPECT_THAT(error_of(header_ + first + second + second), AllOf(HasSubstr("read line 4 of"), HasSubstr("duplicated")));
  EXPECT_THAT(error_of(header_ + first + third + second),
              AllOf(HasSubstr("read line 3 of"), HasSubstr("sample 1 is missing")));
  EXPECT_THAT(error_of(header_ + second), AllOf(HasSubstr("read line 2 of"), HasSubstr("sample 0 is missing")));
}

TEST_F(RunFile, RefusesASampleOfAVariantThatIsNotPlanned) {
  EXPECT_THAT(error_of(header_ + line(ok_sample(0, "c"))), HasSubstr("'c' is not in the run's plan"));
}

TEST_F(RunFile, RefusesWhateverFollowsTheEnd) {
  const std::string whole = ended(header_ + line(ok_sample(0, "a")), 1, 1);
  EXPECT_THAT(error_of(whole + line(ok_sample(1, "a"))), HasSubstr("after the end"));
  EXPECT_THAT(error_of(ended(whole, 1, 1)), HasSubstr("there was an end before"));
  EXPECT_THAT(error_of(whole + "{"), HasSubstr("something follows the end"));
}

TEST_F(RunFile, RefusesAnEndThatCountsOtherThanTheSamples) {
  EXPECT_THAT(error_of(ended(header_ + line(ok_sample(0, "a")), 2, 2)),
              HasSubstr("states 2 samples, the file holds 1"));
  EXPECT_THAT(error_of(ended(header_ + line(failed_sample(0, "a")), 1, 1)), HasSubstr("states 1 ok, the file holds 0"));
}

TEST_F(RunFile, RefusesGarbageBetweenLines) {
  EXPECT_THAT(error_of(header_ + "\n"), AllOf(HasSubstr("read line 2 of"), HasSubstr("it is not JSON")));
  EXPECT_THAT(error_of(header_ + std::string(3, '\0') + "\n"), HasSubstr("it is not JSON"));
  EXPECT_THAT(error_of(std::string("\x1f\x8b\n", 3)), HasSubstr("read line 1 of"));
}

TEST_F(RunFile, RefusesTwoVariantsOfOneName) {
  Header header = two_variants();
  header.variants[1].name = "a";
  EXPECT_THAT(error_of(encode(header) + "\n"), HasSubstr("two variants have this name"));
}

TEST_F(RunFile, RefusesALineWithoutEndInBoundedMemory) {
  EXPECT_THAT(error_of(std::string(2 * kMaxLine + (1u << 20), 'x')), HasSubstr("it is longer than 16777216 bytes"));
}

TEST_F(RunFile, LinesLongerThanTheBufferAreRead) {
  Sample big = ok_sample(0, "a");
  big.detail = std::string(3u << 20, 'd');
  std::size_t seen = 0;
  const auto run = read(header_ + line(big) + line(ok_sample(1, "b")), [&](const Sample& sample) -> Result<void> {
    seen += sample.detail.size();
    return {};
  });
  ASSERT_TRUE(run.has_value()) << run.error().message();
  EXPECT_EQ(seen, 3u << 20);
}

TEST_F(RunFile, AnAbsentFileIsNamed) {
  const auto run = read_run(directory_.path() / "absent");
  ASSERT_FALSE(run.has_value());
  EXPECT_EQ(run.error().code, ENOENT);
  EXPECT_THAT(run.error().subject, HasSubstr("absent"));
}

TEST_F(RunFile, TheCallbackSeesEachSampleAndCanStop) {
  std::vector<std::uint64_t> seen;
  const auto run =
      read(header_ + line(ok_sample(0, "a")) + line(ok_sample(1, "b")), [&](const Sample& sample) -> Result<void> {
        seen.push_back(sample.sequence);
        return sample.sequence == 1 ? Result<void>(failure("stop", "here", "enough")) : Result<void>();
      });
  EXPECT_THAT(seen, ElementsAre(0, 1));
  ASSERT_FALSE(run.has_value());
  EXPECT_THAT(run.error().message(), HasSubstr("enough"));
}

TEST(RunInMemory, IsTheSameAsTheFileOfIt) {
  const std::vector<Sample> samples = {ok_sample(0, "a"), failed_sample(1, "b")};
  const auto run = Run::build(two_variants(), samples, EndReason::interrupted);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->end()->reason, EndReason::interrupted);
  EXPECT_EQ(run->end()->samples, 2u);
  EXPECT_EQ(run->variants()[1].rows.size(), 1u);
}

TEST(RunInMemory, ObeysTheRulesOfTheFile) {
  const std::vector<Sample> samples = {ok_sample(1, "a")};
  const auto run = Run::build(two_variants(), samples);
  ASSERT_FALSE(run.has_value());
  EXPECT_THAT(run.error().message(), HasSubstr("sample 0 is missing"));
}

}  // namespace
}  // namespace frostbyte::record
