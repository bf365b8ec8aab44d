#include "launcher/load/wire.h"

#include <algorithm>

#include "launcher/contract/http.h"
#include "launcher/contract/text.h"

namespace frostbyte::load {

std::string keep_alive_wire(const function::Request& request, const contract::Address& server) {
  const auto is_connection = [](const auto& header) {
    return contract::equals_ignoring_case(header.first, "Connection");
  };
  function::Request kept = request;
  if (std::ranges::none_of(kept.headers, is_connection)) kept.headers.emplace_back("Connection", "keep-alive");
  return contract::to_wire(kept, server.to_string());
}

}  // namespace frostbyte::load
