#include "launcher/launch/page_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rapidcheck.h>
#include <fstream>
#include <functional>

#include "launcher/base/file.h"
#include "launcher/launch/residency.h"

namespace frostbyte::launch {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr std::size_t kSize = (1 << 20) + 123;  // the last page is a part of one

void make_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

void make_program(const fs::path& path, std::string_view content) {
  make_file(path, content);
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
}

bool in_memory(const fs::path& path) {
  struct statfs facts{};
  ::statfs(path.c_str(), &facts);
  return facts.f_type == TMPFS_MAGIC || facts.f_type == RAMFS_MAGIC;
}

Residency now(const fs::path& path) {
  const Fd fd = *open_file(path.string(), O_RDONLY);
  return *residency(fd.get(), path.string());
}

class OnDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (in_memory(folder.path())) GTEST_SKIP() << folder.path() << " is in memory: nothing can be evicted";
    make_file(file, std::string(kSize, 'x'));
  }
  TempDir folder = *TempDir::create();
  fs::path file = folder.path() / "program";
  PageCache cache{FileSet{.own = {file}, .shared = {}}};
};

TEST_F(OnDisk, EvictsToZeroAndAReadBringsItBack) {
  ASSERT_TRUE(cache.flush().has_value());
  const auto cold = cache.evict();
  ASSERT_TRUE(cold.has_value()) << cold.error().message();
  EXPECT_EQ(cold->resident, Bytes{0});
  EXPECT_EQ(cold->total, Bytes{kSize});
  EXPECT_EQ(now(file).resident, Bytes{0});
  ASSERT_TRUE(read_file(file).has_value());
  EXPECT_EQ(now(file).resident, Bytes{kSize});
}

TEST_F(OnDisk, EvictsAFileThatWasWrittenAfterTheFlush) {
  ASSERT_TRUE(cache.flush().has_value());
  make_file(file, std::string(kSize, 'y'));
  const auto cold = cache.evict();
  ASSERT_TRUE(cold.has_value()) << cold.error().message();
  EXPECT_EQ(now(file).resident, Bytes{0});
}

TEST_F(OnDisk, WarmsWhatWasCold) {
  ASSERT_TRUE(cache.flush().has_value());
  ASSERT_TRUE(cache.evict().has_value());
  const auto warm = cache.warm();
  ASSERT_TRUE(warm.has_value()) << warm.error().message();
  EXPECT_EQ(warm->resident, Bytes{kSize});
  EXPECT_EQ(warm->total, Bytes{kSize});
}

TEST_F(OnDisk, RefusesToCallAMappedFileCold) {
  ASSERT_TRUE(cache.flush().has_value());
  const Fd fd = *open_file(file.string(), O_RDONLY);
  void* mapped = ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED | MAP_POPULATE, fd.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  for (std::size_t i = 0; i < kSize; i += 4096) static_cast<void>(static_cast<volatile char*>(mapped)[i]);
  const auto cold = cache.evict();
  ASSERT_FALSE(cold.has_value());
  EXPECT_THAT(cold.error().cause, HasSubstr("stay resident"));
  EXPECT_THAT(cold.error().hint, HasSubstr("fuser"));
  ::munmap(mapped, kSize);
  EXPECT_TRUE(cache.evict().has_value());
}

TEST_F(OnDisk, BothProofsAgree) {
  if (PageCache::proof_method() != "cachestat") GTEST_SKIP() << "cachestat needs Linux 6.5";
  ASSERT_TRUE(cache.flush().has_value());
  const Fd fd = *open_file(file.string(), O_RDONLY);
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM);  // no read-ahead: some pages, not all
  EXPECT_TRUE(rc::check([&](const std::vector<std::uint8_t>& touched) {
    RC_ASSERT(cache.evict().has_value());
    for (const std::uint8_t page : touched) {
      char byte;
      static_cast<void>(::pread(fd.get(), &byte, 1, page * off_t{4096}));
    }
    const auto one = residency(fd.get(), file.string(), Proof::cachestat);
    const auto other = residency(fd.get(), file.string(), Proof::mincore);
    RC_ASSERT(one->resident == other->resident);
    RC_ASSERT(one->total == other->total);
  }));
}

TEST_F(OnDisk, NamesSharedFilesThatAreResident) {
  const PageCache sharing{FileSet{.own = {}, .shared = {file}}};
  ASSERT_TRUE(cache.warm().has_value());
  EXPECT_THAT(sharing.resident_shared(), ElementsAre(file));
  ASSERT_TRUE(cache.flush().has_value());
  ASSERT_TRUE(cache.evict().has_value());
  EXPECT_THAT(sharing.resident_shared(), IsEmpty());
}

TEST_F(OnDisk, AnEmptyFileIsColdAndWarm) {
  make_file(file, "");
  EXPECT_EQ(cache.evict()->resident, Bytes{0});
  EXPECT_EQ(cache.warm()->total, Bytes{0});
}

TEST_F(OnDisk, NamesAFileThatIsGone) {
  fs::remove(file);
  for (const auto& outcome : {cache.evict(), cache.warm()}) {
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, ENOENT);
    EXPECT_EQ(outcome.error().subject, file.string());
  }
  EXPECT_EQ(cache.flush().error().code, ENOENT);
}

/// In a process with a mount namespace of its own.
void in_own_mounts(const std::function<void()>& claims) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(77);
    claims();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "needs root";
  EXPECT_EQ(status, 0);
}

TEST(PageCache, RefusesAFileInMemoryWithTheWayOut) {
  const auto folder = *TempDir::create();
  in_own_mounts([&] {
    if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, nullptr) != 0) ::_exit(77);
    make_file(folder.path() / "program", "x");
    PageCache cache(FileSet{.own = {folder.path() / "program"}, .shared = {}});
    const auto cold = cache.evict();
    ASSERT_FALSE(cold.has_value());
    EXPECT_THAT(cold.error().cause, HasSubstr("file system in memory"));
    EXPECT_THAT(cold.error().hint, HasSubstr("disk"));
    EXPECT_TRUE(cache.warm().has_value());
  });
}

TEST_F(OnDisk, IsNotDeceivedByAnOverlay) {
  // An overlay file's pages belong to the file below: asked by cachestat, a warm file looks cold.
  for (const char* name : {"lower", "upper", "work", "merged"}) fs::create_directory(folder.path() / name);
  make_file(folder.path() / "lower" / "program", std::string(kSize, 'x'));
  in_own_mounts([&] {
    const std::string base = folder.path().string();
    const std::string options = "lowerdir=" + base + "/lower,upperdir=" + base + "/upper,workdir=" + base + "/work";
    if (::mount("overlay", (base + "/merged").c_str(), "overlay", 0, options.c_str()) != 0) ::_exit(77);
    const fs::path merged = folder.path() / "merged" / "program";
    PageCache above(FileSet{.own = {merged}, .shared = {}});
    ASSERT_TRUE(above.warm().has_value());
    EXPECT_EQ(now(merged).resident, Bytes{kSize});
    ASSERT_TRUE(above.flush().has_value());
    const auto cold = above.evict();
    ASSERT_TRUE(cold.has_value()) << cold.error().message();
    EXPECT_EQ(now(folder.path() / "lower" / "program").resident, Bytes{0});
  });
}

TEST(PageCache, SaysWhenTheKernelWillNotTell) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give root up";
  const Fd fd = *open_file("/bin/sh", O_RDONLY);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(77);
    const auto found = residency(fd.get(), "/bin/sh", Proof::mincore);
    ::_exit(!found && found.error().code == EPERM && found.error().hint.contains("owner") ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

class FilesOf : public testing::Test {
 protected:
  TempDir temporary = *TempDir::create();
  fs::path folder = fs::canonical(temporary.path());
};

TEST_F(FilesOf, TheProgramComesFirstAndOnce) {
  make_program(folder / "z-program", "#!/bin/sh\n");
  make_file(folder / "a-data", "x");
  make_file(folder / "deep/er/data", "x");
  const auto files = files_of(folder / "z-program", folder);
  ASSERT_TRUE(files.has_value()) << files.error().message();
  EXPECT_EQ(files->own.front(), folder / "z-program");
  EXPECT_THAT(files->own, UnorderedElementsAre(folder / "z-program", folder / "a-data", folder / "deep/er/data"));
}

TEST_F(FilesOf, ABareCommandOwnsItsProgramOnly) {
  make_program(folder / "program", "#!/bin/sh\n");
  make_file(folder / "data", "x");
  EXPECT_THAT(files_of(folder / "program", {})->own, ElementsAre(folder / "program"));
}

/// A dynamic program that is on every host these tests run on.
fs::path this_program() { return fs::canonical("/proc/self/exe"); }

TEST_F(FilesOf, AScriptSharesItsInterpreterAndWhatThatNeeds) {
  make_program(folder / "program", "#!" + this_program().string() + "\n");
  const auto files = files_of(folder / "program", folder);
  EXPECT_THAT(files->shared, Contains(this_program()));
  EXPECT_THAT(files->shared, Contains(fs::canonical("/lib64/ld-linux-x86-64.so.2")));
}

TEST_F(FilesOf, EnvIsFollowedToTheProgramItStarts) {
  make_program(folder / "program", "#!/usr/bin/env sh\n");
  const auto files = files_of(folder / "program", folder);
  EXPECT_THAT(files->shared, Contains(fs::canonical("/usr/bin/env")));
  EXPECT_THAT(files->shared, Contains(fs::canonical("/bin/sh")));
}

TEST_F(FilesOf, ADynamicProgramSharesItsLoaderAndLibraries) {
  const auto files = files_of(this_program(), {});
  ASSERT_TRUE(files.has_value());
  EXPECT_THAT(files->own, ElementsAre(this_program()));
  EXPECT_THAT(files->shared, Contains(testing::ResultOf([](const fs::path& p) { return p.filename().string(); },
                                                        testing::StartsWith("libc"))));
}

TEST_F(FilesOf, LibrariesInTheFolderAreItsOwn) {
  make_program(folder / "program", *read_file("/bin/sh"));
  make_file(folder / "lib/private.so", "x");
  const auto files = files_of(folder / "program", folder);
  EXPECT_THAT(files->own, Contains(folder / "lib/private.so"));
  for (const fs::path& shared : files->shared) EXPECT_THAT(files->own, Not(Contains(shared)));
}

TEST_F(FilesOf, LinksOutOfTheFolderAreNotFollowed) {
  make_program(folder / "app/program", "#!/bin/sh\n");
  make_file(folder / "outside/data", "x");
  fs::create_directory_symlink(folder / "outside", folder / "app/linked");
  fs::create_symlink(folder / "outside/data", folder / "app/file");
  fs::create_directory_symlink(folder / "app", folder / "app/itself");
  EXPECT_THAT(files_of(folder / "app/program", folder / "app")->own, ElementsAre(folder / "app/program"));
}

TEST_F(FilesOf, SpecialFilesAreLeftOut) {
  make_program(folder / "program", "#!/bin/sh\n");
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(files_of(folder / "program", folder)->own, ElementsAre(folder / "program"));
}

TEST_F(FilesOf, RefusesAFolderWithTooManyFiles) {
  make_program(folder / "program", "#!/bin/sh\n");
  for (int i = 0; i < 4096; ++i) make_file(folder / ("f" + std::to_string(i)), "");
  const auto files = files_of(folder / "program", folder);
  ASSERT_FALSE(files.has_value());
  EXPECT_EQ(files.error().cause, "it holds more than 4096 files");
}

TEST_F(FilesOf, RefusesAFolderNestedTooDeeply) {
  make_program(folder / "program", "#!/bin/sh\n");
  fs::path deep = folder;
  for (int i = 0; i < 17; ++i) deep /= "d";
  make_file(deep / "data", "x");
  const auto files = files_of(folder / "program", folder);
  ASSERT_FALSE(files.has_value());
  EXPECT_THAT(files.error().cause, HasSubstr("deeper than 16"));
}

TEST_F(FilesOf, NamesAProgramThatDoesNotExist) {
  const auto files = files_of(folder / "nothing", folder);
  ASSERT_FALSE(files.has_value());
  EXPECT_EQ(files.error().code, ENOENT);
}

}  // namespace
}  // namespace frostbyte::launch
