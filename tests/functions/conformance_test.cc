// What "serves" means for a function that serves everything: it is an HTTP server in earnest, and the same one in every
// language. Each claim is tried on each such function, by each contract it speaks, as a process on loopback.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "described.h"

namespace functions_test {
namespace {

using nlohmann::json;

constexpr std::size_t kMib = 1u << 20;
constexpr std::string_view kApi = R"({"id":7,"payload":"abc","rounds":3})";

std::vector<Spoken> complete_functions() {
  std::vector<Spoken> all = all_spoken();
  std::erase_if(all, [](const Spoken& spoken) {
    return !spoken.function.does_serve("echo") || !spoken.function.does_serve("api");
  });
  return all;
}

class Conformance : public ::testing::TestWithParam<Spoken> {
 protected:
  std::optional<Response> ask(std::string_view request) { return started_.ask(request); }

  void expect_refusal(std::string_view request, int status, std::string_view body) {
    SCOPED_TRACE(request.substr(0, 200));
    auto response = ask(request);
    ASSERT_TRUE(response) << "no complete response";
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->body, body);
    EXPECT_THAT(response->headers["content-type"], ::testing::StartsWith("application/json"));
  }

  Started started_{GetParam().function.start(GetParam().contract)};
};

INSTANTIATE_TEST_SUITE_P(Bundled, Conformance, ::testing::ValuesIn(complete_functions()),
                         [](const auto& test) { return to_name(test.param); });

TEST_P(Conformance, KeepsAConnectionUntilItIsToldOtherwise) {
  Client client = started_.connect();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(kGetHello));
    ASSERT_TRUE(client.receive());
    ASSERT_TRUE(client.send(post("/api", kApi)));
    ASSERT_TRUE(client.receive());
  }
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n"));
  ASSERT_TRUE(client.receive());
  EXPECT_TRUE(client.closed());
}

/// Slow and quick requests in turn: an answer that is ready must not overtake one that waits for its query.
TEST_P(Conformance, AnswersPipelinedRequestsInTheirOrder) {
  Client client = started_.connect();
  std::string requests;
  for (int id = 0; id < 20; ++id) {
    requests += post("/api", json{{"id", id}, {"payload", "p"}, {"rounds", 1}}.dump());
    requests += post("/echo", json{{"id", id}, {"user_agent", "u"}, {"metadata", {"m"}}}.dump());
  }
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 40; ++i) {
    const auto response = client.receive();
    ASSERT_TRUE(response) << i;
    const json body = json::parse(response->body);
    EXPECT_EQ(body["id"], i / 2);
    EXPECT_EQ(body.contains("sha256"), i % 2 == 0);
  }
}

TEST_P(Conformance, ReadsARequestHoweverItIsCut) {
  const std::string request = post("/api", kApi);
  Client client = started_.connect();
  for (const char byte : request) ASSERT_TRUE(client.send({&byte, 1}));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
}

TEST_P(Conformance, DecodesABodyInChunks) {
  const auto response =
      ask("POST /echo HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n"
          "8\r\n{\"id\":1,\r\n23\r\n\"user_agent\":\"u\",\"metadata\":[\"mm\"]}\r\n0\r\n\r\n");
  ASSERT_TRUE(response);
  ASSERT_EQ(response->status, 200) << response->body;
  EXPECT_EQ(json::parse(response->body)["metadata"][0], "mm");
}

TEST_P(Conformance, TakesABodyOfOneMebibyte) {
  const std::string body = echo_body(kMib);
  const auto response = ask(post("/echo", body));
  ASSERT_TRUE(response);
  ASSERT_EQ(response->status, 200) << response->body;
  EXPECT_EQ(json::parse(response->body)["request"], body);
}

TEST_P(Conformance, RefusesALongerBodyEvenOnceAllOfItWasSent) {
  for (const char* path : {"/echo", "/api"}) {
    expect_refusal(post(path, echo_body(kMib + 1)), 413, R"({"error":"body too large"})");
  }
}

TEST_P(Conformance, RefusesALongerBodyInChunks) {
  std::string request = "POST /echo HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 17; ++i) request += "10000\r\n" + std::string(65536, ' ') + "\r\n";
  expect_refusal(request + "0\r\n\r\n", 413, R"({"error":"body too large"})");
}

TEST_P(Conformance, RefusesWhatIsNoEchoRequest) {
  for (const std::string_view body : {
           "",
           "{",
           "[]",
           "null",
           R"({"id":1,"user_agent":"u"})",
           R"({"id":1,"metadata":[]})",
           R"({"user_agent":"u","metadata":[]})",
           R"({"id":-1,"user_agent":"u","metadata":[]})",
           R"({"id":1.5,"user_agent":"u","metadata":[]})",
           R"({"id":18446744073709551616,"user_agent":"u","metadata":[]})",
           R"({"id":"1","user_agent":"u","metadata":[]})",
           R"({"id":1,"user_agent":2,"metadata":[]})",
           R"({"id":1,"user_agent":"u","metadata":{}})",
           R"({"id":1,"user_agent":"u","metadata":null})",
           R"({"id":1,"user_agent":"u","metadata":["m",3]})",
           R"({"id":1,"user_agent":"u","metadata":[null]})",
           R"({"id":1,"user_agent":"u","metadata":[]} x)",
           "{\"id\":1,\"user_agent\":\"\xff\",\"metadata\":[]}",
       }) {
    expect_refusal(post("/echo", body), 400, R"({"error":"expected an object with id, user_agent and metadata"})");
  }
}

TEST_P(Conformance, RefusesWhatIsNoApiRequest) {
  for (const std::string_view body : {
           "",
           "{}",
           "[1]",
           R"({"id":1,"payload":"p"})",
           R"({"id":1,"payload":"p","rounds":0})",
           R"({"id":1,"payload":"p","rounds":10001})",
           R"({"id":1,"payload":"p","rounds":1.5})",
           R"({"id":1,"payload":"p","rounds":"1"})",
           R"({"id":1,"payload":1,"rounds":1})",
           R"({"id":-1,"payload":"p","rounds":1})",
           R"({"payload":"p","rounds":1})",
       }) {
    expect_refusal(post("/api", body), 400, R"({"error":"expected an object with id, payload and rounds"})");
  }
}

TEST_P(Conformance, HashesAsOftenAsItIsAskedTo) {
  const auto once = ask(post("/api", R"({"id":18446744073709551615,"payload":"abc","rounds":1})"));
  ASSERT_TRUE(once);
  // FIPS 180-4's own example
  EXPECT_EQ(once->body, R"({"id":18446744073709551615,"rounds":1,)"
                        R"("sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})");
  const auto most = ask(post("/api", R"({"id":0,"payload":"ü","rounds":10000})"));
  ASSERT_TRUE(most);
  EXPECT_EQ(most->body, R"({"id":0,"rounds":10000,)"
                        R"("sha256":"d0b7373dd97c45e818413306886aba556fe0855c9bb3545a0fac8a580aa0eba2"})");
}

TEST_P(Conformance, EchoesWhatNeedsEscapingAsItCame) {
  const std::string body = R"({"id":0,"user_agent":"a\"b\\ü😀","metadata":["","\t"]})";
  const auto response = ask(post("/echo", body));
  ASSERT_TRUE(response);
  const json echoed = json::parse(response->body);
  EXPECT_EQ(echoed["user_agent"], "a\"b\\ü😀");
  EXPECT_EQ(echoed["metadata"], (json{"", "\t"}));
  EXPECT_EQ(echoed["request"], body);
}

TEST_P(Conformance, NamesTheMethodThatAPathAllows) {
  for (const auto& [method, path, allowed] :
       {std::tuple{"POST", "/", "GET"}, std::tuple{"DELETE", "/health", "GET"}, std::tuple{"PUT", "/health", "GET"},
        std::tuple{"GET", "/echo", "POST"}, std::tuple{"PATCH", "/api", "POST"}}) {
    SCOPED_TRACE(std::string(method) + " " + path);
    auto response = ask(std::string(method) + " " + path + " HTTP/1.1\r\nHost: f\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 405);
    EXPECT_EQ(response->body, R"({"error":"method not allowed"})");
    EXPECT_THAT(response->headers["allow"], ::testing::HasSubstr(allowed));
  }
}

TEST_P(Conformance, LooksAtThePathAlone) {
  const auto status = [&](const char* target) {
    const auto response = ask(std::string("GET ") + target + " HTTP/1.1\r\nHost: f\r\n\r\n");
    return response ? response->status : 0;
  };
  EXPECT_EQ(status("/health?verbose=1"), 200);
  EXPECT_EQ(status("/?a=/health"), 200);
  EXPECT_EQ(status("/healthy"), 404);
  EXPECT_EQ(status("/echo/more"), 404);
}

/// The law: waits that overlap cost less than the same waits one after the other. Blocking on both of two processors
/// would still take half, so a third is asked for.
TEST_P(Conformance, WaitsForManyQueriesAtOnce) {
  constexpr int kClients = 128;
  using Clock = std::chrono::steady_clock;
  std::vector<Client> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(started_.connect());
    ASSERT_TRUE(clients.back().send(kGetHello));
    ASSERT_TRUE(clients.back().receive());
  }
  const std::string request = post("/api", kApi);
  const auto one_after_the_other = [&] {
    const auto begin = Clock::now();
    for (Client& client : clients) EXPECT_TRUE(client.send(request) && client.receive());
    return Clock::now() - begin;
  };
  const auto at_once = [&] {
    const auto begin = Clock::now();
    for (Client& client : clients) EXPECT_TRUE(client.send(request));
    for (Client& client : clients) EXPECT_TRUE(client.receive());
    return Clock::now() - begin;
  };
  bool overlapped = false;
  for (int attempt = 0; attempt < 5 && !overlapped; ++attempt) overlapped = at_once() * 3 < one_after_the_other();
  EXPECT_TRUE(overlapped);
}

/// Sends SIGTERM while requests wait for their queries: how many of them were answered.
int answered_after_sigterm(Started& started) {
  Client idle = started.connect();
  EXPECT_TRUE(idle.send(kGetHello) && idle.receive());
  std::vector<Client> begun;
  for (int i = 0; i < 8; ++i) {
    begun.push_back(started.connect());
    EXPECT_TRUE(begun.back().send(kGetHello) && begun.back().receive());
  }
  for (Client& client : begun) EXPECT_TRUE(client.send(post("/api", R"({"id":1,"payload":"p","rounds":10000})")));
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  kill(started.pid(), SIGTERM);
  int answered = 0;
  for (Client& client : begun) {
    const auto response = client.receive();
    answered += response && response->status == 200 ? 1 : 0;
  }
  EXPECT_TRUE(idle.closed());
  return answered;
}

/// A request that is still in its socket when the signal comes has not begun, and nobody outside can tell: hence
/// several attempts. One that does not wait for its queries loses them each time.
TEST_P(Conformance, FinishesWhatWasBegunOnSigterm) {
  int answered = 0;
  for (int attempt = 0; attempt < 10 && answered != 8; ++attempt) {
    Started started(GetParam().function.start(GetParam().contract));
    answered = answered_after_sigterm(started);
    const auto status = started.wait();
    ASSERT_TRUE(status) << "still there";
    EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) == 0) << *status;
  }
  EXPECT_EQ(answered, 8);
}

}  // namespace
}  // namespace functions_test
