#include "results/gate/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frostbyte::gate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result<Budgets> parse(const std::string& text) { return parse_budgets(text, "budgets.toml"); }

std::string error_of(const std::string& text) {
  const auto budgets = parse(text);
  return budgets ? "no error" : budgets.error().message();
}

/// A budget on the headline with `line` in it.
std::string budget(const std::string& line, const std::string& metric = "launch.exec_to_first_response") {
  return "[[budget]]\nmetric = \"" + metric + "\"\n" + line + "\n";
}

TEST(Budgets, ReadTheFormOfTheDesign) {
  const auto budgets = parse(R"(
[[budget]]
metric  = "binary.file"
subject = "cpp-echo:*"
max     = "2 MiB"
[[budget]]
metric  = "launch.exec_to_first_response.p50"
max_increase = "3 %"
min_increase = "20 us"
level   = "warn"
message = "cold start is a product promise; see METHOD.md"
[[ignore]]
metric  = "launch.exec_to_first_response"
subject = "old-*"
reason  = "replaced in spring"
expires = 2027-01-31
)");
  ASSERT_TRUE(budgets.has_value()) << budgets.error().message();
  ASSERT_EQ(budgets->budgets.size(), 2u);
  const Budget& size = budgets->budgets[0];
  EXPECT_EQ(size.metric.metric->id, "binary.file");
  EXPECT_EQ(size.subject, "cpp-echo:*");
  EXPECT_EQ(size.max->value, 2 * 1048576.0);
  EXPECT_EQ(size.level, Level::fail);
  EXPECT_EQ(size.origin, "budgets.toml:2");
  const Budget& time = budgets->budgets[1];
  EXPECT_EQ(time.metric.metric->id, "launch.exec_to_first_response");
  EXPECT_EQ(time.statistic(), Statistic::p50);
  EXPECT_EQ(time.change->at_most.of, Amount::Of::base);
  EXPECT_DOUBLE_EQ(time.change->at_most.value, 0.03);
  EXPECT_EQ(time.change->and_at_least->of, Amount::Of::unit);
  EXPECT_DOUBLE_EQ(time.change->and_at_least->value, 20'000);
  EXPECT_EQ(time.level, Level::warn);
  EXPECT_EQ(time.message, "cold start is a product promise; see METHOD.md");
  ASSERT_EQ(budgets->ignores.size(), 1u);
  EXPECT_EQ(budgets->ignores[0].reason, "replaced in spring");
  EXPECT_EQ(budgets->ignores[0].expires, std::chrono::year(2027) / 1 / 31);
  EXPECT_FALSE(budgets->ignores[0].metric.statistic.has_value());
}

TEST(Budgets, StatisticIsTheMedianUnlessTheMetricNamesAnother) {
  EXPECT_EQ(parse(budget("max = \"1 ms\""))->budgets[0].statistic(), Statistic::p50);
  EXPECT_EQ(parse(budget("max = \"1 ms\"", "launch.exec_to_first_response.p99"))->budgets[0].statistic(),
            Statistic::p99);
  EXPECT_EQ(parse(budget("max = \"1 MiB\"", "memory.rss.max"))->budgets[0].statistic(), Statistic::max);
}

struct Amounts {
  std::string metric, written;
  double value;
};
class BudgetAmount : public ::testing::TestWithParam<Amounts> {};

TEST_P(BudgetAmount, IsReadInTheMetricsUnit) {
  const auto budgets = parse(budget("max = " + GetParam().written, GetParam().metric));
  ASSERT_TRUE(budgets.has_value()) << budgets.error().message();
  EXPECT_DOUBLE_EQ(budgets->budgets[0].max->value, GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    Written, BudgetAmount,
    ::testing::Values(Amounts{"binary.file", "\"2 MiB\"", 2097152}, Amounts{"binary.file", "\"900 kB\"", 900'000},
                      Amounts{"binary.file", "\"512k\"", 524'288}, Amounts{"binary.file", "\"12 B\"", 12},
                      Amounts{"memory.rss.p90", "\" 1.5 MiB \"", 1572864},
                      Amounts{"launch.exec_to_listen", "\"20 us\"", 20'000},
                      Amounts{"launch.exec_to_listen", "\"20 µs\"", 20'000},
                      Amounts{"launch.exec_to_listen.max", "\"1.5ms\"", 1'500'000},
                      Amounts{"launch.exec_to_listen", "\"2 s\"", 2e9}, Amounts{"faults.major", "0", 0},
                      Amounts{"faults.minor", "40", 40}, Amounts{"faults.minor.mean", "40.5", 40.5},
                      Amounts{"faults.minor", "\"40\"", 40}));

struct Mistake {
  std::string name, text, says;
};
class BudgetMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(BudgetMistake, IsRefusedWithItsLine) {
  EXPECT_THAT(error_of(GetParam().text), AllOf(HasSubstr("budgets.toml"), HasSubstr(GetParam().says)));
}

const Mistake kMistakes[] = {
    {"NotToml", "[[budget]]\nmetric = ", "budgets.toml:2:"},
    {"UnknownTable", "[[budgets]]\nmetric = \"binary.file\"", "did you mean 'budget'?"},
    {"UnknownKey", budget("maximum = \"1 ms\""), "budgets.toml:3': unknown key 'budget.maximum'"},
    {"ATableThatIsNoList", "[budget]\nmetric = \"binary.file\"", "write [[budget]]"},
    {"NoMetric", "\n[[budget]]\nmax = \"1 MiB\"", "budgets.toml:2': 'budget.metric' is missing"},
    {"UnknownMetric", budget("max = \"1 ms\"", "launch.exec_to_first_respons"),
     "did you mean 'launch.exec_to_first_response'?"},
    {"UnknownMetricLine", budget("max = \"1 ms\"", "launch.exec_to_first_respons"), "budgets.toml:2': metric"},
    {"UnknownStatistic", budget("max = \"1 ms\"", "launch.exec_to_first_response.p98"), "did you mean 'p9"},
    {"AStatisticOfAnExactMetric", budget("max = \"1 MiB\"", "binary.file.p90"), "one exact value"},
    {"NoLimit", budget("level = \"warn\""), "sets no limit"},
    {"TimeWithoutUnit", budget("max = \"300\""), "budgets.toml:3': 'budget.max' is '300': it has no unit"},
    {"TimeAsNumber", budget("max = 300"), "'budget.max' has no unit: 300"},
    {"SizeInTime", budget("max = \"300 us\"", "binary.file"), "unknown unit 'us'"},
    {"TimeInBytes", budget("max = \"2 MiB\""), "unknown unit 'MiB'"},
    {"PercentOfNothing", budget("max = \"3 %\""), "a percentage of what?"},
    {"PercentWithoutSign", budget("max_increase = \"3\""), "it has no unit"},
    {"ChangeAsNumber", budget("max_increase = 0.03"), "'budget.max_increase' has no unit: 0.03"},
    {"Negative", budget("max_increase = \"-3 %\""), "it is not a number from 0 on before the %"},
    {"NegativeTime", budget("max = \"-3 us\""), "it is negative"},
    {"NegativeCount", budget("max = -3", "faults.minor"), "it is not a number from 0 on"},
    {"NotANumber", budget("max = nan", "faults.minor"), "it is not a number from 0 on"},
    {"Infinite", budget("max = inf", "faults.minor"), "it is not a number from 0 on"},
    {"InfiniteText", budget("max = \"inf us\""), "it does not start with a number"},
    {"TooLarge", budget("max = \"9e300 s\""), "it is too large"},
    {"HugePercent", budget("max_increase = \"1e400 %\""), "it is not a number from 0 on before the %"},
    {"AWrongType", budget("max = [1]"), "must be a text or a number"},
    {"LevelOther", budget("max = \"1 ms\"\nlevel = \"error\""),
     "budgets.toml:4': level 'error' is neither warn nor fail"},
    {"MinIncreaseAlone", budget("min_increase = \"20 us\""), "'min_increase' without 'max_increase'"},
    {"DecreaseOfWhatShouldDecrease", budget("max_decrease = \"3 %\""), "write max_increase"},
    {"ChangeOfTheMean", budget("max_increase = \"3 %\"", "memory.rss.mean"), "cannot be told from noise"},
    {"MaxBelowMin", budget("max = \"1 ms\"\nmin = \"2 ms\""), "'max' is below 'min'"},
    {"EmptySubject", budget("max = \"1 ms\"\nsubject = \"\""), "'subject' is empty"},
    {"OptionalAsText", budget("max = \"1 ms\"\noptional = \"yes\""), "must be true or false"},
    {"Empty", "", "it holds no [[budget]]"},
    {"IgnoreWithoutReason", "[[ignore]]\nmetric = \"binary.file\"\nexpires = 2027-01-31", "'ignore.reason' is missing"},
    {"IgnoreWithEmptyReason", "[[ignore]]\nmetric = \"binary.file\"\nreason = \" \"\nexpires = 2027-01-31",
     "'reason' is empty"},
    {"IgnoreWithoutDay", "[[ignore]]\nmetric = \"binary.file\"\nreason = \"x\"", "'ignore.expires' is missing"},
    {"IgnoreWithAQuotedDay", "[[ignore]]\nmetric = \"binary.file\"\nreason = \"x\"\nexpires = \"2027-01-31\"",
     "a date without quotes"},
    {"IgnoreWithADayThatIsNone", "[[ignore]]\nmetric = \"binary.file\"\nreason = \"x\"\nexpires = 2027-02-31",
     "budgets.toml:4:"},
};
INSTANTIATE_TEST_SUITE_P(Every, BudgetMistake, ::testing::ValuesIn(kMistakes),
                         [](const auto& mistake) { return mistake.param.name; });

TEST(Glob, StarIsAnyTextAndQuestionMarkOneCharacter) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*", "cpp-echo:latest"));
  EXPECT_TRUE(matches("cpp-echo:*", "cpp-echo:"));
  EXPECT_TRUE(matches("*[cache=warm]*", "beta[cache=warm]#2"));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(matches("caf?", "café"));
  EXPECT_TRUE(matches("odd*name?", "odd*name?"));
  EXPECT_FALSE(matches("cpp-echo:*", "cpp-echo"));
  EXPECT_FALSE(matches("a*b", "a-b-c"));
  EXPECT_FALSE(matches("", "x"));
  EXPECT_FALSE(matches("?", ""));
}

}  // namespace
}  // namespace frostbyte::gate
