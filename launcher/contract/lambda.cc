#include "launcher/contract/lambda.h"

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstring>
#include <map>

#include "launcher/contract/client.h"
#include "launcher/contract/http.h"
#include "launcher/contract/listen_trap.h"
#include "launcher/contract/runtime_api.h"

namespace frostbyte::contract {
namespace {

/// Where the Lambda execution environment serves the API.
constexpr std::uint16_t kUsualPort = 9001;
constexpr std::size_t kMaxConnections = 12;
/// What the console gives a new function; only its being in the future matters to a runtime.
constexpr std::int64_t kInvocationSeconds = 60;

Invocation make_invocation(const Terms& terms) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
          .function_arn = "arn:aws:lambda:us-east-1:123456789012:function:" + terms.function_name,
          .trace_id = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
          .deadline_epoch_ms =
              std::chrono::duration_cast<std::chrono::milliseconds>(now).count() + kInvocationSeconds * 1000,
          .event = http_event(terms.workload.request)};
}

class LambdaContract final : public Contract {
 public:
  LambdaContract(const Terms& terms, const Address& address, Fd listener)
      : terms_(terms), address_(address), listener_(std::move(listener)), api_(make_invocation(terms)) {}

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const override {
    return runtime_environment(address_.to_string(), terms_.function_name, terms_.task_root, terms_.memory_limit_mib);
  }

  Result<Conclusion> converse(Watch& watch, Timeline& timeline) override {
    bool exited = false;
    for (;;) {
      auto conclusion = serve(watch, timeline);
      if (conclusion) return *conclusion;
      if (exited)
        return Conclusion{.end = End::exited, .phase = phase(timeline), .detail = "before it posted a response"};
      std::size_t ready = 0;
      switch (wait(watch, ready)) {
        case Wake::readable:
          if (ready == 0) accept_connection();
          break;
        case Wake::exited:
          exited = true;
          break;
        case Wake::deadline:
          return Conclusion{.end = End::timeout, .phase = phase(timeline), .detail = waiting_for(timeline)};
        case Wake::trapped:
          let_late_call_through(watch);
          break;
      }
    }
  }

 private:
  static const char* phase(const Timeline& timeline) { return timeline.listen ? "response" : "listen"; }
  static std::string waiting_for(const Timeline& timeline) {
    return timeline.listen ? "no response was posted" : "no invocation/next was requested";
  }

  Wake wait(Watch& watch, std::size_t& ready) {
    std::array<int, kMaxConnections + 1> fds;
    std::size_t count = 0;
    fds[count++] = connections_.size() < kMaxConnections ? listener_.get() : -1;
    for (const auto& [fd, connection] : connections_) fds[count++] = fd;
    return watch.wait_any(fds.data(), count, ready, watch.deadline());
  }

  void accept_connection() {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;  // it went away again
    (void)enable_stamps(fd);
    connections_.emplace(fd, Fd(fd));
  }

  /// Takes what every connection has to say. A conclusion when the conversation is over.
  std::optional<Conclusion> serve(Watch& watch, Timeline& timeline) {
    std::array<char, 65536> buffer;
    for (auto it = connections_.begin(); it != connections_.end();) {
      const int fd = it->first;
      const Received received = receive(fd, buffer);
      if (received.kind == Received::Kind::nothing_yet) {
        ++it;
        continue;
      }
      if (received.kind != Received::Kind::bytes) {
        api_.closed(fd);
        it = connections_.erase(it);
        continue;
      }
      const RuntimeApi::Output output = api_.feed(fd, {buffer.data(), received.size});
      const bool broken = !output.send.empty() && send_all(fd, output.send, watch.deadline()) != 0;
      if (auto conclusion = note(output, received, timeline)) return conclusion;
      if (output.close || broken) {
        api_.closed(fd);
        it = connections_.erase(it);
      }
      // The same connection again, until it has nothing: stamps are those of the last segment read.
    }
    return std::nullopt;
  }

  /// Turns protocol events into stamps, and the last one into a conclusion.
  std::optional<Conclusion> note(const RuntimeApi::Output& output, const Received& received, Timeline& timeline) {
    const Mark mark{.at = received.at, .source = received.kernel ? "kernel_rx" : "recv"};
    switch (output.event) {
      case RuntimeApi::Event::none:
        return std::nullopt;
      case RuntimeApi::Event::next:
        timeline.listen = mark;
        timeline.request = {.at = MonotonicClock::now(), .source = "launcher"};
        return std::nullopt;
      case RuntimeApi::Event::response_begun:
        timeline.first_byte = mark;
        return std::nullopt;
      case RuntimeApi::Event::response:
        if (!timeline.first_byte) timeline.first_byte = mark;
        timeline.response = mark;
        timeline.response_error = received.error;
        timeline.response_bytes = api_.payload().size();
        return judge();
      case RuntimeApi::Event::error:
      case RuntimeApi::Event::protocol_error:
        return Conclusion{.end = End::wrong_response, .phase = phase(timeline), .detail = api_.error_report()};
    }
    return std::nullopt;
  }

  Conclusion judge() const {
    const Result<Response> response = http_response(api_.payload());
    if (!response) return {.end = End::wrong_response, .phase = "response", .detail = response.error().message()};
    if (const auto why = mismatch(*response, terms_.workload.expectation)) {
      return {.end = End::wrong_response, .phase = "response", .detail = *why};
    }
    return {};
  }

  Terms terms_;
  Address address_;
  Fd listener_;
  RuntimeApi api_;
  std::map<int, Fd> connections_;
};

}  // namespace

Result<std::unique_ptr<Contract>> open_lambda(const Terms& terms) {
  Fd listener = TRY(make_listener(terms.own_network ? kUsualPort : 0));
  const auto address = Address::of_socket(listener.get());
  if (!address) return failure("read the address of", "the Runtime API's socket", "it has none");
  return std::make_unique<LambdaContract>(terms, *address, std::move(listener));
}

}  // namespace frostbyte::contract
