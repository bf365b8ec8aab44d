#include "launcher/load/limit.h"

#include "launcher/load/generator.h"
#include "launcher/load/null_server.h"

namespace frostbyte::load {

Result<double> measure_limit(const LimitRequest& request) {
  Load load = request.load;
  load.spec.rate.reset();
  load.spec.warmup = std::chrono::milliseconds(100);
  load.spec.duration = std::chrono::milliseconds(500);
  const NullServer server =
      TRY(NullServer::start(load.workload.request, load.workload.expectation, request.server_cpus));
  const Tally tally =
      TRY(drive(load, server.address(), {.waiting = request.waiting, .interrupted = request.interrupted}));
  if (tally.conclusion == Conclusion::interrupted) return failure("measure", "the generator's limit", "interrupted");
  if (tally.completed == 0)
    return failure("measure", "the generator's limit",
                   "the null server gave no valid response: " + tally.first_problem);
  return tally.throughput();
}

}  // namespace frostbyte::load
