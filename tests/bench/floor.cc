// The floor under frostbyte's figures: one launch of c-nolibc through the `port` contract at isolation `full`, as the
// same system calls written down by hand. It makes no plan, keeps no row, reads no memory and checks nothing but that
// an answer came. What it measures, exec to response, is what frostbyte calls exec_to_first_response.
//
//   bench_floor PROGRAM LAUNCHES    prints the median in nanoseconds
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/net_tstamp.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kBatch = 128;  // frostbyte's
constexpr std::size_t kStackSize = 64u << 10;
constexpr int kLastCapability = 63;
constexpr unsigned kPatienceSeconds = 300;
constexpr char kRequest[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n";

/// Off the clock only: a bench that cannot be set up says so, and the launch itself is not checked.
long must(long result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::exit(3);
}

std::int64_t now(clockid_t clock = CLOCK_MONOTONIC) {
  timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

struct Network {
  int fd;
  int client;
};

struct Cgroup {
  std::vector<std::string> directories;
  std::vector<int> tasks;  // version 1: entered by the child
  int into = -1;           // version 2: entered by clone3
};

/// Written by the parent before clone3, by the child before execve; they share memory.
struct Launch {
  const Cgroup* cgroup;
  const char* program;
  std::string folder, staging;
  cpu_set_t cpus;
  int null;
  int listener;
  std::int64_t exec;
};

int client_socket() {
  const int one = 1, stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  const int fd = static_cast<int>(must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  must(::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps), "SO_TIMESTAMPING");
  return fd;
}

Network make_network(int home) {
  must(::unshare(CLONE_NEWNET), "unshare");
  const int fd = static_cast<int>(must(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "netns"));
  const int client = client_socket();
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  must(::ioctl(client, SIOCSIFFLAGS, &request), "lo");
  must(::setns(home, CLONE_NEWNET), "setns");
  return {fd, client};
}

/// This process's own group in the hierarchy of `controller`, or of version 2 when it is empty.
std::string own_cgroup(const std::string& controller) {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    const std::string names = "," + line.substr(first + 1, second - first - 1) + ",";
    if (names.find("," + controller + ",") == std::string::npos) continue;
    return "/sys/fs/cgroup" + (controller.empty() ? "" : "/" + controller) + line.substr(second + 1);
  }
  return {};
}

void add_group(Cgroup& cgroup, const std::string& parent, const std::string& name) {
  cgroup.directories.push_back(parent + "/" + name);
  must(::mkdir(cgroup.directories.back().c_str(), 0755), "mkdir cgroup");
}

Cgroup make_cgroup(const std::string& name) {
  Cgroup cgroup;
  for (const char* controller : {"memory", "cpuacct", "pids"}) {
    const std::string parent = own_cgroup(controller);
    if (parent.empty() || ::access(parent.c_str(), F_OK) != 0) continue;
    add_group(cgroup, parent, name);
    const std::string tasks = cgroup.directories.back() + "/tasks";
    cgroup.tasks.push_back(static_cast<int>(must(::open(tasks.c_str(), O_WRONLY | O_CLOEXEC), "tasks")));
  }
  if (!cgroup.tasks.empty()) return cgroup;
  add_group(cgroup, own_cgroup(""), name);
  cgroup.into = static_cast<int>(must(::open(cgroup.directories.back().c_str(), O_PATH | O_CLOEXEC), "cgroup"));
  return cgroup;
}

void release(Cgroup& cgroup) {
  for (const int fd : cgroup.tasks) ::close(fd);
  if (cgroup.into >= 0) ::close(cgroup.into);
  // Busy until the kernel has let go of the last process, which has been reaped.
  for (const std::string& directory : cgroup.directories)
    while (::rmdir(directory.c_str()) != 0 && errno == EBUSY) ::sched_yield();
}

void mount_root(const Launch& launch) {
  const std::string& root = launch.staging;
  const std::string function = root + "/function", proc = root + "/proc", dev = root + "/dev", tmp = root + "/tmp";
  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  ::mount("floor", root.c_str(), "tmpfs", MS_NOSUID, "mode=0755");
  ::mkdir(function.c_str(), 0755);
  ::mount(launch.folder.c_str(), function.c_str(), nullptr, MS_BIND | MS_REC, nullptr);
  mount_attr attributes{
      .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, .attr_clr = 0, .propagation = 0, .userns_fd = 0};
  ::syscall(SYS_mount_setattr, AT_FDCWD, function.c_str(), AT_RECURSIVE, &attributes, sizeof attributes);
  ::mkdir(proc.c_str(), 0555);
  ::mount("proc", proc.c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  ::mkdir(dev.c_str(), 0755);
  for (const auto& [name, minor_number] :
       {std::pair{"/null", 3}, {"/zero", 5}, {"/full", 7}, {"/random", 8}, {"/urandom", 9}})
    ::mknod((dev + name).c_str(), S_IFCHR | 0666, makedev(1, static_cast<unsigned>(minor_number)));
  for (const auto& [name, target] : {std::pair{"/fd", ""}, {"/stdin", "/0"}, {"/stdout", "/1"}, {"/stderr", "/2"}})
    ::symlink((std::string("/proc/self/fd") + target).c_str(), (dev + name).c_str());
  ::mkdir(tmp.c_str(), 01777);
  ::chdir(root.c_str());
  ::syscall(SYS_pivot_root, ".", ".");
  ::umount2(".", MNT_DETACH);
  ::chdir("/function");
}

/// Tells of listen(2), lets everything else pass.
int install_filter() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_listen, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog header{.len = std::size(program), .filter = program};
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &header));
}

void drop_capabilities() {
  for (int capability = 0; capability <= kLastCapability; ++capability) ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct nothing[2]{};
  ::syscall(SYS_capset, &header, nothing);
}

[[noreturn]] void run_child(Launch& launch) {
  ::setsid();
  ::sched_setaffinity(0, sizeof launch.cpus, &launch.cpus);
  ::sethostname("floor", 5);
  mount_root(launch);
  for (const int fd : launch.cgroup->tasks) ::write(fd, "0", 1);
  ::unshare(CLONE_NEWCGROUP);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  launch.listener = install_filter();
  drop_capabilities();
  ::syscall(SYS_close_range, launch.null + 1, ~0U, CLOSE_RANGE_UNSHARE);  // the batch's, left behind
  ::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int standard : {0, 1, 2}) ::dup2(launch.null, standard);
  char port[] = "PORT=8080";
  char* const environment[] = {port, nullptr};
  char* const arguments[] = {const_cast<char*>(launch.program), nullptr};
  launch.exec = now();
  ::execve(launch.program, arguments, environment);
  ::_exit(127);
}

/// clone3 with a stack of its own: the child must not return through the frames it shares with its parent.
__attribute__((noinline)) long clone_child(clone_args& arguments, Launch& launch) {
  register void* entry asm("r12") = reinterpret_cast<void*>(&run_child);
  register void* argument asm("r13") = &launch;
  long result = SYS_clone3;
  asm volatile(
      "syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\tmov %%r13, %%rdi\n\tcall *%%r12\n\tud2\n1:\n\t"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof arguments), "r"(entry), "r"(argument)
      : "rcx", "r11", "memory");
  return result;
}

/// Listens on the function's behalf, connects and sends, and only then lets it go on.
void greet(int listener, int pidfd, int client) {
  union {
    seccomp_notif call;
    char room[512];
  } notification{};
  pollfd ready{.fd = listener, .events = POLLIN, .revents = 0};
  const timespec at_once{};
  while (::ppoll(&ready, 1, &at_once, nullptr) <= 0) {
  }
  ::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification.call);
  const int socket = static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd, notification.call.data.args[0], 0));
  ::listen(socket, static_cast<int>(notification.call.data.args[1]));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(8080);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::send(client, kRequest, sizeof kRequest - 1, MSG_NOSIGNAL);
  seccomp_notif_resp answer{.id = notification.call.id, .val = 0, .error = 0, .flags = 0};
  ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  ::close(socket);
}

/// When the kernel received the answer's bytes, on the clock of all stamps.
std::int64_t receive(int client) {
  char buffer[4096];
  alignas(cmsghdr) char control[256];
  iovec part{.iov_base = buffer, .iov_len = sizeof buffer};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  do {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  } while (::recvmsg(client, &message, MSG_DONTWAIT) < 0);
  const std::int64_t offset = now() - now(CLOCK_REALTIME);
  timespec stamp{};
  for (cmsghdr* part_of = CMSG_FIRSTHDR(&message); part_of != nullptr; part_of = CMSG_NXTHDR(&message, part_of))
    if (part_of->cmsg_type == SCM_TIMESTAMPING) std::memcpy(&stamp, CMSG_DATA(part_of), sizeof stamp);
  if (std::strncmp(buffer, "HTTP/1.1 200 ", 13) != 0 || stamp.tv_sec == 0) must(-1, "no stamped answer");
  return stamp.tv_sec * 1'000'000'000LL + stamp.tv_nsec + offset;
}

std::int64_t launch_once(Launch& launch, const Network& network, int home, void* stack) {
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWNS |
                    CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<std::uint64_t>(stack);
  arguments.stack_size = kStackSize;
  if (launch.cgroup->into >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(launch.cgroup->into);
  }
  ::setns(network.fd, CLONE_NEWNET);
  must(clone_child(arguments, launch), "clone3");
  greet(launch.listener, pidfd, network.client);
  const std::int64_t response = receive(network.client);
  ::setns(home, CLONE_NEWNET);
  ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED);
  for (const int fd : {launch.listener, pidfd, network.client}) ::close(fd);
  return response - launch.exec;
}

/// The launcher on the first processor it may use, the function on the others, as frostbyte does.
cpu_set_t split_processors() {
  cpu_set_t all, own;
  must(::sched_getaffinity(0, sizeof all, &all), "sched_getaffinity");
  int first = 0;
  while (!CPU_ISSET(first, &all)) ++first;
  if (CPU_COUNT(&all) > 1) CPU_CLR(first, &all);
  CPU_ZERO(&own);
  CPU_SET(first, &own);
  must(::sched_setaffinity(0, sizeof own, &own), "sched_setaffinity");
  return all;
}

std::vector<std::int64_t> run_batch(Launch& launch, std::size_t size, int home, void* stack) {
  std::vector<Network> networks;
  std::vector<Cgroup> cgroups;
  for (std::size_t i = 0; i < size; ++i) {
    networks.push_back(make_network(home));
    cgroups.push_back(make_cgroup("floor-" + std::to_string(::getpid()) + "-" + std::to_string(i)));
  }
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < size; ++i) {
    launch.cgroup = &cgroups[i];
    times.push_back(launch_once(launch, networks[i], home, stack));
    release(cgroups[i]);
  }
  for (const Network& network : networks) ::close(network.fd);
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_floor PROGRAM LAUNCHES\n");
    return 2;
  }
  ::alarm(kPatienceSeconds);  // a function that never answers would be waited for without end
  const std::string program = argv[1];
  const std::string inside = "/function" + program.substr(program.rfind('/'));
  char staging[] = "/tmp/floor-XXXXXX";
  if (::mkdtemp(staging) == nullptr) must(-1, "mkdtemp");
  Launch launch{.cgroup = nullptr,
                .program = inside.c_str(),
                .folder = program.substr(0, program.rfind('/')),
                .staging = staging,
                .cpus = split_processors(),
                .null = static_cast<int>(must(::open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null")),
                .listener = -1,
                .exec = 0};
  const int home = static_cast<int>(must(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "netns"));
  const int stamping = client_socket();  // stamping stays switched on as long as one socket wants it
  void* stack = ::mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  ::usleep(20'000);
  std::vector<std::int64_t> times;
  for (std::size_t left = std::strtoul(argv[2], nullptr, 10); left > 0;) {
    const std::size_t size = std::min(left, kBatch);
    const auto batch = run_batch(launch, size, home, stack);
    times.insert(times.end(), batch.begin(), batch.end());
    left -= size;
  }
  ::close(stamping);
  ::rmdir(staging);
  if (times.empty()) return 2;
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  std::printf("%lld\n", static_cast<long long>(times[times.size() / 2]));
}
