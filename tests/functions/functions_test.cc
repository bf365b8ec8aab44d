// What holds for every bundled function, however small: it answers what it says it serves, by each contract it says it
// speaks, and it starts and ends as a process should. Each that is built is tested by name, without a line here.
#include <elf.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "described.h"

namespace functions_test {
namespace {

using nlohmann::json;

class EveryFunction : public ::testing::TestWithParam<Spoken> {
 protected:
  [[nodiscard]] Start start(std::vector<std::pair<std::string, std::string>> env = {}) const {
    return GetParam().function.start(GetParam().contract, std::move(env));
  }
};

INSTANTIATE_TEST_SUITE_P(Bundled, EveryFunction, ::testing::ValuesIn(all_spoken()),
                         [](const auto& test) { return to_name(test.param); });

void expect_answer(const Workload& workload, const std::optional<Response>& response) {
  ASSERT_TRUE(response.has_value()) << "no complete response";
  EXPECT_EQ(response->status, workload.status);
  EXPECT_EQ(without(workload.may_vary, response->body), without(workload.may_vary, workload.body));
}

TEST_P(EveryFunction, AnswersWhatItServesToTheByte) {
  Started started(start());
  for (const std::string& name : GetParam().function.serves) {
    SCOPED_TRACE(name);
    for (int repeat = 0; repeat < 3; ++repeat) expect_answer(workload(name), started.ask(workload(name).request));
  }
}

TEST_P(EveryFunction, NamesItselfWhenItEchoes) {
  if (!GetParam().function.does_serve("echo")) GTEST_SKIP() << "not applicable: it does not serve echo";
  Started started(start());
  const auto response = started.ask(workload("echo").request);
  ASSERT_TRUE(response);
  EXPECT_EQ(json::parse(response->body)["processed_by"], GetParam().function.folder.filename().string());
}

TEST_P(EveryFunction, RefusesAnUnknownPath) {
  Started started(start());
  const auto response = started.ask("GET /nowhere HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, R"({"error":"not found"})");
}

TEST_P(EveryFunction, ExitsZeroOnSigterm) {
  Started started(start());
  ASSERT_TRUE(started.ask("GET / HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n"));
  const auto status = started.signal_and_wait(SIGTERM);
  ASSERT_TRUE(status) << "still there";
  EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) == 0) << *status;
}

TEST_P(EveryFunction, LeavesAListenerAloneThatIsMeantForAnother) {
  if (GetParam().contract != Contract::port) GTEST_SKIP() << "not applicable: it is handed its own";
  Started started(start({{"LISTEN_FDS", "1"}, {"LISTEN_PID", std::to_string(getpid())}}));
  const auto response = started.ask(kGetHello);
  ASSERT_TRUE(response) << "not on PORT";
  EXPECT_EQ(response->status, 200);
}

TEST_P(EveryFunction, FailsWhenItsPortIsTaken) {
  if (GetParam().contract != Contract::port) GTEST_SKIP() << "not applicable: it binds no port";
  const Listener taken = listen_on_loopback();
  Started started(start({{"PORT", std::to_string(taken.port)}}));
  const auto status = started.wait();
  ASSERT_TRUE(status) << "still there";
  EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) != 0) << *status;
}

TEST_P(EveryFunction, ServesAfterAClientThatLeavesAtOnce) {
  Started started(start());
  {
    Client gone = started.connect();
  }
  {
    ASSERT_TRUE(started.connect().send(kGetHello));
  }
  const auto response = started.ask(kGetHello);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "hello world\n");
}

/// A program that asks for an interpreter, the dynamic linker.
bool is_dynamic(const std::filesystem::path& program) {
  std::ifstream file(program, std::ios::binary);
  Elf64_Ehdr header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    file.read(reinterpret_cast<char*>(&segment), sizeof segment);
    if (file && segment.p_type == PT_INTERP) return true;
  }
  return false;
}

TEST(BundledFunctions, AreLinkedAsTheirLabelsSay) {
  for (const Function& function : bundled_functions()) {
    if (function.linkage.empty()) continue;  // interpreted
    EXPECT_EQ(is_dynamic(function.folder / function.command.at(0)), function.linkage == "dynamic") << function.name;
    const bool must_be_static = function.language == "go" || function.language == "rust";
    EXPECT_TRUE(!must_be_static || function.linkage == "static") << function.name;
  }
}

TEST(BundledFunctions, OfCompiledLanguagesTakeASocketThatIsHandedToThem) {
  for (const Function& function : bundled_functions()) {
    if (function.language == "python" || function.language == "javascript" || function.speaks("lambda")) continue;
    EXPECT_TRUE(function.speaks("port") && function.speaks("listen-fds")) << function.name;
  }
}

TEST(BundledFunctions, HaveALineInTheReadMe) {
  std::ifstream file(FROSTBYTE_SOURCE "/functions/README.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (const Function& function : bundled_functions())
    EXPECT_THAT(text, ::testing::HasSubstr("`" + function.name.substr(0, function.name.find(':')) + "`"));
}

TEST(CNolibc, IsAtMost1024Bytes) { EXPECT_LE(std::filesystem::file_size(bundled("c-nolibc")), 1024u); }

TEST(CNolibc, MapsNothingWritableAndItsStackNotExecutable) {
  std::ifstream file(bundled("c-nolibc"), std::ios::binary);
  const std::string image(std::istreambuf_iterator<char>(file), {});
  Elf64_Ehdr header;
  ASSERT_GE(image.size(), sizeof header);
  std::memcpy(&header, image.data(), sizeof header);
  ASSERT_EQ(header.e_phnum, 2);
  Elf64_Phdr segments[2];
  std::memcpy(segments, image.data() + header.e_phoff, sizeof segments);
  EXPECT_EQ(segments[0].p_type, Elf64_Word{PT_LOAD});
  EXPECT_EQ(segments[0].p_flags, Elf64_Word{PF_R | PF_X});
  EXPECT_EQ(segments[0].p_filesz, image.size());
  EXPECT_EQ(segments[1].p_type, Elf64_Word{PT_GNU_STACK});
  EXPECT_EQ(segments[1].p_flags, Elf64_Word{PF_R | PF_W});
}

class EchoWorkload : public ::testing::TestWithParam<std::pair<const char*, std::size_t>> {
 protected:
  [[nodiscard]] static std::string body() { return workloads_file()[GetParam().first]["body"].value_or(std::string()); }
};
INSTANTIATE_TEST_SUITE_P(Sizes, EchoWorkload,
                         ::testing::Values(std::pair{"echo", 1024u}, std::pair{"echo-512", 512u},
                                           std::pair{"echo-256", 256u}),
                         [](const auto& test) { return std::to_string(test.param.second); });

TEST_P(EchoWorkload, SendsExactlyItsSizeThatEveryJsonLibraryWritesAlike) {
  EXPECT_EQ(body().size(), GetParam().second);
  EXPECT_EQ(body().find_first_of("/<>&'\\"), std::string::npos);
  EXPECT_TRUE(std::ranges::all_of(body(), [](char c) { return c >= ' ' && c <= '~'; }));
  EXPECT_EQ(json::parse(body()).dump().size(), GetParam().second) << "not compact";
}

TEST_P(EchoWorkload, ExpectsTheRequestAsAString) {
  const std::string body = EchoWorkload::body();
  json expected = json::parse(workload(GetParam().first).body);
  EXPECT_EQ(expected["request"], body);
  const json sent = json::parse(body);
  for (const auto& [key, value] : sent.items()) EXPECT_EQ(expected[key], value) << key;
}

}  // namespace
}  // namespace functions_test
