// One load phase against a server that already runs: what scripts/bench-load compares with other load generators.
//   bench_load PORT SPEC PATH
// Prints "RATE P50 P90 P99 ERRORS": responses a second, microseconds, a count. PORT 0: the generator's own limit.
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <string_view>

#include "launcher/load/generator.h"
#include "launcher/load/limit.h"

namespace {

using namespace frostbyte;

double microseconds(Nanos time) { return std::chrono::duration<double, std::micro>(time).count(); }

int fail(const Error& error) {
  fmt::print(stderr, "bench_load: {}\n", error.message());
  return 1;
}

int print_limit(const load::Load& load) {
  const auto limit = load::measure_limit({.load = load, .server_cpus = {}, .waiting = contract::Waiting::spinning});
  if (!limit) return fail(limit.error());
  fmt::print("{:.0f}\n", *limit);
  return 0;
}

int print_load(const load::Load& load, std::uint16_t port) {
  const auto tally = load::drive(load, contract::Address::loopback(port), {.waiting = contract::Waiting::spinning});
  if (!tally) return fail(tally.error());
  fmt::print("{:.1f} {:.1f} {:.1f} {:.1f} {}\n", tally->throughput(), microseconds(tally->latency.quantile(0.5)),
             microseconds(tally->latency.quantile(0.9)), microseconds(tally->latency.quantile(0.99)), tally->failed());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: bench_load PORT SPEC PATH\n");
    return 2;
  }
  const std::string_view text = argv[1];
  std::uint16_t port = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), port).ec != std::errc()) return 2;
  auto spec = load::parse_spec(argv[2]);
  if (!spec) return fail(spec.error());
  load::Load load{.spec = *spec, .workload = {}};
  load.workload.request.target = argv[3];
  load.workload.expectation = {.status = 200, .body = {}, .json = {}, .volatile_fields = {}};
  return port == 0 ? print_limit(load) : print_load(load, port);
}
