// What the tests of conversations share: a function that is a thread of the test, connected sockets, and the terms of
// one GET.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "launcher/contract/client.h"
#include "launcher/contract/contract.h"
#include "launcher/contract/watch.h"

namespace frostbyte::contract {

inline constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello world\n";

inline Terms hello_terms() {
  return {.function_name = "a-function",
          .workload = {.name = "hello",
                       .summary = "",
                       .request = {},
                       .expectation = {.status = 200, .body = "hello world\n", .json = {}, .volatile_fields = {}}},
          .fixed_port = {},
          .own_network = false};
}

inline Instant in(std::chrono::milliseconds time) { return MonotonicClock::now() + time; }
inline constexpr std::chrono::milliseconds kSoon{50};
inline constexpr std::chrono::seconds kLater{20};

inline Fd pidfd_of(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

/// A function that is a thread of this process, which has the same pid, or that does not run at all.
class ThreadWatch {
 public:
  explicit ThreadWatch(Instant deadline, int notifications = -1, Waiting waiting = Waiting::spinning)
      : pidfd_(pidfd_of(::getpid())),
        watch_({.pid = ::getpid(), .pidfd = pidfd_.get(), .notifications = notifications}, deadline, waiting) {}
  Watch& operator*() { return watch_; }
  Watch* operator->() { return &watch_; }

 private:
  Fd pidfd_;
  Watch watch_;
};

/// A child that ends by itself, with a pidfd that becomes readable when it does.
class Child {
 public:
  explicit Child(const std::function<void()>& body) : pid_(::fork()) {
    if (pid_ == 0) {
      body();
      ::_exit(0);
    }
    pidfd_ = pidfd_of(pid_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }

 private:
  pid_t pid_;
  Fd pidfd_;
};

/// The two ends of a TCP connection over loopback; `client` is the launcher's.
struct Connected {
  Fd client;
  Fd server;
};

inline Connected connected() {
  const Fd listener = make_listener(0).value();
  Fd client = make_client_socket(AF_INET).value();
  EXPECT_EQ(connect_to(client.get(), *Address::of_socket(listener.get())), 0);
  return {.client = std::move(client), .server = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC))};
}

inline void say(int fd, std::string_view text) {
  EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

/// Reads until `end` of the text has come, or the peer closes.
inline std::string hear(int fd, std::string_view end) {
  std::string text;
  char bytes[4096];
  while (!text.ends_with(end)) {
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0) break;
    text.append(bytes, static_cast<std::size_t>(n));
  }
  return text;
}

inline std::string variable(const Contract& contract, const std::string& name) {
  for (const auto& [key, value] : contract.environment())
    if (key == name) return value;
  return {};
}

/// The kernel's switch for receive stamps takes a moment after the first socket asks for them.
inline StampingKeeper stamping() {
  StampingKeeper keeper = StampingKeeper::create().value();
  for (int i = 0; i < 200; ++i) {
    const Connected pair = connected();
    say(pair.server.get(), "x");
    char byte = 0;
    if (receive(pair.client.get(), {&byte, 1}).kernel) break;
    ::usleep(5000);
  }
  return keeper;
}

}  // namespace frostbyte::contract
