// hello and health over blocking sockets, one connection at a time: what a C programmer would write first. c-glibc,
// c-glibc-dynamic and c-musl are this one file, so they differ in their C library and its linkage and in nothing else.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { kListenFdsStart = 3, kDefaultPort = 8080, kHeaderLimit = 64 << 10, kClientPatienceSeconds = 5 };

static void on_sigterm(int signal) {
  (void)signal;
  _exit(0);
}

static long number_in(const char* variable, long otherwise) {
  const char* text = getenv(variable);
  return text && *text ? strtol(text, NULL, 10) : otherwise;
}

// sd_listen_fds(3): the variables are meant for the process they name, not for its children.
static bool listener_is_inherited(void) {
  return number_in("LISTEN_FDS", 0) >= 1 && number_in("LISTEN_PID", 0) == getpid();
}

static int inherited_listener(void) {
  fcntl(kListenFdsStart, F_SETFL, 0);  // blocking, however it was handed over
  return kListenFdsStart;
}

static int make_listener(void) {
  long port = number_in("PORT", kDefaultPort);
  if (port < 1 || port > 65535) {
    fprintf(stderr, "PORT is not a port number: %s\n", getenv("PORT"));
    return -1;
  }
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (bind(fd, (struct sockaddr*)&any, sizeof any) < 0 || listen(fd, SOMAXCONN) < 0) {
    fprintf(stderr, "cannot listen on port %ld: %s\n", port, strerror(errno));
    return -1;
  }
  return fd;
}

// Reads one request's header into `header`, terminated; false when the client left, stalled or sent too much.
static bool read_header(int connection, char* header) {
  size_t size = 0;
  while (size < kHeaderLimit) {
    ssize_t got = recv(connection, header + size, kHeaderLimit - size, 0);
    if (got <= 0) return false;
    size += (size_t)got;
    header[size] = '\0';
    if (strstr(header, "\r\n\r\n")) return true;
  }
  return false;
}

static void respond(int connection, const char* status, const char* type, const char* body) {
  char response[512];
  int size = snprintf(response, sizeof response,
                      "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n%s", status,
                      type, strlen(body), strncmp(status, "405", 3) == 0 ? "Allow: GET\r\n" : "", body);
  send(connection, response, (size_t)size, MSG_NOSIGNAL);  // fits any socket buffer: never a part of it
}

static void answer(int connection, char* header) {
  char method[16], target[1024], version[16];
  if (sscanf(header, "%15[A-Z] %1023s %15[A-Z0-9/.]", method, target, version) != 3 ||
      strncmp(version, "HTTP/1.", 7) != 0) {
    respond(connection, "400 Bad Request", "application/json", "{\"error\":\"malformed request\"}");
    return;
  }
  target[strcspn(target, "?")] = '\0';
  bool hello = strcmp(target, "/") == 0;
  if (!hello && strcmp(target, "/health") != 0) {
    respond(connection, "404 Not Found", "application/json", "{\"error\":\"not found\"}");
  } else if (strcmp(method, "GET") != 0) {
    respond(connection, "405 Method Not Allowed", "application/json", "{\"error\":\"method not allowed\"}");
  } else if (hello) {
    respond(connection, "200 OK", "text/plain", "hello world\n");
  } else {
    respond(connection, "200 OK", "application/json", "{\"status\":\"healthy\",\"version\":\"1.0.0\"}");
  }
}

static void serve(int connection) {
  static char header[kHeaderLimit + 1];
  struct timeval patience = {.tv_sec = kClientPatienceSeconds};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (read_header(connection, header)) answer(connection, header);
  close(connection);
}

int main(void) {
  // As pid 1 of a pid namespace a process has no default signal actions: without a handler SIGTERM would do nothing.
  signal(SIGTERM, on_sigterm);
  int listener = listener_is_inherited() ? inherited_listener() : make_listener();
  if (listener < 0) return 1;
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection >= 0) serve(connection);
  }
}
