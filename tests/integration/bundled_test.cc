// Every bundled function answers by every contract it speaks, under every preset, and its stamps are in order.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness.h"

namespace frostbyte::integration {
namespace {

using ::testing::Values;

struct Setting {
  const char* isolation;
  const char* contract;
};

/// Stamps in the order in which they must not fall; absent ones are passed over.
void expect_order(const Row& row, const Words& names) {
  std::string previous;
  for (const std::string& name : names) {
    if (!row.has_stamp(name)) continue;
    if (!previous.empty()) {
      EXPECT_LE(row.stamp(previous), row.stamp(name)) << previous << " > " << name << ": " << row.dump();
    }
    previous = name;
  }
}

void expect_lawful(const Row& row, const std::string& contract) {
  for (const char* stamp : {"spawn", "exec", "listen", "request", "first_byte", "response", "exit"})
    ASSERT_TRUE(row.has_stamp(stamp)) << stamp << ": " << row.dump();
  expect_order(row, {"spawn", "exec", "committed", "first_byte", "response", "stop", "exit"});
  if (contract == "listen-fds") {
    EXPECT_LT(row.stamp("request"), row.stamp("spawn")) << "the request waits for the function";
    EXPECT_EQ(row.stamp("listen"), row.stamp("exec")) << "an inherited socket listens from the start";
  } else {
    expect_order(row, {"exec", "committed", "listen", "request", "response"});
  }
  EXPECT_GT(row.number("error_ns"), 0);
}

/// Those of other toolchains are tested where they were built; functions/conformance tests say by name that they were.
bool is_built(const std::string& name) { return std::filesystem::exists(bundled(name)); }

Words lambda_functions() {
  Words functions = {bundled("cpp-lambda")};
  if (is_built("go-lambda")) functions.push_back(bundled("go-lambda"));
  return functions;
}

class BundledFunctions : public Integration, public ::testing::WithParamInterface<Setting> {};

TEST_P(BundledFunctions, AnswerWithStampsInOrder) {
  const auto [isolation, contract] = GetParam();
  Words functions;
  for (const char* name : {"c-nolibc", "c-musl", "c-glibc", "c-glibc-dynamic", "cpp-epoll"})
    functions.push_back(bundled(name));
  for (const char* name : {"cpp-beast", "go-nethttp", "rust-axum"})
    if (is_built(name)) functions.push_back(bundled(name));
  if (std::string(contract) == "lambda") functions = lambda_functions();
  const RunFile run =
      sweep_ok(functions + Words{"--isolation", isolation, "--contract", contract, "-r", "4", "-w", "1"});
  EXPECT_EQ(run.rows.size(), functions.size() * 5);
  for (const Row& row : run.rows) expect_lawful(row, contract);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, BundledFunctions,
                         Values(Setting{"none", "port"}, Setting{"none", "listen-fds"}, Setting{"none", "lambda"},
                                Setting{"namespaces", "port"}, Setting{"namespaces", "listen-fds"},
                                Setting{"namespaces", "lambda"}, Setting{"full", "port"}, Setting{"full", "listen-fds"},
                                Setting{"full", "lambda"}),
                         [](const auto& test) {
                           std::string name = std::string(test.param.isolation) + "_" + test.param.contract;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

class Workloads : public Integration, public ::testing::WithParamInterface<const char*> {};

TEST_P(Workloads, AreAnsweredByThePortAndByTheLambdaFunctions) {
  const Words functions = Words{bundled("cpp-epoll")} + lambda_functions();
  const RunFile run = sweep_ok(functions + Words{"--workload", GetParam(), "-r", "3", "-w", "0"});
  EXPECT_EQ(run.rows.size(), functions.size() * 3);
}
INSTANTIATE_TEST_SUITE_P(All, Workloads, Values("hello", "health", "echo", "echo-256", "echo-512", "api"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

/// Rows of a CSV without quoted cells, each by its column's name.
std::vector<std::map<std::string, std::string>> read_csv(const std::string& text) {
  std::istringstream lines(text);
  std::string line, cell;
  std::getline(lines, line);
  Words columns;
  for (std::istringstream cells(line); std::getline(cells, cell, ',');) columns.push_back(cell);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    auto& row = rows.emplace_back();
    for (const std::string& column : columns) std::getline(cells, row[column], ',');
  }
  return rows;
}

class Intervals : public Integration {};

TEST_F(Intervals, AreTheDifferencesOfTheirStampsAndAddUp) {
  const Sweep done = sweep({bundled("c-musl"), "-r", "20", "-w", "0", "--quiet", "-o", "csv=-"});
  ASSERT_EQ(done.finished.exit_code, 0) << done.finished.err;
  const auto table = read_csv(done.finished.out);
  ASSERT_EQ(table.size(), done.run.rows.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Row& row = done.run.rows[i];
    const auto interval = [&](const char* name) { return std::stoll(table[i].at(std::string("launch.") + name)); };
    EXPECT_EQ(interval("exec_to_first_response"), row.first_response());
    EXPECT_EQ(interval("exec_to_listen") + interval("listen_to_first_byte"), interval("exec_to_first_byte"));
    EXPECT_EQ(interval("exec_to_first_byte") + row.stamp("response") - row.stamp("first_byte"),
              interval("exec_to_first_response"));
    EXPECT_EQ(interval("spawn_to_exec") + interval("exec_to_first_response"), interval("spawn_to_first_response"));
    EXPECT_EQ(interval("stop_to_exit"), row.stamp("exit") - row.stamp("stop"));
  }
}

}  // namespace
}  // namespace frostbyte::integration
