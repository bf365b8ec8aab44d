#include "results/report/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/metric/metric.h"
#include "results/report/layout.h"
#include "results/report/table.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using calibration::Calibration;
using calibration::Figure;

/// "0.9993", "1.24 µs", "−310 ns": in_words knows no negative numbers and no slopes.
std::string amount(metric::Unit unit, double value) {
  if (unit == metric::Unit::ratio) return fmt::format("{:.5f}", value);
  return (value < 0 ? "−" : "") + metric::in_words(unit, std::abs(value));
}

std::string floor_text(double value) { return fmt::format("{:.2f} %", value * 100); }

/// The registry's title, or the id of a metric this version does not know.
struct Words {
  std::string title;
  std::string value;
  std::string interval;
  std::string p99;
};

Words words_of(const Figure& figure) {
  const metric::Metric* metric = metric::find(figure.metric);
  Words words{
      .title = metric != nullptr ? std::string(metric->title) : figure.metric, .value = {}, .interval = {}, .p99 = {}};
  if (!figure.value) {
    words.value = "–";
    return words;
  }
  const bool is_floor = figure.metric == "calibration.noise_floor";
  const metric::Unit unit = metric != nullptr ? metric->unit : metric::Unit::count;
  words.value = is_floor ? floor_text(*figure.value) : amount(unit, *figure.value);
  if (figure.ci_low && figure.ci_high)
    words.interval = amount(unit, *figure.ci_low) + " … " + amount(unit, *figure.ci_high);
  if (figure.p99) words.p99 = amount(unit, *figure.p99);
  return words;
}

std::vector<Column> columns_of(const Calibration& calibration) {
  std::vector<Column> columns = {
      {.heading = "quantity", .left = true},   {.heading = "of", .left = true}, {.heading = "value"},
      {.heading = "95 % interval", .rank = 3}, {.heading = "p99", .rank = 2},   {.heading = "n", .rank = 1}};
  std::string above;
  for (const Figure& figure : calibration.figures) {
    const Words words = words_of(figure);
    columns[0].cells.push_back({.text = words.title == above ? "" : words.title});
    above = words.title;
    columns[1].cells.push_back({.text = figure.subject});
    columns[2].cells.push_back({.text = words.value, .emphasis = figure.value ? Emphasis::best : Emphasis::warn});
    columns[3].cells.push_back({.text = words.interval});
    columns[4].cells.push_back({.text = words.p99});
    columns[5].cells.push_back({.text = figure.n == 0 ? "" : std::to_string(figure.n), .emphasis = Emphasis::dim});
  }
  return columns;
}

std::vector<std::string> heading_of(const Calibration& calibration) {
  return {fmt::format("{} {} · {} launches in {} · seed {} · {}", calibration.tool.name, calibration.tool.version,
                      calibration.launches,
                      metric::in_words(metric::Unit::nanoseconds, static_cast<double>(calibration.took_ns)),
                      calibration.seed, calibration.made),
          fmt::format("{} · host {}", calibration.host, calibration.host_id)};
}

std::vector<std::string> missing(const Calibration& calibration) {
  std::vector<std::string> texts;
  for (const Figure& figure : calibration.figures)
    if (!figure.value)
      texts.push_back(fmt::format("{} ({}): {}", words_of(figure).title, figure.subject, figure.reason));
  return texts;
}

/// Of the two contracts the one that is further off.
const Figure* worst_response(const Calibration& calibration) {
  const Figure* worst = nullptr;
  for (const Figure& figure : calibration.figures) {
    if (figure.metric != "calibration.response_error" || !figure.value) continue;
    if (worst == nullptr || std::abs(*figure.value) > std::abs(*worst->value)) worst = &figure;
  }
  return worst;
}

std::string summary_of(const Calibration& calibration) {
  std::string text;
  if (const Figure* off = worst_response(calibration); off != nullptr) {
    text = fmt::format("first responses are off by {}", amount(metric::Unit::nanoseconds, *off->value));
    if (off->p99) text += fmt::format(" (p99 {})", amount(metric::Unit::nanoseconds, *off->p99));
  }
  if (const auto floor = calibration.noise_floor.find(std::string(metric::kHeadline));
      floor != calibration.noise_floor.end())
    text +=
        fmt::format("{}a build differs from itself by up to {}", text.empty() ? "" : ", ", floor_text(floor->second));
  return text;
}

std::string cell(std::string text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string calibration_console(const Calibration& calibration, const RenderOptions& options) {
  const Painter paint(options.colour);
  const std::size_t room = options.width > 1 ? options.width - 1 : 1;
  const auto shown = [&](const std::string& text) {
    return in_charset(printable(text, Charset::unicode), options.charset);
  };
  const auto block = [&](std::string_view prefix, const std::string& text) {
    const std::string lines = wrapped(prefix, shown(text), room);
    return lines.substr(0, lines.size() - 1);
  };
  std::string out;
  const std::vector<std::string> heading = heading_of(calibration);
  out += paint.bold(block("", heading[0])) + "\n" + paint.dim(block("", heading[1])) + "\n\n";
  std::vector<Column> columns = columns_of(calibration);
  for (Column& column : columns)
    for (Cell& cell : column.cells) cell.text = shown(cell.text);
  const Grid grid(std::move(columns), room, options);
  out += grid.heading();
  for (std::size_t row = 0; row < calibration.figures.size(); ++row) out += grid.row(row);
  if (const std::string summary = summary_of(calibration); !summary.empty())
    out += "\n" + paint.dim(block("", "On this host " + summary + ".")) + "\n";
  for (const std::string& text : missing(calibration)) out += paint.warn(block("! ", text)) + "\n";
  return out;
}

std::string calibration_markdown(const Calibration& calibration) {
  std::string out;
  for (const std::string& line : heading_of(calibration)) out += cell(printable(line, Charset::unicode)) + "  \n";
  const std::vector<Column> columns = columns_of(calibration);
  std::string titles = "\n|";
  std::string rule = "|";
  for (const Column& column : columns) {
    titles += " " + column.heading + " |";
    rule += column.left ? "---|" : "---:|";
  }
  out += titles + "\n" + rule + "\n";
  for (std::size_t row = 0; row < calibration.figures.size(); ++row) {
    out += "|";
    for (const Column& column : columns) out += " " + cell(printable(column.cells[row].text, Charset::unicode)) + " |";
    out += "\n";
  }
  const std::vector<std::string> absent = missing(calibration);
  if (!absent.empty()) out += "\n";
  for (const std::string& text : absent) out += "- " + cell(printable(text, Charset::unicode)) + "\n";
  return out;
}

std::string calibration_json(const Calibration& calibration) {
  return calibration::to_json(calibration).dump(2, ' ', false, record::Json::error_handler_t::replace) + "\n";
}

std::string calibration_sentence(const record::Json& host) {
  if (!host.is_object() || !host.contains("calibration")) return {};
  const auto calibration = calibration::of_host(host);
  if (!calibration) return "How far the instrument is off on this host was not measured: frostbyte calibrate.";
  const std::string summary = summary_of(*calibration);
  if (summary.empty()) return {};
  return fmt::format("By this host's calibration of {} {}.", calibration->made.substr(0, 10), summary);
}

}  // namespace frostbyte::report
