// Reads the request, so that the client sees an end of stream and not a reset, and closes without a byte.
#include "serve.h"

int main() {
  const int listener = serve::listener();
  for (;;) {
    serve::Connection connection(listener);
    connection.read_request();
  }
}
