#include "launcher/load/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "launcher/base/nearest.h"

namespace frostbyte::load {
namespace {

constexpr const char* kExample = "--load rate=1000,connections=64,duration=10s";
constexpr double kHighestRate = 10'000'000;
constexpr std::uint32_t kMostConnections = 20'000;  // below the ephemeral ports of one address

Failure refuse(std::string_view what, std::string_view text, std::string cause) {
  return failure("read --load " + std::string(what), std::string(text), std::move(cause), kExample);
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void> read_rate(std::string_view text, Spec& spec) {
  spec.rate.reset();
  if (text == "max") return {};
  const auto rate = number_in<double>(text);
  // Written so that a NaN is refused as well.
  if (!rate || !(*rate >= 0.1 && *rate <= kHighestRate))
    return refuse("rate", text, "it is neither 'max' nor a number of requests a second from 0.1 to 10000000");
  spec.rate = rate;
  return {};
}

Result<void> read_connections(std::string_view text, Spec& spec) {
  const auto connections = number_in<std::uint32_t>(text);
  if (!connections || *connections == 0 || *connections > kMostConnections)
    return refuse("connections", text, fmt::format("it is not a number from 1 to {}", kMostConnections));
  spec.connections = *connections;
  return {};
}

enum class Zero : bool { refused, allowed };

Result<void> read_time(std::string_view key, std::string_view text, Zero zero, Nanos& into) {
  const auto time = parse_duration(text);
  if (!time) return refuse(key, text, "it is not a duration");
  if (*time < Nanos(0) || (*time == Nanos(0) && zero == Zero::refused) || *time > std::chrono::hours(1))
    return refuse(key, text, "it is not a time of at most an hour");
  into = *time;
  return {};
}

Result<void> read_key(std::string_view key, std::string_view value, Spec& spec) {
  static const std::vector<std::string> kKeys = {"rate", "connections", "duration", "warmup", "timeout", "workload"};
  if (key == "rate") return read_rate(value, spec);
  if (key == "connections") return read_connections(value, spec);
  if (key == "duration") return read_time(key, value, Zero::refused, spec.duration);
  if (key == "warmup") return read_time(key, value, Zero::allowed, spec.warmup);
  if (key == "timeout") return read_time(key, value, Zero::refused, spec.timeout);
  if (key == "workload") return spec.workload = value, Result<void>();
  return failure("read --load", std::string(key), "there is no such key",
                 did_you_mean(key, kKeys) + "keys: " + listing(kKeys));
}

}  // namespace

Result<Spec> parse_spec(std::string_view text) {
  Spec spec;
  std::vector<std::string_view> seen;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view item = text.substr(begin, end - begin);
    const std::size_t equals = item.find('=');
    const std::string_view key = item.substr(0, equals);
    if (equals == std::string_view::npos) return refuse("", item, "it is not KEY=VALUE");
    if (std::ranges::find(seen, key) != seen.end()) return refuse(key, item, "the key is given twice");
    seen.push_back(key);
    TRY(read_key(key, item.substr(equals + 1), spec));
    begin = end + 1;
  }
  if (std::ranges::find(seen, "rate") == seen.end()) return refuse("", text, "there is no rate");
  return spec;
}

std::string to_string(const Spec& spec) {
  const auto compact = [](Nanos time) {
    std::string text = frostbyte::to_string(time);
    std::erase(text, ' ');
    return text;
  };
  std::string text = fmt::format("rate={},connections={},duration={},warmup={},timeout={}",
                                 spec.rate ? fmt::format("{}", *spec.rate) : "max", spec.connections,
                                 compact(spec.duration), compact(spec.warmup), compact(spec.timeout));
  if (!spec.workload.empty()) text += ",workload=" + spec.workload;
  return text;
}

}  // namespace frostbyte::load
