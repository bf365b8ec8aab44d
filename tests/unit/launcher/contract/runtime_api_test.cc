// The Runtime API as a function sees it: requests in, answers and events out.
#include "launcher/contract/runtime_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <tuple>

namespace frostbyte::contract {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Event = RuntimeApi::Event;
using Output = RuntimeApi::Output;

constexpr const char* kId = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
constexpr const char* kAccepted = R"({"status":"OK"})";

Invocation invocation() {
  return {.request_id = kId,
          .function_arn = "arn:aws:lambda:us-east-1:123456789012:function:fn",
          .trace_id = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
          .deadline_epoch_ms = 1542409706888,
          .event = R"({"rawPath":"/"})"};
}

const std::string kNext = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
  return "POST /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: x\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string respond(const std::string& body, const std::string& headers = "") {
  return post("invocation/" + std::string(kId) + "/response", body, headers);
}
std::string stream(const std::string& chunks_and_trailers, const std::string& headers = "") {
  return "POST /2018-06-01/runtime/invocation/" + std::string(kId) + "/response HTTP/1.1\r\n" + headers +
         "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks_and_trailers;
}

/// An API whose invocation has been handed out on connection 1.
RuntimeApi delivered() {
  RuntimeApi api(invocation());
  api.feed(1, kNext);
  return api;
}

/// Answers are HTTP that our own client reads.
Response answer(const std::string& wire, std::string_view method = "POST") {
  ResponseReader reader(method);
  reader.feed(wire);
  EXPECT_EQ(reader.state(), ResponseReader::State::complete) << wire;
  EXPECT_EQ(reader.bytes_seen(), wire.size());
  return reader.response();
}

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(absent)";
}

std::string error_type(const Response& response) {
  const auto document = nlohmann::json::parse(response.body, nullptr, false);
  return document.is_object() ? document.value("errorType", "(absent)") : "(no JSON)";
}

TEST(RuntimeApi, NextCarriesTheInvocation) {
  RuntimeApi api(invocation());
  const Output output = api.feed(1, kNext);
  EXPECT_EQ(output.event, Event::next);
  EXPECT_FALSE(output.close);
  const Response got = answer(output.send);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, R"({"rawPath":"/"})");
  EXPECT_EQ(header(got, "Content-Type"), "application/json");
  EXPECT_EQ(header(got, "Lambda-Runtime-Aws-Request-Id"), kId);
  EXPECT_EQ(header(got, "Lambda-Runtime-Deadline-Ms"), "1542409706888");
  EXPECT_EQ(header(got, "Lambda-Runtime-Invoked-Function-Arn"), invocation().function_arn);
  EXPECT_EQ(header(got, "Lambda-Runtime-Trace-Id"), invocation().trace_id);
}

TEST(RuntimeApi, ResponseIsAcceptedAndKept) {
  RuntimeApi api = delivered();
  const Output output = api.feed(1, respond("{\"a\":1}"));
  EXPECT_EQ(output.event, Event::response);
  EXPECT_EQ(answer(output.send).status, 202);
  EXPECT_EQ(answer(output.send).body, kAccepted);
  EXPECT_EQ(api.payload(), "{\"a\":1}");
  EXPECT_TRUE(api.error_report().empty());
}

TEST(RuntimeApi, ResponseMayComeOnAnotherConnection) {
  RuntimeApi api = delivered();
  api.closed(1);
  EXPECT_EQ(api.feed(2, respond("x")).event, Event::response);
}

TEST(RuntimeApi, SecondNextIsHeldOpen) {
  RuntimeApi api = delivered();
  api.feed(1, respond("x"));
  const Output output = api.feed(1, kNext);
  EXPECT_EQ(output.event, Event::none);
  EXPECT_TRUE(output.send.empty());
  EXPECT_FALSE(output.close);
  EXPECT_TRUE(api.feed(1, kNext).send.empty()) << "nothing overtakes a held request";
  EXPECT_TRUE(api.feed(2, kNext).send.empty()) << "on no connection";
}

TEST(RuntimeApi, ResponseBeginsWithTheFirstByteOfItsRequest) {
  RuntimeApi api = delivered();
  EXPECT_EQ(api.feed(1, "P").event, Event::response_begun);
  EXPECT_EQ(api.feed(1, "OST").event, Event::none);
  EXPECT_EQ(api.feed(1, respond("x").substr(4)).event, Event::response);
}

TEST(RuntimeApi, OtherRequestsAreNoBeginningOfAResponse) {
  RuntimeApi api(invocation());
  EXPECT_EQ(api.feed(1, "P").event, Event::none) << "nothing was handed out yet";
  RuntimeApi second = delivered();
  EXPECT_EQ(second.feed(1, "G").event, Event::none);
}

TEST(RuntimeApi, WrongIdIsRefusedAndTheRightOneStillCounts) {
  RuntimeApi api = delivered();
  const Output wrong = api.feed(1, post("invocation/other/response", "x"));
  EXPECT_EQ(wrong.event, Event::protocol_error);
  EXPECT_EQ(answer(wrong.send).status, 400);
  EXPECT_EQ(error_type(answer(wrong.send)), "InvalidRequestID");
  EXPECT_EQ(api.error_report(), "POST /2018-06-01/runtime/invocation/other/response was answered with 400 Bad Request");
  EXPECT_EQ(api.feed(1, respond("x")).event, Event::response);
}

TEST(RuntimeApi, NoIdIsValidBeforeNext) {
  RuntimeApi api(invocation());
  const Output output = api.feed(1, respond("x"));
  EXPECT_EQ(output.event, Event::protocol_error);
  EXPECT_EQ(error_type(answer(output.send)), "InvalidRequestID");
  EXPECT_TRUE(api.payload().empty());
}

TEST(RuntimeApi, UnknownPathsAreNotFound) {
  for (const char* path : {"/", "/2018-06-01/runtime/", "/2018-06-01/runtime/invocation/",
                           "/2018-06-01/runtime/invocation/next/", "/2018-06-01/runtime/invocation//response",
                           "/2018-06-01/runtime/invocation/a/b/response", "/2020-01-01/extension/register", "*"}) {
    RuntimeApi api(invocation());
    const Output output = api.feed(1, "GET " + std::string(path) + " HTTP/1.1\r\n\r\n");
    EXPECT_EQ(output.event, Event::protocol_error) << path;
    EXPECT_EQ(answer(output.send).status, 404) << path;
    EXPECT_FALSE(output.close) << path;
  }
}

TEST(RuntimeApi, WrongMethodsAreNotAllowed) {
  RuntimeApi api(invocation());
  const Response next = answer(api.feed(1, post("invocation/next", "")).send);
  EXPECT_EQ(next.status, 405);
  EXPECT_EQ(header(next, "Allow"), "GET");
  const Response error = answer(api.feed(1, "GET /2018-06-01/runtime/init/error HTTP/1.1\r\n\r\n").send);
  EXPECT_EQ(error.status, 405);
  EXPECT_EQ(header(error, "Allow"), "POST");
}

TEST(RuntimeApi, HeadIsAnsweredWithoutBody) {
  RuntimeApi api(invocation());
  const Output output = api.feed(1, "HEAD /nowhere HTTP/1.1\r\n\r\n");
  EXPECT_EQ(answer(output.send, "HEAD").status, 404);
  EXPECT_TRUE(output.send.ends_with("\r\n\r\n"));
}

TEST(RuntimeApi, AbsoluteTargetsAndQueriesAreUnderstood) {
  RuntimeApi api(invocation());
  EXPECT_EQ(api.feed(1, "GET http://127.0.0.1:9001/2018-06-01/runtime/invocation/next?x=1 HTTP/1.1\r\n\r\n").event,
            Event::next);
}

TEST(RuntimeApi, InvocationErrorIsReported) {
  RuntimeApi api = delivered();
  const Output output = api.feed(
      1, post("invocation/" + std::string(kId) + "/error", R"({"errorType":"E","errorMessage":"no","stackTrace":[]})",
              "Lambda-Runtime-Function-Error-Type: Function.Broken\r\n"));
  EXPECT_EQ(output.event, Event::error);
  EXPECT_EQ(answer(output.send).status, 202);
  EXPECT_EQ(api.error_report(), "invocation error: Function.Broken: no");
}

TEST(RuntimeApi, InitErrorIsReportedAndEndsInitialisation) {
  RuntimeApi api(invocation());
  const Output output =
      api.feed(1, post("init/error", R"({"errorType":"Runtime.NoSuchHandler","errorMessage":"no handler"})"));
  EXPECT_EQ(output.event, Event::error);
  EXPECT_EQ(answer(output.send).status, 202);
  EXPECT_EQ(api.error_report(), "initialization error: Runtime.NoSuchHandler: no handler");
  EXPECT_EQ(error_type(answer(api.feed(1, kNext).send)), "InvalidStateTransition");
}

TEST(RuntimeApi, ErrorReportsAreFitForATerminal) {
  RuntimeApi api(invocation());
  api.feed(1, post("init/error", "\x1b[31mred"));
  EXPECT_EQ(api.error_report(), "initialization error: error without a type: \\x1b[31mred");
}

TEST(RuntimeApi, InitErrorAfterNextIsForbidden) {
  RuntimeApi api = delivered();
  const Output output = api.feed(1, post("init/error", "{}"));
  EXPECT_EQ(output.event, Event::protocol_error);
  EXPECT_EQ(answer(output.send).status, 403);
}

TEST(RuntimeApi, TheFirstOutcomeStands) {
  RuntimeApi api = delivered();
  api.feed(1, respond("first"));
  const Output again = api.feed(1, respond("second"));
  EXPECT_EQ(again.event, Event::none);
  EXPECT_EQ(answer(again.send).status, 403);
  EXPECT_EQ(api.feed(1, "garbage\r\n\r\n").event, Event::none);
  EXPECT_EQ(api.payload(), "first");
  EXPECT_TRUE(api.error_report().empty());
}

TEST(RuntimeApi, StreamedResponsesAreJoined) {
  RuntimeApi api = delivered();
  const Output output = api.feed(1, stream("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"));
  EXPECT_EQ(output.event, Event::response);
  EXPECT_EQ(answer(output.send).status, 202);
  EXPECT_EQ(api.payload(), "hello, world");
}

TEST(RuntimeApi, ErrorTrailersFailAStream) {
  RuntimeApi api = delivered();
  // base64 of {"errorMessage":"midway"}
  const Output output =
      api.feed(1, stream("5\r\nhello\r\n0\r\nLambda-Runtime-Function-Error-Type: Runtime.Stream\r\n"
                         "Lambda-Runtime-Function-Error-Body: eyJlcnJvck1lc3NhZ2UiOiJtaWR3YXkifQ==\r\n\r\n",
                         "Trailer: Lambda-Runtime-Function-Error-Type\r\n"));
  EXPECT_EQ(output.event, Event::error);
  EXPECT_EQ(answer(output.send).status, 202) << "Lambda takes a broken stream as delivered";
  EXPECT_EQ(api.error_report(), "the response stream failed: Runtime.Stream: midway");
}

TEST(RuntimeApi, OtherResponseModesAreInvalid) {
  RuntimeApi api = delivered();
  const Output output = api.feed(1, respond("x", "Lambda-Runtime-Function-Response-Mode: buffered\r\n"));
  EXPECT_EQ(output.event, Event::error);
  EXPECT_EQ(error_type(answer(output.send)), "InvalidFunctionResponseMode");
  EXPECT_EQ(api.error_report(), "Runtime.InvalidResponseModeHeader: 'buffered'");
}

TEST(RuntimeApi, ExpectIsAnsweredBeforeTheBody) {
  RuntimeApi api = delivered();
  const std::string wire = respond("body", "Expect: 100-continue\r\n");
  const std::size_t body = wire.size() - 4;
  EXPECT_EQ(api.feed(1, wire.substr(0, body)).send, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(api.feed(1, wire.substr(body)).event, Event::response);
}

TEST(RuntimeApi, ExpectIsRefusedWithoutTheBody) {
  RuntimeApi api = delivered();
  const std::string head =
      "POST /2018-06-01/runtime/invocation/other/response HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: "
      "9\r\n\r\n";
  const Output output = api.feed(1, head);
  EXPECT_EQ(answer(output.send).status, 400);
  EXPECT_TRUE(output.close);
  EXPECT_TRUE(api.feed(1, "123456789").send.empty());
}

constexpr std::size_t kPayloadLimit = (6u << 20) + 100;

TEST(RuntimeApi, PayloadLimitIsExact) {
  RuntimeApi fits = delivered();
  EXPECT_EQ(fits.feed(1, respond(std::string(kPayloadLimit, 'x'))).event, Event::response);
  EXPECT_EQ(fits.payload().size(), kPayloadLimit);

  RuntimeApi over = delivered();
  const Output output = over.feed(1, respond(std::string(kPayloadLimit + 1, 'x')));
  EXPECT_EQ(output.event, Event::error);
  EXPECT_EQ(answer(output.send).status, 413);
  EXPECT_EQ(error_type(answer(output.send)), "RequestEntityTooLarge");
  EXPECT_THAT(over.error_report(), StartsWith("Function.ResponseSizeTooLarge"));
  EXPECT_TRUE(over.payload().empty());
}

TEST(RuntimeApi, ChunkedPayloadIsLimitedToo) {
  RuntimeApi api = delivered();
  const std::string half(4u << 20, 'x');
  const std::string wire = "POST /2018-06-01/runtime/invocation/" + std::string(kId) +
                           "/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n" + half +
                           "\r\n400000\r\n" + half + "\r\n0\r\n\r\n";
  const Output output = api.feed(1, wire);
  EXPECT_EQ(answer(output.send).status, 413);
  EXPECT_FALSE(output.close) << "what was too much has been read: the connection goes on";
  EXPECT_TRUE(api.feed(1, kNext).send.empty());
}

TEST(RuntimeApi, StreamsMayBeLarger) {
  RuntimeApi api = delivered();
  const std::string part(8u << 20, 'x');
  EXPECT_EQ(api.feed(1, stream("800000\r\n" + part + "\r\n0\r\n\r\n")).event, Event::response);
  EXPECT_EQ(api.payload().size(), part.size());
}

TEST(RuntimeApi, TooLargeIsRefusedBeforeItIsSentWhenTheFunctionAsks) {
  RuntimeApi api = delivered();
  const Output output =
      api.feed(1, "POST /2018-06-01/runtime/invocation/" + std::string(kId) +
                      "/response HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 100000000\r\n\r\n");
  EXPECT_EQ(output.event, Event::error);
  EXPECT_EQ(answer(output.send).status, 413);
  EXPECT_TRUE(output.close);
}

TEST(RuntimeApi, ConnectionCloseIsHonoured) {
  RuntimeApi api(invocation());
  const Output output = api.feed(1, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(output.event, Event::next);
  EXPECT_TRUE(output.close);
  EXPECT_EQ(header(answer(output.send), "Connection"), "close");
}

TEST(RuntimeApi, OldClientsGetWhatTheyUnderstand) {
  RuntimeApi api(invocation());
  const Output output = api.feed(1, "GET /2018-06-01/runtime/invocation/next HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(output.close);
  EXPECT_THAT(output.send, HasSubstr("Content-Length: "));
  RuntimeApi kept(invocation());
  const Output keep =
      kept.feed(1, "GET /2018-06-01/runtime/invocation/next HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(keep.close);
  EXPECT_EQ(header(answer(keep.send), "Connection"), "keep-alive");
}

TEST(RuntimeApi, PipelinedRequestsAreAnsweredInOrder) {
  RuntimeApi api(invocation());
  const Output output = api.feed(1, kNext + respond("x") + kNext);
  EXPECT_EQ(output.event, Event::response);
  EXPECT_THAT(output.send, AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("HTTP/1.1 202 Accepted"),
                                 Not(HasSubstr("HTTP/1.1 2020"))));
}

TEST(RuntimeApi, EmptyLinesBeforeARequestAreSkipped) {
  RuntimeApi api(invocation());
  EXPECT_EQ(api.feed(1, "\r\n\r\n" + kNext).event, Event::next);
}

TEST(RuntimeApi, WhatIsNoHttpIsRefusedAndClosed) {
  RuntimeApi api(invocation());
  const Output output = api.feed(1, "hello there\r\n");
  EXPECT_EQ(output.event, Event::protocol_error);
  EXPECT_TRUE(output.close);
  EXPECT_EQ(answer(output.send).status, 400);
  EXPECT_EQ(api.error_report(), "the request line is not HTTP: 'hello there'");
  EXPECT_EQ(api.feed(1, kNext).event, Event::none);
  EXPECT_EQ(api.feed(2, kNext).event, Event::next);
}

TEST(RuntimeApi, HugeHeadersAreRefused) {
  RuntimeApi api(invocation());
  const Output output = api.feed(1, "GET / HTTP/1.1\r\nA: " + std::string(1u << 17, 'x'));
  EXPECT_EQ(output.event, Event::protocol_error);
  EXPECT_EQ(answer(output.send).status, 431);
  EXPECT_TRUE(output.close);
}

TEST(RuntimeApi, ConnectionCutInsideAResponseIsReported) {
  RuntimeApi api = delivered();
  api.feed(1, respond("hello").substr(0, 90));
  api.closed(1);
  EXPECT_EQ(api.error_report(), "the connection was closed inside a request");
}

TEST(RuntimeApi, ClosedConnectionsMayBeReused) {
  RuntimeApi api(invocation());
  api.feed(1, "GET /2018-06-01/run");
  for (const int id : {1, 7}) api.closed(id);
  EXPECT_EQ(api.feed(1, kNext).event, Event::next);
}

struct Conversation {
  Event event = Event::none;
  std::string send;
  bool close = false;
  std::string payload;
  std::string report;
  bool operator==(const Conversation&) const = default;
};

Conversation converse(std::string_view wire, std::vector<std::size_t> cuts) {
  RuntimeApi api(invocation());
  Conversation all;
  std::sort(cuts.begin(), cuts.end());
  cuts.push_back(wire.size());
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    const Output output = api.feed(1, wire.substr(from, cut - from));
    all.event = std::max(all.event, output.event);
    all.send += output.send;
    all.close |= output.close;
    from = cut;
  }
  std::tie(all.payload, all.report) = std::tie(api.payload(), api.error_report());
  return all;
}

const std::vector<std::string> kRequests = {
    kNext,
    respond("{\"statusCode\":200}"),
    respond("ok", "Expect: 100-continue\r\n"),
    respond("x", "Connection: close\r\n"),
    respond("x", "Lambda-Runtime-Function-Response-Mode: odd\r\n"),
    stream("3\r\nabc\r\n0\r\nLambda-Runtime-Function-Error-Type: T\r\n\r\n"),
    stream("3;e=f\r\nabc\r\n0\r\n\r\n"),
    post("invocation/other/response", "x"),
    post("invocation/" + std::string(kId) + "/error", "{\"errorType\":\"E\"}"),
    post("init/error", "{}"),
    "GET /nowhere HTTP/1.1\r\n\r\n",
    "GET /2018-06-01/runtime/invocation/next HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "\r\n",
    "broken\r\n\r\n",
    "GET / HTTP/1.1\r\nno colon\r\n\r\n"};

TEST(RuntimeApi, EveryCutOfEveryRequestGivesTheSameConversation) {
  for (const std::string& request : kRequests) {
    const std::string wire = kNext + request + respond("after");
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) EXPECT_EQ(converse(wire, {cut}), converse(wire, {})) << cut;
  }
}

TEST(RuntimeApi, AnyCutsOfAnyConversationGiveTheSameConversation) {
  EXPECT_TRUE(rc::check("cuts do not matter", [] {
    std::string wire;
    for (const auto& request : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kRequests)))
      wire += request;
    for (const auto at : *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 400))) {
      if (*rc::gen::inRange(0, 4) == 0 && at < wire.size())
        wire[at] = *rc::gen::elementOf(std::string("\r\n :0x;P\x80"));
    }
    const auto cuts = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, wire.size() + 1));
    RC_ASSERT(converse(wire, cuts) == converse(wire, {}));
  }));
}

}  // namespace
}  // namespace frostbyte::contract
