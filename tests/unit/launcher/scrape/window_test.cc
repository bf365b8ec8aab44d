#include "launcher/scrape/window.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace frostbyte::scrape {
namespace {

using testing::Contains;
using testing::HasSubstr;

Page page_at(std::string_view text, int seconds) {
  auto exposition = parse_exposition(text, Format::prometheus);
  EXPECT_TRUE(exposition) << exposition.error().message();
  return {.exposition = std::move(*exposition), .at = Instant(std::chrono::seconds(seconds))};
}

std::string service(int requests, int slow, double cpu) {
  return fmt::format(
      "# TYPE http_request_duration_seconds histogram\n"
      "http_request_duration_seconds_bucket{{path=\"/\",le=\"0.001\"}} {0}\n"
      "http_request_duration_seconds_bucket{{path=\"/\",le=\"0.01\"}} {1}\n"
      "http_request_duration_seconds_bucket{{path=\"/\",le=\"+Inf\"}} {1}\n"
      "http_request_duration_seconds_sum{{path=\"/\"}} 1\n"
      "http_request_duration_seconds_count{{path=\"/\"}} {1}\n"
      "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes 1.2e+07\n"
      "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {2}\n"
      "# TYPE go_gc_duration_seconds summary\n"
      "go_gc_duration_seconds{{quantile=\"0\"}} 1e-05\ngo_gc_duration_seconds{{quantile=\"1\"}} 0.0005\n"
      "go_gc_duration_seconds_sum {3}\ngo_gc_duration_seconds_count {4}\n",
      requests, requests + slow, cpu, requests * 1e-6, requests / 10);
}

Figures measure_pages(const std::string& before, const std::string& after, const Selection& asked = {}) {
  const Page first = page_at(before, 100);
  const Page second = page_at(after, 110);
  const auto chosen = choose(asked, second.exposition);
  EXPECT_TRUE(chosen) << chosen.error().message();
  return measure(first, second, chosen.value_or(Selection{}));
}

TEST(Measure, GivesRatesQuantilesAndTheProcess) {
  const Figures figures = measure_pages(service(100, 0, 1.5), service(1090, 10, 2.0));
  EXPECT_EQ(figures.values.at("scrape.throughput"), 100'000);  // 1000 in 10 s, in mHz
  EXPECT_EQ(figures.values.at("scrape.latency_p50_width"), 1'000'000);
  EXPECT_EQ(figures.values.at("scrape.latency_p99_width"), 1'000'000);
  EXPECT_NEAR(static_cast<double>(figures.values.at("scrape.latency_p50")), 505'000, 1'000);
  EXPECT_EQ(figures.values.at("scrape.rss"), 12'000'000);
  EXPECT_EQ(figures.values.at("scrape.cpu"), 50'000'000);  // 0.5 s in 10 s
  EXPECT_EQ(figures.values.at("scrape.gc_pause_max"), 500'000);
  EXPECT_EQ(figures.values.at("scrape.gc_pause_mean"), 10'000);
  EXPECT_TRUE(figures.flags.empty());
}

TEST(Measure, NoticesThatTheServiceBeganAnew) {
  const Figures figures = measure_pages(service(1000, 0, 9), service(50, 0, 0.1));
  EXPECT_EQ(figures.values.at("scrape.throughput"), 5'000);
  EXPECT_EQ(figures.values.at("scrape.cpu"), 10'000'000);
  EXPECT_THAT(figures.flags, Contains("counter_reset"));
}

TEST(Measure, GivesAReasonForWhatThePageDoesNotHave) {
  const std::string bare = "# TYPE hits counter\nhits 1\n";
  const Figures figures = measure_pages(bare, bare);
  EXPECT_TRUE(figures.values.empty());
  EXPECT_THAT(figures.unavailable.at("scrape.rss"), HasSubstr("process_resident_memory_bytes"));
  EXPECT_THAT(figures.unavailable.at("scrape.throughput"), HasSubstr("no counter of requests"));
  EXPECT_THAT(figures.unavailable.at("scrape.gc_pause_max"), HasSubstr("go_gc_duration_seconds"));
}

TEST(Measure, SelectsSeriesByLabel) {
  const std::string two =
      "# TYPE http_requests_total counter\nhttp_requests_total{path=\"/a\"} 10\nhttp_requests_total{path=\"/b\"} 500\n";
  const std::string none = "# TYPE http_requests_total counter\nhttp_requests_total{path=\"/a\"} 0\n";
  EXPECT_EQ(measure_pages(none, two, {.labels = {{"path", "/a"}}}).values.at("scrape.throughput"), 1'000);
  EXPECT_EQ(measure_pages(none, two).values.at("scrape.throughput"), 51'000);
}

TEST(Measure, TakesASummarysQuantilesAsTheyAre) {
  const std::string page =
      "# TYPE http_request_latency_milliseconds summary\n"
      "http_request_latency_milliseconds{quantile=\"0.5\"} 2.5\nhttp_request_latency_milliseconds{quantile=\"0.99\"} "
      "NaN\n"
      "http_request_latency_milliseconds_sum 10\nhttp_request_latency_milliseconds_count 4\n";
  const Figures figures = measure_pages(page, page);
  EXPECT_EQ(figures.values.at("scrape.latency_p50"), 2'500'000);
  EXPECT_THAT(figures.unavailable.at("scrape.latency_p99"), HasSubstr("does not give this quantile"));
  EXPECT_EQ(figures.unavailable.at("scrape.latency_p50_width"), "a summary has no buckets");
}

TEST(Measure, DoesNotInventWhatLiesAboveTheLastBucket) {
  const std::string none =
      "# TYPE request_seconds histogram\nrequest_seconds_bucket{le=\"+Inf\"} 0\nrequest_seconds_bucket{le=\"1\"} 0\n";
  const std::string slow =
      "# TYPE request_seconds histogram\nrequest_seconds_bucket{le=\"+Inf\"} 9\nrequest_seconds_bucket{le=\"1\"} 0\n";
  EXPECT_THAT(measure_pages(none, slow).unavailable.at("scrape.latency_p50"), HasSubstr("above the last bucket"));
}

TEST(Choose, AsksWhichWhenSeveralFit) {
  const Page page = page_at(
      "# TYPE http_request_duration_seconds histogram\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 1\n"
      "# TYPE rpc_latency_seconds histogram\nrpc_latency_seconds_bucket{le=\"+Inf\"} 1\n",
      0);
  const auto chosen = choose({}, page.exposition);
  ASSERT_FALSE(chosen);
  EXPECT_THAT(chosen.error().cause, HasSubstr("http_request_duration_seconds, rpc_latency_seconds"));
  EXPECT_THAT(chosen.error().hint, HasSubstr("--latency http_request_duration_seconds"));
}

TEST(Choose, RefusesAFamilyThatIsNotThereOrOfAnotherType) {
  const Page page = page_at(service(1, 0, 1), 0);
  const auto missing = choose({.latency = "http_request_duration_second"}, page.exposition);
  EXPECT_THAT(missing.error().hint, HasSubstr("did you mean 'http_request_duration_seconds'?"));
  const auto gauge = choose({.latency = "process_resident_memory_bytes"}, page.exposition);
  EXPECT_THAT(gauge.error().cause, HasSubstr("is a gauge"));
}

}  // namespace
}  // namespace frostbyte::scrape
