#include "launcher/scrape/fetch.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <thread>

#include "launcher/base/fd.h"
#include "launcher/contract/client.h"

namespace frostbyte::scrape {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

/// Answers one connection with `bytes`, or never when there are none.
class OneAnswer {
 public:
  explicit OneAnswer(std::string bytes) : listener_(std::move(contract::make_listener(0).value())) {
    thread_ = std::jthread([this, bytes = std::move(bytes)] {
      const Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char request[4096];
      if (::recv(client.get(), request, sizeof request, 0) <= 0) return;
      ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (bytes.empty()) (void)::recv(client.get(), request, sizeof request, 0);  // until the client gives up
    });
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  ~OneAnswer() { ::shutdown(listener_.get(), SHUT_RDWR); }

  [[nodiscard]] Url url() const {
    return {.host = "127.0.0.1", .port = contract::Address::of_socket(listener_.get())->port()};
  }

 private:
  Fd listener_;
  std::jthread thread_;
};

std::string ok(std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string error_of(const std::string& bytes, Nanos timeout = std::chrono::seconds(5)) {
  const OneAnswer server(bytes);
  const auto page = fetch(server.url(), timeout);
  return page ? "no error" : page.error().message();
}

TEST(Fetch, ReadsAPage) {
  const OneAnswer server(ok("a 1\n"));
  const auto page = fetch(server.url(), std::chrono::seconds(5));
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_EQ(page->exposition.find("a")->samples.at(0).value, 1);
}

TEST(Fetch, NamesWhatWentWrongAndWhatToDo) {
  EXPECT_THAT(error_of("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), HasSubstr("status 500, expected 200"));
  EXPECT_THAT(error_of("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), HasSubstr("give its path in the URL"));
  EXPECT_THAT(error_of("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"), HasSubstr("asks for credentials"));
  EXPECT_THAT(error_of("HTTP/1.1 302 Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
              HasSubstr("a redirect to '/elsewhere'"));
  EXPECT_THAT(error_of(ok("x", "Content-Encoding: gzip\r\n")), HasSubstr("the page is compressed (gzip)"));
  EXPECT_THAT(error_of(ok("<html>", "Content-Type: text/html\r\n")), HasSubstr("is the metrics page at /metrics?"));
  EXPECT_THAT(error_of("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), HasSubstr("body ended after 3 of 9 bytes"));
  EXPECT_THAT(error_of("SSH-2.0-x\r\n"), HasSubstr("not HTTP"));
  EXPECT_THAT(error_of(ok(std::string(kPageLimit + 1, '\n'))), HasSubstr("larger than 16 MiB"));
}

TEST(Fetch, KeepsItsDeadline) {
  EXPECT_THAT(error_of("", milliseconds(100)), HasSubstr("still answering after 100 ms"));
}

TEST(Fetch, SaysThatNobodyListens) {
  Url url;
  {
    const OneAnswer gone("x");
    url = gone.url();
  }
  EXPECT_THAT(fetch(url, std::chrono::seconds(1)).error().message(), HasSubstr("is the service running"));
}

TEST(ParseUrl, ReadsWhatPeopleWrite) {
  EXPECT_EQ(to_string(parse_url("http://host:9090/m?x=1#y").value()), "http://host:9090/m?x=1");
  EXPECT_EQ(to_string(parse_url("host:9090").value()), "http://host:9090/metrics");
  EXPECT_EQ(to_string(parse_url("http://host").value()), "http://host:80/metrics");
  EXPECT_EQ(to_string(parse_url("http://[::1]:9090/m").value()), "http://[::1]:9090/m");
  EXPECT_EQ(to_string(parse_url("http://host?a=b").value()), "http://host:80/?a=b");
}

TEST(ParseUrl, RefusesWhatScrapeCannotDo) {
  EXPECT_THAT(parse_url("https://host/").error().message(), HasSubstr("plain HTTP only"));
  EXPECT_THAT(parse_url("ftp://host/").error().message(), HasSubstr("its scheme is not http"));
  EXPECT_THAT(parse_url("http://me:pw@host/").error().message(), HasSubstr("no user names"));
  EXPECT_THAT(parse_url("http://host:0/").error().message(), HasSubstr("is no port"));
  EXPECT_THAT(parse_url("http://host:99999/").error().message(), HasSubstr("is no port"));
  EXPECT_THAT(parse_url("http:///x").error().message(), HasSubstr("names no host"));
  EXPECT_THAT(parse_url("http://host/a b").error().message(), HasSubstr("a blank in it"));
}

}  // namespace
}  // namespace frostbyte::scrape
