#include "results/record/run_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "launcher/base/file.h"
#include "results/record/json.h"
#include "results/record/run.h"
#include "sample_maker.h"

namespace frostbyte::record {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Writing : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "run.jsonl"; }
  [[nodiscard]] std::string content() const { return read_file(path()).value(); }
  /// A run of `samples` good samples, without an end.
  void make_unfinished(std::uint64_t samples) {
    auto writer = RunWriter::create(path(), two_variants());
    ASSERT_TRUE(writer.has_value()) << writer.error().message();
    for (std::uint64_t i = 0; i < samples; ++i)
      ASSERT_TRUE(writer->write(ok_sample(i, i % 2 == 0 ? "a" : "b")).has_value());
  }

  TempDir directory_ = TempDir::create().value();
};

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().message();
}

TEST_F(Writing, WhatIsWrittenIsReadBackWhole) {
  auto writer = RunWriter::create(path(), two_variants());
  ASSERT_TRUE(writer.has_value()) << writer.error().message();
  ASSERT_TRUE(writer->write(ok_sample(0, "a")).has_value());
  ASSERT_TRUE(writer->write(failed_sample(1, "b")).has_value());
  ASSERT_TRUE(writer->finish(EndReason::complete).has_value());
  const auto run = read_run(path());
  ASSERT_TRUE(run.has_value()) << run.error().message();
  EXPECT_TRUE(run->notes().empty());
  EXPECT_EQ(run->end()->samples, 2u);
  EXPECT_EQ(run->end()->reason, EndReason::complete);
}

TEST_F(Writing, EachSampleIsInTheFileBeforeTheNextIsTaken) {
  auto writer = RunWriter::create(path(), two_variants());
  ASSERT_TRUE(writer.has_value());
  for (std::uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(writer->write(ok_sample(i, "a")).has_value());
    EXPECT_EQ(read_run(path())->counts().samples, i + 1);
  }
}

TEST_F(Writing, RefusesToOverwrite_UnlessAsked) {
  make_unfinished(3);
  const std::string before = content();
  const auto refused = RunWriter::create(path(), two_variants());
  EXPECT_THAT(error_of(refused), AllOf(HasSubstr("EEXIST"), HasSubstr("--resume")));
  EXPECT_EQ(content(), before);
  ASSERT_TRUE(RunWriter::create(path(), two_variants(), IfExists::replace).has_value());
  EXPECT_EQ(read_run(path())->counts().samples, 0u);
}

TEST_F(Writing, ARunThatIsBeingWrittenIsNobodyElses) {
  auto writer = RunWriter::create(path(), two_variants());
  ASSERT_TRUE(writer.has_value());
  ASSERT_TRUE(writer->write(ok_sample(0, "a")).has_value());
  EXPECT_THAT(error_of(RunWriter::resume(path())), HasSubstr("another process is writing this run"));
  EXPECT_THAT(error_of(RunWriter::create(path(), two_variants(), IfExists::replace)),
              HasSubstr("another process is writing"));
  EXPECT_EQ(read_run(path())->counts().samples, 1u) << "a refused replacement leaves the samples alone";
}

TEST_F(Writing, RefusesSamplesItCouldNotReadBack) {
  auto writer = RunWriter::create(path(), two_variants());
  ASSERT_TRUE(writer.has_value());
  EXPECT_THAT(error_of(writer->write(ok_sample(1, "a"))), HasSubstr("the next one is 0"));
  EXPECT_THAT(error_of(writer->write(ok_sample(0, "c"))), HasSubstr("'c' is not in the run's plan"));
  Sample huge = ok_sample(0, "a");
  huge.detail = std::string(kMaxLine, 'x');
  EXPECT_THAT(error_of(writer->write(huge)), HasSubstr("could not be read back"));
  ASSERT_TRUE(writer->finish(EndReason::complete).has_value());
  EXPECT_THAT(error_of(writer->write(ok_sample(0, "a"))), HasSubstr("the run is finished"));
  EXPECT_THAT(error_of(writer->finish(EndReason::complete)), HasSubstr("the run is finished"));
  EXPECT_EQ(read_run(path())->counts().samples, 0u);
}

TEST_F(Writing, RefusesTwoVariantsOfOneName_BeforeMakingAFile) {
  Header header = two_variants();
  header.variants[1].name = "a";
  EXPECT_THAT(error_of(RunWriter::create(path(), header)), HasSubstr("two variants have this name"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Writing, ResumeOfAFileCutAnywhere_ContinuesAfterItsLastWholeSample) {
  make_unfinished(3);
  const std::string whole = content();
  const std::size_t header = whole.find('\n') + 1;
  for (std::size_t size = header; size <= whole.size(); size += 7) {
    const std::string part = whole.substr(0, size);
    put(path(), part);
    const auto kept = static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n')) - 1;
    {
      auto resumed = RunWriter::resume(path());
      ASSERT_TRUE(resumed.has_value()) << resumed.error().message();
      EXPECT_EQ(resumed->samples, kept);
      EXPECT_EQ(resumed->torn, !part.ends_with('\n'));
      for (std::uint64_t i = kept; i < 4; ++i) ASSERT_TRUE(resumed->writer.write(ok_sample(i, "a")).has_value());
      ASSERT_TRUE(resumed->writer.finish(EndReason::complete).has_value());
    }
    const auto run = read_run(path());
    ASSERT_TRUE(run.has_value()) << run.error().message();
    EXPECT_EQ(run->end()->samples, 4u);
    EXPECT_TRUE(run->notes().empty());
  }
}

TEST_F(Writing, ResumeTellsWhatWasDone) {
  make_unfinished(5);
  const auto resumed = RunWriter::resume(path());
  ASSERT_TRUE(resumed.has_value()) << resumed.error().message();
  EXPECT_EQ(encode(resumed->header), encode(two_variants()));
  EXPECT_THAT(resumed->samples_by_variant, ElementsAre(3, 2));
  EXPECT_EQ(resumed->writer.samples(), 5u);
  EXPECT_FALSE(resumed->torn);
}

TEST_F(Writing, AnInterruptedRunResumes_ACompleteOneDoesNot) {
  {
    auto writer = RunWriter::create(path(), two_variants());
    ASSERT_TRUE(writer->write(ok_sample(0, "a")).has_value());
    ASSERT_TRUE(writer->finish(EndReason::interrupted).has_value());
  }
  {
    auto resumed = RunWriter::resume(path());
    ASSERT_TRUE(resumed.has_value()) << resumed.error().message();
    ASSERT_TRUE(resumed->writer.write(ok_sample(1, "b")).has_value());
    ASSERT_TRUE(resumed->writer.finish(EndReason::complete).has_value());
  }
  EXPECT_EQ(read_run(path())->end()->samples, 2u);
  const std::string before = content();
  EXPECT_THAT(error_of(RunWriter::resume(path())), HasSubstr("the run is complete"));
  EXPECT_EQ(content(), before);
}

TEST_F(Writing, ResumeOfADamagedFileRefusesAndChangesNothing) {
  make_unfinished(2);
  const std::string damaged = content() + "garbage\n" + encode(ok_sample(2, "a")) + "\n";
  put(path(), damaged);
  EXPECT_THAT(error_of(RunWriter::resume(path())), HasSubstr("read line 4 of"));
  EXPECT_EQ(content(), damaged);
}

TEST_F(Writing, AFullDiskLeavesTheFileWhole) {
  // A file size limit refuses as a full disk does: the write that crosses it is short, the next one fails.
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto writer = RunWriter::create(path(), two_variants());
    const auto size = static_cast<rlim_t>(std::filesystem::file_size(path()));
    const rlimit limit{size + 1'500, size + 1'500};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (std::uint64_t i = 0; i < 100; ++i) {
      const auto written = writer->write(ok_sample(i, "a"));
      if (!written) ::_exit(written.error().code == EFBIG && i > 0 ? 0 : 1);
    }
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(content().ends_with("}\n"));
  EXPECT_GT(read_run(path())->counts().samples, 0u);
}

TEST_F(Writing, KilledAtAnyMoment_TheFileReadsToItsLastWholeLine) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    std::filesystem::remove(path());
    Pipe pipe = make_pipe().value();
    const pid_t child = ::fork();
    if (child == 0) {
      auto writer = RunWriter::create(path(), two_variants());
      for (std::uint64_t i = 0; writer && writer->write(ok_sample(i, "a")); ++i) {
        static_cast<void>(!::write(pipe.write.get(), "x", 1));
      }
      ::_exit(1);
    }
    pipe.write.reset();
    // As many samples as this were acknowledged, so at least as many must be in the file.
    std::uint64_t acknowledged = 0;
    char byte = 0;
    while (acknowledged < static_cast<std::uint64_t>(attempt) + 1 && ::read(pipe.read.get(), &byte, 1) == 1)
      ++acknowledged;
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const auto run = read_run(path());
    ASSERT_TRUE(run.has_value()) << run.error().message();
    EXPECT_GE(run->counts().samples, acknowledged);
    EXPECT_TRUE(RunWriter::resume(path()).has_value()) << "the lock died with its owner";
  }
}

TEST_F(Writing, APipeTakesTheRunAsItIs) {
  const std::string fifo = (directory_.path() / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const Fd reader = open_file(fifo, O_RDONLY | O_NONBLOCK).value();
  auto writer = RunWriter::create(fifo, two_variants());
  ASSERT_TRUE(writer.has_value()) << writer.error().message();
  ASSERT_TRUE(writer->finish(EndReason::complete).has_value());
  char buffer[4096];
  const ssize_t size = ::read(reader.get(), buffer, sizeof buffer);
  ASSERT_GT(size, 0);
  EXPECT_THAT(std::string(buffer, static_cast<std::size_t>(size)), HasSubstr(R"({"end":{"reason":"complete")"));
}

}  // namespace
}  // namespace frostbyte::record
