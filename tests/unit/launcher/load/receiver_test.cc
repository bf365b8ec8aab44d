#include "launcher/load/receiver.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <fmt/format.h>

#include <cstring>

namespace frostbyte::load {
namespace {

using State = Receiver::State;

/// What a receiver makes of `bytes` arriving in pieces of at most `piece` bytes.
struct Seen {
  State state = State::incomplete;
  int status = 0;
  std::string body;
  bool closes = false;
  bool operator==(const Seen&) const = default;
};

Seen see(Receiver& receiver, std::string_view bytes, std::size_t piece) {
  Seen seen;
  while (!bytes.empty() && seen.state == State::incomplete) {
    const std::span<char> room = receiver.room();
    const std::size_t size = std::min({piece, bytes.size(), room.size()});
    std::memcpy(room.data(), bytes.data(), size);
    bytes.remove_prefix(size);
    seen.state = receiver.commit(size);
  }
  if (seen.state != State::complete) return seen;
  return {seen.state, receiver.status(), std::string(receiver.body()), receiver.closes()};
}

std::string ok(std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 200 OK\r\nServer: x\r\n" + std::string(headers) + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

TEST(Receiver, SeesTheSameHoweverTheNetworkCutsIt) {
  EXPECT_TRUE(rc::check([] {
    const std::string body = *rc::gen::string<std::string>();
    const std::string bytes = *rc::gen::element(
        ok(body), ok(body, "Connection: close\r\n"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
            (body.empty() ? std::string() : fmt::format("{:x}\r\n{}\r\n", body.size(), body)) + "0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\ncontent-length:" + std::to_string(body.size()) + "\r\n\r\n" + body,
        std::string("HTTP/1.1 204 No Content\r\n\r\n"));
    Receiver whole("GET");
    Receiver cut("GET");
    const Seen expected = see(whole, bytes, bytes.size());
    RC_ASSERT(expected.state == State::complete);
    RC_ASSERT(see(cut, bytes, *rc::gen::inRange<std::size_t>(1, bytes.size() + 1)) == expected);
  }));
}

TEST(Receiver, AgreesWithTheFullParserOnWhatItFramesItself) {
  EXPECT_TRUE(rc::check([] {
    const std::string body = *rc::gen::string<std::string>();
    const std::string bytes = ok(body, *rc::gen::element<std::string>("", "Date: now\r\n", "X-A:  b  \r\n"));
    contract::ResponseReader reader("GET");
    RC_ASSERT(reader.feed(bytes) == contract::ResponseReader::State::complete);
    Receiver receiver("GET");
    const Seen seen = see(receiver, bytes, bytes.size());
    RC_ASSERT(seen.status == reader.response().status);
    RC_ASSERT(seen.body == reader.response().body);
    RC_ASSERT(read_frame(bytes).kind == Frame::Kind::complete);
  }));
}

TEST(Receiver, TakesOneResponseAfterTheOther) {
  Receiver receiver("GET");
  for (const std::string body : {"one", "", "three"}) {
    EXPECT_EQ(see(receiver, ok(body), 5).body, body);
    receiver.begin();
    EXPECT_FALSE(receiver.has_bytes());
  }
}

TEST(Receiver, KnowsThatTheServerCloses) {
  for (const auto& [header, closes] : {std::pair{"Connection: close\r\n", true},
                                       {"connection: Close\r\n", true},
                                       {"Connection: keep-alive\r\n", false},
                                       {"", false}}) {
    Receiver receiver("GET");
    EXPECT_EQ(see(receiver, ok("x", header), 1000).closes, closes) << header;
  }
}

TEST(Receiver, CompletesABodyThatEndsWithTheConnection) {
  Receiver receiver("GET");
  EXPECT_EQ(see(receiver, "HTTP/1.0 200 OK\r\n\r\nuntil close", 7).state, State::incomplete);
  EXPECT_EQ(receiver.end_of_stream(), State::complete);
  EXPECT_EQ(receiver.body(), "until close");
  EXPECT_TRUE(receiver.closes());
}

TEST(Receiver, SaysWhatWasMissingWhenTheConnectionEndsEarly) {
  Receiver receiver("GET");
  EXPECT_EQ(see(receiver, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", 1000).state, State::incomplete);
  EXPECT_EQ(receiver.end_of_stream(), State::malformed);
  EXPECT_EQ(receiver.problem(), "body ended after 5 of 100 bytes");
}

TEST(Receiver, RefusesWhatIsNotHttp) {
  Receiver receiver("GET");
  EXPECT_EQ(see(receiver, "SSH-2.0-OpenSSH\r\n\r\n", 1000).state, State::malformed);
  EXPECT_THAT(receiver.problem(), testing::HasSubstr("not HTTP"));
}

TEST(Receiver, ExpectsNoBodyOfHead) {
  Receiver receiver("HEAD");
  const Seen seen = see(receiver, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", 1000);
  EXPECT_EQ(seen.state, State::complete);
  EXPECT_EQ(seen.body, "");
}

TEST(Receiver, TakesBodiesLargerThanItsFirstBuffer) {
  const std::string body(1 << 20, 'x');
  Receiver receiver("GET");
  EXPECT_EQ(see(receiver, ok(body), 100'000).body, body);
}

TEST(ReadFrame, LeavesDoubtfulLengthsToTheFullParser) {
  for (const char* headers : {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: +1\r\n",
                              "Content-Length: 1, 1\r\n", "Content-Length: 99999999999999999999999\r\n",
                              "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "no colon\r\n"}) {
    EXPECT_EQ(read_frame("HTTP/1.1 200 OK\r\n" + std::string(headers) + "\r\nx").kind, Frame::Kind::unusual) << headers;
  }
}

TEST(ReadFrame, NeverReadsBeyondAnyBytes) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    const Frame frame = read_frame("HTTP/1.1 200 OK\r\n" + bytes);
    if (frame.kind == Frame::Kind::complete) RC_ASSERT(frame.head + frame.body <= bytes.size() + 17);
  }));
}

}  // namespace
}  // namespace frostbyte::load
