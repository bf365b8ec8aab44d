#include "launcher/scrape/exposition.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "launcher/contract/text.h"
#include "launcher/scrape/cursor.h"

namespace frostbyte::scrape {
namespace {

struct TypeName {
  Type type;
  std::string_view prometheus;  // empty: the format does not have it
  std::string_view openmetrics;
};
constexpr std::array kTypes = {
    TypeName{Type::unknown, "untyped", "unknown"},
    TypeName{Type::counter, "counter", "counter"},
    TypeName{Type::gauge, "gauge", "gauge"},
    TypeName{Type::histogram, "histogram", "histogram"},
    TypeName{Type::summary, "summary", "summary"},
    TypeName{Type::gauge_histogram, "", "gaugehistogram"},
    TypeName{Type::info, "", "info"},
    TypeName{Type::state_set, "", "stateset"},
};

std::optional<Type> parse_type(std::string_view text, Format format) {
  const auto name = format == Format::openmetrics ? &TypeName::openmetrics : &TypeName::prometheus;
  const auto found = std::ranges::find(kTypes, text, name);
  return found == kTypes.end() || text.empty() ? std::nullopt : std::optional(found->type);
}

/// Which suffixes the samples of a family may have beside its name itself.
std::span<const std::string_view> suffixes_of(Type type, Format format) {
  static constexpr std::array<std::string_view, 4> kHistogram = {"_bucket", "_sum", "_count", "_created"};
  static constexpr std::array<std::string_view, 3> kGaugeHistogram = {"_bucket", "_gsum", "_gcount"};
  static constexpr std::array<std::string_view, 3> kSummary = {"_sum", "_count", "_created"};
  static constexpr std::array<std::string_view, 2> kCounter = {"_total", "_created"};
  static constexpr std::array<std::string_view, 1> kInfo = {"_info"};
  switch (type) {
    case Type::histogram:
      return kHistogram;
    case Type::gauge_histogram:
      return kGaugeHistogram;
    case Type::summary:
      return kSummary;
    case Type::counter:
      if (format == Format::openmetrics) return kCounter;
      return {};
    case Type::info:
      return kInfo;
    case Type::unknown:
    case Type::gauge:
    case Type::state_set:
      return {};
  }
  return {};
}

}  // namespace

std::string_view to_string(Type type) { return std::ranges::find(kTypes, type, &TypeName::type)->openmetrics; }

Format format_of(std::string_view content_type, std::string_view text) {
  if (content_type.starts_with("application/openmetrics-text")) return Format::openmetrics;
  if (content_type.starts_with("text/plain")) return Format::prometheus;
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text == "# EOF" || text.ends_with("\n# EOF") ? Format::openmetrics : Format::prometheus;
}

const Family* Exposition::find(std::string_view name) const {
  const auto found = std::ranges::find(families_, name, &Family::name);
  return found == families_.end() ? nullptr : &*found;
}

/// Reads line by line; what it keeps beside the result is only there to refuse duplicates.
class Reader {
 public:
  explicit Reader(Format format) : format_(format) {}

  Result<Exposition> read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      const std::string_view line = text.substr(0, end);
      if (auto read = read_line(line); !read) return explain(read.error(), line);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (format_ == Format::openmetrics && !ended_)
      return failure("read", "metrics", "the page does not end in '# EOF': it was cut off");
    return std::move(page_);
  }

 private:
  static Failure refuse(std::string cause) { return failure("read", "metrics", std::move(cause)); }

  [[nodiscard]] Failure explain(const Error& error, std::string_view line) const {
    return failure("read", "metrics, line " + std::to_string(line_),
                   error.cause + ": '" + contract::excerpt(line, 60) + "'");
  }

  Result<void> read_line(std::string_view line) {
    if (ended_) return refuse("something follows '# EOF'");
    Cursor cursor(line);
    cursor.skip_blanks();
    if (cursor.at_end()) return {};
    return cursor.take('#') ? read_comment(cursor) : read_sample(cursor);
  }

  Result<void> read_comment(Cursor& cursor) {
    cursor.skip_blanks();
    const std::string_view keyword = cursor.word();
    if (keyword == "EOF" && format_ == Format::openmetrics) return (void)(ended_ = true), Result<void>();
    const bool unit = keyword == "UNIT" && format_ == Format::openmetrics;
    if (keyword != "HELP" && keyword != "TYPE" && !unit) return {};
    cursor.skip_blanks();
    const std::string name(cursor.word());
    if (!is_metric_name(name)) return refuse("'" + contract::excerpt(name) + "' is no metric's name");
    cursor.skip_blanks();
    Family& family = family_named(name);
    if (keyword == "TYPE") return read_type(family, cursor.rest());
    if (unit) return (void)(family.unit = cursor.rest()), Result<void>();
    const auto help = unescape(cursor.rest(), format_ == Format::openmetrics ? Quoted::yes : Quoted::no);
    family.help = help ? *help : std::string(cursor.rest());  // a text for people: taken as it is
    return {};
  }

  Result<void> read_type(Family& family, std::string_view text) {
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    const auto type = parse_type(text, format_);
    if (!type) return refuse("'" + contract::excerpt(text) + "' is no type");
    if (!typed_.insert(family.name).second) return refuse("the type of " + family.name + " is given twice");
    if (!family.samples.empty()) return refuse("the type of " + family.name + " comes after its samples");
    family.type = *type;
    return {};
  }

  Result<void> read_sample(Cursor& cursor) {
    Sample sample;
    sample.name = cursor.word("{");
    if (!is_metric_name(sample.name)) return refuse("'" + contract::excerpt(sample.name) + "' is no metric's name");
    cursor.skip_blanks();
    if (cursor.front() == '{') sample.labels = TRY(cursor.labels());
    cursor.skip_blanks();
    const std::string_view value = cursor.word();
    const auto number = parse_value(value);
    if (!number) return refuse("'" + contract::excerpt(value) + "' is no value");
    sample.value = *number;
    TRY(read_timestamp(cursor, sample.timestamp));
    if (format_ == Format::openmetrics && cursor.front() == '#') sample.exemplar = TRY(read_exemplar(cursor));
    cursor.skip_blanks();
    if (!cursor.at_end()) return refuse("something follows the value");
    return add(std::move(sample));
  }

  /// Prometheus: whole milliseconds. OpenMetrics: seconds.
  Result<void> read_timestamp(Cursor& cursor, std::optional<double>& into) const {
    cursor.skip_blanks();
    if (cursor.at_end() || cursor.front() == '#') return {};
    const std::string_view text = cursor.word();
    const auto time = parse_value(text);
    const bool openmetrics = format_ == Format::openmetrics;
    const bool fits =
        time && std::isfinite(*time) && (openmetrics || text.find_first_of(".eE") == std::string_view::npos);
    if (!fits) return refuse("'" + contract::excerpt(text) + "' is no timestamp");
    into = openmetrics ? *time : *time / 1000;
    cursor.skip_blanks();
    return {};
  }

  Result<Exemplar> read_exemplar(Cursor& cursor) const {
    cursor.take('#');
    cursor.skip_blanks();
    if (cursor.front() != '{') return refuse("an exemplar has no labels");
    Exemplar exemplar{.labels = TRY(cursor.labels())};
    cursor.skip_blanks();
    const auto value = parse_value(cursor.word());
    if (!value) return refuse("an exemplar has no value");
    exemplar.value = *value;
    TRY(read_timestamp(cursor, exemplar.timestamp));
    return exemplar;
  }

  Result<void> add(Sample sample) {
    Family& family = family_of(sample.name);
    const bool bucket = sample.name.ends_with("_bucket") && family.type == Type::histogram;
    if (bucket && !sample.labels.contains("le")) return refuse("a bucket has no label 'le'");
    if (!seen_.emplace(sample.name, sample.labels).second && !sample.timestamp)
      return refuse("the sample is given twice");
    family.samples.push_back(std::move(sample));
    return {};
  }

  /// The family a sample belongs to: the one it is named after, with or without a suffix of that family's type.
  Family& family_of(const std::string& name) {
    if (const auto exact = index_.find(name); exact != index_.end()) return page_.families_[exact->second];
    for (std::size_t at = name.rfind('_'); at != std::string::npos && at != 0; at = name.rfind('_', at - 1)) {
      const auto base = index_.find(name.substr(0, at));
      if (base == index_.end()) continue;
      Family& family = page_.families_[base->second];
      const auto suffixes = suffixes_of(family.type, format_);
      if (std::ranges::find(suffixes, std::string_view(name).substr(at)) != suffixes.end()) return family;
    }
    return family_named(name);
  }

  Family& family_named(const std::string& name) {
    const auto [found, is_new] = index_.emplace(name, page_.families_.size());
    if (is_new) page_.families_.push_back({.name = name});
    return page_.families_[found->second];
  }

  Format format_;
  Exposition page_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::set<std::string> typed_;
  std::set<std::pair<std::string, Labels>> seen_;
  std::size_t line_ = 0;
  bool ended_ = false;
};

Result<Exposition> parse_exposition(std::string_view text, Format format) { return Reader(format).read(text); }

}  // namespace frostbyte::scrape
