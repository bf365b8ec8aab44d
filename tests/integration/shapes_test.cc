// The ways in which servers come to listen: all of them are found, none is polled for.
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

namespace frostbyte::integration {
namespace {

class Shapes : public Integration, public ::testing::WithParamInterface<const char*> {};

TEST_P(Shapes, AreMeasured) {
  const RunFile run = sweep_ok({test_function(GetParam()), "--isolation", "full", "--isolation", "namespaces",
                                "--isolation", "none", "-r", "3", "-w", "0", "--timeout", "5s"});
  EXPECT_EQ(run.rows.size(), 9u);
}

INSTANTIATE_TEST_SUITE_P(All, Shapes,
                         ::testing::Values("test-several-listeners", "test-ipv6", "test-ipv6-only", "test-loopback",
                                           "test-child-listens", "test-listens-late", "test-threaded", "test-memory"),
                         [](const auto& test) {
                           std::string name = test.param + std::string_view("test-").size();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

/// The operation is number 57 and came with Linux 6.11; headers may be older.
bool kernel_listens_by_io_uring() {
  constexpr unsigned kListen = 57;
  io_uring_params parameters{};
  const Fd ring(static_cast<int>(::syscall(SYS_io_uring_setup, 1, &parameters)));
  if (!ring) return false;
  alignas(io_uring_probe) std::array<std::byte, sizeof(io_uring_probe) + 256 * sizeof(io_uring_probe_op)> memory{};
  auto* probe = new (memory.data()) io_uring_probe;
  if (::syscall(SYS_io_uring_register, ring.get(), IORING_REGISTER_PROBE, probe, 256) != 0) return false;
  return probe->last_op >= kListen;
}

class IoUring : public Integration {};

TEST_F(IoUring, AListenerThatPassesByTheTrapIsFoundAndFlagged) {
  if (!kernel_listens_by_io_uring()) GTEST_SKIP() << "not applicable: this kernel has no IORING_OP_LISTEN";
  const RunFile run = sweep_ok({test_function("test-io-uring"), "-r", "5", "-w", "0", "--timeout", "5s"});
  for (const Row& row : run.rows) EXPECT_TRUE(row.has_flag("io_uring")) << row.dump();
}

}  // namespace
}  // namespace frostbyte::integration
