// Any bytes as a function's side of the Runtime API: the conversation is the same in one piece and in many, and what is
// sent back is HTTP.
#include "launcher/contract/runtime_api.h"
#include "law.h"

namespace {

using frostbyte::contract::RuntimeApi;

struct Conversation {
  RuntimeApi::Event event = RuntimeApi::Event::none;
  std::string send;
  bool close = false;
  std::string payload;
  std::string report;
  bool operator==(const Conversation&) const = default;

  void add(const RuntimeApi::Output& output) {
    event = std::max(event, output.event);
    send += output.send;
    close |= output.close;
  }
};

Conversation converse(const frostbyte::fuzz::Input& input) {
  RuntimeApi api(
      {.request_id = "id", .function_arn = "arn", .trace_id = "trace", .deadline_epoch_ms = 1, .event = "{}"});
  Conversation all;
  frostbyte::fuzz::feed_in_pieces(input, [&](std::string_view piece) { all.add(api.feed(1, piece)); });
  all.payload = api.payload();
  all.report = api.error_report();
  api.closed(1);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using frostbyte::fuzz::must;
  const auto input = frostbyte::fuzz::read_input(data, size);
  const Conversation pieces = converse(input);
  const Conversation whole = converse({.piece = input.text.size() + 1, .text = input.text});
  must(whole == pieces, "the conversation does not depend on the cuts");
  must(whole.send.empty() || whole.send.starts_with("HTTP/1.1 "), "answers are HTTP");
  if (const auto response = frostbyte::contract::http_response(input.text)) {
    must(response->status >= 100 && response->status <= 599, "a status is a status");
  }
  (void)frostbyte::contract::http_response(whole.payload);
  frostbyte::function::Request request;
  request.target = "/" + std::string(input.text);
  request.body = input.text;
  must(frostbyte::contract::http_event(request).starts_with('{'), "an event is an object");
  return 0;
}
