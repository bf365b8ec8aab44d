// Writes to standard error without end, or FLOOD_MIB of it. The first MiB comes before it listens and is more than a
// pipe holds: nobody gets an answer who does not read it. The rest comes from a second thread while it serves.
#include <pthread.h>

#include "serve.h"

namespace {

constexpr std::size_t kMib = 1u << 20;
constexpr std::string_view kLine = "WARN this line says nothing, as the one before it and the one after it\n";

void flood(std::size_t bytes) {
  for (std::size_t written = 0; written < bytes; written += kLine.size()) {
    if (write(STDERR_FILENO, kLine.data(), kLine.size()) < 0) return;
  }
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  static const long limit = serve::number_in("FLOOD_MIB", -1);
  flood(limit == 0 ? 0 : kMib);
  const auto flood_rest = [](void*) -> void* {
    if (limit < 0) flood(SIZE_MAX);
    if (limit > 1) flood(static_cast<std::size_t>(limit - 1) * kMib);
    return nullptr;
  };
  pthread_t thread;
  if (pthread_create(&thread, nullptr, flood_rest, nullptr) != 0) serve::die("start a thread");
  serve::hello(serve::listener());
}
