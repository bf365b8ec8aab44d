// A Lambda custom runtime: one static executable named bootstrap that takes invocations from the Runtime API and
// answers them with the service of the C++ functions. Start-up failures go to init/error, as the Runtime API asks.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <variant>

#include "event.h"
#include "runtime_api.h"

namespace {

/// As pid 1 of a pid namespace a process has no default signal actions: SIGTERM has to be asked for.
void leave(int) { _exit(0); }

int give_up(const RuntimeApi& api) {
  std::fprintf(stderr, "bootstrap: %s\n", api.problem().c_str());
  return 1;
}

bool handle(RuntimeApi& api, const Invocation& invocation, const char* name) {
  const auto event = parse_event(invocation.event);
  if (!event) {
    return api.report_error(invocation.request_id, "Function.MalformedEvent",
                            "expected an HTTP API event in payload format 2.0");
  }
  auto answer = service::answer({.method = event->method, .path = event->path, .body = event->body}, name);
  if (const auto* query = std::get_if<service::Query>(&answer)) {
    std::this_thread::sleep_for(service::Query::kTakes);  // there is one invocation at a time, so nobody is held up
    answer = query->finish();
  }
  return api.respond(invocation.request_id, to_payload(std::get<service::Response>(answer)));
}

}  // namespace

int main() {
  std::signal(SIGTERM, leave);
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (!address) {
    std::fputs("bootstrap: AWS_LAMBDA_RUNTIME_API is not set; this function speaks the lambda contract only\n", stderr);
    return 1;
  }
  RuntimeApi api(address);
  const char* name = std::getenv("AWS_LAMBDA_FUNCTION_NAME");
  if (!name) {
    if (!api.report_init_error("Runtime.MissingEnvironment", "AWS_LAMBDA_FUNCTION_NAME is not set")) give_up(api);
    return 1;
  }
  for (;;) {
    const auto invocation = api.next();
    if (!invocation || !handle(api, *invocation, name)) return give_up(api);
  }
}
