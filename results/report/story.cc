#include "results/report/story.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/report/calibration.h"
#include "results/report/table.h"
#include "results/report/text.h"

namespace frostbyte::report {

std::string_view samples_are(const Summary& summary) {
  if (summary.kind == summary::Kind::artifacts) return "artifacts";
  return summary.kind == summary::Kind::windows ? "windows" : "launches";
}

namespace {

std::string launches_text(const Summary& summary) {
  const auto samples = [](const Subject& subject) { return subject.samples; };
  const auto [least, most] = std::ranges::minmax(summary.subjects, {}, samples);
  const std::size_t variants = summary.subjects.size();
  const std::string launches = least.samples == most.samples ? fmt::format("{}", most.samples)
                                                             : fmt::format("{}–{}", least.samples, most.samples);
  if (variants == 1) return fmt::format("{} {}", launches, samples_are(summary));
  return fmt::format("{} variants × {} {}", variants, launches, samples_are(summary));
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  const std::size_t newline = text.rfind('\n');
  return std::string(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

/// Flags of one kind with one remedy, over all subjects.
struct Shared {
  const Flag* worst = nullptr;
  bool differ = false;  // in what was seen, not only in where
  std::vector<std::string> names{};
};

std::vector<Shared> shared_flags(const Summary& summary) {
  std::vector<Shared> shared;
  for (const Subject& subject : summary.subjects) {
    for (const Flag& flag : subject.flags) {
      const auto same_kind = [&](const Shared& other) {
        return other.worst->name == flag.name && other.worst->action == flag.action;
      };
      auto found = std::ranges::find_if(shared, same_kind);
      if (found == shared.end()) found = shared.insert(shared.end(), Shared{.worst = &flag});
      found->differ = found->differ || flag.text != found->worst->text;
      if (flag.strength > found->worst->strength) found->worst = &flag;
      found->names.push_back(subject.name);
    }
  }
  return shared;
}

std::vector<std::string> flag_texts(const Summary& summary) {
  std::vector<std::string> texts;
  for (const Shared& flag : shared_flags(summary)) {
    const std::string names =
        flag.names.size() == summary.subjects.size() && flag.names.size() > 2 ? "every variant" : listed(flag.names);
    texts.push_back(
        fmt::format("{}: {}{} → {}", names, flag.differ ? "at worst, " : "", flag.worst->text, flag.worst->action));
  }
  return texts;
}

}  // namespace

std::vector<std::string> provenance(const Summary& summary, Charset charset) {
  std::string first = summary.tool.name + " " + summary.tool.version;
  if (summary.kind == summary::Kind::artifacts) {
    first += " · exact sizes";
    if (summary.subjects.size() > 1) first += fmt::format(" of {} subjects", summary.subjects.size());
    return {in_charset(printable(first, Charset::unicode), charset)};
  }
  if (!summary.subjects.empty()) first += " · " + launches_text(summary);
  first += fmt::format(" · seed {}", summary.seed);
  if (!summary.started.empty()) first += " · " + summary.started;
  std::vector<std::string> lines = {in_charset(printable(first, Charset::unicode), charset)};
  const auto host = summary.host.find("summary");
  if (host != summary.host.end() && host->is_string()) {
    lines.push_back(in_charset(printable(host->get<std::string>(), Charset::unicode), charset));
  }
  const std::string calibration =
      summary.kind == summary::Kind::windows ? std::string() : calibration_sentence(summary.host);
  if (!calibration.empty()) lines.push_back(in_charset(printable(calibration, Charset::unicode), charset));
  return lines;
}

std::string reading_aid(const Summary& summary, Charset charset) {
  if (summary.kind == summary::Kind::artifacts) return "";
  if (summary.kind == summary::Kind::windows)
    return in_charset(
        "Each sample is the time between two scrapes of /metrics; quantiles are interpolated within a bucket.",
        charset);
  std::string text = "first response: from exec to the complete, valid response; median ± half of its 95 % interval.";
  double error = 0;
  for (const Subject& subject : summary.subjects) {
    const Figure* figure = subject.figure(metric::kError);
    if (figure != nullptr && figure->distribution) error = std::max(error, figure->distribution->p50);
  }
  if (error > 0) text += fmt::format(" The instrument itself: ± {}.", in_words(metric::Unit::nanoseconds, error));
  return in_charset(text, charset);
}

std::vector<FailureText> failure_texts(const Summary& summary, Charset charset) {
  const auto safe = [&](std::string_view text) { return in_charset(printable(text, Charset::unicode), charset); };
  std::vector<FailureText> texts;
  for (const Subject& subject : summary.subjects) {
    for (const record::FailureKind& kind : subject.failures) {
      std::string what = fmt::format("{} × {}", kind.count, record::to_string(kind.outcome));
      if (!kind.detail.empty()) what += ": " + kind.detail;
      texts.push_back(
          {.subject = safe(subject.name), .what = safe(what), .stderr_line = safe(last_line(kind.stderr_tail))});
    }
    if (subject.failures_of_other_kinds != 0) {
      texts.push_back({.subject = safe(subject.name),
                       .what = safe(fmt::format("{} × failed in yet other ways", subject.failures_of_other_kinds))});
    }
  }
  return texts;
}

std::vector<std::string> warnings(const Summary& summary, Charset charset) {
  std::vector<std::string> texts;
  if (summary.end == "interrupted")
    texts.emplace_back("interrupted: what was measured until then is shown → continue with --resume");
  texts.insert(texts.end(), summary.notes.begin(), summary.notes.end());
  for (std::string& text : flag_texts(summary)) texts.push_back(std::move(text));
  for (std::string& text : texts) text = in_charset(printable(text, Charset::unicode), charset);
  return texts;
}

}  // namespace frostbyte::report
