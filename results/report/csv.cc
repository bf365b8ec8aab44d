// RFC 4180, with \n. `csv` has one row a launch, warm-ups and failures included, in launch order: sequence, round,
// variant, warmup (0, 1), outcome, then one column a metric in its own unit; an empty cell is a value that is not
// there. `csv-summary` has one row a variant and metric.
#include <fmt/format.h>

#include <set>
#include <vector>

#include "results/report/formats.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

/// Metrics that occur in the run, in registry order, then those the registry does not know.
std::vector<std::string> metrics_of(const record::Run& run) {
  std::set<std::string> present;
  for (const record::VariantData& data : run.variants()) {
    for (const auto& [metric, cells] : data.columns) present.insert(metric);
  }
  std::vector<std::string> ordered;
  for (const metric::Metric& metric : metric::all()) {
    if (present.erase(std::string(metric.id)) != 0) ordered.emplace_back(metric.id);
  }
  ordered.insert(ordered.end(), present.begin(), present.end());
  return ordered;
}

using Columns = std::vector<const std::vector<std::int64_t>*>;

/// For each variant, its columns in the order of `metrics`; null where it has none.
std::vector<Columns> columns_of(const record::Run& run, const std::vector<std::string>& metrics) {
  std::vector<Columns> columns;
  for (const record::VariantData& data : run.variants()) {
    Columns& mine = columns.emplace_back();
    for (const std::string& metric : metrics) {
      const auto found = data.columns.find(metric);
      mine.push_back(found == data.columns.end() ? nullptr : &found->second);
    }
  }
  return columns;
}

void append_row(fmt::memory_buffer& out, const record::Row& row, const std::string& variant, const Columns& columns,
                std::size_t index) {
  fmt::format_to(std::back_inserter(out), "{},{},{},{},{}", row.sequence, row.round, variant, row.warmup ? 1 : 0,
                 record::to_string(row.outcome));
  for (const auto* column : columns) {
    out.push_back(',');
    if (column != nullptr && (*column)[index] != record::kMissing) {
      fmt::format_to(std::back_inserter(out), "{}", (*column)[index]);
    }
  }
  out.push_back('\n');
}

}  // namespace

Result<std::string> render_csv(const Report& report, const RenderOptions&) {
  const Summary& summary = report.summary;
  if (summary.run == nullptr) return failure("render", "csv", "the summary comes without its samples");
  const record::Run& run = *summary.run;
  const std::vector<std::string> metrics = metrics_of(run);
  const std::vector<Columns> columns = columns_of(run, metrics);
  std::vector<std::string> names;
  for (const record::VariantInfo& variant : run.header().variants) names.push_back(csv_field(variant.name));

  fmt::memory_buffer out;
  fmt::format_to(std::back_inserter(out), "sequence,round,variant,warmup,outcome");
  for (const std::string& metric : metrics) fmt::format_to(std::back_inserter(out), ",{}", csv_field(metric));
  out.push_back('\n');
  std::vector<std::size_t> next(names.size(), 0);
  for (const std::uint32_t variant : run.order()) {
    const std::size_t index = next[variant]++;
    append_row(out, run.variants()[variant].rows[index], names[variant], columns[variant], index);
  }
  return fmt::to_string(out);
}

Result<std::string> render_csv_summary(const Report& report, const RenderOptions&) {
  const Summary& summary = report.summary;
  std::string out =
      "variant,metric,unit,n,p50,ci_low,ci_high,mean,sd,min,max,p90,p95,p99,outliers_mild,outliers_severe,reason\n";
  const auto optional = [](const std::optional<double>& value) { return value ? exact(*value) : std::string(); };
  for (const Subject& subject : summary.subjects) {
    for (const Figure& figure : subject.figures) {
      out +=
          fmt::format("{},{},{},", csv_field(subject.name), figure.metric->id, metric::to_string(figure.metric->unit));
      if (const auto& d = figure.distribution) {
        out +=
            fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},", figure.n, exact(d->p50),
                        d->ci ? exact(d->ci->low) : "", d->ci ? exact(d->ci->high) : "", exact(d->mean),
                        optional(d->sd), exact(d->min), exact(d->max), optional(d->tails[0].value),
                        optional(d->tails[1].value), optional(d->tails[2].value), d->mild_outliers, d->severe_outliers);
      } else if (figure.value) {
        out += fmt::format("1,{},,,,,,,,,,,,", *figure.value);
      } else {
        out += fmt::format("0,,,,,,,,,,,,,{}", csv_field(figure.reason));
      }
      out += '\n';
    }
  }
  return out;
}

}  // namespace frostbyte::report
