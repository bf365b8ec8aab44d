// Damaged run files: whatever was done to a file, reading it ends in an error that names the line, in a note, or in the
// very figures that were measured.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "launcher/base/file.h"
#include "results/record/run.h"
#include "results/record/run_writer.h"
#include "sample_maker.h"

namespace frostbyte::record {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Lines = std::vector<std::string>;

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

Lines split(const std::string& text) {
  Lines lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

class Damage : public ::testing::Test {
 protected:
  /// As a sweep writes it: two variants, interleaved, one failed launch, warm-ups, an end.
  Lines measured_run() {
    const auto file = directory_.path() / "measured.jsonl";
    RunWriter writer = RunWriter::create(file, two_variants(), IfExists::replace).value();
    for (std::uint64_t i = 0; i < 24; ++i) {
      Sample sample = i == 9 ? failed_sample(i, "a")
                             : ok_sample(i, i % 2 == 0 ? "b" : "a", 100'000 + 100 * static_cast<std::int64_t>(i));
      sample.warmup = i < 2;
      sample.round = static_cast<std::uint32_t>(i < 2 ? 0 : i / 2 - 1);
      EXPECT_TRUE(writer.write(sample).has_value());
    }
    EXPECT_TRUE(writer.finish(EndReason::complete).has_value());
    return split(read_file(file).value());
  }

  Result<record::Run> read(const std::string& content) {
    const auto file = directory_.path() / "damaged.jsonl";
    put(file, content);
    return read_run(file);
  }
  Result<record::Run> read(const Lines& lines) { return read(joined(lines)); }
  std::string error_of(const Lines& lines) {
    const auto run = read(lines);
    return run ? "no error" : run.error().message();
  }

  TempDir directory_ = TempDir::create().value();
  const Lines whole_ = measured_run();
  const record::Run original_ = read(whole_).value();
};

bool same_figures(const record::Run& a, const record::Run& b) {
  const auto same = [](const VariantData& x, const VariantData& y) {
    return x.columns == y.columns && x.outcomes == y.outcomes && x.warmups == y.warmups;
  };
  return std::ranges::equal(a.variants(), b.variants(), same) && std::ranges::equal(a.order(), b.order());
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what << " in " << text;
  return text.replace(at, what.size(), with);
}

TEST_F(Damage, AWholeRunHasNoNotes_AndItsEndStatesADigest) {
  EXPECT_THAT(original_.notes(), IsEmpty());
  EXPECT_THAT(whole_.back(), HasSubstr("\"digest\":\"xxh3:"));
}

TEST_F(Damage, AChangedNumberThatStillMakesSense_IsNoticed) {
  Lines lines = whole_;
  lines[5] = replaced(lines[5], "\"memory.rss\":1048576", "\"memory.rss\":1048575");
  EXPECT_THAT(error_of(lines), AllOf(HasSubstr("read line 26 of"), HasSubstr("was changed after it was measured")));
}

TEST_F(Damage, AChangedHeader_IsNoticed) {
  Lines lines = whole_;
  lines[0] = replaced(lines[0], "\"runs\":10", "\"runs\":11");
  EXPECT_THAT(error_of(lines), HasSubstr("was changed after it was measured"));
}

TEST_F(Damage, AnEndThatLostItsDigest_IsRefusedWithWhatToDo) {
  Lines lines = whole_;
  const std::size_t at = lines.back().find(",\"digest\"");
  lines.back().erase(at, lines.back().find('}', at) - at);
  EXPECT_THAT(error_of(lines), AllOf(HasSubstr("read line 26 of"), HasSubstr("'end.digest': it is missing"),
                                     HasSubstr("without its last line the file reads as an unfinished run")));
  lines[5] = replaced(lines[5], "\"memory.rss\":1048576", "\"memory.rss\":1048575");
  EXPECT_THAT(error_of(lines), HasSubstr("'end.digest': it is missing")) << "whatever else was changed";
}

TEST_F(Damage, WithoutItsEnd_AChangedRunIsReadAndSaysThatItIsNotWhole) {
  Lines lines = whole_;
  lines.pop_back();
  const auto run = read(lines);
  ASSERT_TRUE(run.has_value());
  EXPECT_TRUE(same_figures(*run, original_));
  EXPECT_THAT(run->notes().back(), HasSubstr("the run has no end"));
}

TEST_F(Damage, StampsInAnImpossibleOrder_AreLeftOutAndSaidSo) {
  Lines lines = whole_;
  lines.pop_back();
  lines[4] = replaced(lines[4], "\"response\":", "\"response\":-");
  lines[6] = replaced(lines[6], "\"response\":", "\"response\":-");
  const auto run = read(lines);
  ASSERT_TRUE(run.has_value()) << run.error().message();
  EXPECT_THAT(run->notes().front(), AllOf(HasSubstr("of sample 3 cannot be what the file says: it was left out, as"),
                                          HasSubstr("more such values were")));
  std::size_t present = 0;
  for (const std::int64_t cell : run->variants()[0].columns.at("launch.exec_to_first_response"))
    present += cell != kMissing;
  EXPECT_EQ(present, 9u) << "of 12 launches of the variant, one failed and two make no sense";
}

TEST_F(Damage, AStampFromTheEndOfTime_IsLeftOutAndSaidSo) {
  Lines lines = whole_;
  lines.pop_back();
  const std::size_t at = lines[4].find("\"exec\":") + 7;
  lines[4].replace(at, lines[4].find_first_of(",}", at) - at, "-9223372036854775808");
  const auto run = read(lines);
  ASSERT_TRUE(run.has_value()) << run.error().message();
  EXPECT_THAT(run->notes().front(), HasSubstr("cannot be what the file says"));
}

TEST_F(Damage, ANegativeSize_IsLeftOutAndSaidSo) {
  Lines lines = whole_;
  lines.pop_back();
  lines[5] = replaced(lines[5], "\"memory.rss\":1048576", "\"memory.rss\":-1048576");
  const auto run = read(lines);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->notes().front(), "the memory.rss of sample 4 cannot be what the file says: it was left out");
}

TEST_F(Damage, ARoundThatGoesBack_IsAnErrorWithItsLine) {
  Lines lines = whole_;
  lines[14] = replaced(lines[14], "\"round\":5", "\"round\":1");
  EXPECT_THAT(error_of(lines), AllOf(HasSubstr("read line 15 of"), HasSubstr("its round comes before")));
}

struct Edit {
  std::string name, what, with, says;
};
class HandEdit : public Damage, public ::testing::WithParamInterface<Edit> {};

TEST_P(HandEdit, IsAnErrorThatNamesTheLineAndTheMember) {
  Lines lines = whole_;
  lines[4] = replaced(lines[4], GetParam().what, GetParam().with);
  EXPECT_THAT(error_of(lines), AllOf(HasSubstr("read line 5 of"), HasSubstr(GetParam().says)));
}

const Edit kEdits[] = {
    {"NaN", "\"memory.rss\":1048576", "\"memory.rss\":NaN", "it is not JSON"},
    {"Null", "\"memory.rss\":1048576", "\"memory.rss\":null", "'values': it is null"},
    {"Text", "\"memory.rss\":1048576", "\"memory.rss\":\"1048576\"", "'values'"},
    {"Fraction", "\"memory.rss\":1048576", "\"memory.rss\":1048576.5", "it is not a whole number of 64 bits"},
    {"Exponent", "\"memory.rss\":1048576", "\"memory.rss\":1e6", "it is not a whole number of 64 bits"},
    {"Huge", "\"memory.rss\":1048576", "\"memory.rss\":99999999999999999999", "it is not a whole number of 64 bits"},
    {"JustTooLarge", "\"memory.rss\":1048576", "\"memory.rss\":9223372036854775808", "it is out of range"},
    {"StampsAsList", "\"stamps\":{", "\"stamps\":[],\"x\":{", "it is an array"},
    {"OutcomeUnknown", "\"outcome\":\"ok\"", "\"outcome\":\"fine\"", "it is not an outcome this version knows"},
    {"VariantUnknown", "\"variant\":\"a\"", "\"variant\":\"c\"", "its variant 'c' is not in the run's plan"},
    {"VariantGone", "\"variant\":\"a\",", "", "'variant': it is missing"},
    {"TwiceTheSame", "\"round\":0", "\"round\":0,\"round\":0", "it appears twice"},
    {"RoundNegative", "\"round\":0", "\"round\":-1", "it is out of range"},
    {"SequenceOther", "\"sequence\":3", "\"sequence\":7", "sample 3 is missing before it"},
};
INSTANTIATE_TEST_SUITE_P(Every, HandEdit, ::testing::ValuesIn(kEdits),
                         [](const auto& edit) { return edit.param.name; });

TEST_F(Damage, AFutureSchemaIsRefusedWithWhatToDo) {
  Lines lines = whole_;
  lines[0] = replaced(lines[0], "frostbyte.run/1", "frostbyte.run/2");
  EXPECT_THAT(error_of(lines), AllOf(HasSubstr("it is 'frostbyte.run/2', and this version reads 'frostbyte.run/1'"),
                                     HasSubstr("read it with the version of frostbyte that wrote it")));
}

TEST_F(Damage, MembersOfALaterVersionAreSkipped) {
  Lines lines = whole_;
  lines.pop_back();  // its digest is not of these lines
  for (std::size_t i = 1; i < lines.size(); ++i) lines[i].insert(1, "\"later\":{\"a\":[1,{\"b\":null}]},");
  const auto run = read(lines);
  ASSERT_TRUE(run.has_value()) << run.error().message();
  EXPECT_TRUE(same_figures(*run, original_));
}

// ---- the property ----

/// What can happen to a line: random, but not senseless; most mutations leave JSON behind. A line that was cut to
/// nothing before can only be removed, doubled, moved or grow.
void mutate(Lines& lines, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const std::size_t at = below(lines.size());
  std::string& line = lines[at];
  switch (below(8)) {
    case 0:
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size())), line);
      break;
    case 2:
      std::swap(line, lines[below(lines.size())]);
      break;
    case 3:
      line.resize(below(line.size() + 1));
      break;
    case 4:
      if (!line.empty()) line[below(line.size())] = static_cast<char>(below(256));
      break;
    case 5:  // a digit for a digit
      for (std::size_t i = below(line.size() + 1); i < line.size(); ++i) {
        if (line[i] < '0' || line[i] > '9') continue;
        line[i] = static_cast<char>('0' + below(10));
        break;
      }
      break;
    case 6:
      line.insert(below(line.size() + 1), std::string(1, "0123456789\"{}[],:-e.\\"[below(21)]));
      break;
    default:
      line.erase(below(line.size() + 1), 1 + below(4));
  }
}

TEST_F(Damage, OfAnyKind_NeverGivesAnotherNumberInSilence) {
  EXPECT_TRUE(rc::check([this] {
    std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
    for (int i = 0; i < 10; ++i) {
      Lines lines = whole_;
      const std::size_t mutations = 1 + random() % 3;
      for (std::size_t m = 0; m < mutations && !lines.empty(); ++m) mutate(lines, random);
      const auto run = read(lines);
      if (!run) {
        RC_ASSERT(run.error().message().find("damaged.jsonl") != std::string::npos);
      } else if (run->notes().empty()) {
        RC_ASSERT(same_figures(*run, original_));
        RC_ASSERT(run->end().has_value());
      }
    }
  }));
}

TEST_F(Damage, CutAnywhere_IsAnErrorOrANoteAndNeverAnotherNumber) {
  const std::string content = joined(whole_);
  for (std::size_t size = 0; size < content.size(); ++size) {
    const auto run = read(content.substr(0, size));
    EXPECT_TRUE(!run || !run->notes().empty()) << size;
  }
}

}  // namespace
}  // namespace frostbyte::record
