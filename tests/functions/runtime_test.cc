// Settings of language runtimes take effect: each is looked for where the runtime itself, or the kernel, shows it.
#include <gmock/gmock.h>

#include <fstream>
#include <string>

#include "described.h"

namespace functions_test {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// Skips where the function was not built, which the build has said.
class Runtime : public ::testing::Test {
 protected:
  /// The function with `env`, after it has answered once.
  Started& start(const std::string& name, const Environment& env) {
    for (const Function& function : bundled_functions()) {
      if (function.name == name) started_.emplace(function.start(Contract::port, env));
    }
    EXPECT_TRUE(started_->ask("GET / HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n"));
    return *started_;
  }

  static bool is_built(const std::string& name) {
    const auto all = bundled_functions();
    return std::ranges::any_of(all, [&](const Function& function) { return function.name == name; });
  }

  /// Threads of a process, by /proc/PID/status.
  static int threads(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("Threads:")) return std::stoi(line.substr(8));
    }
    return 0;
  }

  /// The value of a metric without labels.
  static double metric(Started& started, const std::string& name) {
    const auto response = started.ask("GET /metrics HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n");
    const std::string text = response ? "\n" + response->body : "";
    const auto at = text.find("\n" + name + " ");
    EXPECT_NE(at, text.npos) << name << " is not in\n" << text;
    return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

 private:
  std::optional<Started> started_;
};

class Tokio : public Runtime, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Rust, Tokio, ::testing::Values("rust-axum", "rust-hyper"), [](const auto& test) {
  std::string name = test.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST_P(Tokio, HasAsManyWorkersAsItIsTold) {
  if (!is_built(GetParam())) GTEST_SKIP() << GetParam() << " is not built";
  for (const int workers : {1, 3, 7}) {
    Started& started = start(GetParam(), {{"TOKIO_WORKER_THREADS", std::to_string(workers)}});
    EXPECT_EQ(threads(started.pid()), workers + 1) << "the workers, and the main thread";
  }
}

TEST_P(Tokio, HasOneThreadWhenItsRuntimeIsTheCurrentOne) {
  if (!is_built(GetParam())) GTEST_SKIP() << GetParam() << " is not built";
  Started& started = start(GetParam(), {{"TOKIO_RUNTIME", "current-thread"}});
  EXPECT_EQ(threads(started.pid()), 1);
}

TEST_P(Tokio, RefusesARuntimeItDoesNotKnow) {
  if (!is_built(GetParam())) GTEST_SKIP() << GetParam() << " is not built";
  for (const Function& function : bundled_functions()) {
    if (function.name != GetParam()) continue;
    Started started(function.start(Contract::port, {{"TOKIO_RUNTIME", "currentthread"}}));
    const auto status = started.wait();
    ASSERT_TRUE(status) << "still there";
    EXPECT_NE(*status, 0);
    EXPECT_THAT(started.standard_error(), ::testing::HasSubstr("neither multi-thread nor current-thread"));
  }
}

TEST_F(Runtime, OfActixGrowsByOneThreadAWorker) {
  if (!is_built("rust-actix")) GTEST_SKIP() << "rust-actix is not built";
  const int one = threads(start("rust-actix", {{"TOKIO_WORKER_THREADS", "1"}}).pid());
  const int five = threads(start("rust-actix", {{"TOKIO_WORKER_THREADS", "5"}}).pid());
  EXPECT_EQ(five - one, 4);
}

TEST_F(Runtime, OfGoIsSetByItsOwnVariables) {
  if (!is_built("go-nethttp")) GTEST_SKIP() << "go-nethttp is not built";
  Started& started = start("go-nethttp", {{"GOGC", "37"}, {"GOMAXPROCS", "1"}, {"GOMEMLIMIT", "48MiB"}});
  EXPECT_EQ(metric(started, "go_gc_gogc_percent"), 37);
  EXPECT_EQ(metric(started, "go_sched_gomaxprocs_threads"), 1);
  EXPECT_EQ(metric(started, "go_gc_gomemlimit_bytes"), 48 << 20);
}

TEST_F(Runtime, OfGoShowsThePausesOfItsCollector) {
  if (!is_built("go-nethttp")) GTEST_SKIP() << "go-nethttp is not built";
  Started& started = start("go-nethttp", {{"GOGC", "1"}});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(started.ask(post("/echo", echo_body(1u << 20), "Connection: close\r\n")));
  EXPECT_GT(metric(started, "go_gc_duration_seconds_count"), 0);
  EXPECT_GT(metric(started, "go_gc_duration_seconds{quantile=\"1\"}"), 0);
}

}  // namespace
}  // namespace functions_test
