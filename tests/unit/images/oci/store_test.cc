// What an image may be kept in, and what is refused before anything is read of it, within a bounded time.
#include "images/oci/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "../image_maker.h"
#include "images/oci/image.h"
#include "launcher/base/file.h"

namespace frostbyte::oci {
namespace {

namespace fs = std::filesystem;
using test::LayoutMaker;
using test::TarMaker;
using testing::HasSubstr;

class StoreTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return (dir_.path() / name).string(); }
  static std::string problem(const std::string& path, const Limits& limits = {}) {
    const auto store = Store::open(path, limits);
    return store ? "" : store.error().message();
  }
  /// The store of what `bytes` are, written to a pipe.
  [[nodiscard]] Result<Store> piped(const std::string& bytes) const {
    const std::string name = path("pipe");
    ::mkfifo(name.c_str(), 0600);
    std::jthread writer([&] {
      const auto fd = open_file(name, O_WRONLY);
      (void)write_all(fd->get(), bytes, "pipe");  // the reader may have seen enough
    });
    return Store::open(name, {});
  }
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }

  TempDir dir_ = std::move(*TempDir::create());
};

TEST_F(StoreTest, ReadsAnArchive_AsItIs_Compressed_AndThroughAPipe) {
  LayoutMaker maker;
  maker.single({test::plain(TarMaker().file("f", 7))});
  const std::string archive = maker.archive();
  test::write(path("plain"), archive);
  test::write(path("gzip"), test::gzip(archive));
  test::write(path("zstd"), test::zstd(archive));
  for (const char* name : {"plain", "gzip", "zstd"}) {
    const auto store = Store::open(path(name), {});
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_EQ(open_image(*store, {})->layers.size(), 1U) << name;
  }
  for (const std::string& bytes : {archive, test::gzip(archive), test::zstd(archive)}) {
    const auto store = piped(bytes);
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_EQ(open_image(*store, {})->layers.size(), 1U);
  }
}

TEST_F(StoreTest, RefusesDevices_AtOnce) {
  for (const char* device : {"/dev/zero", "/dev/null", "/dev/tty"})
    EXPECT_THAT(problem(device), HasSubstr("it is a character device")) << device;
}

TEST_F(StoreTest, RefusesASocket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path("socket");
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(problem(name), HasSubstr("it is a socket"));
}

TEST_F(StoreTest, DoesNotWaitForEver_ForSomebodyToWriteToAPipe) {
  ::mkfifo(path("silent").c_str(), 0600);
  EXPECT_THAT(problem(path("silent")), HasSubstr("nobody has written to this pipe for 10 seconds"));
}

TEST_F(StoreTest, RefusesAStreamThatDoesNotBeginAsAnArchive_BeforeItHasFilledADisk) {
  EXPECT_THAT(piped("").error().message(), HasSubstr("it is empty"));
  EXPECT_THAT(piped(std::string(100'000, 'y')).error().message(), HasSubstr("it is no tar archive"));
  EXPECT_THAT(piped(std::string(4 << 20, '\0')).error().message(), HasSubstr("it begins with zeros"));
  EXPECT_TRUE(piped(std::string(10'240, '\0'))) << "an empty archive, as tar(1) writes it";
}

TEST_F(StoreTest, RefusesWhatIsNoArchive) {
  test::write(path("text"), "hello");
  EXPECT_THAT(problem(path("text")), HasSubstr("cannot read tar archive"));
  EXPECT_THAT(problem(path("absent")), HasSubstr("No such file or directory"));
  fs::create_symlink("loop", path("loop"));
  EXPECT_THAT(problem(path("loop")), HasSubstr("Too many levels of symbolic links"));
}

TEST_F(StoreTest, NamesAnUnreadableFile) {
  if (::geteuid() == 0) GTEST_SKIP() << "not applicable: root may read everything";
  test::write(path("secret"), "x");
  ::chmod(path("secret").c_str(), 0);
  EXPECT_THAT(problem(path("secret")), HasSubstr("Permission denied"));
}

TEST_F(StoreTest, LetsARootFileSystemHaveMoreMembersThanAnImage) {
  TarMaker tar;
  for (int i = 0; i < 50; ++i) tar.file("f" + std::to_string(i), 1);
  const Limits few{.members = 20};
  test::write(path("root"), tar.done());
  const auto store = Store::open(path("root"), few);
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_EQ(open_image(*store, {.limits = few})->form, Form::root_archive);
  test::write(path("image"), tar.file("index.json", "{}").done());
  EXPECT_THAT(problem(path("image"), few), HasSubstr("it has more than 20 members"));
}

TEST_F(StoreTest, FollowsLinksOfAnArchive_ButNotInACircle) {
  TarMaker tar;
  tar.symlink("a/x", "../b").file("b", "hello").symlink("c", "d").symlink("d", "c").symlink("up", "../../etc/passwd");
  test::write(path("links"), tar.done());
  const auto store = Store::open(path("links"), {});
  ASSERT_TRUE(store);
  EXPECT_EQ((*store->find("a/x"))->size, 5U);
  EXPECT_THAT(store->find("c").error().message(), HasSubstr("its links lead in a circle"));
  EXPECT_FALSE(store->find("up")->has_value()) << "a link stays in the archive";
  for (const char* name : {"../b", "/b", "", "a/../../b"})
    EXPECT_THAT(store->find(name).error().message(), HasSubstr("this name leads out of")) << name;
}

}  // namespace
}  // namespace frostbyte::oci
