// A response whose header never ends: every byte arrives in time, and the reader's limit is all that stops it.
#include "serve.h"

int main() {
  const int listener = serve::listener();
  for (;;) {
    serve::Connection connection(listener);
    if (!connection.read_request() || !connection.send("HTTP/1.1 200 OK\r\n")) continue;
    while (connection.send("X-More: there is always one more header field than anyone expects\r\n")) {
    }
  }
}
