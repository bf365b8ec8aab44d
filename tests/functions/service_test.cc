// The handlers of the C++ functions, without their servers.
#include "../../functions/service/cpp/service.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "../../functions/cpp-beast/metrics.h"

namespace {

using nlohmann::json;
using service::Query;
using service::Response;
using ::testing::HasSubstr;
using ::testing::Not;

Response respond(const service::Request& request) { return std::get<Response>(service::answer(request, "me")); }

service::Request api(std::string_view body) { return {.method = "POST", .path = "/api", .body = body}; }

TEST(Service, EchoesTheRequestAndItsText) {
  const std::string body = R"({"id":18446744073709551615,"user_agent":"u","metadata":["a","b"]})";
  const json answer = json::parse(respond({.method = "POST", .path = "/echo", .body = body}).body);
  EXPECT_EQ(answer["id"], 18446744073709551615u);
  EXPECT_EQ(answer["metadata"], (json{"a", "b"}));
  EXPECT_EQ(answer["processed_by"], "me");
  EXPECT_EQ(answer["request"], body);
}

TEST(Service, HashesThePayloadInTheFirstRoundAndTheDigestInTheNext) {
  // FIPS 180-4's own example, and its digest's digest.
  const auto digest = [](std::uint32_t rounds) {
    return json::parse(Query{.id = 1, .payload = "abc", .rounds = rounds}.finish().body)["sha256"];
  };
  EXPECT_EQ(digest(1), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest(2), "4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358");
}

TEST(Service, AnswersApiWithAQueryThatIsStillOnItsWay) {
  const auto answer = service::answer(api(R"({"id":7,"payload":"p","rounds":10000})"), "me");
  ASSERT_TRUE(std::holds_alternative<Query>(answer));
  EXPECT_EQ(std::get<Query>(answer).rounds, 10000u);
}

TEST(Service, RefusesRoundsOutOfBounds) {
  for (const char* rounds : {"0", "10001", "-1", "1.5", "\"1\"", "null"}) {
    const std::string body = std::string(R"({"id":1,"payload":"","rounds":)") + rounds + "}";
    EXPECT_EQ(respond(api(body)).status, 400) << rounds;
  }
}

TEST(Service, SaysWhichMethodAPathHas) {
  const Response refused = respond({.method = "GET", .path = "/api", .body = ""});
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.allow, "POST");
  EXPECT_EQ(respond({.method = "GET", .path = "/nowhere", .body = ""}).status, 404);
}

TEST(Metrics, CountRequestsByRouteAndNotByWhatAClientMadeUp) {
  Metrics metrics;
  metrics.count({.method = "GET", .path = "/health?probe=1", .status = 200}, std::chrono::microseconds(60));
  metrics.count({.method = "GET", .path = "/health", .status = 200}, std::chrono::seconds(3));
  metrics.count({.method = "BREW", .path = "/made-up", .status = 404}, std::chrono::microseconds(1));
  const std::string text = metrics.expose().body;
  EXPECT_THAT(text, HasSubstr("# TYPE http_requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("http_requests_total{method=\"GET\",path=\"/health\",status=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("http_requests_total{method=\"other\",path=\"other\",status=\"404\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("made-up")));
  EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes "));
}

TEST(Metrics, CumulateBucketsUpToInfinity) {
  Metrics metrics;
  metrics.count({.method = "GET", .path = "/", .status = 200}, std::chrono::microseconds(50));  // on a bound: within
  metrics.count({.method = "GET", .path = "/", .status = 200}, std::chrono::microseconds(60));
  metrics.count({.method = "GET", .path = "/", .status = 200}, std::chrono::seconds(3));  // beyond all of them
  const std::string text = metrics.expose().body;
  const std::string bucket = "http_request_duration_seconds_bucket{method=\"GET\",path=\"/\",le=";
  EXPECT_THAT(text, HasSubstr(bucket + "\"5e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "\"0.0001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "\"1.6384\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("http_request_duration_seconds_count{method=\"GET\",path=\"/\"} 3\n"));
}

}  // namespace
