#include "launcher/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <thread>

namespace frostbyte {
namespace {

class File : public testing::Test {
 protected:
  void SetUp() override {
    auto created = TempDir::create();
    ASSERT_TRUE(created);
    directory_.emplace(*std::move(created));
  }
  [[nodiscard]] std::filesystem::path in(const std::string& name) const { return directory_->path() / name; }
  [[nodiscard]] std::size_t entries() const {
    const auto begin = std::filesystem::directory_iterator(directory_->path());
    return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
  }
  std::optional<TempDir> directory_;
};

// Not a generated property: every write waits for the disk.
TEST_F(File, AnyBytesComeBack) {
  std::string every_byte(256, '\0');
  for (std::size_t i = 0; i < every_byte.size(); ++i) every_byte[i] = static_cast<char>(i);
  for (const std::string& data : {std::string(), every_byte, std::string("\r\n\0\n", 4), std::string(200'000, 'x')}) {
    ASSERT_TRUE(write_atomically(in("f"), data));
    EXPECT_EQ(read_file(in("f")), data);
  }
  EXPECT_EQ(entries(), 1u) << "no temporary file stays";
}

TEST_F(File, LimitIsExact) {
  ASSERT_TRUE(write_atomically(in("f"), std::string(100, 'x')));
  EXPECT_TRUE(read_file(in("f"), 100));
  const auto over = read_file(in("f"), 99);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().cause, "larger than 99 bytes");
}

TEST_F(File, EndlessFilesAreRefused) {
  EXPECT_EQ(read_file("/dev/zero", 1000).error().cause, "larger than 1000 bytes");
}

TEST_F(File, FilesOfProcAreRead) {  // their size is 0 for stat(2)
  const auto status = read_file("/proc/self/status");
  ASSERT_TRUE(status);
  EXPECT_NE(status->find("VmHWM"), std::string::npos);
}

TEST_F(File, ReadingADirectoryNamesIt) {
  const auto result = read_file(directory_->path());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, EISDIR);
  EXPECT_EQ(result.error().subject, directory_->path());
}

TEST_F(File, TrimmingTakesSurroundingSpaceOnly) {
  ASSERT_TRUE(write_atomically(in("f"), " \n\ta b \n"));
  EXPECT_EQ(read_trimmed(in("f")), "a b");
  ASSERT_TRUE(write_atomically(in("f"), " \n"));
  EXPECT_EQ(read_trimmed(in("f")), "");
}

TEST_F(File, ReplacingKeepsOldReadersAtTheOldContent) {
  ASSERT_TRUE(write_atomically(in("f"), "old"));
  const auto reader = open_file(in("f"), O_RDONLY);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(write_atomically(in("f"), "new and longer"));
  char buffer[32];
  ASSERT_EQ(::read(reader->get(), buffer, sizeof buffer), 3);
  EXPECT_EQ(read_file(in("f")), "new and longer");
}

TEST_F(File, WrittenFilesAreReadableByOthers) {
  ASSERT_TRUE(write_atomically(in("f"), "x"));
  struct stat status{};
  ASSERT_EQ(::stat(in("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
}

TEST_F(File, FailedReplacementLeavesNothingBehind) {
  std::filesystem::create_directories(in("f/not-empty"));
  const auto result = write_atomically(in("f"), "x");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, EISDIR);
  EXPECT_EQ(entries(), 1u) << "only the directory that was there";
  EXPECT_EQ(write_atomically(in("missing/f"), "x").error().code, ENOENT);
}

TEST_F(File, FullDiskLeavesTheOldContent) {
  ASSERT_TRUE(write_atomically(in("f"), "old"));
  rlimit saved{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &saved), 0);
  const rlimit tiny{.rlim_cur = 10, .rlim_max = saved.rlim_max};
  ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tiny), 0);
  const auto result = write_atomically(in("f"), std::string(100, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &saved), 0);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, EFBIG);
  EXPECT_EQ(read_file(in("f")), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(File, WriteValueNeverCreates) {
  EXPECT_EQ(write_value(in("f"), "x").error().code, ENOENT);
  ASSERT_TRUE(write_atomically(in("f"), "abc"));
  ASSERT_TRUE(write_value(in("f"), "x"));
  EXPECT_EQ(read_file(in("f")), "xbc") << "a value is written over, not truncated first";
}

TEST_F(File, WriteAllGoesOnAfterShortWrites) {
  const auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  const std::string data(1u << 20, 'x');  // more than a pipe holds
  std::string got;
  std::thread reader([&] {
    char buffer[65536];
    for (ssize_t n = 0; got.size() < data.size() && (n = ::read(pipe->read.get(), buffer, sizeof buffer)) > 0;) {
      got.append(buffer, static_cast<std::size_t>(n));
    }
  });
  EXPECT_TRUE(write_all(pipe->write.get(), data, "pipe"));
  reader.join();
  EXPECT_EQ(got, data);
}

TEST_F(File, WriteAllNamesItsSubject) {
  const auto result = write_all(-1, "x", "the subject");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, EBADF);
  EXPECT_EQ(result.error().subject, "the subject");
}

}  // namespace
}  // namespace frostbyte
