// Whole launches per second by a general sandbox: bubblewrap or runc starts the same function to the same point, its
// first HTTP response, and is gone again before the next one starts.
//
//   bench_rivals bwrap|runc PROGRAM LAUNCHES    prints launches per second
//
// The function inherits a listening socket with the request already in it (LISTEN_FDS), so that nobody polls. Nothing a
// rival does not need is asked of it: bwrap makes no cgroup and installs no filter, runc's bundle is written beforehand
// and is what `runc spec` gives.
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr int kListenFd = 3;
constexpr unsigned kPatienceSeconds = 300;
constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
constexpr std::string_view kStatusLine = "HTTP/1.1 200 ";

[[noreturn]] void give_up(const std::string& what) {
  std::perror(what.c_str());
  std::exit(3);
}

long must(long result, const char* what) {
  if (result < 0) give_up(what);
  return result;
}

double seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

/// How a rival is started, and how it is told to end its sandbox.
struct Rival {
  std::vector<std::string> command;
  int stop_signal;
};

Rival bwrap(const fs::path& program) {
  return {.command = {"bwrap",
                      "--unshare-all",
                      "--as-pid-1",
                      "--die-with-parent",
                      "--new-session",
                      "--clearenv",  //
                      "--setenv",
                      "LISTEN_FDS",
                      "1",
                      "--setenv",
                      "LISTEN_PID",
                      "1",  //
                      "--ro-bind",
                      program.parent_path(),
                      "/function",
                      "--proc",
                      "/proc",
                      "--dev",
                      "/dev",  //
                      "--tmpfs",
                      "/tmp",
                      "--chdir",
                      "/function",
                      "--cap-drop",
                      "ALL",  //
                      "/function/" + program.filename().string()},
          .stop_signal = SIGKILL};
}

/// `runc spec`, with the function as its process. A relative cgroup path is below the cgroup this process is in.
void write_bundle(const fs::path& bundle, const fs::path& program) {
  fs::create_directories(bundle / "rootfs/function");
  fs::copy_file(program, bundle / "rootfs/function" / program.filename());
  if (std::system(("cd '" + bundle.string() + "' && runc spec").c_str()) != 0) give_up("runc spec");
  nlohmann::json config = nlohmann::json::parse(std::ifstream(bundle / "config.json"));
  config["process"]["terminal"] = false;
  config["process"]["args"] = {"/function/" + program.filename().string()};
  config["process"]["env"] = {"LISTEN_FDS=1", "LISTEN_PID=1"};
  config["linux"]["cgroupsPath"] = "bench-" + std::to_string(::getpid());
  std::ofstream(bundle / "config.json") << config.dump(2);
}

/// SIGTERM is passed on to the function, which exits on it; runc then takes its container apart and exits too.
Rival runc(const fs::path& program, const fs::path& scratch) {
  write_bundle(scratch / "bundle", program);
  return {.command = {"runc", "--root", scratch / "state", "run", "--preserve-fds", "1", "--bundle", scratch / "bundle",
                      "bench-" + std::to_string(::getpid())},
          .stop_signal = SIGTERM};
}

struct Sockets {
  int listener;
  int client;
};

/// A listening socket with one connection on it, and the request already sent.
Sockets make_sockets() {
  Sockets sockets{.listener = static_cast<int>(must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")),
                  .client = static_cast<int>(must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"))};
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  must(::bind(sockets.listener, any, size), "bind");
  must(::listen(sockets.listener, 16), "listen");
  must(::getsockname(sockets.listener, any, &size), "getsockname");
  must(::connect(sockets.client, any, size), "connect");
  must(::send(sockets.client, kRequest.data(), kRequest.size(), MSG_NOSIGNAL), "send");
  return sockets;
}

pid_t start(const Rival& rival, int listener) {
  std::vector<char*> arguments;
  for (const std::string& word : rival.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, listener, kListenFd);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    errno = error;
    give_up("start " + rival.command.front());
  }
  return pid;
}

void await_response(int client) {
  std::string response;
  char buffer[4096];
  for (ssize_t n; (n = ::recv(client, buffer, sizeof buffer, 0)) > 0;)
    response.append(buffer, static_cast<std::size_t>(n));
  if (!response.starts_with(kStatusLine)) give_up("read a valid response");
}

/// Everything: what bwrap leaves behind is killed by its death and becomes this process's child, as subreaper.
void stop(const Rival& rival, pid_t pid) {
  ::kill(pid, rival.stop_signal);
  while (::waitpid(-1, nullptr, __WALL) > 0 || errno == EINTR) {
  }
}

void launch_once(const Rival& rival) {
  const Sockets sockets = make_sockets();
  const pid_t pid = start(rival, sockets.listener);
  ::close(sockets.listener);  // a function that dies resets the connection instead of leaving it waiting
  await_response(sockets.client);
  stop(rival, pid);
  ::close(sockets.client);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc == 4 ? argv[1] : "";
  const int launches = argc == 4 ? std::atoi(argv[3]) : 0;
  if ((name != "bwrap" && name != "runc") || launches < 1) {
    std::fprintf(stderr, "usage: bench_rivals bwrap|runc PROGRAM LAUNCHES\n");
    return 2;
  }
  ::alarm(kPatienceSeconds);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Descriptor 3 is the child's listener: none of ours may stand there, dup2 onto itself would keep close-on-exec.
  if (::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, kListenFd) < 0) give_up("reserve descriptor 3");
  std::string scratch = fs::temp_directory_path() / "bench-XXXXXX";
  if (::mkdtemp(scratch.data()) == nullptr) give_up("make " + scratch);
  const fs::path program = fs::canonical(argv[2]);
  const Rival rival = name == "bwrap" ? bwrap(program) : runc(program, scratch);
  launch_once(rival);  // the rival's own pages come into the cache
  const double begin = seconds();
  for (int i = 0; i < launches; ++i) launch_once(rival);
  std::printf("%.1f\n", launches / (seconds() - begin));
  fs::remove_all(scratch);
}
