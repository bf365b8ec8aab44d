#include "started.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <random>
#include <system_error>
#include <thread>

namespace functions_test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kListenFdsStart = 3;

void must(bool succeeded, const char* what) {
  if (!succeeded) throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in ipv4(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(port);
  return address;
}

bool is_free(std::uint16_t port) {
  const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in any = ipv4(INADDR_ANY, port);
  return bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
}

Fd connect_to(const std::string& address, std::uint16_t port) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_in);
  if (auto& ipv4 = reinterpret_cast<sockaddr_in&>(storage); inet_pton(AF_INET, address.c_str(), &ipv4.sin_addr) == 1) {
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
  } else {
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(storage);
    must(inet_pton(AF_INET6, address.c_str(), &ipv6.sin6_addr) == 1, "parse an address");
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(port);
    size = sizeof ipv6;
  }
  Fd fd(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0) return Fd();
  return fd;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Response parse_header(std::string_view header) {
  Response response;
  if (!header.starts_with("HTTP/1.1 ") || header.size() < 12) return response;
  response.status = std::atoi(std::string(header.substr(9, 3)).c_str());
  for (auto at = header.find("\r\n"); at != header.npos;) {
    const auto end = header.find("\r\n", at + 2);
    const std::string_view line = header.substr(at + 2, end == header.npos ? end : end - at - 2);
    if (const auto colon = line.find(": "); colon != line.npos) {
      response.headers[lower(std::string(line.substr(0, colon)))] = line.substr(colon + 2);
    }
    at = end;
  }
  return response;
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

Listener listen_on_loopback() {
  Listener listener{.fd = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_in address = ipv4(INADDR_LOOPBACK, 0);
  socklen_t size = sizeof address;
  const auto generic = reinterpret_cast<sockaddr*>(&address);
  must(bind(listener.fd.get(), generic, size) == 0, "bind");
  must(listen(listener.fd.get(), SOMAXCONN) == 0, "listen");
  must(getsockname(listener.fd.get(), generic, &size) == 0, "getsockname");
  listener.port = ntohs(address.sin_port);
  return listener;
}

std::uint16_t free_port() {
  // Below the ephemeral ports: no connection takes it meanwhile, and no attempt to connect to it meets itself.
  static std::mt19937 random(std::random_device{}());
  for (;;) {
    const auto port = std::uniform_int_distribution<std::uint16_t>(20000, 32000)(random);
    const auto next = static_cast<std::uint16_t>(port + 1);
    if (is_free(port) && is_free(next)) return port;
  }
}

Client connect_once(std::uint16_t port) { return Client(connect_to("127.0.0.1", port)); }

Client::Client(Fd socket) : socket_(std::move(socket)) {
  const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Client::finish_sending() { shutdown(socket_.get(), SHUT_WR); }

bool Client::receive_more() {
  char bytes[65536];
  const ssize_t got = recv(socket_.get(), bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

std::optional<Response> Client::receive(Body body) {
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == buffer_.npos) {
    if (!receive_more()) return std::nullopt;
  }
  Response response = parse_header(std::string_view(buffer_).substr(0, end));
  buffer_.erase(0, end + 4);
  if (response.status == 0) return std::nullopt;
  if (body == Body::absent) return response;
  if (const auto length = response.headers.find("content-length"); length != response.headers.end()) {
    auto whole = take(static_cast<std::size_t>(std::atol(length->second.c_str())));
    if (!whole) return std::nullopt;
    response.body = std::move(*whole);
    return response;
  }
  auto whole = response.headers["transfer-encoding"] == "chunked" ? take_chunks() : std::nullopt;
  if (!whole) return std::nullopt;
  response.body = std::move(*whole);
  return response;
}

std::optional<std::string> Client::take(std::size_t size) {
  while (buffer_.size() < size) {
    if (!receive_more()) return std::nullopt;
  }
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

std::optional<std::string> Client::take_line() {
  std::size_t end;
  while ((end = buffer_.find("\r\n")) == buffer_.npos) {
    if (!receive_more()) return std::nullopt;
  }
  auto line = take(end + 2);
  line->resize(end);
  return line;
}

/// RFC 9112 §7.1, without extensions and trailers.
std::optional<std::string> Client::take_chunks() {
  std::string body;
  for (;;) {
    const auto line = take_line();
    if (!line) return std::nullopt;
    const std::size_t size = std::strtoul(line->c_str(), nullptr, 16);
    const auto chunk = take(size);
    if (!chunk || take_line() != "") return std::nullopt;
    if (size == 0) return body;
    body += *chunk;
  }
}

std::optional<std::string> Client::receive_until_close(std::size_t limit) {
  errno = 0;
  while (buffer_.size() < limit && receive_more()) {
  }
  const bool timed_out = buffer_.size() < limit && (errno == EAGAIN || errno == EWOULDBLOCK);
  return timed_out ? std::nullopt : std::optional(std::exchange(buffer_, {}));
}

bool Client::closed() { return buffer_.empty() && receive_until_close(1) == ""; }

Started::Started(const Start& start) : standard_error_(memfd_create("stderr", MFD_CLOEXEC)) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // what a function leaves behind is reaped here
  Listener listener;
  if (start.contract == Contract::listen_fds) listener = listen_on_loopback();
  port_ = listener.fd ? listener.port : free_port();
  int report[2];
  must(pipe2(report, O_CLOEXEC) == 0, "pipe");
  const Fd reader(report[0]);
  Fd writer(report[1]);
  pid_ = fork();
  must(pid_ >= 0, "fork");
  if (pid_ == 0) run_in_child(start, listener.fd.get(), writer.get());
  setpgid(pid_, pid_);
  writer = Fd();
  if (read(reader.get(), &exec_error_, sizeof exec_error_) != sizeof exec_error_) exec_error_ = 0;
}

void Started::run_in_child(const Start& start, int listener, int exec_report) const {
  setpgid(0, 0);
  dup2(standard_error_.get(), STDERR_FILENO);
  if (listener >= 0) {
    if (exec_report == kListenFdsStart) exec_report = fcntl(exec_report, F_DUPFD_CLOEXEC, kListenFdsStart + 1);
    listener == kListenFdsStart ? fcntl(listener, F_SETFD, 0) : dup2(listener, kListenFdsStart);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  } else {
    setenv("PORT", std::to_string(port_).c_str(), 1);
  }
  for (const auto& [name, value] : start.env) setenv(name.c_str(), value.c_str(), 1);
  for (const int fd : start.inherit) fcntl(fd, F_SETFD, 0);
  for (const auto& [resource, value] : start.limits) {
    const rlimit limit{.rlim_cur = value, .rlim_max = value};
    setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
  }
  std::vector<char*> words = {const_cast<char*>(start.program.c_str())};
  for (const std::string& word : start.arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  if (start.folder.empty() || chdir(start.folder.c_str()) == 0) execv(words.front(), words.data());
  const int error = errno;
  _exit(write(exec_report, &error, sizeof error) == sizeof error ? 127 : 126);
}

Started::~Started() {
  kill(-pid_, SIGKILL);
  while (waitpid(-pid_, nullptr, 0) > 0) {
  }
}

/// By trying again: this is the one place where a poll is good enough, since nothing here is timed.
Client Started::connect(const std::string& address) { return connect(address, port_); }

Client Started::connect(const std::string& address, std::uint16_t port) {
  const auto deadline = Clock::now() + kPatience;
  while (Clock::now() < deadline) {
    if (Fd fd = connect_to(address, port); fd) return Client(std::move(fd));
    if (const auto status = wait(std::chrono::milliseconds(0)); status && *status != 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return Client(Fd());
}

std::optional<int> Started::wait(std::chrono::milliseconds patience) {
  if (status_) return status_;
  const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
  if (poll(&ended, 1, static_cast<int>(patience.count())) != 1) return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, 0) == pid_) status_ = status;
  return status_;
}

std::optional<int> Started::signal_and_wait(int signal) {
  kill(pid_, signal);
  return wait();
}

std::string Started::standard_error() const {
  std::string text(static_cast<std::size_t>(std::max<off_t>(lseek(standard_error_.get(), 0, SEEK_END), 0)), '\0');
  const ssize_t got = pread(standard_error_.get(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

std::filesystem::path bundled(const std::string& name) {
  return std::filesystem::path(FROSTBYTE_BUILD) / "functions" / name / name;
}

std::filesystem::path for_calibration(const std::string& name) {
  return std::filesystem::path(FROSTBYTE_BUILD) / "calibration" / name / name;
}

std::filesystem::path for_tests(const std::string& name) {
  return std::filesystem::path(FROSTBYTE_BUILD) / "tests" / "functions" / name / name;
}

}  // namespace functions_test
