#include "launcher/contract/listen_fds.h"

#include <cstring>

#include "launcher/contract/client.h"
#include "launcher/contract/http.h"
#include "launcher/contract/response_phase.h"

namespace frostbyte::contract {
namespace {

constexpr std::uint16_t kUsualPort = 8080;

class ListenFdsContract final : public Contract {
 public:
  ListenFdsContract(function::Workload workload, std::uint16_t port, Fd listener, Fd client, Instant sent)
      : workload_(std::move(workload)),
        port_(port),
        listener_(std::move(listener)),
        client_(std::move(client)),
        sent_(sent) {}

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const override {
    return {{"LISTEN_FDS", "1"}, {"LISTEN_FDNAMES", "http"}, {"PORT", std::to_string(port_)}};
  }
  [[nodiscard]] int inherited_listener() const override { return listener_.get(); }

  [[nodiscard]] std::optional<Address> served_at() const override { return Address::loopback(port_); }

  Result<Conclusion> converse(Watch& watch, Timeline& timeline) override {
    timeline.request = {.at = sent_, .source = "launcher"};
    listener_.reset();  // only the function's copy is left: if it dies, the connection is reset instead of waiting
    return await_response(watch, client_.get(), workload_, timeline);
  }

 private:
  function::Workload workload_;
  std::uint16_t port_;
  Fd listener_;
  Fd client_;
  Instant sent_;
};

}  // namespace

Result<std::unique_ptr<Contract>> open_listen_fds(const Terms& terms) {
  const std::uint16_t wanted = terms.fixed_port.value_or(terms.own_network ? kUsualPort : 0);
  Fd listener = TRY(make_listener(wanted));
  const auto address = Address::of_socket(listener.get());
  if (!address) return failure("read the address of", "the listening socket", "it has none");
  Fd client = TRY(make_client_socket(AF_INET));
  const std::string wire = to_wire(terms.workload.request, address->to_string());
  int error = connect_to(client.get(), *address);
  if (error == 0) error = send_all(client.get(), wire, MonotonicClock::now() + std::chrono::seconds(1));
  if (error == ETIMEDOUT) {
    return failure("send the request to", address->to_string(), "it is larger than an unread socket takes",
                   "use --contract port for requests of this size");
  }
  if (error != 0) return system_failure(error, "send the request to", address->to_string());
  return std::make_unique<ListenFdsContract>(terms.workload, address->port(), std::move(listener), std::move(client),
                                             MonotonicClock::now());
}

}  // namespace frostbyte::contract
