#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/base/file.h"
#include "launcher/function/function_file.h"
#include "launcher/function/workload.h"

namespace frostbyte::function {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Error refusal(std::string_view text) {
  auto result = parse_workloads(text, "workloads.toml");
  if (result) ADD_FAILURE() << "accepted: " << text;
  return result ? Error{} : result.error();
}

TEST(Workloads, ReadsRequestAndExpectation) {
  const auto workloads = parse_workloads(R"(
[echo]
summary = "a JSON body comes back"
method  = "POST"
path    = "/echo?x=1"
body    = '{"a":1}'
[echo.headers]
Content-Type = "application/json"
Accept = "*/*"
[echo.expect]
status   = 201
json     = '{"a":1,"time":0}'
volatile = ["time"]
)",
                                         "workloads.toml");
  ASSERT_TRUE(workloads) << workloads.error().message();
  const Workload& echo = workloads->at("echo");
  EXPECT_EQ(echo.name, "echo");
  EXPECT_EQ(echo.request.method, "POST");
  EXPECT_EQ(echo.request.target, "/echo?x=1");
  EXPECT_EQ(echo.request.body, "{\"a\":1}");
  EXPECT_THAT(echo.request.headers, ElementsAre(Pair("Content-Type", "application/json"), Pair("Accept", "*/*")));
  EXPECT_EQ(echo.expectation.status, 201);
  EXPECT_EQ(echo.expectation.json, "{\"a\":1,\"time\":0}");
  EXPECT_THAT(echo.expectation.volatile_fields, ElementsAre("time"));
}

TEST(Workloads, PathIsAllThatIsNeeded) {
  const auto workloads = parse_workloads("[hello]\npath = \"/\"", "workloads.toml");
  ASSERT_TRUE(workloads);
  EXPECT_EQ(workloads->at("hello").request.method, "GET");
  EXPECT_EQ(workloads->at("hello").expectation.status, 200);
  EXPECT_FALSE(workloads->at("hello").expectation.body);
  EXPECT_EQ(refusal("[hello]\n").cause, "'hello.path' is missing");
}

TEST(Workloads, UnknownKeysNameLineAndNearestKey) {
  const Error error = refusal("[hello]\npath = \"/\"\n[hello.expect]\nstauts = 200\n");
  EXPECT_EQ(error.subject, "workloads.toml:4");
  EXPECT_EQ(error.cause, "unknown key 'hello.expect.stauts'");
  EXPECT_THAT(error.hint, HasSubstr("did you mean 'status'?"));
}

TEST(Workloads, NothingCanBeSmuggledIntoTheRequest) {
  EXPECT_THAT(refusal("[w]\npath = \"/ HTTP/1.1\\r\\nX: y\"").cause, HasSubstr("is not a path"));
  EXPECT_THAT(refusal("[w]\npath = \"relative\"").cause, HasSubstr("is not a path"));
  EXPECT_THAT(refusal("[w]\npath = \"/\"\nmethod = \"GE T\"").cause, HasSubstr("is not an HTTP method"));
  EXPECT_THAT(refusal("[w]\npath = \"/\"\n[w.headers]\n\"A:\" = \"b\"").cause, HasSubstr("is not a header name"));
  EXPECT_THAT(refusal("[w]\npath = \"/\"\n[w.headers]\nA = \"b\\r\\nC: d\"").cause, HasSubstr("control characters"));
}

TEST(Workloads, ExpectationsMustMakeSense) {
  EXPECT_THAT(refusal("[w]\npath = \"/\"\n[w.expect]\nbody = \"\"\njson = \"1\"").cause,
              HasSubstr("exclude each other"));
  EXPECT_THAT(refusal("[w]\npath = \"/\"\n[w.expect]\npartial = true").cause, HasSubstr("'json', which is missing"));
  EXPECT_THAT(refusal("[w]\npath = \"/\"\n[w.expect]\nvolatile = [\"t\"]").cause,
              HasSubstr("'json', which is missing"));
  EXPECT_THAT(refusal("[w]\npath = \"/\"\n[w.expect]\nstatus = 99").cause, HasSubstr("an integer from 100 to 599"));
}

TEST(Workloads, JsonExpectationMustBeJson) {
  const Error error = refusal("[w]\npath = \"/\"\n[w.expect]\njson = '{\"a\":'");
  EXPECT_EQ(error.subject, "workloads.toml:4");
  EXPECT_THAT(error.cause, HasSubstr("'w.expect.json' is not JSON"));
}

TEST(Workloads, VolatileFieldsMustBeFieldsOfTheJson) {
  const Error error = refusal("[w]\npath = \"/\"\n[w.expect]\njson = '{\"a\":1}'\nvolatile = [\"tme\"]");
  EXPECT_THAT(error.cause, HasSubstr("'tme'"));
}

TEST(Workloads, TopLevelHoldsTablesOnly) { EXPECT_EQ(refusal("hello = 3").cause, "'hello' must be a table"); }

TEST(LoadWorkloads, RefusesAFileNobodyWrote) {
  const auto directory = TempDir::create();
  ASSERT_TRUE(directory);
  const auto file = directory->path() / "workloads.toml";
  ASSERT_TRUE(write_atomically(file, std::string((1u << 20) + 1, '#')));
  const auto result = load_workloads(file);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().cause, HasSubstr("larger than 1048576 bytes"));
}

TEST(LoadWorkloads, NamesTheMissingFile) {
  const auto result = load_workloads("/nonexistent/workloads.toml");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ENOENT);
  EXPECT_EQ(result.error().subject, "/nonexistent/workloads.toml");
}

}  // namespace
}  // namespace frostbyte::function
