// What holds for every bundled function: it answers what it says it serves, by each contract it says it speaks.
// Functions are found by looking, so one that is added is tested without a line here.
#include <elf.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "started.h"

namespace functions_test {
namespace {

using nlohmann::json;

struct Workload {
  std::string request;
  int status = 0;
  std::optional<std::string> body;
  json document;
  std::vector<std::string> may_vary;
};

std::vector<std::string> strings(const toml::node_view<const toml::node> node) {
  if (const auto one = node.value<std::string>()) return {*one};
  std::vector<std::string> all;
  if (const toml::array* array = node.as_array()) {
    for (const auto& item : *array) all.push_back(item.value_or(std::string()));
  }
  return all;
}

const toml::table& workloads_file() {
  static const toml::table file = toml::parse_file(std::string(FROSTBYTE_BUILD) + "/functions/workloads.toml");
  return file;
}

std::string to_request(const toml::table& table) {
  std::string text = table["method"].value_or(std::string()) + " " + table["path"].value_or(std::string()) +
                     " HTTP/1.1\r\nHost: function\r\nConnection: close\r\n";
  for (const auto& [name, value] : *table["headers"].as_table()) {
    text.append(name.str()).append(": ").append(value.value_or(std::string())).append("\r\n");
  }
  const std::string body = table["body"].value_or(std::string());
  if (!body.empty()) text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

Workload workload(const std::string& name) {
  const toml::table& table = *workloads_file()[name].as_table();
  const auto expect = table["expect"];
  const auto document = expect["json"].value<std::string>();
  return {.request = to_request(table),
          .status = expect["status"].value_or(0),
          .body = expect["body"].value<std::string>(),
          .document = document ? json::parse(*document) : json(),
          .may_vary = strings(expect["volatile"])};
}

void expect_answer(const Workload& workload, const std::optional<Response>& response) {
  ASSERT_TRUE(response.has_value()) << "no complete response";
  EXPECT_EQ(response->status, workload.status);
  if (workload.body) {
    EXPECT_EQ(response->body, *workload.body);
    return;
  }
  json answered = json::parse(response->body, nullptr, false);
  json expected = workload.document;
  ASSERT_TRUE(answered.is_object()) << response->body;
  for (const std::string& field : workload.may_vary) {
    ASSERT_TRUE(answered.contains(field)) << field;
    EXPECT_EQ(answered[field].type() == json::value_t::string, expected[field].type() == json::value_t::string)
        << field;
    answered.erase(field);
    expected.erase(field);
  }
  EXPECT_EQ(answered, expected);
}

struct Function {
  std::string name;
  std::filesystem::path program;
  std::vector<std::string> contracts;
  std::vector<std::string> serves;

  [[nodiscard]] bool speaks(std::string_view contract) const { return std::ranges::count(contracts, contract) > 0; }
};

std::vector<Function> functions() {
  std::vector<Function> all;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(FROSTBYTE_BUILD) + "/functions")) {
    if (!std::filesystem::exists(entry.path() / "function.toml")) continue;
    const toml::table file = toml::parse_file((entry.path() / "function.toml").string());
    const toml::table& table = file;
    all.push_back({.name = table["name"].value_or(std::string()),
                   .program = entry.path() / strings(table["command"]).at(0),
                   .contracts = strings(table["contract"]),
                   .serves = strings(table["serves"])});
    EXPECT_EQ(all.back().name, entry.path().filename());
  }
  EXPECT_GE(all.size(), 5u) << "the bundled functions are not where they should be";
  return all;
}

std::vector<Contract> socket_contracts(const Function& function) {
  std::vector<Contract> contracts;
  if (function.speaks("port")) contracts.push_back(Contract::port);
  if (function.speaks("listen-fds")) contracts.push_back(Contract::listen_fds);
  return contracts;
}

TEST(EveryFunction, AnswersWhatItServesByEachContract) {
  for (const Function& function : functions()) {
    for (const Contract contract : socket_contracts(function)) {
      SCOPED_TRACE(function.name + (contract == Contract::port ? " by port" : " by listen-fds"));
      Started started({.program = function.program, .contract = contract});
      for (const std::string& name : function.serves) {
        SCOPED_TRACE(name);
        for (int repeat = 0; repeat < 3; ++repeat) expect_answer(workload(name), started.ask(workload(name).request));
      }
    }
  }
}

TEST(EveryFunction, RefusesAnUnknownPath) {
  for (const Function& function : functions()) {
    for (const Contract contract : socket_contracts(function)) {
      SCOPED_TRACE(function.name);
      Started started({.program = function.program, .contract = contract});
      const auto response = started.ask("GET /nowhere HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n");
      ASSERT_TRUE(response);
      EXPECT_EQ(response->status, 404);
    }
  }
}

TEST(EveryFunction, ExitsZeroOnSigterm) {
  for (const Function& function : functions()) {
    if (!function.speaks("port")) continue;
    SCOPED_TRACE(function.name);
    Started started({.program = function.program});
    ASSERT_TRUE(started.ask(kGetHello));
    const auto status = started.signal_and_wait(SIGTERM);
    ASSERT_TRUE(status) << "still there";
    EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) == 0) << *status;
  }
}

TEST(EveryFunction, LeavesAListenerAloneThatIsMeantForAnother) {
  for (const Function& function : functions()) {
    if (!function.speaks("listen-fds")) continue;
    SCOPED_TRACE(function.name);
    Started started(
        {.program = function.program, .env = {{"LISTEN_FDS", "1"}, {"LISTEN_PID", std::to_string(getpid())}}});
    const auto response = started.ask(kGetHello);
    ASSERT_TRUE(response) << "not on PORT";
    EXPECT_EQ(response->status, 200);
  }
}

TEST(EveryFunction, FailsWhenItsPortIsTaken) {
  const Listener taken = listen_on_loopback();
  for (const Function& function : functions()) {
    if (!function.speaks("port")) continue;
    SCOPED_TRACE(function.name);
    Started started({.program = function.program, .env = {{"PORT", std::to_string(taken.port)}}});
    const auto status = started.wait();
    ASSERT_TRUE(status) << "still there";
    EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) != 0) << *status;
  }
}

TEST(EveryFunction, ServesAfterAClientThatLeavesAtOnce) {
  for (const Function& function : functions()) {
    if (!function.speaks("listen-fds")) continue;
    SCOPED_TRACE(function.name);
    Started started({.program = function.program, .contract = Contract::listen_fds});
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

TEST(EchoWorkload, SendsExactlyOneKibibyteThatEveryJsonLibraryWritesAlike) {
  const std::string body = workloads_file()["echo"]["body"].value_or(std::string());
  EXPECT_EQ(body.size(), 1024u);
  EXPECT_EQ(body.find_first_of("/<>&'\\"), body.npos);
  EXPECT_TRUE(std::ranges::all_of(body, [](char c) { return c >= ' ' && c <= '~'; }));
  EXPECT_EQ(json::parse(body).dump().size(), 1024u) << "not compact";
}

TEST(EchoWorkload, ExpectsTheRequestAsAString) {
  const std::string body = workloads_file()["echo"]["body"].value_or(std::string());
  json expected = workload("echo").document;
  EXPECT_EQ(expected["request"], body);
  const json sent = json::parse(body);
  for (const auto& [key, value] : sent.items()) EXPECT_EQ(expected[key], value) << key;
}

}  // namespace
}  // namespace functions_test
