// The custom runtime against a Runtime API of a few lines: one connection, read and written by the test itself.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "started.h"

namespace functions_test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kNext = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n";

json http_event(const char* method, const char* path, const std::string& body = "") {
  return {{"version", "2.0"},
          {"rawPath", path},
          {"requestContext", {{"http", {{"method", method}, {"path", path}}}}},
          {"headers", json::object()},
          {"body", body},
          {"isBase64Encoded", false}};
}

class CppLambda : public ::testing::Test {
 protected:
  Start start(std::vector<std::pair<std::string, std::string>> env) {
    env.emplace_back("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:" + std::to_string(api_.port));
    return {.program = bundled("cpp-lambda").parent_path() / "bootstrap", .env = std::move(env)};
  }

  void accept_bootstrap() {
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    setsockopt(api_.fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connection_ = Fd(accept4(api_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(connection_) << "the bootstrap did not connect";
    setsockopt(connection_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  /// One whole request of the bootstrap's, header and body.
  std::string receive_request() {
    std::string request;
    char bytes[4096];
    while (!is_complete(request)) {
      const ssize_t got = recv(connection_.get(), bytes, sizeof bytes, 0);
      if (got <= 0) break;
      request.append(bytes, static_cast<std::size_t>(got));
    }
    return request;
  }

  void reply(std::string_view text) {
    ASSERT_EQ(send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  /// Hands `event` out and returns the request that answers it.
  std::string invoke(const std::string& event) {
    EXPECT_THAT(receive_request(), StartsWith(kNext));
    reply("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\nContent-Length: " + std::to_string(event.size()) +
          "\r\n\r\n" + event);
    std::string answer = receive_request();
    reply("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    return answer;
  }

  static json payload(const std::string& request) { return json::parse(request.substr(request.find("\r\n\r\n") + 4)); }

  Listener api_ = listen_on_loopback();
  Fd connection_;

 private:
  static bool is_complete(const std::string& request) {
    const auto end = request.find("\r\n\r\n");
    if (end == request.npos) return false;
    const auto length = request.find("Content-Length: ");
    return length == request.npos || request.size() >= end + 4 + std::stoul(request.substr(length + 16));
  }
};

TEST_F(CppLambda, AnswersInvocationsOneAfterTheOther) {
  Started started(start({{"AWS_LAMBDA_FUNCTION_NAME", "named-here"}}));
  accept_bootstrap();
  const std::string hello = invoke(http_event("GET", "/").dump());
  EXPECT_THAT(hello, StartsWith("POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\n"));
  EXPECT_EQ(payload(hello)["statusCode"], 200);
  EXPECT_EQ(payload(hello)["body"], "hello world\n");
  EXPECT_EQ(payload(invoke(http_event("GET", "/health").dump()))["body"], R"({"status":"healthy","version":"1.0.0"})");
  const std::string body = R"({"id":7,"user_agent":"u","metadata":["m"]})";
  const json echoed = json::parse(payload(invoke(http_event("POST", "/echo", body).dump()))["body"].get<std::string>());
  EXPECT_EQ(echoed["request"], body);
  EXPECT_EQ(echoed["processed_by"], "named-here");
}

TEST_F(CppLambda, DecodesABase64Body) {
  Started started(start({{"AWS_LAMBDA_FUNCTION_NAME", "f"}}));
  accept_bootstrap();
  json event = http_event("POST", "/echo", "eyJpZCI6NywidXNlcl9hZ2VudCI6InUiLCJtZXRhZGF0YSI6W119");
  event["isBase64Encoded"] = true;
  EXPECT_EQ(payload(invoke(event.dump()))["statusCode"], 200);
}

TEST_F(CppLambda, PassesTheServicesRefusalsOn) {
  Started started(start({{"AWS_LAMBDA_FUNCTION_NAME", "f"}}));
  accept_bootstrap();
  EXPECT_EQ(payload(invoke(http_event("GET", "/nowhere").dump()))["statusCode"], 404);
  const json refused = payload(invoke(http_event("GET", "/echo").dump()));
  EXPECT_EQ(refused["statusCode"], 405);
  EXPECT_EQ(refused["headers"]["Allow"], "POST");
}

TEST_F(CppLambda, ReportsAnEventItCannotReadAndGoesOn) {
  Started started(start({{"AWS_LAMBDA_FUNCTION_NAME", "f"}}));
  accept_bootstrap();
  for (const char* event : {"{}", "not json", "[]", R"({"rawPath":1})"}) {
    const std::string report = invoke(event);
    EXPECT_THAT(report, StartsWith("POST /2018-06-01/runtime/invocation/id-1/error HTTP/1.1\r\n"));
    EXPECT_THAT(report, HasSubstr("Lambda-Runtime-Function-Error-Type: Function.MalformedEvent\r\n"));
    EXPECT_EQ(payload(report)["errorType"], "Function.MalformedEvent");
  }
  EXPECT_EQ(payload(invoke(http_event("GET", "/").dump()))["statusCode"], 200);
}

TEST_F(CppLambda, ReportsAFailedStartToInitError) {
  Started started(start({}));
  accept_bootstrap();
  const std::string report = receive_request();
  EXPECT_THAT(report, StartsWith("POST /2018-06-01/runtime/init/error HTTP/1.1\r\n"));
  EXPECT_EQ(payload(report)["errorType"], "Runtime.MissingEnvironment");
  reply("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
  const auto status = started.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 1);
}

TEST_F(CppLambda, SaysWhyWithoutARuntimeApi) {
  Started started({.program = bundled("cpp-lambda").parent_path() / "bootstrap"});
  const auto status = started.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 1);
  EXPECT_THAT(started.standard_error(), HasSubstr("AWS_LAMBDA_RUNTIME_API is not set"));
}

TEST_F(CppLambda, ExitsZeroOnSigtermWhileItWaits) {
  Started started(start({{"AWS_LAMBDA_FUNCTION_NAME", "f"}}));
  accept_bootstrap();
  receive_request();
  const auto status = started.signal_and_wait(SIGTERM);
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 0);
}

}  // namespace
}  // namespace functions_test
