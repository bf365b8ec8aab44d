// A start-up cost that is known exactly: what a measurement finds for it must follow DELAY_US with a slope of 1.
#include "serve.h"

int main() {
  const std::int64_t end = serve::now_ns() + serve::number_in("DELAY_US", 0) * 1000;
  while (serve::now_ns() < end) {
  }
  serve::hello(serve::listener());
}
