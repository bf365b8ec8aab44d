// Servers that nobody here wrote are measured unmodified, as bare commands through `port`.
#include <fstream>

#include "harness.h"

namespace frostbyte::integration {
namespace {

struct Server {
  const char* name;
  const char* program;
  const char* arguments;        ///< ROOT stands for the folder with index.html, FOLDER for the one above
  const char* configuration{};  ///< content of FOLDER/server.conf
};

class Servers : public Integration, public ::testing::WithParamInterface<Server> {
 protected:
  [[nodiscard]] std::string filled_in(std::string text) const {
    for (const auto& [word, value] :
         {std::pair{std::string("ROOT"), (scratch() / "www").string()}, {std::string("FOLDER"), scratch().string()}}) {
      for (std::size_t at; (at = text.find(word)) != std::string::npos;) text.replace(at, word.size(), value);
    }
    return text;
  }
};

TEST_P(Servers, AreMeasuredUnmodified) {
  const Server& server = GetParam();
  if (in_virtual_machine() && std::string(server.name) != "busybox")
    GTEST_SKIP() << "not applicable: " << server.program << " is not in the virtual machine";
  const std::string program = find_program(server.program);
  if (program.empty()) GTEST_SKIP() << server.program << " is not installed; scripts/setup installs it";
  std::filesystem::create_directory(scratch() / "www");
  std::filesystem::permissions(scratch(), std::filesystem::perms(0755));
  std::ofstream(scratch() / "www/index.html") << "it works\n";
  if (server.configuration != nullptr) std::ofstream(scratch() / "server.conf") << filled_in(server.configuration);
  const RunFile run = sweep_ok({"-n", server.name, "--command", program + " " + filled_in(server.arguments), "--port",
                                "8080", "--path", "/", "--expect-status", "200", "--expect-body", "it works\n", "-r",
                                "5", "-w", "1", "--timeout", "30s"});
  EXPECT_EQ(run.rows.size(), 6u);
  for (const Row& row : run.rows) {
    EXPECT_EQ(row.source("listen"), "seccomp") << row.dump();
    EXPECT_GT(row.value("memory.rss"), 0);
  }
}

// Root without capabilities can give files to nobody but itself.
constexpr const char* kNginx =
    "user root root;\npid FOLDER/nginx.pid;\nerror_log stderr;\nevents {}\n"
    "http { access_log off; server { listen 8080; root ROOT; } }\n";
constexpr const char* kLighttpd =
    "server.document-root = \"ROOT\"\nserver.port = 8080\nindex-file.names = (\"index.html\")\n";

INSTANTIATE_TEST_SUITE_P(
    All, Servers,
    ::testing::Values(Server{"busybox", "busybox", "httpd -f -p 8080 -h ROOT"},
                      Server{"nginx", "nginx", "-g 'daemon off;' -c FOLDER/server.conf", kNginx},
                      Server{"lighttpd", "lighttpd", "-D -f FOLDER/server.conf", kLighttpd},
                      Server{"python", "python3", "-m http.server 8080 --directory ROOT"},
                      Server{"node", "node",
                             "-e 'require(\"http\").createServer((_, r) => r.end(\"it works\\n\")).listen(8080)'"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace frostbyte::integration
