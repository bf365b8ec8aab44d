// What a good HTTP server does beyond answering: framing, limits, back-pressure and an orderly end.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "described.h"

namespace functions_test {
namespace {

using nlohmann::json;

constexpr std::size_t kMib = 1u << 20;

std::string post(std::string_view body, std::string_view fields = "") {
  return functions_test::post("/echo", body, fields);
}

class CppEpoll : public ::testing::Test {
 protected:
  int status_of(std::string_view request) {
    const auto response = started_.ask(request);
    return response ? response->status : 0;
  }

  Started started_{{.program = bundled("cpp-epoll")}};
};

TEST_F(CppEpoll, KeepsTheConnectionUntilItIsToldOtherwise) {
  Client client = started_.connect();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(kGetHello));
    ASSERT_TRUE(client.receive());
  }
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n"));
  const auto last = client.receive();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->headers.at("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(CppEpoll, ClosesAnHttp10ConnectionUnlessItAskedForMore) {
  Client client = started_.connect();
  ASSERT_TRUE(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  const auto kept = client.receive();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->headers.at("connection"), "keep-alive");
  ASSERT_TRUE(client.send("GET / HTTP/1.0\r\n\r\n"));
  ASSERT_TRUE(client.receive());
  EXPECT_TRUE(client.closed());
}

TEST_F(CppEpoll, AnswersPipelinedRequestsInTheirOrder) {
  Client client = started_.connect();
  std::string requests;
  for (int id = 0; id < 200; ++id) {
    requests += post(json{{"id", id}, {"user_agent", "u"}, {"metadata", {"m"}}}.dump());
  }
  ASSERT_TRUE(client.send(requests));
  for (int id = 0; id < 200; ++id) {
    const auto response = client.receive();
    ASSERT_TRUE(response) << id;
    EXPECT_EQ(json::parse(response->body)["id"], id);
  }
}

TEST_F(CppEpoll, ReadsARequestHoweverItIsCut) {
  const std::string request = "\r\n" + post(R"({"id":1,"user_agent":"u","metadata":["m"]})");
  Client client = started_.connect();
  for (const char byte : request) ASSERT_TRUE(client.send({&byte, 1}));
  const auto bytewise = client.receive();
  ASSERT_TRUE(bytewise);
  EXPECT_EQ(bytewise->status, 200);
}

TEST_F(CppEpoll, DecodesAChunkedBody) {
  const auto response = started_.ask(
      "POST /echo HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n"
      "8;ext=1\r\n{\"id\":1,\r\n23\r\n\"user_agent\":\"u\",\"metadata\":[\"mm\"]}\r\n0\r\nTrailer: t\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200) << response->body;
}

TEST_F(CppEpoll, AsksForABodyThatIsHeldBack) {
  const std::string body = echo_body(100);
  const std::string request = post(body, "Expect: 100-continue\r\n");
  Client client = started_.connect();
  ASSERT_TRUE(client.send(std::string_view(request).substr(0, request.size() - body.size())));
  const auto go_on = client.receive(Client::Body::absent);
  ASSERT_TRUE(go_on);
  EXPECT_EQ(go_on->status, 100);
  ASSERT_TRUE(client.send(body));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
}

TEST_F(CppEpoll, RefusesMalformedRequests) {
  for (const std::string_view request : {
           "nonsense\r\n\r\n",
           "GET /\r\n\r\n",
           "GET / HTTP/3.0\r\nHost: f\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: f\r\nHost: g\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: f\r\nno colon\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: f\r\nContent-Length: x\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: f\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
       }) {
    SCOPED_TRACE(request);
    Client client = started_.connect();
    ASSERT_TRUE(client.send(request));
    const auto response = client.receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 400);
    EXPECT_TRUE(json::parse(response->body).contains("error"));
    client.finish_sending();
    EXPECT_TRUE(client.closed()) << "nobody knows where the next request would begin";
  }
}

TEST_F(CppEpoll, RefusesATransferCodingItCannotDecode) {
  EXPECT_EQ(status_of("POST /echo HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), 501);
}

TEST_F(CppEpoll, EchoesFieldsInTheirOrder) {
  const std::string body = R"({"id":18446744073709551615,"user_agent":"a\"b","metadata":["","m"]})";
  const auto response = started_.ask(post(body));
  ASSERT_TRUE(response);
  const auto echoed = nlohmann::ordered_json::parse(response->body);
  std::vector<std::string> order;
  for (const auto& item : echoed.items()) order.push_back(item.key());
  EXPECT_THAT(order,
              ::testing::ElementsAre("id", "user_agent", "metadata", "server_timestamp", "processed_by", "request"));
  EXPECT_EQ(echoed["id"], 18446744073709551615u);
  EXPECT_EQ(echoed["request"], body);
  EXPECT_EQ(echoed["processed_by"], "cpp-epoll");
  EXPECT_EQ(echoed.dump(), response->body) << "not compact";
}

TEST_F(CppEpoll, NamesTheMethodsThatAPathAllows) {
  for (const auto& [request, allowed] : {std::pair{"POST / HTTP/1.1\r\nHost: f\r\nContent-Length: 0\r\n\r\n", "GET"},
                                         std::pair{"DELETE /health HTTP/1.1\r\nHost: f\r\n\r\n", "GET"},
                                         std::pair{"GET /echo HTTP/1.1\r\nHost: f\r\n\r\n", "POST"}}) {
    const auto response = started_.ask(request);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 405);
    EXPECT_EQ(response->headers.at("allow"), allowed);
  }
}

TEST_F(CppEpoll, SendsNoBodyInReplyToHead) {
  Client client = started_.connect();
  ASSERT_TRUE(client.send(std::string("HEAD / HTTP/1.1\r\nHost: f\r\n\r\n").append(kGetHello)));
  ASSERT_TRUE(client.receive(Client::Body::absent));
  const auto next = client.receive();
  ASSERT_TRUE(next) << "a body was taken for the next response";
  EXPECT_EQ(next->body, "hello world\n");
}

TEST_F(CppEpoll, FindsThePathWithinTheTarget) {
  EXPECT_EQ(status_of("GET /health?verbose=1 HTTP/1.1\r\nHost: f\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET http://f/health HTTP/1.1\r\nHost: f\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET http://f HTTP/1.1\r\nHost: f\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET /?at=http://f/health HTTP/1.1\r\nHost: f\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET /healthy HTTP/1.1\r\nHost: f\r\n\r\n"), 404);
}

TEST_F(CppEpoll, TakesABodyOfOneMebibyteAndNoMore) {
  EXPECT_EQ(status_of(post(echo_body(kMib))), 200);
  EXPECT_EQ(status_of(post(echo_body(kMib + 1))), 413) << "also once all of it was sent before the answer was read";
  EXPECT_EQ(status_of("POST /echo HTTP/1.1\r\nHost: f\r\nContent-Length: 99999999999\r\n\r\n"), 413);
}

TEST_F(CppEpoll, LimitsAChunkedBodyToo) {
  Client client = started_.connect();
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n"));
  const std::string chunk = "10000\r\n" + std::string(65536, ' ') + "\r\n";
  for (int i = 0; i < 17; ++i) ASSERT_TRUE(client.send(chunk));
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
}

TEST_F(CppEpoll, LimitsTheHeaderHoweverItArrives) {
  const std::string field = "X-Field: " + std::string(1000, 'x') + "\r\n";
  std::string header = "GET / HTTP/1.1\r\nHost: f\r\n";
  for (int i = 0; i < 60; ++i) header += field;
  EXPECT_EQ(status_of(header + "\r\n"), 200);
  for (int i = 0; i < 10; ++i) header += field;
  EXPECT_EQ(status_of(header + "\r\n"), 431);

  Client trickling = started_.connect();
  ASSERT_TRUE(trickling.send("GET / HTTP/1.1\r\nHost: f\r\n"));
  for (int i = 0; i < 70 && trickling.send(field); ++i) {
  }
  const auto response = trickling.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 431);
}

TEST_F(CppEpoll, LimitsWhatAChunkCarriesBesideItsBytes) {
  Client client = started_.connect();
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"));
  const std::string trailer = "X-Trailer: " + std::string(1000, 'x') + "\r\n";
  for (int i = 0; i < 70 && client.send(trailer); ++i) {
  }
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 431);
}

TEST_F(CppEpoll, ServesManyConnectionsAtOnce) {
  std::vector<Client> clients;
  for (int i = 0; i < 500; ++i) clients.push_back(started_.connect());
  for (Client& client : clients) ASSERT_TRUE(client.send(kGetHello));
  for (Client& client : clients) ASSERT_TRUE(client.receive());
}

TEST_F(CppEpoll, ServesEverybodyInTheEndWhenDescriptorsRunOut) {
  Started few({.program = bundled("cpp-epoll"), .limits = {{RLIMIT_NOFILE, 10}}});
  std::vector<Client> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(few.connect());
  for (Client& client : clients) ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n"));
  for (Client& client : clients) EXPECT_TRUE(client.receive());
}

TEST_F(CppEpoll, ServesOthersWhileOneDoesNotTakeItsResponses) {
  const std::string body = echo_body(512u << 10);
  Client slow = started_.connect();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(slow.send(post(body)));  // 4 MiB of responses
  EXPECT_EQ(status_of(kGetHello), 200);
  for (int i = 0; i < 4; ++i) {
    const auto response = slow.receive();
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(json::parse(response->body)["request"], body);
  }
}

TEST_F(CppEpoll, FinishesWhatWasBegunOnSigterm) {
  const std::string request = post(echo_body(1000));
  Client idle = started_.connect();
  ASSERT_TRUE(idle.send(kGetHello));
  ASSERT_TRUE(idle.receive());
  Client begun = started_.connect();
  ASSERT_TRUE(begun.send(std::string_view(request).substr(0, 300)));
  EXPECT_EQ(status_of(kGetHello), 200);  // by now the part has been read
  kill(started_.pid(), SIGTERM);
  EXPECT_TRUE(idle.closed());
  EXPECT_FALSE(started_.wait(std::chrono::milliseconds(50))) << "a request was under way";
  ASSERT_TRUE(begun.send(std::string_view(request).substr(300)));
  const auto response = begun.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers.at("connection"), "close");
  const auto status = started_.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 0);
}

TEST_F(CppEpoll, RefusesAPortThatIsNone) {
  for (const char* port : {"0", "65536", "http", "80x"}) {
    Started started({.program = bundled("cpp-epoll"), .env = {{"PORT", port}}});
    const auto status = started.wait();
    ASSERT_TRUE(status) << port;
    EXPECT_EQ(WEXITSTATUS(*status), 1) << port;
    EXPECT_THAT(started.standard_error(), ::testing::HasSubstr("PORT is not a port number"));
  }
}

}  // namespace
}  // namespace functions_test
