// Takes the request and keeps the connection open, without an answer.
#include "serve.h"

int main() {
  serve::Connection connection(serve::listener());
  connection.read_request();
  for (;;) pause();
}
