#include "launcher/scrape/window.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "launcher/base/nearest.h"
#include "launcher/scrape/buckets.h"
#include "launcher/scrape/cursor.h"

namespace frostbyte::scrape {
namespace {

struct Quantile {
  const char* metric;
  const char* width;  // of the bucket it lies in
  double q;
};
constexpr std::array kQuantiles = {Quantile{"scrape.latency_p50", "scrape.latency_p50_width", 0.50},
                                   Quantile{"scrape.latency_p90", "scrape.latency_p90_width", 0.90},
                                   Quantile{"scrape.latency_p95", "scrape.latency_p95_width", 0.95},
                                   Quantile{"scrape.latency_p99", "scrape.latency_p99_width", 0.99}};

constexpr const char* kGcPauses = "go_gc_duration_seconds";
constexpr const char* kRss = "process_resident_memory_bytes";
constexpr const char* kCpu = "process_cpu_seconds_total";

bool contains(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

/// Of the process or of the metrics page itself: never what a service does for its users.
bool is_about_itself(std::string_view name) {
  return name.starts_with("go_") || name.starts_with("process_") || name.starts_with("promhttp_") ||
         name.starts_with("python_");
}

bool tells_latency(const Family& family) {
  return !is_about_itself(family.name) && contains(family.name, {"duration", "latency", "_seconds", "response_time"}) &&
         contains(family.name, {"http", "request", "rpc", "response", "handler"});
}

bool counts_requests(const Family& family) {
  return !is_about_itself(family.name) && contains(family.name, {"requests", "responses"});
}

template <class Fits>
std::vector<std::string> names_of(const Exposition& page, Type type, Fits fits) {
  std::vector<std::string> names;
  for (const Family& family : page.families())
    if (family.type == type && !family.samples.empty() && fits(family)) names.push_back(family.name);
  return names;
}

/// The only one; nothing when there is none. Errors: several.
Result<std::optional<std::string>> only_one(const std::vector<std::string>& names, const char* flag) {
  if (names.size() > 1)
    return failure("choose", "the metrics to read", "several families fit: " + listing(names),
                   std::string(flag) + " " + names.front());
  return names.empty() ? std::nullopt : std::optional(names.front());
}

Result<void> expect_type(const Exposition& page, const std::string& name, std::initializer_list<Type> types,
                         const char* flag) {
  const Family* family = page.find(name);
  if (family == nullptr) {
    std::vector<std::string> all;
    for (const Family& other : page.families()) all.push_back(other.name);
    return failure(std::string("read ") + flag, name, "the page has no such family", did_you_mean(name, all));
  }
  if (std::ranges::find(types, family->type) != types.end()) return {};
  return failure(std::string("read ") + flag, name, "the family is a " + std::string(to_string(family->type)),
                 types.size() > 1 ? "name a histogram or a summary" : "name a counter");
}

bool selected(const Labels& labels, const Labels& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

/// The sum of the samples of that name; nothing without any. Values that are no numbers make it none.
std::optional<double> sum_of(const Exposition& page, const std::string& family_name, const std::string& sample_name,
                             const Labels& wanted) {
  const Family* family = page.find(family_name);
  std::optional<double> sum;
  for (std::size_t i = 0; family != nullptr && i < family->samples.size(); ++i) {
    const Sample& sample = family->samples[i];
    if (sample.name == sample_name && selected(sample.labels, wanted)) sum = sum.value_or(0) + sample.value;
  }
  return sum && std::isfinite(*sum) ? sum : std::nullopt;
}

/// All series of a histogram together.
Buckets buckets_of(const Family& family, const Labels& wanted) {
  std::map<Labels, Buckets> series;
  for (const Sample& sample : family.samples) {
    const auto bound = sample.labels.find("le");
    if (!sample.name.ends_with("_bucket") || bound == sample.labels.end() || !selected(sample.labels, wanted)) continue;
    const auto number = parse_value(bound->second);
    if (!number || std::isnan(*number) || !std::isfinite(sample.value)) continue;
    Labels others = sample.labels;
    others.erase("le");
    series[others].add(*number, sample.value);
  }
  Buckets all;
  for (const auto& [labels, buckets] : series) all.merge(buckets);
  return all;
}

/// Nanoseconds in the family's unit, which its name or UNIT says; seconds, as the format's rules want it, without.
double nanoseconds_in(const Family& family) {
  const auto says = [&](std::string_view unit) {
    return family.unit == unit || family.name.ends_with("_" + std::string(unit));
  };
  if (says("milliseconds") || says("ms")) return 1e6;
  if (says("microseconds") || says("us")) return 1e3;
  if (says("nanoseconds") || says("ns")) return 1;
  return 1e9;
}

std::int64_t rounded(double value) {
  constexpr double kMost = 9e18;
  return std::llround(std::clamp(value, -kMost, kMost));
}

class Window {
 public:
  Window(const Page& before, const Page& after, const Selection& chosen)
      : before_(before.exposition),
        after_(after.exposition),
        chosen_(chosen),
        seconds_(std::chrono::duration<double>(after.at - before.at).count()) {}

  Figures measure() {
    put_latencies();
    put_throughput();
    put_process();
    put_gc();
    if (reset_) figures_.flags.emplace_back("counter_reset");
    return std::move(figures_);
  }

 private:
  void miss(const char* metric, std::string reason) { figures_.unavailable[metric] = std::move(reason); }

  /// How much a counter grew. One that fell began anew at 0, so what it shows is what it grew by at least.
  std::optional<double> increase(const std::string& family, const std::string& sample, const Labels& wanted) {
    const auto after = sum_of(after_, family, sample, wanted);
    if (!after) return std::nullopt;
    const double before = sum_of(before_, family, sample, wanted).value_or(0);
    if (*after >= before) return *after - before;
    reset_ = true;
    return *after;
  }

  void put_latencies() {
    const Family* family = chosen_.latency ? after_.find(*chosen_.latency) : nullptr;
    if (family == nullptr) return miss_latencies("the page has no histogram or summary of request durations");
    if (family->type == Type::summary) return put_summary(*family);
    const Family* earlier = before_.find(family->name);
    const Buckets now = buckets_of(*family, chosen_.labels);
    const Buckets then = earlier == nullptr ? Buckets() : buckets_of(*earlier, chosen_.labels);
    reset_ = reset_ || now.fell_since(then);
    const Buckets grown = now.since(then);
    const double unit = nanoseconds_in(*family);
    for (const Quantile& quantile : kQuantiles) put_quantile(quantile, grown.quantile(quantile.q), unit);
  }

  void put_quantile(const Quantile& quantile, const std::optional<Estimate>& estimate, double unit) {
    if (!estimate) {
      miss(quantile.metric, "no request was observed in the window");
      return miss(quantile.width, "no request was observed in the window");
    }
    if (std::isinf(estimate->high)) {
      miss(quantile.metric, "it lies above the last bucket's bound: add buckets to the histogram");
      return miss(quantile.width, "it lies above the last bucket's bound: add buckets to the histogram");
    }
    figures_.values[quantile.metric] = rounded(estimate->value * unit);
    figures_.values[quantile.width] = rounded((estimate->high - estimate->low) * unit);
  }

  /// A summary's quantiles are the service's own, over a time of its own choice; they cannot be subtracted.
  void put_summary(const Family& family) {
    const double unit = nanoseconds_in(family);
    for (const Quantile& quantile : kQuantiles) {
      miss(quantile.width, "a summary has no buckets");
      const auto value = summary_quantile(family, quantile.q, chosen_.labels);
      if (value) {
        figures_.values[quantile.metric] = rounded(*value * unit);
      } else {
        miss(quantile.metric, "the summary does not give this quantile of one series");
      }
    }
  }

  /// Nothing when several series have it: quantiles of different series cannot be added.
  static std::optional<double> summary_quantile(const Family& family, double q, const Labels& wanted) {
    std::optional<double> value;
    for (const Sample& sample : family.samples) {
      const auto label = sample.labels.find("quantile");
      if (sample.name != family.name || label == sample.labels.end() || !selected(sample.labels, wanted)) continue;
      const auto number = parse_value(label->second);
      if (!number || std::abs(*number - q) > 1e-9 || !std::isfinite(sample.value)) continue;
      if (value) return std::nullopt;
      value = sample.value;
    }
    return value;
  }

  void miss_latencies(const std::string& reason) {
    for (const Quantile& quantile : kQuantiles) {
      miss(quantile.metric, reason);
      miss(quantile.width, reason);
    }
  }

  void put_throughput() {
    const bool counted = chosen_.requests.has_value();
    const auto& name = counted ? chosen_.requests : chosen_.latency;
    if (!name) return miss("scrape.throughput", "the page has no counter of requests");
    const Family* family = after_.find(*name);
    // OpenMetrics names the family without the suffix its samples have.
    std::string sample = *name + (counted ? "" : "_count");
    if (counted && family != nullptr && !family->samples.empty() && family->samples.front().name == *name + "_total")
      sample = *name + "_total";
    const auto grown = increase(*name, sample, chosen_.labels);
    if (!grown) return miss("scrape.throughput", *name + " has no number");
    figures_.values["scrape.throughput"] = rounded(*grown / seconds_ * 1e3);
  }

  void put_process() {
    const auto rss = sum_of(after_, kRss, kRss, {});
    rss ? (void)(figures_.values["scrape.rss"] = rounded(*rss))
        : miss("scrape.rss", std::string("the page has no ") + kRss);
    auto cpu = increase(kCpu, kCpu, {});
    if (!cpu) cpu = increase("process_cpu_seconds", kCpu, {});  // the family's name in OpenMetrics
    cpu ? (void)(figures_.values["scrape.cpu"] = rounded(*cpu / seconds_ * 1e9))
        : miss("scrape.cpu", std::string("the page has no ") + kCpu);
  }

  void put_gc() {
    const std::string family = kGcPauses;
    const auto now = collections_of(after_);
    const auto count = increase(family, family + "_count", {});
    const auto sum = increase(family, family + "_sum", {});
    if (!now || !count || !sum) {
      for (const char* metric : {"scrape.gc_pause_max", "scrape.gc_pause_mean", "scrape.gc_rate"})
        miss(metric, std::string("the page has no ") + kGcPauses);
      return;
    }
    figures_.values["scrape.gc_pause_max"] = rounded(now->longest * 1e9);
    figures_.values["scrape.gc_rate"] = rounded(*count / seconds_ * 1e3);
    if (*count > 0)
      figures_.values["scrape.gc_pause_mean"] = rounded(*sum / *count * 1e9);
    else
      miss("scrape.gc_pause_mean", "no collection happened in the window");
  }

  const Exposition& before_;
  const Exposition& after_;
  const Selection& chosen_;
  double seconds_;
  bool reset_ = false;
  Figures figures_;
};

}  // namespace

Result<Selection> choose(const Selection& asked, const Exposition& page) {
  Selection chosen = asked;
  if (asked.latency) {
    TRY(expect_type(page, *asked.latency, {Type::histogram, Type::summary}, "--latency"));
  } else {
    chosen.latency = TRY(only_one(names_of(page, Type::histogram, tells_latency), "--latency"));
    if (!chosen.latency) chosen.latency = TRY(only_one(names_of(page, Type::summary, tells_latency), "--latency"));
  }
  if (asked.requests) {
    TRY(expect_type(page, *asked.requests, {Type::counter}, "--requests"));
  } else if (!chosen.latency) {
    chosen.requests = TRY(only_one(names_of(page, Type::counter, counts_requests), "--requests"));
  }
  return chosen;
}

std::optional<Collections> collections_of(const Exposition& page) {
  const std::string family = kGcPauses;
  const auto count = sum_of(page, family, family + "_count", {});
  const auto sum = sum_of(page, family, family + "_sum", {});
  const auto longest = sum_of(page, family, family, {{"quantile", "1"}});
  if (!count || !sum || !longest) return std::nullopt;
  return Collections{.count = *count, .pause_sum = *sum, .longest = *longest};
}

Figures measure(const Page& before, const Page& after, const Selection& chosen) {
  return Window(before, after, chosen).measure();
}

}  // namespace frostbyte::scrape
