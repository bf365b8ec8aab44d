// A load phase drives the function inside its sandbox, and what it costs there are metrics of the launch.
#include <csignal>
#include <fstream>
#include <thread>

#include "harness.h"

namespace frostbyte::integration {
namespace {

class Load : public Integration {
 protected:
  static Words spec(const std::string& text) { return {"--load", text, "-r", "1", "-w", "0"}; }

  /// A Python server on port 8080, kept alive, whose `do_GET` is `body`.
  [[nodiscard]] Words python(const std::string& body) const {
    const std::string file = (scratch() / "server.py").string();
    std::ofstream(file)
        << "import http.server, os, socketserver, sys\n"
           "seen = 0\n"
           "class Handler(http.server.BaseHTTPRequestHandler):\n"
           "  protocol_version = 'HTTP/1.1'\n"
           "  def log_message(self, *_): pass\n"
           "  def answer(self, text):\n"
           "    self.send_response(200); self.send_header('Content-Length', str(len(text)))\n"
           "    self.end_headers(); self.wfile.write(text)\n"
           "  def do_GET(self):\n"
           "    global seen; seen += 1\n" +
               body +
               "\nclass Server(socketserver.ThreadingMixIn, http.server.HTTPServer): daemon_threads = True\n"
               "Server(('', 8080), Handler).serve_forever()\n";
    std::filesystem::permissions(scratch(), std::filesystem::perms(0755));
    return {"--command", find_program("python3") + " " + file, "-n", "python", "--port", "8080", "--timeout", "30s"};
  }
};

TEST_F(Load, FillsItsMetricsInTheFunctionsOwnNetwork) {
  const RunFile run =
      sweep_ok(Words{"--contract", "port,listen-fds"} + spec("rate=200,connections=4,duration=500ms,warmup=100ms") +
               Words{bundled("cpp-epoll")});
  ASSERT_EQ(run.rows.size(), 2u);
  for (const Row& row : run.rows) {
    EXPECT_EQ(row.value("load.requests"), 100) << row.dump();
    EXPECT_EQ(row.value("load.errors"), 0) << row.dump();
    EXPECT_GT(row.value("load.latency_p50"), 0);
    EXPECT_LE(row.value("load.latency_p50"), row.value("load.latency_p99"));
    EXPECT_LE(row.value("load.latency_p99"), row.value("load.latency_max"));
    EXPECT_EQ(row.why_not("load.latency_p99_9"), "fewer than 1000 requests in the window: make it longer");
    EXPECT_GT(row.value("load.cpu"), 0);
    EXPECT_GT(row.value("load.generator_limit"), 0);
    for (const char* event : {"", "_under_load", "_after_load"}) {
      EXPECT_GT(row.value(std::string("memory.rss") + event), 0) << event;
      EXPECT_GE(row.value(std::string("memory.pss") + event), row.value(std::string("memory.uss") + event)) << event;
    }
  }
}

TEST_F(Load, AsksItsOwnWorkload) {
  const RunFile run =
      sweep_ok(spec("rate=max,connections=2,duration=200ms,warmup=0,workload=echo") + Words{bundled("cpp-epoll")});
  EXPECT_EQ(run.rows.at(0).value("load.errors"), 0);
  EXPECT_GT(run.rows.at(0).value("load.throughput"), 0);
}

/// Go's runtime is asked last: what answering costs is in no figure, and a function without that page has none of them.
TEST_F(Load, ReadsThePausesOfGosCollectorFromItsMetricsPage) {
  const Words load = spec("rate=max,connections=8,duration=500ms,warmup=0,workload=echo");
  if (!std::filesystem::exists(bundled("go-nethttp") + "/go-nethttp"))
    GTEST_SKIP() << "not applicable: go-nethttp is not built here";
  const RunFile run = sweep_ok(load + Words{"--env", "GOGC=5", bundled("go-nethttp")});
  const Row& row = run.rows.at(0);
  EXPECT_GT(row.value("load.gc_cycles"), 0) << row.dump();
  EXPECT_GT(row.value("load.gc_pause_mean"), 0);
  EXPECT_GE(row.value("load.gc_pause_max"), row.value("load.gc_pause_mean"));
  const RunFile beast = sweep_ok(load + Words{bundled("cpp-beast"), "--overwrite"});
  EXPECT_EQ(beast.rows.at(0).why_not("load.gc_pause_max"), "its metrics page has no go_gc_duration_seconds");
}

TEST_F(Load, NeedsNoIsolation) {
  const RunFile run = sweep_ok(spec("rate=100,connections=2,duration=300ms,warmup=0") +
                               Words{"--isolation", "none", bundled("cpp-epoll")});
  EXPECT_EQ(run.rows.at(0).value("load.errors"), 0);
  EXPECT_TRUE(run.rows.at(0).has("load.cpu")) << run.rows.at(0).why_not("load.cpu");
}

TEST_F(Load, ReachesServersThatCloseEveryConnection) {
  const std::string busybox = find_program("busybox");
  if (busybox.empty()) GTEST_SKIP() << "busybox is not installed; scripts/setup installs it";
  std::ofstream(scratch() / "index.html") << "it works\n";
  std::filesystem::permissions(scratch(), std::filesystem::perms(0755));
  const RunFile run =
      sweep_ok(spec("rate=100,connections=4,duration=500ms,warmup=0") +
               Words{"--command", busybox + " httpd -f -p 8080 -h " + scratch().string(), "-n", "busybox", "--port",
                     "8080", "--path", "/index.html", "--expect-body", "it works\n"});
  EXPECT_EQ(run.rows.at(0).value("load.errors"), 0) << run.rows.at(0).dump();
  EXPECT_GT(run.rows.at(0).value("load.reconnects"), 0);
}

/// The law of memory under load: what the server touches while it works is seen, and what it gives back is not.
TEST_F(Load, SeesWhatTheServerTouchesWhileItWorks) {
  if (in_virtual_machine()) GTEST_SKIP() << "not applicable: python3 is not in the virtual machine";
  const RunFile run = sweep_ok(spec("rate=20,connections=2,duration=500ms,warmup=0") +
                               python("    global held\n"
                                      "    if seen == 2: held = bytearray(os.urandom(1)) * (32 << 20)\n"
                                      "    self.answer(b'x')"));
  const Row& row = run.rows.at(0);
  EXPECT_GE(row.value("memory.rss_under_load") - row.value("memory.rss"), 32 << 20);
  EXPECT_GE(row.value("memory.rss_after_load") - row.value("memory.rss"), 32 << 20);
}

TEST_F(Load, CountsResponsesThatAreWrong) {
  if (in_virtual_machine()) GTEST_SKIP() << "not applicable: python3 is not in the virtual machine";
  const RunFile run =
      sweep_ok(spec("rate=40,connections=2,duration=1s,warmup=0") +
               python("    self.answer(b'bad' if seen % 4 == 0 else b'good')") + Words{"--expect-body", "good"});
  const Row& row = run.rows.at(0);
  EXPECT_EQ(row.value("load.requests"), 40);
  EXPECT_EQ(row.value("load.errors_wrong"), 10) << row.dump();
  EXPECT_EQ(row.value("load.errors"), 10);
  EXPECT_TRUE(row.has_flag("load_errors"));
}

TEST_F(Load, ThatEndsTheFunctionIsAFailedLaunch) {
  if (in_virtual_machine()) GTEST_SKIP() << "not applicable: python3 is not in the virtual machine";
  const Sweep ended = sweep(spec("rate=100,connections=2,duration=2s,warmup=0") +
                            python("    os._exit(7) if seen == 20 else self.answer(b'x')"));
  const Row& row = ended.run.rows.at(0);
  EXPECT_EQ(row.outcome(), "exited_early");
  EXPECT_EQ(row.text("phase"), "load");
  EXPECT_EQ(row.detail(), "exited with status 7 under load");
}

/// A function that logs more than a pipe holds would stand still if nobody read.
TEST_F(Load, KeepsReadingWhatTheFunctionLogs) {
  if (in_virtual_machine()) GTEST_SKIP() << "not applicable: python3 is not in the virtual machine";
  const RunFile run = sweep_ok(spec("rate=100,connections=2,duration=500ms,warmup=0,timeout=2s") +
                               python("    sys.stderr.write('x' * 20000)\n    self.answer(b'x')"));
  EXPECT_EQ(run.rows.at(0).value("load.errors"), 0) << run.rows.at(0).dump();
}

TEST_F(Load, IsRefusedWhereNothingListens) {
  const Finished finished = frostbyte(Words{"sweep", bundled("cpp-lambda")} + spec("rate=max"));
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, testing::HasSubstr("under the lambda contract it has no socket that could be loaded"));
}

TEST_F(Load, EndsAtOnceWhenInterrupted) {
  Child child(sweep_words(spec("rate=100,duration=600s") + Words{bundled("cpp-epoll")}));
  std::this_thread::sleep_for(std::chrono::seconds(3));
  child.signal(SIGINT);
  const Finished finished = child.wait(std::chrono::seconds(30));
  EXPECT_EQ(finished.exit_code, 130) << finished.err;
}

}  // namespace
}  // namespace frostbyte::integration
