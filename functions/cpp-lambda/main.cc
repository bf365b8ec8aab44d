// A Lambda custom runtime: one static executable named bootstrap that takes invocations from the Runtime API and
// answers them with cpp-epoll's service. Start-up failures go to init/error, as the Runtime API asks.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

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
  const auto response = service::answer({.method = event->method, .path = event->path, .body = event->body}, name);
  return api.respond(invocation.request_id, to_payload(response));
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
