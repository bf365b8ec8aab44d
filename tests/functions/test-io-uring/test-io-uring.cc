// Listens by IORING_OP_LISTEN (Linux 6.11) instead of listen(2), which a seccomp filter does not see. Exits 77 where
// the kernel does not have it or io_uring is disabled.
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>

#include "serve.h"

namespace {

constexpr std::uint8_t kOpListen = 57;  // IORING_OP_LISTEN, which the headers of Linux 6.1 do not know
constexpr int kUnsupported = 77;

[[noreturn]] void unsupported(const char* what, int error) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(error));
  _exit(kUnsupported);
}

/// One submission at a time, waited for.
class Ring {
 public:
  Ring() : fd_(static_cast<int>(syscall(SYS_io_uring_setup, 1, &params_))) {
    if (fd_ < 0) unsupported("io_uring_setup", errno);
    submissions_ = map(params_.sq_off.array + params_.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
    completions_ = map(params_.cq_off.cqes + params_.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
    entries_ = reinterpret_cast<io_uring_sqe*>(map(params_.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
  }

  /// The operation's result: 0 or more, or a negative errno.
  int run(const io_uring_sqe& operation) {
    entries_[0] = operation;
    word(submissions_, params_.sq_off.array) = 0;
    std::atomic_ref tail(word(submissions_, params_.sq_off.tail));
    tail.store(tail.load() + 1, std::memory_order_release);
    if (syscall(SYS_io_uring_enter, fd_, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) != 1) return -errno;
    const unsigned head = word(completions_, params_.cq_off.head);
    const auto* done = reinterpret_cast<const io_uring_cqe*>(completions_ + params_.cq_off.cqes);
    return done[head & word(completions_, params_.cq_off.ring_mask)].res;
  }

 private:
  char* map(std::size_t size, std::uint64_t what) const {
    void* start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, static_cast<off_t>(what));
    if (start == MAP_FAILED) serve::die("map the ring");
    return static_cast<char*>(start);
  }
  static unsigned& word(char* ring, std::size_t offset) { return *reinterpret_cast<unsigned*>(ring + offset); }

  io_uring_params params_{};
  int fd_;
  char* submissions_ = nullptr;
  char* completions_ = nullptr;
  io_uring_sqe* entries_ = nullptr;
};

}  // namespace

int main() {
  serve::exit_on_sigterm();
  const int fd = serve::bind_to_port();
  io_uring_sqe listen_operation{};
  listen_operation.opcode = kOpListen;
  listen_operation.fd = fd;
  listen_operation.len = SOMAXCONN;
  const int result = Ring().run(listen_operation);
  if (result < 0) unsupported("IORING_OP_LISTEN", -result);
  serve::hello(fd);
}
