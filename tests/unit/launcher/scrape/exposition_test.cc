#include "launcher/scrape/exposition.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <cmath>

namespace frostbyte::scrape {
namespace {

using testing::HasSubstr;

Exposition read(std::string_view text, Format format = Format::prometheus) {
  auto page = parse_exposition(text, format);
  EXPECT_TRUE(page) << page.error().message();
  return page ? std::move(*page) : Exposition();
}

std::string error_of(std::string_view text, Format format = Format::prometheus) {
  const auto page = parse_exposition(text, format);
  return page ? "no error" : page.error().message();
}

TEST(ParseExposition, ReadsWhatTheFormatsDescriptionShows) {
  const Exposition page = read(
      "# HELP http_requests_total The total number of HTTP requests.\n"
      "# TYPE http_requests_total counter\n"
      "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
      "http_requests_total{method=\"post\",code=\"400\"}    3 1395066363000\n"
      "\n"
      "# Escaping in label values:\n"
      "msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find file:\\n\\\"FILE.TXT\\\"\"} "
      "1.458255915e9\n"
      "metric_without_timestamp_and_labels 12.47\n"
      "something_weird{problem=\"division by zero\"} +Inf -3982045\n"
      "# TYPE rpc_duration_seconds summary\n"
      "rpc_duration_seconds{quantile=\"0.99\"} 76656\n"
      "rpc_duration_seconds_sum 1.7560473e+07\n"
      "rpc_duration_seconds_count 2693\n");
  ASSERT_EQ(page.families().size(), 5u);
  const Family* requests = page.find("http_requests_total");
  ASSERT_NE(requests, nullptr);
  EXPECT_EQ(requests->type, Type::counter);
  EXPECT_EQ(requests->help, "The total number of HTTP requests.");
  EXPECT_EQ(requests->samples.at(1).labels.at("code"), "400");
  EXPECT_EQ(requests->samples.at(0).timestamp, 1395066363.0);
  const Family* file = page.find("msdos_file_access_time_seconds");
  EXPECT_EQ(file->samples.at(0).labels.at("path"), "C:\\DIR\\FILE.TXT");
  EXPECT_EQ(file->samples.at(0).labels.at("error"), "Cannot find file:\n\"FILE.TXT\"");
  EXPECT_TRUE(std::isinf(page.find("something_weird")->samples.at(0).value));
  EXPECT_EQ(page.find("rpc_duration_seconds")->samples.size(), 3u);
}

TEST(ParseExposition, ReadsOpenMetrics) {
  const Exposition page = read(
      "# TYPE foo_seconds histogram\n"
      "# UNIT foo_seconds seconds\n"
      "# HELP foo_seconds \"quoted\" help\n"
      "foo_seconds_bucket{le=\"0.01\"} 0\n"
      "foo_seconds_bucket{le=\"+Inf\"} 17 # {trace_id=\"KOO5S4vxi0o\"} 0.67 1520879607.789\n"
      "foo_seconds_count 17\n"
      "foo_seconds_sum 324789.3\n"
      "foo_seconds_created 1520430000.123\n"
      "# TYPE requests counter\n"
      "requests_total 5 1520879607.5\n"
      "# EOF\n",
      Format::openmetrics);
  const Family* histogram = page.find("foo_seconds");
  ASSERT_NE(histogram, nullptr);
  EXPECT_EQ(histogram->unit, "seconds");
  EXPECT_EQ(histogram->help, "\"quoted\" help");
  ASSERT_EQ(histogram->samples.size(), 5u);
  ASSERT_TRUE(histogram->samples.at(1).exemplar);
  EXPECT_EQ(histogram->samples.at(1).exemplar->labels.at("trace_id"), "KOO5S4vxi0o");
  EXPECT_EQ(histogram->samples.at(1).exemplar->value, 0.67);
  EXPECT_EQ(histogram->samples.at(1).exemplar->timestamp, 1520879607.789);
  EXPECT_EQ(page.find("requests")->samples.at(0).timestamp, 1520879607.5);
}

TEST(ParseExposition, ReadsEveryKindOfNumber) {
  for (const auto& [text, value] : {std::pair{"0", 0.0}, {"-1.5e-3", -0.0015}, {"+7", 7.0}, {".5", 0.5}, {"1.", 1.0}})
    EXPECT_EQ(read(fmt::format("a {}\n", text)).families()[0].samples[0].value, value) << text;
  for (const char* text : {"NaN", "nan", "+NaN"})
    EXPECT_TRUE(std::isnan(read(fmt::format("a {}\n", text)).families()[0].samples[0].value)) << text;
  for (const char* text : {"Inf", "+Inf", "-Inf", "+inf", "infinity"})
    EXPECT_TRUE(std::isinf(read(fmt::format("a {}\n", text)).families()[0].samples[0].value)) << text;
}

TEST(ParseExposition, GivesEveryLabelValueBack) {
  EXPECT_TRUE(rc::check([](const std::string& value, double number) {
    RC_PRE(value.find('\0') == std::string::npos);
    std::string escaped;
    for (const char c : value)
      escaped += c == '\\' ? "\\\\" : c == '"' ? "\\\"" : c == '\n' ? "\\n" : std::string(1, c);
    for (const Format format : {Format::prometheus, Format::openmetrics}) {
      const auto page = parse_exposition(fmt::format("a{{l=\"{}\"}} {}\n# EOF\n", escaped, number), format);
      RC_ASSERT(page.has_value());
      RC_ASSERT(page->families()[0].samples[0].labels.at("l") == value);
      RC_ASSERT(page->families()[0].samples[0].value == number);
    }
  }));
}

TEST(ParseExposition, TakesAnyBytesWithoutFailingItself) {
  EXPECT_TRUE(rc::check([](const std::string& noise) {
    for (const Format format : {Format::prometheus, Format::openmetrics}) {
      const auto page = parse_exposition("a{b=\"" + noise, format);
      RC_CLASSIFY(page.has_value());
    }
  }));
}

TEST(ParseExposition, TakesBlanksWhereTheFormatDoes) {
  EXPECT_EQ(read("  a { b = \"x\" , }  1   2  \n").families()[0].samples[0].labels.at("b"), "x");
  EXPECT_EQ(read("#   TYPE   a   gauge  \na 1").find("a")->type, Type::gauge);
}

TEST(ParseExposition, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(error_of("a 1\n2b 3\n"), HasSubstr("line 2"));
  EXPECT_THAT(error_of("2b 3\n"), HasSubstr("'2b' is no metric's name"));
  EXPECT_THAT(error_of("a\n"), HasSubstr("'' is no value"));
  EXPECT_THAT(error_of("a 1x\n"), HasSubstr("'1x' is no value"));
  EXPECT_THAT(error_of("a 0x1p3\n"), HasSubstr("is no value"));
  EXPECT_THAT(error_of("a 1 2 3\n"), HasSubstr("something follows the value"));
  EXPECT_THAT(error_of("a 1 2.5\n"), HasSubstr("'2.5' is no timestamp"));
  EXPECT_THAT(error_of("a{b=\"x} 1\n"), HasSubstr("no closing quote"));
  EXPECT_THAT(error_of("a{b=\"\\t\"} 1\n"), HasSubstr("an escape other than"));
  EXPECT_THAT(error_of("a{b=x} 1\n"), HasSubstr("not in quotes"));
  EXPECT_THAT(error_of("a{b:c=\"x\"} 1\n"), HasSubstr("is no label's name"));
  EXPECT_THAT(error_of("a{b=\"x\",b=\"y\"} 1\n"), HasSubstr("the label b is given twice"));
  EXPECT_THAT(error_of("a{b=\"x\"c=\"y\"} 1\n"), HasSubstr("neither ',' nor '}'"));
  EXPECT_THAT(error_of("a 1\na 2\n"), HasSubstr("the sample is given twice"));
  EXPECT_THAT(error_of("# TYPE a gauge\n# TYPE a gauge\n"), HasSubstr("the type of a is given twice"));
  EXPECT_THAT(error_of("a 1\n# TYPE a gauge\n"), HasSubstr("comes after its samples"));
  EXPECT_THAT(error_of("# TYPE a stateset\n"), HasSubstr("'stateset' is no type"));
  EXPECT_THAT(error_of("# TYPE a histogram\na_bucket 1\n"), HasSubstr("no label 'le'"));
  EXPECT_THAT(error_of("<html>\n"), HasSubstr("'<html>' is no metric's name"));
}

TEST(ParseExposition, HoldsOpenMetricsToItsEnd) {
  EXPECT_THAT(error_of("a 1\n", Format::openmetrics), HasSubstr("does not end in '# EOF'"));
  EXPECT_THAT(error_of("# EOF\na 1\n", Format::openmetrics), HasSubstr("something follows '# EOF'"));
  EXPECT_EQ(error_of("# EOF\na 1\n"), "no error");  // a comment in the older format
}

TEST(FormatOf, GoesByContentTypeThenByTheEnd) {
  EXPECT_EQ(format_of("application/openmetrics-text; version=1.0.0; charset=utf-8", ""), Format::openmetrics);
  EXPECT_EQ(format_of("text/plain; version=0.0.4", "# EOF\n"), Format::prometheus);
  EXPECT_EQ(format_of("", "a 1\n# EOF\n"), Format::openmetrics);
  EXPECT_EQ(format_of("", "a 1\n"), Format::prometheus);
}

}  // namespace
}  // namespace frostbyte::scrape
