// The right body under the wrong status: an error page can be faster than the truth.
#include "serve.h"

int main() {
  serve::answer(serve::listener(),
                "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 12\r\nConnection: close\r\n\r\nhello world\n");
}
