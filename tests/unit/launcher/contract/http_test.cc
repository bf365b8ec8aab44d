// Requests as bytes, responses as they arrive. Each law holds however the network cuts the bytes.
#include "launcher/contract/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace frostbyte::contract {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using State = ResponseReader::State;

struct Reading {
  State state;
  std::string problem;
  Response response;
  std::size_t seen;

  /// A status line is refused at its first wrong byte, so how much of it is quoted depends on how much had arrived.
  [[nodiscard]] std::string kind_of_problem() const {
    return problem.starts_with("status line") ? problem.substr(0, problem.find(':')) : problem;
  }
  bool operator==(const Reading& other) const {
    return state == other.state && kind_of_problem() == other.kind_of_problem() &&
           response.status == other.response.status && response.headers == other.response.headers &&
           response.body == other.response.body && seen == other.seen;
  }
};

/// Feeds `wire` in pieces that end at `cuts`, then closes if asked to.
Reading read_in_pieces(std::string_view wire, std::vector<std::size_t> cuts, bool close,
                       std::string_view method = "GET") {
  ResponseReader reader(method);
  std::sort(cuts.begin(), cuts.end());
  std::size_t from = 0;
  cuts.push_back(wire.size());
  for (const std::size_t cut : cuts) {
    reader.feed(wire.substr(from, cut - from));
    from = cut;
  }
  if (close) reader.end_of_stream();
  return {reader.state(), reader.problem(), reader.response(), reader.bytes_seen()};
}

Reading read(std::string_view wire, std::string_view method = "GET") { return read_in_pieces(wire, {}, false, method); }
Reading read_to_close(std::string_view wire, std::string_view method = "GET") {
  return read_in_pieces(wire, {}, true, method);
}

TEST(ToWire, AddsWhatTheRequestLeavesOut) {
  EXPECT_EQ(to_wire({}, "127.0.0.1:8080"), "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(to_wire({.method = "POST", .target = "/e", .headers = {{"Accept", "*/*"}}, .body = "{}"}, "h"),
            "POST /e HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(ToWire, KeepsWhatTheRequestSets) {
  const std::string wire = to_wire({.method = "PUT",
                                    .target = "/",
                                    .headers = {{"host", "x"}, {"connection", "keep-alive"}, {"content-length", "1"}},
                                    .body = "a"},
                                   "h");
  EXPECT_EQ(wire, "PUT / HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\na");
}

TEST(ToWire, EmptyPostStatesItsLength) {
  EXPECT_THAT(to_wire({.method = "POST", .target = "/", .headers = {}, .body = ""}, "h"),
              HasSubstr("Content-Length: 0\r\n"));
}

TEST(ResponseReader, ReadsContentLength) {
  const Reading got = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");
  EXPECT_EQ(got.state, State::complete);
  EXPECT_EQ(got.response.status, 200);
  EXPECT_EQ(got.response.body, "hello");
  EXPECT_EQ(got.response.headers.at(1), (std::pair<std::string, std::string>("X-A", "b")));
}

TEST(ResponseReader, ReadsChunksAndTrailers) {
  const Reading got =
      read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 6\r\n\r\n");
  EXPECT_EQ(got.state, State::complete);
  EXPECT_EQ(got.response.body, "hello!");
  EXPECT_EQ(got.response.headers.back().first, "X-Sum");
}

TEST(ResponseReader, ReadsAnEmptyChunkedBodyByteByByte) {
  ResponseReader reader("GET");
  for (const char byte : std::string_view("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r"))
    EXPECT_EQ(reader.feed({&byte, 1}), State::incomplete);
  EXPECT_EQ(reader.feed("\n"), State::complete);
  EXPECT_EQ(reader.response().body, "");
}

TEST(ResponseReader, ReadsUntilClose) {
  constexpr std::string_view kWire = "HTTP/1.0 200 OK\r\n\r\nall of it";
  EXPECT_EQ(read(kWire).state, State::incomplete);
  EXPECT_EQ(read_to_close(kWire).state, State::complete);
  EXPECT_EQ(read_to_close(kWire).response.body, "all of it");
  EXPECT_EQ(read_to_close("HTTP/1.0 200 OK\r\n\r\n").state, State::complete);
}

TEST(ResponseReader, KnowsResponsesWithoutBody) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD").state, State::complete);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD").state, State::complete);
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n").state, State::complete);
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").state, State::complete);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").state, State::complete);
}

TEST(ResponseReader, SkipsInterimResponses) {
  const Reading got = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 201 Created\r\n"
      "Content-Length: 1\r\n\r\nx");
  EXPECT_EQ(got.state, State::complete);
  EXPECT_EQ(got.response.status, 201);
  EXPECT_EQ(got.response.headers.size(), 1u);
  EXPECT_EQ(read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").response.status, 101);
}

TEST(ResponseReader, InterimResponsesAreBounded) {
  std::string endless;
  while (endless.size() <= ResponseReader::kHeaderLimit) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(read(endless).state, State::too_large);
}

TEST(ResponseReader, RefusesOtherProtocolsAtTheFirstBytes) {
  EXPECT_EQ(read("xyz").problem, "status line is not HTTP: 'xyz'");
  EXPECT_EQ(read("SSH-2.0-OpenSSH_9.2p1\r\n").problem, "status line is not HTTP: 'SSH-2.0-OpenSSH_9.2p1'");
  EXPECT_EQ(read(std::string("\x16\x03\x01\x00", 4)).problem, "status line is not HTTP: '\\x16\\x03\\x01\\x00'");
  EXPECT_EQ(read(std::string(100, 'z')).problem, "status line is not HTTP: '" + std::string(32, 'z') + "…'");
  EXPECT_EQ(read("HTTP/2.0 200 OK\r\n\r\n").problem, "status line is not HTTP: 'HTTP/2.0 200 OK'");
  EXPECT_EQ(read("HTTP/1.1 abc OK\r\n\r\n").problem, "status line is not HTTP: 'HTTP/1.1 abc OK'");
  EXPECT_EQ(read("HTTP/1.1 99 Low\r\n\r\n").state, State::malformed);
}

TEST(ResponseReader, RefusesMalformedMessages) {
  EXPECT_THAT(read("HTTP/1.1 200 OK\r\nno colon\r\n\r\n").problem, StartsWith("malformed headers: "));
  EXPECT_THAT(read("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n").problem, StartsWith("malformed headers: "));
  EXPECT_THAT(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n").problem,
              StartsWith("malformed headers: "));
  EXPECT_THAT(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n").problem,
              StartsWith("malformed headers: "));
  EXPECT_THAT(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n").problem,
              StartsWith("malformed body: "));
}

TEST(ResponseReader, SaysWhatWasMissingWhenTheConnectionCloses) {
  EXPECT_EQ(read_to_close("").problem, "connection closed before any byte");
  EXPECT_EQ(read_to_close("HTTP/1.1 20").problem, "headers ended after 11 bytes");
  EXPECT_EQ(read_to_close("HTTP/1.1 200 OK\r\nA: b\r\n").problem, "headers ended after 23 bytes");
  EXPECT_EQ(read_to_close("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello, world").problem,
            "body ended after 12 of 100 bytes");
  EXPECT_EQ(read_to_close("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello").problem,
            "chunked body ended after 5 bytes, before its last chunk");
  EXPECT_EQ(read_to_close("HTTP/1.1 100 Continue\r\n\r\n").problem,
            "connection closed after an interim (1xx) response");
  EXPECT_EQ(read_to_close("HTTP/1.1 20").state, State::incomplete);
}

TEST(ResponseReader, HeaderLimitIsExact) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  const auto wire = [&](std::size_t total) {
    return head + "A: " + std::string(total - head.size() - 7, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(read(wire(ResponseReader::kHeaderLimit)).state, State::complete);
  const Reading over = read(wire(ResponseReader::kHeaderLimit + 1));
  EXPECT_EQ(over.state, State::too_large);
  EXPECT_EQ(over.problem, "headers exceed 64 KiB");
}

TEST(ResponseReader, HeaderLimitDoesNotDependOnHowBytesArrive) {
  std::string wire = "HTTP/1.1 200 OK\r\n";
  while (wire.size() <= ResponseReader::kHeaderLimit) wire += "A: b\r\n";
  wire += "\r\n";
  std::vector<std::size_t> everywhere(wire.size());
  for (std::size_t i = 0; i < everywhere.size(); ++i) everywhere[i] = i;
  EXPECT_EQ(read(wire).state, State::too_large);
  EXPECT_EQ(read_in_pieces(wire, everywhere, false).state, State::too_large);
}

TEST(ResponseReader, BodyLimitIsExact) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: ";
  EXPECT_EQ(read(head + std::to_string(ResponseReader::kBodyLimit) + "\r\n\r\n").state, State::incomplete);
  const Reading over = read(head + std::to_string(ResponseReader::kBodyLimit + 1) + "\r\n\r\n");
  EXPECT_EQ(over.state, State::too_large);
  EXPECT_EQ(over.problem, "body exceeds 64 MiB");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n").problem, "body exceeds 64 MiB");
}

TEST(ResponseReader, BodyUntilCloseIsBounded) {
  ResponseReader reader("GET");
  reader.feed("HTTP/1.0 200 OK\r\n\r\n");
  const std::string megabyte(1u << 20, 'x');
  for (int i = 0; i < 64; ++i) ASSERT_EQ(reader.feed(megabyte), State::incomplete);
  EXPECT_EQ(reader.feed("x"), State::too_large);
  EXPECT_EQ(reader.problem(), "body exceeds 64 MiB");
}

TEST(ResponseReader, EndlessChunkExtensionIsRefused) {
  const std::string wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(1u << 17, 'x');
  EXPECT_EQ(read(wire).state, State::too_large);
}

TEST(ResponseReader, StaysCompleteWhateverFollows) {
  ResponseReader reader("GET");
  reader.feed("HTTP/1.1 204 No Content\r\n\r\ngarbage");
  EXPECT_EQ(reader.feed("more"), State::complete);
  EXPECT_EQ(reader.end_of_stream(), State::complete);
  EXPECT_TRUE(reader.problem().empty());
}

TEST(ResponseReader, SurvivesBeingMoved) {
  ResponseReader reader("GET");
  reader.feed("HTTP/1.1 200 OK\r\nContent-Le");
  ResponseReader moved = std::move(reader);
  EXPECT_EQ(moved.feed("ngth: 1\r\n\r\nx"), State::complete);
}

const std::vector<std::string> kWires = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\na\r\n0123456789\r\n0\r\nX-Sum: 6\r\n\r\n",
    "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil close",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more",
    "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nFold: a\r\n b\r\nContent-Length: x\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
};

TEST(ResponseReader, EveryCutGivesTheSameReading) {
  for (const std::string& wire : kWires) {
    const Reading whole = read_in_pieces(wire, {}, true);
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
      EXPECT_TRUE(read_in_pieces(wire, {cut}, true) == whole) << wire << " cut at " << cut << ": " << whole.problem;
    }
  }
}

TEST(ResponseReader, AnyCutsOfAnyDamagedResponseGiveTheSameReading) {
  EXPECT_TRUE(rc::check("cuts do not matter", [] {
    std::string wire = *rc::gen::elementOf(kWires);
    for (const auto at : *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 60))) {
      if (at < wire.size()) wire[at] = *rc::gen::elementOf(std::string("\r\n :0x;\x80"));
    }
    const auto cuts = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, wire.size() + 1));
    RC_ASSERT(read_in_pieces(wire, cuts, true) == read_in_pieces(wire, {}, true));
  }));
}

TEST(ResponseReader, ReadsBackEveryBody) {
  EXPECT_TRUE(rc::check("chunked bodies come back", [] {
    const auto parts =
        *rc::gen::container<std::vector<std::string>>(rc::gen::nonEmpty(rc::gen::arbitrary<std::string>()));
    std::string wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string body;
    for (const std::string& part : parts) {
      char size[32];
      std::snprintf(size, sizeof size, "%zx\r\n", part.size());
      wire += size + part + "\r\n";
      body += part;
    }
    const Reading got = read(wire + "0\r\n\r\n");
    RC_ASSERT(got.state == State::complete);
    RC_ASSERT(got.response.body == body);
  }));
}

}  // namespace
}  // namespace frostbyte::contract
