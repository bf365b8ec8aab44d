// Services that nobody here wrote are scraped, and what scrape makes of a page is what Prometheus' own tool makes of
// it.
#include <fstream>
#include <thread>

#include "harness.h"

namespace frostbyte::integration {
namespace {

class Scrape : public Integration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (in_virtual_machine()) GTEST_SKIP() << "not applicable: python3 is not in the virtual machine";
  }

  void TearDown() override {
    service_.reset();
    Integration::TearDown();
  }

  /// The distribution's, which has the distribution's client library.
  static std::string python() {
    return std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : find_program("python3");
  }

  /// A Python program, started; it prints its port on its first line.
  Child& start(const std::string& program) {
    const std::string file = (scratch() / "service.py").string();
    std::ofstream(file) << program;
    service_ = std::make_unique<Child>(Words{python(), file, (scratch() / "port").string()});
    for (int i = 0; i < 500 && !std::filesystem::exists(scratch() / "port"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return *service_;
  }

  [[nodiscard]] std::string url() const {
    std::string port;
    std::ifstream(scratch() / "port") >> port;
    return "http://127.0.0.1:" + port + "/metrics";
  }

 private:
  std::unique_ptr<Child> service_;
};

constexpr const char* kWritePort =
    "import os, sys\n"
    "def tell(port):\n"
    "  open(sys.argv[1] + '.new', 'w').write(str(port)); os.rename(sys.argv[1] + '.new', sys.argv[1])\n";

/// The reference implementation of both formats, under a load that is known.
TEST_F(Scrape, ReadsTheReferenceClientInBothFormats) {
  start(std::string(kWritePort) +
        "try:\n  import prometheus_client as p\n"
        "except ImportError: tell(0); sys.exit(3)\n"
        "import threading, time, wsgiref.simple_server as w\n"
        "h = p.Histogram('http_request_duration_seconds', 'How \"long\"\\n', ['path'], buckets=[.001, .01, .1])\n"
        "class Quiet(w.WSGIRequestHandler):\n  def log_message(self, *_): pass\n"
        "server = w.make_server('127.0.0.1', 0, p.make_wsgi_app(), handler_class=Quiet)\n"
        "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
        "tell(server.server_port)\n"
        "while True:\n  h.labels('/a\\\\\"\\n').observe(.005); time.sleep(.01)\n");
  if (url().find(":0/") != std::string::npos)
    GTEST_SKIP() << "python3-prometheus-client is not installed; scripts/setup installs it";
  const Finished finished =
      frostbyte({"scrape", url(), "--window", "1s", "-r", "2", "-n", "reference", "--run-file", run_path()});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const RunFile run = read_run_file(run_path());
  ASSERT_EQ(run.rows.size(), 2u);
  for (const Row& row : run.rows) {
    EXPECT_GT(row.value("scrape.throughput"), 1'000) << row.dump();
    EXPECT_LE(row.value("scrape.throughput"), 101'000);
    EXPECT_EQ(row.value("scrape.latency_p50_width"), 9'000'000);
    EXPECT_GT(row.value("scrape.rss"), 1 << 20);
    EXPECT_GE(row.value("scrape.cpu"), 0);  // its clock ticks are 10 ms: a calm second may show none
    EXPECT_FALSE(row.why_not("scrape.gc_pause_max").empty());
  }
  EXPECT_EQ(frostbyte({"report", run_path(), "-o", "json=-"}).exit_code, 0);
}

/// The client libraries of Go and Rust, and the C++ functions' own page.
TEST_F(Scrape, ReadsTheClientsOfGoRustAndCpp) {
  start(std::string(kWritePort) +
        "import socket, threading, time, urllib.request\n"
        "s = socket.socket(); s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]; s.close(); tell(port)\n"
        "while True:\n"
        "  time.sleep(.005)\n"
        "  try: urllib.request.urlopen(f'http://127.0.0.1:{port}/health', timeout=1).read()\n"
        "  except OSError: pass\n");
  const std::string address = url();
  const std::string port = address.substr(17, address.find('/', 17) - 17);
  int measured = 0;
  for (const char* name : {"go-nethttp", "rust-axum", "cpp-beast"}) {
    const std::string program = bundled(name) + "/" + name;
    if (!std::filesystem::exists(program)) continue;  // its toolchain is not on this machine
    ++measured;
    const Child function({program}, {.environment = {"PORT=" + port}});
    Finished finished;
    for (int i = 0; i < 100 && finished.exit_code != 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      finished = frostbyte({"scrape", address, "--window", "1s", "-n", name, "--overwrite", "--run-file", run_path()});
    }
    ASSERT_EQ(finished.exit_code, 0) << name << finished.err;
    const Row row = read_run_file(run_path()).rows.at(0);
    EXPECT_GT(row.value("scrape.throughput"), 1'000) << name << row.dump();
    EXPECT_GT(row.value("scrape.latency_p50"), 0) << name << row.dump();
    EXPECT_EQ(row.has("scrape.gc_pause_max"), std::string(name).starts_with("go-")) << name << row.dump();
  }
  if (measured == 0) GTEST_SKIP() << "not applicable: none of the functions with a metrics page is built here";
}

TEST_F(Scrape, IsAnErrorWhereNobodyListens) {
  const Finished finished = frostbyte({"scrape", "http://127.0.0.1:9", "--window", "1s"});
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.err, testing::HasSubstr("is the service running"));
}

/// Pages that promtool refuses, scrape refuses; pages it reads, scrape reads.
TEST_F(Scrape, AgreesWithPromtoolOnWhatIsAPage) {
  const std::string promtool = find_program("promtool");
  if (promtool.empty()) GTEST_SKIP() << "promtool is not installed; scripts/setup installs it";
  const Words pages = {"a 1\n",
                       "a{b=\"c\",} 1\n",
                       "a 1 2\n",
                       "a NaN\n",
                       "a -Inf\n",
                       "# TYPE a gauge\na 1\n",
                       "a{b=\"\\\\\\\"\\n\"} 1\n",
                       "# x\n\na 1\n",
                       "a  \t 1\n",
                       "1a 1\n",
                       "a\n",
                       "a 1x\n",
                       "a 1 2.5\n",
                       "a{b=c} 1\n",
                       "a{b=\"c} 1\n",
                       "a{b=\"\\t\"} 1\n",
                       "a 1 2 3\n",
                       "a{1b=\"c\"} 1\n",
                       "# TYPE a foo\na 1\n",
                       "# TYPE a gauge\n# TYPE a gauge\na 1\n",
                       "a 1\n# TYPE a gauge\n",
                       "a{b=\"c\"d=\"e\"} 1\n",
                       "<html>\n"};
  for (const std::string& page : pages) {
    std::ofstream(scratch() / "page") << page;
    Child reference({"/bin/sh", "-c", promtool + " check metrics < " + (scratch() / "page").string()});
    const bool accepted = reference.wait().exit_code != 1;  // 3: readable, against its advice on names
    std::filesystem::remove(scratch() / "port");
    start(std::string(kWritePort) +
          "import http.server\npage = open(os.path.dirname(sys.argv[1]) + '/page', 'rb').read()\n"
          "class H(http.server.BaseHTTPRequestHandler):\n"
          "  def log_message(self, *_): pass\n"
          "  def do_GET(self):\n"
          "    self.send_response(200); self.send_header('Content-Type', 'text/plain; version=0.0.4')\n"
          "    self.send_header('Content-Length', str(len(page))); self.end_headers(); self.wfile.write(page)\n"
          "s = http.server.HTTPServer(('127.0.0.1', 0), H)\ntell(s.server_port)\ns.serve_forever()\n");
    const Finished ours = frostbyte({"scrape", url(), "--window", "10ms"});
    EXPECT_EQ(ours.exit_code == 0, accepted) << page << ours.err;
  }
}

}  // namespace
}  // namespace frostbyte::integration
