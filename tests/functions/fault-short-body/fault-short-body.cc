// Announces 12 bytes, sends 6 and closes.
#include "serve.h"

int main() {
  serve::answer(serve::listener(), "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nhello ");
}
