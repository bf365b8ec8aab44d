// The functions that are built with one allocator after another: each build is what its label says, and all of them do
// the same work.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "described.h"

namespace functions_test {
namespace {

using nlohmann::json;

std::vector<Function> builds() {
  std::vector<Function> all = bundled_functions();
  std::erase_if(all, [](const Function& function) { return !function.does_serve("allocator"); });
  return all;
}

class Build : public ::testing::TestWithParam<Function> {
 protected:
  json ask(const std::string& request) {
    const auto response = started_.ask(request);
    EXPECT_TRUE(response && response->status == 200);
    return response ? json::parse(response->body) : json();
  }

  Started started_{GetParam().start(Contract::port)};
};

INSTANTIATE_TEST_SUITE_P(Bundled, Build, ::testing::ValuesIn(builds()), [](const auto& test) {
  std::string name = test.param.name;
  for (const char mark : {'-', ':'}) std::ranges::replace(name, mark, '_');
  return name;
});

TEST_P(Build, IsAnsweredByTheAllocatorOfItsLabel) {
  EXPECT_EQ(ask("GET /allocator HTTP/1.1\r\nHost: f\r\n\r\n")["allocator"], GetParam().allocator);
}

/// Found with glibc's allocator, and the same for every other and in every language.
TEST_P(Build, ChurnsTheSameBlocksForAGivenSeed) {
  const struct {
    const char* request;
    std::uint64_t allocated, live;
    const char* checksum;
  } kCases[] = {{R"({"seed":0,"operations":1})", 95, 95, "f20c0e32c98dd6ba"},
                {R"({"seed":1,"operations":1000})", 886744, 351101, "36843baabbefefb1"},
                {R"({"seed":18446744073709551615,"operations":5000})", 4968414, 498746, "7fa9f5eb3dd90bb7"}};
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.request);
    const json result = ask(post("/churn", one.request));
    EXPECT_EQ(result["allocated"], one.allocated);
    EXPECT_EQ(result["live"], one.live);
    EXPECT_EQ(result["checksum"], one.checksum);
  }
}

TEST_P(Build, RefusesWhatIsNoChurnRequest) {
  for (const std::string_view body :
       {"", "{", "[]", R"({"seed":1})", R"({"operations":1})", R"({"seed":1,"operations":0})",
        R"({"seed":1,"operations":1000001})", R"({"seed":-1,"operations":1})", R"({"seed":1,"operations":1.5})"}) {
    SCOPED_TRACE(body);
    const auto response = started_.ask(post("/churn", body));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 400);
    EXPECT_EQ(response->body, R"({"error":"expected an object with seed and operations"})");
  }
}

}  // namespace
}  // namespace functions_test
