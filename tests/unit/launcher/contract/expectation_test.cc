#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include "launcher/contract/http.h"

namespace frostbyte::contract {
namespace {

std::string verdict(const Response& response, const function::Expectation& expectation) {
  return mismatch(response, expectation).value_or("as expected");
}

std::string json_verdict(std::string body, std::string expected, std::vector<std::string> volatile_fields = {}) {
  return verdict(
      {.status = 200, .headers = {}, .body = std::move(body)},
      {.status = 200, .body = {}, .json = std::move(expected), .volatile_fields = std::move(volatile_fields)});
}

std::string body_verdict(std::string body, std::string expected) {
  return verdict({.status = 200, .headers = {}, .body = std::move(body)},
                 {.status = 200, .body = std::move(expected), .json = {}, .volatile_fields = {}});
}

TEST(Mismatch, StatusComesFirst) {
  EXPECT_EQ(verdict({.status = 500, .headers = {}, .body = "x"},
                    {.status = 200, .body = "y", .json = {}, .volatile_fields = {}}),
            "status 500, expected 200");
  EXPECT_EQ(verdict({.status = 200, .headers = {}, .body = "anything"}, {}), "as expected");
}

TEST(Mismatch, LiteralBodyNamesTheFirstDifferentByte) {
  EXPECT_EQ(body_verdict("hello", "hello"), "as expected");
  EXPECT_EQ(body_verdict("hallo", "hello"), "body differs at byte 1: 'allo', expected 'ello'");
  EXPECT_EQ(body_verdict("hell", "hello"), "body differs at byte 4: its end, expected 'o'");
  EXPECT_EQ(body_verdict("hello\n", "hello"), "body differs at byte 5: '\\x0a', expected its end");
  EXPECT_EQ(body_verdict("", ""), "as expected");
}

TEST(Mismatch, JsonComparesValuesNotText) {
  EXPECT_EQ(json_verdict(R"( {"b": [1, 2.0], "a": "é"} )", R"({"a":"\u00e9","b":[1,2]})"), "as expected");
}

TEST(Mismatch, JsonNamesThePathOfTheFirstDifference) {
  EXPECT_EQ(json_verdict(R"({"metadata":[1,2,3,5]})", R"({"metadata":[1,2,3,4]})"), "$.metadata[3]: 5, expected 4");
  EXPECT_EQ(json_verdict(R"({"a":[1]})", R"({"a":[1,2]})"), "$.a: 1 elements, expected 2");
  EXPECT_EQ(json_verdict(R"({"a":1})", R"({"a":1,"b":2})"), "$.b: missing");
  EXPECT_EQ(json_verdict(R"({"a":1,"b":2})", R"({"a":1})"), "$.b: not expected");
  EXPECT_EQ(json_verdict(R"({"a":"1"})", R"({"a":1})"), "$.a: \"1\", expected 1");
  EXPECT_EQ(json_verdict(R"({"a":{}})", R"({"a":[]})"), "$.a: an object, expected an array");
  EXPECT_EQ(json_verdict(R"({"a b":{"c":null}})", R"({"a b":{"c":true}})"), "$[\"a b\"].c: null, expected true");
  EXPECT_EQ(json_verdict("[1]", "{}"), "$: an array, expected an object");
}

TEST(Mismatch, BodyThatIsNoJsonIsShown) {
  EXPECT_EQ(json_verdict("<html>", "{}"), "body is not JSON: '<html>'");
  EXPECT_EQ(json_verdict("", "{}"), "body is not JSON: ''");
  EXPECT_EQ(json_verdict("{}", "{"), "the expected body is not JSON");
}

TEST(Mismatch, VolatileFieldsMayDifferInValueOnly) {
  const std::string expected = R"({"time":0,"id":"x","a":1})";
  const std::vector<std::string> fields = {"time", "id"};
  EXPECT_EQ(json_verdict(R"({"a":1,"time":1.5,"id":"other"})", expected, fields), "as expected");
  EXPECT_EQ(json_verdict(R"({"a":1,"id":"other"})", expected, fields), "$.time: missing");
  EXPECT_EQ(json_verdict(R"({"a":1,"time":"now","id":"other"})", expected, fields),
            "$.time: \"now\", expected a number");
  EXPECT_EQ(json_verdict(R"({"a":2,"time":1,"id":"other"})", expected, fields), "$.a: 2, expected 1");
  EXPECT_EQ(json_verdict(R"([])", expected, fields), "$.time: missing");
}

TEST(Mismatch, DeepDocumentsDoNotExhaustTheStack) {
  const std::string deep = std::string(1u << 17, '[') + std::string(1u << 17, ']');
  const std::string text = json_verdict(deep, deep);
  EXPECT_TRUE(text.ends_with("nested too deeply to compare"));
  EXPECT_NE(json_verdict(deep, "[]"), "as expected");
}

nlohmann::json arbitrary_json(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 6 : 4);
  nlohmann::json value;
  if (kind == 1) value = *rc::gen::arbitrary<bool>();
  if (kind == 2) value = *rc::gen::arbitrary<std::int64_t>();
  if (kind == 3) value = *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
  if (kind < 4) return value;
  value = kind == 4 ? nlohmann::json::array() : nlohmann::json::object();
  const int size = *rc::gen::inRange(0, 4);
  for (int i = 0; i < size; ++i) {
    if (kind == 4) value.push_back(arbitrary_json(depth - 1));
    if (kind == 5) value[std::string(1, static_cast<char>('a' + i))] = arbitrary_json(depth - 1);
  }
  return value;
}

TEST(Mismatch, SaysSomethingExactlyWhenValuesDiffer) {
  EXPECT_TRUE(rc::check("mismatch is inequality", [] {
    const nlohmann::json a = arbitrary_json(3);
    const nlohmann::json b = *rc::gen::arbitrary<bool>() ? a : arbitrary_json(3);
    RC_ASSERT((json_verdict(a.dump(), b.dump(2)) == "as expected") == (a == b));
  }));
}

TEST(PartialJson, MayHaveMembersThatWereNotExpected_ButNotOtherValues) {
  const auto verdict = [](std::string body) {
    return mismatch({.status = 200, .body = std::move(body)},
                    {.status = 200, .body = {}, .json = R"({"a":{"b":1}})", .volatile_fields = {}, .partial = true})
        .value_or("valid");
  };
  EXPECT_EQ(verdict(R"({"a":{"b":1,"c":2},"d":3})"), "valid");
  EXPECT_EQ(verdict(R"({"a":{"c":2}})"), "$.a.b: missing");
  EXPECT_EQ(verdict(R"({"a":{"b":2}})"), "$.a.b: 2, expected 1");
}

}  // namespace
}  // namespace frostbyte::contract
