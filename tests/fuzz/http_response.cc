// Any bytes as a function's response: the outcome is the same in one piece and in many, and can be judged.
#include "launcher/contract/http.h"
#include "law.h"

namespace {

using frostbyte::contract::ResponseReader;

void compare(const ResponseReader& whole, const ResponseReader& pieces) {
  using frostbyte::fuzz::must;
  must(whole.state() == pieces.state(), "the state does not depend on the cuts");
  must(whole.response().status == pieces.response().status, "nor does the status");
  must(whole.response().headers == pieces.response().headers, "nor do the headers");
  must(whole.response().body == pieces.response().body, "nor does the body");
  must(whole.bytes_seen() == pieces.bytes_seen(), "all bytes are counted");
  must((whole.state() == ResponseReader::State::complete) == whole.problem().empty(), "what is not complete says why");
}

void read(const frostbyte::fuzz::Input& input, const char* method) {
  ResponseReader whole(method);
  whole.feed(input.text);
  whole.end_of_stream();
  ResponseReader pieces(method);
  frostbyte::fuzz::feed_in_pieces(input, [&](std::string_view piece) { pieces.feed(piece); });
  pieces.end_of_stream();
  compare(whole, pieces);
}

void judge(std::string_view text) {
  frostbyte::contract::Response response{.status = 200, .headers = {}, .body = std::string(text)};
  frostbyte::function::Expectation same;
  same.body = response.body;
  frostbyte::fuzz::must(!mismatch(response, same), "a body equals itself");
  frostbyte::function::Expectation json;
  json.json = R"({"a":[1,{"b":null}],"t":0})";
  json.volatile_fields = {"t"};
  (void)mismatch(response, json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = frostbyte::fuzz::read_input(data, size);
  read(input, "GET");
  read(input, "HEAD");
  judge(input.text);
  return 0;
}
