// The right status and length, and another body.
#include "serve.h"

int main() {
  serve::answer(serve::listener(), "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nhello w0rld\n");
}
