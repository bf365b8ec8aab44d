#include "results/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "results/report/groups.h"
#include "results/report/story.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

constexpr Glyphs kUnicode = {
    .plus_minus = "±", .times = "×", .none = "–", .separator = "·", .micro = "µ", .at_least = "≥"};
constexpr Glyphs kAscii = {
    .plus_minus = "+-", .times = "x", .none = "-", .separator = "|", .micro = "u", .at_least = ">="};
constexpr std::string_view kUnavailable = "n/a";

const Distribution* distribution_of(const Subject& subject, std::string_view metric) {
  const Figure* figure = subject.figure(metric);
  return figure != nullptr && figure->distribution ? &*figure->distribution : nullptr;
}

std::optional<double> median_of(const Subject& subject, std::string_view metric) {
  const Distribution* distribution = distribution_of(subject, metric);
  return distribution != nullptr ? std::optional(distribution->p50) : std::nullopt;
}

std::optional<double> value_of(const Subject& subject, std::string_view metric) {
  const Figure* figure = subject.figure(metric);
  if (figure == nullptr || !figure->value) return median_of(subject, metric);
  return static_cast<double>(*figure->value);
}

std::optional<double> half_width(const Distribution& distribution) {
  if (!distribution.ci) return std::nullopt;
  return (distribution.ci->high - distribution.ci->low) / 2;
}

/// Two decimals are plenty for what is worth comparing; far below that, two digits.
std::string factor(double ratio) { return ratio < 0.095 ? fmt::format("{:.2g}", ratio) : fmt::format("{:.2f}", ratio); }

/// Builds the columns one after the other; they share scales and glyphs.
class TableMaker {
 public:
  TableMaker(const Summary& summary, Charset charset) : summary_(summary), charset_(charset), glyphs_(glyphs(charset)) {
    table_.groups = group_subjects(summary);
    time_ = shared_scale(metric::Unit::nanoseconds, {metric::kHeadline, "launch.exec_to_listen"});
    for (const Subject& subject : summary_.subjects) resolve_interval(subject);
    memory_ =
        shared_scale(metric::Unit::bytes, {"memory.rss", "memory.pss", "memory.rss_peak", "memory.rss_under_load"});
  }

  Table make() {
    add_names();
    if (summary_.kind == summary::Kind::artifacts) {
      add_sizes();
      return std::move(table_);
    }
    // A scrape's run has no launches.
    if (summary_.kind == summary::Kind::launches) {
      add_headline();
      add_factor();
      add_tail(0, 60);
      add_tail(2, 80);
    }
    add_metric("launch.exec_to_listen", time_, 40);
    add_metric(metric::kError, shared_scale(metric::Unit::nanoseconds, {metric::kError}), 20);
    add_metric("memory.rss", memory_, 90);
    add_metric("memory.pss", memory_, 50);
    add_metric("memory.rss_peak", memory_, 70);
    if (has_density()) {
      add_metric("density.marginal_pss", memory_, 97);
      add_metric("memory.uss", memory_, 96);
      add_metric("density.marginal_cgroup", memory_, 97);
      add_metric("density.per_gib", shared_scale(metric::Unit::count, {"density.per_gib"}), 98);
    }
    add_metric("memory.rss_after_requests", memory_, 87);
    add_metric("memory.rss_after_idle", memory_, 86);
    add_metric("memory.smallest_limit", shared_scale(metric::Unit::bytes, {"memory.smallest_limit"}), 96);
    add_census();
    add_rate("load.throughput", 94);
    const Scale latency = shared_scale(metric::Unit::nanoseconds, {"load.latency_p50", "load.latency_p99"});
    add_metric("load.latency_p50", latency, 88);
    add_metric("load.latency_p99", latency, 93);
    add_metric("memory.rss_under_load", memory_, 92);
    add_rate("scrape.throughput", 94);
    const Scale scraped = shared_scale(metric::Unit::nanoseconds, {"scrape.latency_p50", "scrape.latency_p99"});
    add_metric("scrape.latency_p50", scraped, 88);
    add_metric("scrape.latency_p99", scraped, 93);
    add_metric("scrape.latency_p99_width", scraped, 45);
    add_metric("scrape.rss", shared_scale(metric::Unit::bytes, {"scrape.rss"}), 92);
    add_metric("scrape.cpu", shared_scale(metric::Unit::nanoseconds, {"scrape.cpu"}), 91);
    add_metric("scrape.gc_pause_max", shared_scale(metric::Unit::nanoseconds, {"scrape.gc_pause_max"}), 55);
    add_metric("binary.file", shared_scale(metric::Unit::bytes, {"binary.file"}), 95);
    add_outcomes();
    return std::move(table_);
  }

 private:
  /// Images and binaries have different figures: those that none has take no column.
  void add_sizes() {
    constexpr auto kSizes = std::to_array<std::pair<std::string_view, int>>({{"image.transfer", 95},
                                                                             {"image.new_transfer", 70},
                                                                             {"image.tar", 40},
                                                                             {"image.shipped", 80},
                                                                             {"image.live", 90},
                                                                             {"image.dead", 85},
                                                                             {"image.efficiency", 60},
                                                                             {"image.layers", 30},
                                                                             {"image.files", 20},
                                                                             {"binary.file", 95},
                                                                             {"binary.code", 80},
                                                                             {"binary.read_only", 60},
                                                                             {"binary.writable", 50},
                                                                             {"binary.debug", 75},
                                                                             {"binary.mapped_pages", 70},
                                                                             {"binary.strip_saves", 85}});
    for (const auto& [id, rank] : kSizes) {
      const auto has_figure = [&](const Subject& subject) { return value_of(subject, id).has_value(); };
      if (std::ranges::none_of(summary_.subjects, has_figure)) continue;
      Column& column = add({.heading = std::string(metric::find(id)->title), .rank = rank});
      for (std::size_t i = 0; i < column.cells.size(); ++i) {
        const auto value = value_of(summary_.subjects[i], id);
        column.cells[i].text = value ? in_words(metric::find(id)->unit, *value) : std::string(glyphs_.none);
      }
    }
  }

  [[nodiscard]] Scale shared_scale(metric::Unit unit, std::initializer_list<std::string_view> metrics) const {
    std::vector<double> values;
    for (const Subject& subject : summary_.subjects) {
      for (const std::string_view metric : metrics) {
        if (const auto value = value_of(subject, metric)) values.push_back(*value);
      }
    }
    return scale_for(unit, values);
  }

  /// An interval must not read as "± 0" for want of decimals.
  void resolve_interval(const Subject& subject) {
    constexpr int kMost = 2;
    const Distribution* distribution = distribution_of(subject, metric::kHeadline);
    const double half = distribution == nullptr ? 0 : half_width(*distribution).value_or(0) / time_.divisor;
    if (half <= 0 || half >= 1) return;
    time_.decimals = std::max(time_.decimals, std::min(kMost, static_cast<int>(std::ceil(-std::log10(half)))));
  }

  [[nodiscard]] std::string unit(const Scale& scale) const { return in_charset(scale.unit, charset_); }

  Column& add(Column column) {
    column.cells.resize(summary_.subjects.size());
    return table_.columns.emplace_back(std::move(column));
  }

  void add_names() {
    const bool exact = summary_.kind == summary::Kind::artifacts;
    Column& column = add({.heading = exact ? "subject" : "variant", .left = true});
    for (std::size_t i = 0; i < column.cells.size(); ++i) {
      const Subject& subject = summary_.subjects[i];
      const std::string name = printable(name_in_group(subject, summary_), charset_);
      column.cells[i].text = name + (subject.floor ? " (floor)" : "");
      for (const std::string& note : subject.notes)
        column.footnotes.push_back(in_charset(printable(name + ": " + note, Charset::unicode), charset_));
    }
  }

  /// Median and half-width as one cell, each with its decimal points aligned.
  void add_headline() {
    Column& column = add({.heading = "first response", .unit = fmt::format("{}, median", unit(time_))});
    std::size_t median_width = 0;
    std::size_t half_digits = 0;
    for (const Subject& subject : summary_.subjects) {
      const Distribution* distribution = distribution_of(subject, metric::kHeadline);
      if (distribution == nullptr) continue;
      median_width = std::max(median_width, number(distribution->p50, time_).size());
      if (const auto half = half_width(*distribution)) half_digits = std::max(half_digits, number(*half, time_).size());
    }
    for (std::size_t i = 0; i < column.cells.size(); ++i) {
      column.cells[i] = headline_cell(summary_.subjects[i], median_width, half_digits);
    }
    mark_best(column);
  }

  [[nodiscard]] Cell headline_cell(const Subject& subject, std::size_t median_width, std::size_t half_digits) const {
    const Distribution* distribution = distribution_of(subject, metric::kHeadline);
    if (distribution == nullptr) return {.text = std::string(kUnavailable), .emphasis = Emphasis::bad};
    std::string text = fmt::format("{:>{}}", number(distribution->p50, time_), median_width);
    if (half_digits == 0) return {.text = std::move(text)};
    const auto half = half_width(*distribution);
    text += half ? fmt::format(" {} {:>{}}", glyphs_.plus_minus, number(*half, time_), half_digits)
                 : std::string(half_digits + 2 + width_of(glyphs_.plus_minus), ' ');
    return {.text = std::move(text)};
  }

  /// The fastest of a group that is not the floor; nothing when the group has no figure.
  [[nodiscard]] std::optional<std::size_t> fastest(const Group& group) const {
    for (const std::size_t i : group.subjects) {
      if (!summary_.subjects[i].floor && median_of(summary_.subjects[i], metric::kHeadline)) return i;
    }
    return std::nullopt;
  }

  void mark_best(Column& column) const {
    for (const Group& group : table_.groups) {
      const auto best = fastest(group);
      if (best && group.subjects.size() > 1) column.cells[*best].emphasis = Emphasis::best;
    }
  }

  void add_factor() {
    const bool comparable =
        std::ranges::any_of(table_.groups, [](const Group& group) { return group.subjects.size() > 1; });
    if (!comparable) return;
    Column& column = add({.heading = std::string(glyphs_.times), .unit = "fastest", .rank = 65});
    for (const Group& group : table_.groups) {
      const auto best = fastest(group);
      if (!best) continue;
      const double base = *median_of(summary_.subjects[*best], metric::kHeadline);
      for (const std::size_t i : group.subjects) {
        const auto median = median_of(summary_.subjects[i], metric::kHeadline);
        if (median && base > 0) column.cells[i].text = factor(*median / base);
      }
    }
  }

  void add_tail(std::size_t index, int rank) {
    Column column{.unit = unit(time_), .rank = rank};
    for (const Subject& subject : summary_.subjects) {
      const Distribution* distribution = distribution_of(subject, metric::kHeadline);
      Cell& cell = column.cells.emplace_back();
      if (distribution == nullptr) continue;
      const Tail& tail = distribution->tails[index];
      column.heading = fmt::format("p{}", tail.percent);
      cell.text = tail.value ? number(*tail.value, time_) : std::string(glyphs_.none);
      if (tail.value || !column.footnotes.empty()) continue;
      column.footnotes.push_back(fmt::format("p{} needs n {} {} successful launches, else {}: raise --runs",
                                             tail.percent, glyphs_.at_least, tail.needs, glyphs_.none));
    }
    if (!column.heading.empty()) add(std::move(column));
  }

  [[nodiscard]] bool has_density() const {
    return std::ranges::any_of(summary_.subjects,
                               [](const Subject& subject) { return subject.labels.contains("instances"); });
  }

  void add_census() {
    int rank = 36;
    for (const char* id : {"calls.total", "calls.mmap", "calls.brk", "calls.madvise", "calls.mprotect", "calls.munmap"})
      add_metric(id, shared_scale(metric::Unit::count, {id}), rank--);
  }

  void add_rate(std::string_view id, int rank) { add_metric(id, shared_scale(metric::Unit::millihertz, {id}), rank); }

  void add_metric(std::string_view id, const Scale& scale, int rank) {
    const auto has_figure = [&](const Subject& subject) { return subject.figure(id) != nullptr; };
    if (std::ranges::none_of(summary_.subjects, has_figure)) return;
    Column& column = add({.heading = std::string(metric::find(id)->title), .unit = unit(scale), .rank = rank});
    for (std::size_t i = 0; i < column.cells.size(); ++i) {
      const auto value = value_of(summary_.subjects[i], id);
      column.cells[i] = value ? Cell{.text = number(*value, scale)}
                              : Cell{.text = std::string(kUnavailable), .emphasis = Emphasis::dim};
    }
    explain_absence(id, column);
  }

  /// Why cells say n/a, each reason once. A variant that never launched is explained by its failures.
  void explain_absence(std::string_view id, Column& column) const {
    std::map<std::string, std::vector<std::string>> names_by_reason;
    std::size_t expected = 0;
    for (const Subject& subject : summary_.subjects) {
      if (subject.ok == 0) continue;
      ++expected;
      if (value_of(subject, id)) continue;
      const Figure* figure = subject.figure(id);
      names_by_reason[figure != nullptr ? figure->reason : "the run does not say why"].push_back(subject.name);
    }
    for (const auto& [reason, names] : names_by_reason) {
      const std::string whose = names.size() == expected ? "" : " of " + listed(names);
      const std::string text = fmt::format("{} {}{}: {}", kUnavailable, column.heading, whose, reason);
      column.footnotes.push_back(in_charset(printable(text, Charset::unicode), charset_));
    }
  }

  void add_outcomes() {
    Column& column = add({.heading = "ok", .unit = std::string(samples_are(summary_))});
    for (std::size_t i = 0; i < column.cells.size(); ++i) {
      const Subject& subject = summary_.subjects[i];
      const bool all = subject.ok == subject.samples;
      column.cells[i] =
          all ? Cell{.text = fmt::format("{}", subject.ok)}
              : Cell{.text = fmt::format("{}/{}", subject.ok, subject.samples), .emphasis = Emphasis::bad};
    }
  }

  const Summary& summary_;
  Charset charset_;
  const Glyphs& glyphs_;
  Table table_;
  Scale time_;
  Scale memory_;
};

}  // namespace

const Glyphs& glyphs(Charset charset) { return charset == Charset::unicode ? kUnicode : kAscii; }

std::string in_charset(std::string_view text, Charset charset) {
  if (charset == Charset::unicode) return std::string(text);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kSigns = {{{"±", "+-"},
                                                                                     {"×", "x"},
                                                                                     {"–", "-"},
                                                                                     {"·", "|"},
                                                                                     {"µ", "u"},
                                                                                     {"≥", ">="},
                                                                                     {"≤", "<="},
                                                                                     {"…", "..."},
                                                                                     {"−", "-"},
                                                                                     {"→", "->"}}};
  std::string out(text);
  for (const auto& [sign, plain] : kSigns) {
    for (std::size_t at = out.find(sign); at != std::string::npos; at = out.find(sign, at))
      out.replace(at, sign.size(), plain);
  }
  return printable(out, charset);
}

Table make_table(const Summary& summary, Charset charset) { return TableMaker(summary, charset).make(); }

}  // namespace frostbyte::report
