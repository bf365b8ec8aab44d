#include "answers.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#define JSON_NO_IO 1
#include <nlohmann/json.hpp>

#include "churn.h"
#include "probe.h"

namespace answers {
namespace {

using Json = nlohmann::ordered_json;
using service::Request;
using service::Response;

std::string hex(std::uint64_t number) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 0; i < text.size(); ++i) text[text.size() - 1 - i] = kDigits[(number >> (4 * i)) & 15];
  return text;
}

service::Answer churn(const Request& request, std::string_view) {
  const Json parsed = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  const auto refusal = service::error(400, "expected an object with seed and operations");
  if (!parsed.is_object()) return refusal;
  const auto seed = parsed.find("seed");
  const auto operations = parsed.find("operations");
  if (seed == parsed.end() || !seed->is_number_unsigned()) return refusal;
  if (operations == parsed.end() || !operations->is_number_unsigned()) return refusal;
  const auto count = operations->get<std::uint64_t>();
  if (count < 1 || count > ::churn::kMostOperations) return refusal;
  const ::churn::Result result = ::churn::run(*seed, static_cast<std::uint32_t>(count));
  Json response;
  response["operations"] = count;
  response["allocated"] = result.allocated;
  response["live"] = result.live;
  response["checksum"] = hex(result.checksum);
  return Response{.body = response.dump()};
}

service::Answer allocator(const Request&, std::string_view) {
  const probe::Finding finding = probe::identify();
  Json response;
  response["allocator"] = finding.allocator;
  response["version"] = finding.version;
  response["settings"] = Json::object();
  for (const auto& [name, value] : finding.settings) response["settings"][name] = value;
  return Response{.body = response.dump()};
}

constexpr std::array kRoutes = {
    service::Route{"/churn", "POST", churn},
    service::Route{"/allocator", "GET", allocator},
};

}  // namespace

service::Answer answer(const Request& request) {
  constexpr std::string_view kName = "alloc-cpp";
  auto taken = service::take_route(kRoutes, request, kName);
  return taken ? *std::move(taken) : service::answer(request, kName);
}

}  // namespace answers
