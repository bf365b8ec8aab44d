#include "results/gate/gate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

namespace frostbyte::gate {
namespace {

using compare::Comparison;
using compare::Estimate;
using compare::MetricComparison;
using summary::Distribution;
using summary::Figure;
using summary::Subject;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kTime = "launch.exec_to_first_response";
constexpr auto kToday = std::chrono::year(2026) / 6 / 15;

Figure distributed(std::string_view metric, double p50, double low, double high) {
  Distribution d{
      .p50 = p50, .ci = summary::Range{.low = low, .high = high}, .mean = p50, .sd = 1, .min = low, .max = high};
  d.tails = {
      summary::Tail{
          .percent = 90, .needs = 29, .value = p50 + 10, .ci = summary::Range{.low = low + 10, .high = high + 10}},
      summary::Tail{.percent = 95, .needs = 59, .value = {}, .ci = {}},
      summary::Tail{.percent = 99, .needs = 299, .value = {}, .ci = {}}};
  return {.metric = metric::find(metric), .n = 100, .distribution = d, .value = {}, .reason = {}};
}

Figure exact_figure(std::string_view metric, std::int64_t value) {
  return {.metric = metric::find(metric), .n = 1, .distribution = {}, .value = value, .reason = {}};
}

Figure unavailable(std::string_view metric, std::string reason) {
  return {.metric = metric::find(metric), .n = 0, .distribution = {}, .value = {}, .reason = std::move(reason)};
}

Subject subject(std::string name, std::vector<Figure> figures) {
  Subject subject;
  subject.name = std::move(name);
  subject.figures = std::move(figures);
  return subject;
}

Comparison compared(std::string_view metric, double base, const Estimate& shift) {
  MetricComparison m;
  m.metric = metric::find(metric);
  m.base = base;
  m.candidate = base + shift.value;
  m.shift = shift;
  return {.base = "before", .candidate = "after", .notes = {}, .metrics = {m}};
}

Budgets budgets(const std::string& text) {
  auto parsed = parse_budgets(text, "b.toml");
  if (!parsed) throw std::runtime_error(parsed.error().message());
  return *std::move(parsed);
}

std::string budget(std::string_view metric, const std::string& lines) {
  return fmt::format("[[budget]]\nmetric = \"{}\"\n{}\n", metric, lines);
}

/// The one check of one budget line on one figure.
Check judged(const std::string& line, const Figure& figure, std::string_view suffix = "") {
  const std::vector<Subject> subjects = {subject("alpha", {figure})};
  const auto checks = evaluate(budgets(budget(std::string(figure.metric->id) + std::string(suffix), line)),
                               {.subjects = subjects, .comparisons = {}, .families = {}, .today = kToday});
  EXPECT_TRUE(checks.has_value());
  EXPECT_EQ(checks->size(), 1u);
  return checks->at(0);
}

Check judged(const std::string& line, const Comparison& comparison, std::string_view metric = kTime) {
  const auto checks =
      evaluate(budgets(budget(metric, line)),
               {.subjects = {}, .comparisons = std::span(&comparison, 1), .families = {}, .today = kToday});
  EXPECT_TRUE(checks.has_value());
  EXPECT_EQ(checks->size(), 1u);
  return checks->at(0);
}

// ---- absolute ----

TEST(AbsoluteBudget, OfAnExactMetricIsKeptUpToTheLimitItself) {
  EXPECT_EQ(judged("max = \"100 B\"", exact_figure("binary.file", 99)).status, Status::pass);
  EXPECT_EQ(judged("max = \"100 B\"", exact_figure("binary.file", 100)).status, Status::pass);
  const Check check = judged("max = \"100 B\"", exact_figure("binary.file", 101));
  EXPECT_EQ(check.status, Status::failed);
  EXPECT_EQ(check.limit, "at most 100 B");
  EXPECT_EQ(check.detail, "101 B, 1 B above the limit");
  EXPECT_EQ(check.actual, 101);
  EXPECT_EQ(check.bound, 100);
  EXPECT_EQ(check.origin, "b.toml:1");
  EXPECT_EQ(judged("min = \"100 B\"", exact_figure("binary.file", 100)).status, Status::pass);
  EXPECT_EQ(judged("min = \"100 B\"", exact_figure("binary.file", 99)).detail, "99 B, 1 B below the limit");
}

TEST(AbsoluteBudget, OfAMedianIsDecidedByItsInterval) {
  const Figure figure = distributed(kTime, 300, 290, 310);
  EXPECT_EQ(judged("max = \"310 ns\"", figure).status, Status::pass) << "the whole interval is within";
  EXPECT_EQ(judged("max = \"309 ns\"", figure).status, Status::undecided);
  EXPECT_EQ(judged("max = \"290 ns\"", figure).status, Status::undecided);
  EXPECT_EQ(judged("max = \"289 ns\"", figure).status, Status::failed) << "the whole interval is beyond";
  EXPECT_EQ(judged("min = \"290 ns\"", figure).status, Status::pass);
  EXPECT_EQ(judged("min = \"311 ns\"", figure).status, Status::failed);
  EXPECT_THAT(judged("max = \"300 ns\"", figure).detail, HasSubstr("300 ns (290 to 310): the limit lies inside"));
}

TEST(AbsoluteBudget, WritesAnIntervalWithDecimalsEnoughToSeeIt) {
  EXPECT_THAT(judged("max = \"1 us\"", distributed(kTime, 300'190, 300'180, 300'200)).detail,
              HasSubstr("300.19 µs (300.18 to 300.20)"));
}

TEST(AbsoluteBudget, OfLevelWarnNeverFails) {
  EXPECT_EQ(judged("max = \"1 B\"\nlevel = \"warn\"", exact_figure("binary.file", 2)).status, Status::warned);
  EXPECT_EQ(judged("max = \"1 B\"\nlevel = \"warn\"", unavailable("binary.file", "gone")).status, Status::warned);
}

TEST(AbsoluteBudget, LooksAtTheStatisticItNames) {
  const Figure figure = distributed(kTime, 300, 290, 310);
  EXPECT_EQ(judged("max = \"320 ns\"", figure, ".p90").status, Status::pass);
  EXPECT_EQ(judged("max = \"299 ns\"", figure, ".p90").status, Status::failed);
  EXPECT_EQ(judged("max = \"310 ns\"", figure, ".max").status, Status::pass);
  EXPECT_EQ(judged("max = \"309 ns\"", figure, ".max").status, Status::failed) << "it has no interval";
  EXPECT_EQ(judged("max = \"1 ns\"", figure, ".sd").status, Status::pass);
}

TEST(Budget, OnAMetricThatCouldNotBeMeasuredFailsWithTheReason) {
  const Check check = judged("max = \"1 GiB\"", unavailable("memory.cgroup_peak", "no cgroup"));
  EXPECT_EQ(check.status, Status::failed);
  EXPECT_EQ(check.detail, "could not be measured: no cgroup");
  EXPECT_FALSE(check.actual.has_value());
  EXPECT_THAT(judged("max = \"1 s\"", distributed(kTime, 1, 1, 1), ".p99").detail,
              HasSubstr("p99 needs 299 successful launches, and there were 100"));
  EXPECT_THAT(judged("max = \"1 s\"", distributed(kTime, NAN, 1, 1)).detail, HasSubstr("not a finite number"));
  EXPECT_EQ(judged("max = \"1 s\"", distributed(kTime, INFINITY, 1, 1)).status, Status::failed);
}

TEST(Budget, OnAMetricTheSubjectDoesNotHaveFails) {
  const std::vector<Subject> subjects = {subject("alpha", {})};
  const auto checks = evaluate(budgets(budget("binary.file", "max = \"1 B\"")),
                               {.subjects = subjects, .comparisons = {}, .families = {}, .today = kToday});
  EXPECT_EQ(checks->at(0).status, Status::failed);
  EXPECT_EQ(checks->at(0).detail, "could not be measured: it was not measured");
}

// ---- relative ----

TEST(RelativeBudget, OfAnExactMetricIsKeptUpToTheLimitItself) {
  const auto at = [](double base, double change, const std::string& line) {
    return judged(line, compared("binary.file", base, {change, change, change}), "binary.file").status;
  };
  EXPECT_EQ(at(1'000, 30, "max_increase = \"3 %\""), Status::pass);
  EXPECT_EQ(at(1'000, 31, "max_increase = \"3 %\""), Status::failed);
  // Percentages that are no binary fractions: 29 % of 100 is 28.999999999999996.
  for (int percent = 1; percent <= 100; ++percent) {
    const std::string line = fmt::format("max_increase = \"{} %\"", percent);
    EXPECT_EQ(at(100, percent, line), Status::pass) << percent;
    EXPECT_EQ(at(100, percent + 1, line), Status::failed) << percent;
  }
}

TEST(RelativeBudget, FailsOnlyWhenBothAmountsAreExceeded) {
  const std::string line = "max_increase = \"3 %\"\nmin_increase = \"20 B\"";
  const auto at = [&](double base, double change) {
    return judged(line, compared("binary.file", base, {change, change, change}), "binary.file").status;
  };
  EXPECT_EQ(at(100, 20), Status::pass) << "20 %, but only 20 bytes";
  EXPECT_EQ(at(100, 21), Status::failed);
  EXPECT_EQ(at(10'000, 300), Status::pass) << "300 bytes, but only 3 %";
  EXPECT_EQ(at(10'000, 301), Status::failed);
  EXPECT_EQ(at(10'000, -5'000), Status::pass);
}

TEST(RelativeBudget, OfATimingIsDecidedByTheShiftsInterval_AtTheBoundary) {
  // 3 % of 1000 ns: 30 ns.
  const auto at = [](double low, double high) {
    return judged("max_increase = \"3 %\"", compared(kTime, 1'000, {(low + high) / 2, low, high}));
  };
  EXPECT_EQ(at(10, 30).status, Status::pass);
  EXPECT_EQ(at(10, 30.001).status, Status::undecided);
  EXPECT_EQ(at(30, 60).status, Status::undecided);
  EXPECT_EQ(at(30.001, 60).status, Status::failed);
  EXPECT_EQ(at(-60, -10).status, Status::pass);
  EXPECT_EQ(at(-INFINITY, INFINITY).status, Status::failed) << "no finite estimate";
  const Check check = at(31, 61);
  EXPECT_EQ(check.detail, "+46 ns (+31 to +61) on 1 µs, +4.60 %");
  EXPECT_EQ(check.actual, 1'046);
  EXPECT_EQ(check.base, 1'000);
  EXPECT_EQ(check.bound, 1'030);
  EXPECT_EQ(check.subject, "after");
  EXPECT_EQ(check.limit, "at most 3 % above the base");
}

TEST(RelativeBudget, OnABaseOfZeroIsDecidedByTheAbsoluteAmount) {
  const auto at = [](double change, const std::string& line) {
    return judged(line, compared("faults.major", 0, {change, change, change}), "faults.major").status;
  };
  EXPECT_EQ(at(0, "max_increase = \"3 %\""), Status::pass);
  EXPECT_EQ(at(1, "max_increase = \"3 %\""), Status::failed);
  EXPECT_EQ(at(2, "max_increase = \"3 %\"\nmin_increase = \"2\""), Status::pass);
}

TEST(RelativeBudget, OfAnotherQuantileTakesTheWorstEndsOfBothIntervals) {
  const std::vector<Subject> subjects = {subject("before", {distributed(kTime, 1'000, 990, 1'010)}),
                                         subject("after", {distributed(kTime, 1'100, 1'090, 1'110)})};
  const Comparison comparison = compared(kTime, 1'000, {0, 0, 0});
  const auto status = [&](const std::string& line, std::string_view suffix) {
    const auto checks =
        evaluate(budgets(budget(std::string(kTime) + std::string(suffix), line)),
                 {.subjects = subjects, .comparisons = std::span(&comparison, 1), .families = {}, .today = kToday});
    EXPECT_EQ(checks->size(), 1u) << "the base is a reference and not judged";
    return checks->at(0).status;
  };
  EXPECT_EQ(status("max_increase = \"120 ns\"", ".p90"), Status::pass);  // 1120 − 1000 … at most 120
  EXPECT_EQ(status("max_increase = \"119 ns\"", ".p90"), Status::undecided);
  EXPECT_EQ(status("max_increase = \"80 ns\"", ".p90"), Status::undecided);  // at least 1100 − 1020
  EXPECT_EQ(status("max_increase = \"79 ns\"", ".p90"), Status::failed);
  EXPECT_EQ(status("max_increase = \"0 ns\"", ".p50"), Status::pass) << "the comparison's own shift";
  EXPECT_EQ(status("max_increase = \"1 s\"", ".p95"), Status::failed) << "too few launches for p95";
}

TEST(RelativeBudget, WithoutABaseFailsUnlessThatIsAccepted) {
  const std::vector<Subject> subjects = {subject("alpha", {exact_figure("binary.file", 5)})};
  const Budgets file = budgets(budget("binary.file", "max_increase = \"3 %\"\nmax = \"9 B\""));
  Evidence evidence{.subjects = subjects, .comparisons = {}, .families = {}, .today = kToday};
  const auto strict = evaluate(file, evidence);
  EXPECT_EQ(strict->at(0).status, Status::pass) << "the absolute limit";
  EXPECT_EQ(strict->at(1).status, Status::failed);
  EXPECT_THAT(strict->at(1).detail, HasSubstr("there is no base"));
  evidence.no_base = NoBase::is_accepted;
  const auto lenient = evaluate(file, evidence);
  EXPECT_EQ(lenient->at(1).status, Status::ignored);
  EXPECT_EQ(answer(*lenient), Answer::pass);
}

TEST(RelativeBudget, OnAMetricThatWasNotComparedFailsWithTheReason) {
  Comparison comparison = compared(kTime, 1'000, {0, 0, 0});
  comparison.metrics[0].shift.reset();
  comparison.metrics[0].reason = "the candidate never answered";
  EXPECT_EQ(judged("max_increase = \"3 %\"", comparison).detail, "could not be measured: the candidate never answered");
  EXPECT_THAT(judged("max_increase = \"3 %\"", comparison, "memory.rss").detail, HasSubstr("it was not compared"));
}

// ---- laws ----

TEST(BudgetLaws, AWiderIntervalNeverTurnsAPassIntoAFailureNorBack) {
  EXPECT_TRUE(rc::check([] {
    const auto value = *rc::gen::inRange(-1'000, 1'000);
    const auto low = value - *rc::gen::inRange(0, 100);
    const auto high = value + *rc::gen::inRange(0, 100);
    const auto wider = *rc::gen::inRange(0, 100);
    const auto at = [&](int a, int b) {
      return judged("max_increase = \"30 ns\"", compared(kTime, 1'000, {double(value), double(a), double(b)})).status;
    };
    const Status narrow = at(low, high);
    const Status wide = at(low - wider, high + wider);
    RC_ASSERT(wide == narrow || wide == Status::undecided);
  }));
}

TEST(BudgetLaws, AnExactMetricIsAlwaysDecided_AndLoosenedLimitsOnlyEverPassMore) {
  EXPECT_TRUE(rc::check([] {
    const auto value = *rc::gen::inRange(0, 1'000);
    const auto limit = *rc::gen::inRange(0, 1'000);
    const auto looser = limit + *rc::gen::inRange(0, 100);
    const auto at = [&](int bytes) {
      return judged(fmt::format("max = \"{} B\"", bytes), exact_figure("binary.file", value)).status;
    };
    RC_ASSERT(at(limit) == (value <= limit ? Status::pass : Status::failed));
    RC_ASSERT(at(limit) == Status::failed || at(looser) == Status::pass);
  }));
}

// ---- subjects ----

TEST(BudgetSubject, EverySubjectTheGlobMatchesIsACheck) {
  const std::vector<Subject> subjects = {subject("a:1", {exact_figure("binary.file", 5)}),
                                         subject("a:2", {exact_figure("binary.file", 15)}),
                                         subject("b:1", {exact_figure("binary.file", 25)})};
  const auto checks = evaluate(budgets(budget("binary.file", "subject = \"a:*\"\nmax = \"10 B\"")),
                               {.subjects = subjects, .comparisons = {}, .families = {}, .today = kToday});
  ASSERT_EQ(checks->size(), 2u);
  EXPECT_EQ(checks->at(0).status, Status::pass);
  EXPECT_EQ(checks->at(1).status, Status::failed);
  EXPECT_EQ(checks->at(1).subject, "a:2");
}

TEST(BudgetSubject, AGlobThatMatchesNothingIsAMistakeUnlessItIsOptional) {
  const std::vector<Subject> subjects = {subject("alpha", {exact_figure("binary.file", 5)})};
  const Evidence evidence{.subjects = subjects, .comparisons = {}, .families = {}, .today = kToday};
  const auto refused = evaluate(budgets(budget("binary.file", "subject = \"alhpa\"\nmax = \"10 B\"")), evidence);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), AllOf(HasSubstr("b.toml:1"), HasSubstr("no subject matches 'alhpa'"),
                                               HasSubstr("did you mean 'alpha'?"), HasSubstr("optional = true")));
  const auto optional =
      evaluate(budgets(budget("binary.file", "subject = \"alhpa\"\nmax = \"10 B\"\noptional = true")), evidence);
  ASSERT_TRUE(optional.has_value());
  EXPECT_TRUE(optional->empty());
}

TEST(BudgetSubject, ABudgetOfAnotherFamilyIsAnotherCommandsToJudge) {
  const std::vector<Subject> subjects = {subject("alpha", {exact_figure("binary.file", 5)})};
  const std::vector<std::string_view> families = {"launch", "memory"};
  const auto checks = evaluate(budgets(budget("binary.file", "subject = \"image:*\"\nmax = \"1 B\"")),
                               {.subjects = subjects, .comparisons = {}, .families = families, .today = kToday});
  ASSERT_TRUE(checks.has_value());
  EXPECT_TRUE(checks->empty());
}

// ---- ignores ----

std::string ignore(std::string_view metric, const std::string& until, const std::string& subject = "*") {
  return fmt::format("[[ignore]]\nmetric = \"{}\"\nsubject = \"{}\"\nreason = \"known\"\nexpires = {}\n", metric,
                     subject, until);
}

Check failing(std::string metric) {
  return {.metric = std::move(metric),
          .subject = "alpha",
          .limit = "not worse than base",
          .status = Status::failed,
          .detail = "it is"};
}

Check after_ignores(const std::string& text, Check check) {
  std::vector<Check> checks = {std::move(check)};
  apply_ignores(budgets(text).ignores, kToday, checks);
  return checks[0];
}

TEST(Ignore, CoversAnyCheckThatDidNotPassUpToAndOnItsLastDay) {
  const Check covered = after_ignores(ignore(kTime, "2026-06-15"), failing(std::string(kTime)));
  EXPECT_EQ(covered.status, Status::ignored);
  EXPECT_EQ(covered.message, "known");
  EXPECT_EQ(covered.detail, "it is; ignored until 2026-06-15 (b.toml:1)");
  Check undecided = failing(std::string(kTime));
  undecided.status = Status::undecided;
  EXPECT_EQ(after_ignores(ignore(kTime, "2026-06-15"), undecided).status, Status::ignored);
  Check passed = failing(std::string(kTime));
  passed.status = Status::pass;
  EXPECT_EQ(after_ignores(ignore(kTime, "2026-06-15"), passed).status, Status::pass);
}

TEST(Ignore, ThatExpiredChangesNothingAndSaysSo) {
  const Check check = after_ignores(ignore(kTime, "2026-06-14"), failing(std::string(kTime)));
  EXPECT_EQ(check.status, Status::failed);
  EXPECT_EQ(check.detail, "it is; its ignore (b.toml:1: known) expired on 2026-06-14");
}

TEST(Ignore, CoversTheStatisticItNamesOrAllOfThem) {
  const auto status = [](std::string_view ignored, std::string checked, const std::string& subject = "*") {
    return after_ignores(ignore(ignored, "2027-01-01", subject), failing(std::move(checked))).status;
  };
  const std::string time(kTime);
  EXPECT_EQ(status(time, time + ".p90"), Status::ignored);
  EXPECT_EQ(status(time + ".p50", time), Status::ignored) << "without a suffix it is the median";
  EXPECT_EQ(status(time + ".p90", time), Status::failed);
  EXPECT_EQ(status("memory.rss", time), Status::failed);
  EXPECT_EQ(status(time, time, "al*"), Status::ignored);
  EXPECT_EQ(status(time, time, "beta"), Status::failed);
}

// ---- the answer ----

TEST(Answer, IsTheGravestOfItsChecks) {
  const auto of = [](std::initializer_list<std::pair<Status, Level>> list) {
    std::vector<Check> checks;
    for (const auto& [status, level] : list) {
      checks.push_back(failing("x"));
      checks.back().status = status;
      checks.back().level = level;
    }
    return answer(checks);
  };
  EXPECT_EQ(of({}), Answer::pass);
  EXPECT_EQ(of({{Status::pass, Level::fail}, {Status::ignored, Level::fail}, {Status::warned, Level::warn}}),
            Answer::pass);
  EXPECT_EQ(of({{Status::undecided, Level::warn}}), Answer::pass);
  EXPECT_EQ(of({{Status::pass, Level::fail}, {Status::undecided, Level::fail}}), Answer::undecided);
  EXPECT_EQ(of({{Status::undecided, Level::fail}, {Status::failed, Level::fail}}), Answer::failed);
}

}  // namespace
}  // namespace frostbyte::gate
