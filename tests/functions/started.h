// One function started by hand, as simply as can be: fork and exec over loopback, no sandbox. What it is told and what
// it answers is all these tests look at.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace functions_test {

inline constexpr std::chrono::seconds kPatience{5};

/// Owns one descriptor.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// A socket that listens on 127.0.0.1, and its port.
struct Listener {
  Fd fd;
  std::uint16_t port = 0;
};
Listener listen_on_loopback();
/// A port that was free a moment ago, as was the next one.
std::uint16_t free_port();

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// One connection to a function. Reads end after kPatience.
class Client {
 public:
  explicit Client(Fd socket);
  [[nodiscard]] bool connected() const { return bool(socket_); }
  bool send(std::string_view bytes);
  void finish_sending();
  /// The next response; nothing when it is not complete HTTP with a Content-Length or in chunks. `body` says whether
  /// one follows.
  enum class Body : std::uint8_t { follows, absent };
  std::optional<Response> receive(Body body = Body::follows);
  /// Everything until the function closes, or `limit` bytes; nothing when it neither closes in time nor sends that
  /// much.
  std::optional<std::string> receive_until_close(std::size_t limit = 1u << 20);
  /// True when the function has closed and nothing is left to read.
  bool closed();

 private:
  bool receive_more();
  std::optional<std::string> take(std::size_t size);
  std::optional<std::string> take_line();
  std::optional<std::string> take_chunks();

  Fd socket_;
  std::string buffer_;
};

/// To 127.0.0.1, without a second try.
Client connect_once(std::uint16_t port);

enum class Contract : std::uint8_t { port, listen_fds };

struct Start {
  std::filesystem::path program;
  std::vector<std::string> arguments{};
  std::filesystem::path folder{};  ///< the working directory; by default the present one
  Contract contract = Contract::port;
  std::vector<std::pair<std::string, std::string>> env{};
  std::vector<int> inherit{};                    ///< further descriptors that stay open across exec
  std::vector<std::pair<int, rlim_t>> limits{};  ///< setrlimit(2), soft and hard
};

class Started {
 public:
  explicit Started(const Start& start);
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  /// Kills the function with its process group.
  ~Started();

  /// Waits until it listens; not connected when it ends before, or never does.
  Client connect() { return connect("127.0.0.1"); }
  Client connect(const std::string& address);
  Client connect(const std::string& address, std::uint16_t port);
  std::optional<Response> ask(std::string_view request) {
    Client client = connect();
    return client.send(request) ? client.receive() : std::nullopt;
  }
  /// The wait status, or nothing when it is still there after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience = kPatience);
  std::optional<int> signal_and_wait(int signal);
  [[nodiscard]] std::string standard_error() const;
  /// errno of execve(2), 0 when it did not return.
  [[nodiscard]] int exec_error() const { return exec_error_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  [[noreturn]] void run_in_child(const Start& start, int listener, int exec_report) const;

  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  std::optional<int> status_;
  int exec_error_ = 0;
  Fd standard_error_;
};

inline constexpr std::string_view kGetHello = "GET / HTTP/1.1\r\nHost: f\r\n\r\n";

std::filesystem::path bundled(const std::string& name);
std::filesystem::path for_tests(const std::string& name);
/// The program of a function that calibrations launch.
std::filesystem::path for_calibration(const std::string& name);

}  // namespace functions_test
