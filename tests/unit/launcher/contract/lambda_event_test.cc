// HTTP as Lambda's JSON and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <nlohmann/json.hpp>

#include "launcher/contract/runtime_api.h"
#include "launcher/contract/text.h"

namespace frostbyte::contract {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json event(const function::Request& request) { return json::parse(http_event(request)); }

TEST(HttpEvent, HasTheShapeOfPayloadFormatTwo) {
  const json got = event(
      {.method = "POST",
       .target = "/echo/x?a=1&b=two+words&a=%32&flag",
       .headers = {{"Content-Type", "application/json"}, {"X-Many", "1"}, {"x-many", "2"}, {"User-Agent", "frostbyte"}},
       .body = R"({"k":"v"})"});
  EXPECT_EQ(got["version"], "2.0");
  EXPECT_EQ(got["routeKey"], "$default");
  EXPECT_EQ(got["rawPath"], "/echo/x");
  EXPECT_EQ(got["rawQueryString"], "a=1&b=two+words&a=%32&flag");
  EXPECT_EQ(got["queryStringParameters"], json({{"a", "1,2"}, {"b", "two words"}, {"flag", ""}}));
  EXPECT_EQ(got["headers"]["content-type"], "application/json");
  EXPECT_EQ(got["headers"]["x-many"], "1,2");
  EXPECT_FALSE(got["headers"].contains("X-Many"));
  const json& context = got["requestContext"];
  EXPECT_EQ(context["http"]["method"], "POST");
  EXPECT_EQ(context["http"]["path"], "/echo/x");
  EXPECT_EQ(context["http"]["protocol"], "HTTP/1.1");
  EXPECT_EQ(context["http"]["sourceIp"], "127.0.0.1");
  EXPECT_EQ(context["http"]["userAgent"], "frostbyte");
  EXPECT_EQ(context["stage"], "$default");
  EXPECT_TRUE(context["timeEpoch"].is_number_integer());
  EXPECT_EQ(got["body"], R"({"k":"v"})");
  EXPECT_EQ(got["isBase64Encoded"], false);
}

TEST(HttpEvent, LeavesOutWhatARequestDoesNotHave) {
  const json got = event({});
  EXPECT_FALSE(got.contains("body"));
  EXPECT_FALSE(got.contains("cookies"));
  EXPECT_FALSE(got.contains("queryStringParameters"));
  EXPECT_EQ(got["rawQueryString"], "");
}

TEST(HttpEvent, CookiesAreTakenOutOfTheHeaders) {
  const json got = event({.method = "GET", .target = "/", .headers = {{"Cookie", "a=1; b=2"}}, .body = ""});
  EXPECT_EQ(got["cookies"], json({"a=1", "b=2"}));
  EXPECT_FALSE(got["headers"].contains("cookie"));
}

TEST(HttpEvent, BodiesThatAreNoTextAreBase64) {
  const std::string binary("\x00\xff", 2);
  for (const char* type : {"application/octet-stream", "application/x-www-form-urlencoded", "application/json"}) {
    const json got = event({.method = "POST", .target = "/", .headers = {{"Content-Type", type}}, .body = binary});
    EXPECT_EQ(got["isBase64Encoded"], true) << type;
    EXPECT_EQ(base64_decode(got["body"].get<std::string>()), binary) << type;
  }
}

TEST(HttpEvent, AnyRequestIsJson) {
  EXPECT_TRUE(rc::check("any request gives JSON that holds its body", [] {
    function::Request request;
    request.target = "/" + *rc::gen::arbitrary<std::string>();
    request.body = *rc::gen::arbitrary<std::string>();
    request.headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"X", *rc::gen::arbitrary<std::string>()}};
    const json got = json::parse(http_event(request), nullptr, false);
    RC_ASSERT(got.is_object());
    const std::string body = got.value("body", "");
    RC_ASSERT((got["isBase64Encoded"] == true ? base64_decode(body).value() : body) == request.body);
  }));
}

Response read(std::string_view payload) {
  auto response = http_response(payload);
  EXPECT_TRUE(response) << response.error().message();
  return response.value_or(Response{});
}

TEST(HttpResponse, ObjectWithStatusIsTakenApart) {
  const Response got = read(R"({"statusCode":201,"headers":{"A":"b","N":1},"cookies":["c=1","d=2"],"body":"hi"})");
  EXPECT_EQ(got.status, 201);
  EXPECT_EQ(got.body, "hi");
  EXPECT_THAT(got.headers,
              testing::ElementsAre(testing::Pair("A", "b"), testing::Pair("N", "1"), testing::Pair("set-cookie", "c=1"),
                                   testing::Pair("set-cookie", "d=2")));
  EXPECT_EQ(read(R"({"statusCode":"204"})").status, 204);
  EXPECT_EQ(read(R"({"statusCode":200,"body":null,"headers":null,"cookies":null})").body, "");
  EXPECT_EQ(read(R"({"statusCode":200,"isBase64Encoded":true,"body":"aGk="})").body, "hi");
}

TEST(HttpResponse, AnythingElseIsTheBody) {
  for (const char* payload : {R"({"message":"hello"})", "\"hello\"", "[1]", "null", "not json", ""}) {
    EXPECT_EQ(read(payload).status, 200) << payload;
    EXPECT_EQ(read(payload).body, payload);
  }
}

TEST(HttpResponse, StreamedPreludeIsTakenApart) {
  const std::string nul(8, '\0');
  const Response got = read(R"({"statusCode":404,"headers":{"A":"b"},"cookies":["c=1"]})" + nul + "raw " + nul);
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.body, "raw " + nul);
  EXPECT_EQ(got.headers.size(), 2u);
  EXPECT_EQ(read("{}" + nul).status, 200);
  EXPECT_EQ(read("binary" + nul).body, "binary" + nul);
}

TEST(HttpResponse, RefusesWhatAFunctionUrlRefuses) {
  const std::map<std::string, std::string> payloads = {
      {R"({"statusCode":99})", "statusCode is 99"},
      {R"({"statusCode":"2xx"})", "statusCode is \"2xx\""},
      {R"({"statusCode":200.5})", "statusCode is 200.5"},
      {R"({"statusCode":[]})", "statusCode is an array"},
      {R"({"statusCode":200,"headers":[1]})", "headers is no object"},
      {R"({"statusCode":200,"headers":{"A":[]}})", "header 'A' is no string"},
      {R"({"statusCode":200,"cookies":{}})", "cookies is no array"},
      {R"({"statusCode":200,"body":{"a":1}})", "body is no string"},
      {R"({"statusCode":200,"body":"a","isBase64Encoded":true})", "body is not base64"},
      {R"({"statusCode":200,"isBase64Encoded":"yes"})", "isBase64Encoded is no boolean"},
  };
  for (const auto& [payload, cause] : payloads) {
    const auto response = http_response(payload);
    ASSERT_FALSE(response) << payload;
    EXPECT_THAT(response.error().cause, HasSubstr(cause));
  }
}

TEST(HttpResponse, UndoesTheEventForAnEcho) {
  EXPECT_TRUE(rc::check("a function that echoes the event's body answers with the request's", [] {
    function::Request request{
        .method = "POST", .target = "/", .headers = {}, .body = *rc::gen::arbitrary<std::string>()};
    const json got = json::parse(http_event(request));
    const json echo = {
        {"statusCode", 200}, {"body", got.value("body", "")}, {"isBase64Encoded", got["isBase64Encoded"]}};
    RC_ASSERT(http_response(echo.dump()).value().body == request.body);
  }));
}

TEST(RuntimeEnvironment, HoldsWhatRuntimesInsistOn) {
  const auto list = runtime_environment("127.0.0.1:9001", "fn", "/var/task", 256);
  const std::map<std::string, std::string> env(list.begin(), list.end());
  EXPECT_EQ(env.size(), list.size()) << "no variable twice";
  EXPECT_EQ(env.at("AWS_LAMBDA_RUNTIME_API"), "127.0.0.1:9001");
  EXPECT_EQ(env.at("AWS_LAMBDA_FUNCTION_NAME"), "fn");
  EXPECT_EQ(env.at("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "256");
  EXPECT_EQ(env.at("LAMBDA_TASK_ROOT"), "/var/task");
  for (const char* name : {"_HANDLER", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_LOG_GROUP_NAME",
                           "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_REGION", "LAMBDA_RUNTIME_DIR", "PATH", "TZ", "LANG"}) {
    EXPECT_TRUE(env.contains(name)) << name;
  }
  for (const auto& [name, value] : env) EXPECT_FALSE(name.starts_with("AWS_SECRET") || name.starts_with("AWS_ACCESS"));
}

TEST(RuntimeEnvironment, NoLimitIsTheLargestFunction) {
  const auto list = runtime_environment("x", "fn", "/", 0);
  EXPECT_THAT(list, testing::Contains(testing::Pair("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "10240")));
}

}  // namespace
}  // namespace frostbyte::contract
