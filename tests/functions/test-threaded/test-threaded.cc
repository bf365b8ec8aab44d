// The second thread listens and serves while the first one waits, as in managed run times: what watches the first
// thread alone sees nothing.
#include <pthread.h>

#include "serve.h"

int main() {
  pthread_t thread;
  const auto serve_hello = [](void*) -> void* { serve::hello(serve::listener()); };
  if (pthread_create(&thread, nullptr, serve_hello, nullptr) != 0) serve::die("start a thread");
  pthread_join(thread, nullptr);
}
