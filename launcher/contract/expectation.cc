// The verdict on a response: what differs from the expectation, and where.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "launcher/contract/http.h"
#include "launcher/contract/text.h"

namespace frostbyte::contract {
namespace {

using nlohmann::json;

// Far past any response worth comparing, and well within the stack.
constexpr int kDeepest = 256;

std::string with_article(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::object:
      return "an object";
    case json::value_t::array:
      return "an array";
    case json::value_t::string:
      return "a string";
    case json::value_t::boolean:
      return "a boolean";
    default:
      return "a number";
  }
}

/// JSON knows one kind of number; nlohmann::json keeps three.
bool same_type(const json& a, const json& b) { return a.type() == b.type() || (a.is_number() && b.is_number()); }

/// Scalars as JSON, containers by their type: they can be long and deep.
std::string shown(const json& value) {
  if (value.is_structured()) return with_article(value);
  return excerpt(value.dump(-1, ' ', true, json::error_handler_t::replace), 48);
}

std::string member_path(const std::string& path, const std::string& key) {
  const bool plain =
      !key.empty() && std::ranges::all_of(key, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  return plain ? path + "." + key : path + "[\"" + excerpt(key, 48) + "\"]";
}

/// Finds the first place where a document differs from the expected one, depth first, in the order of the expected
/// keys.
class Comparison {
 public:
  explicit Comparison(bool partial) : partial_(partial) {}

  [[nodiscard]] std::optional<std::string> difference(const json& actual, const json& expected, const std::string& path,
                                                      int depth) const {
    if (depth > kDeepest) return path + ": nested too deeply to compare";
    if (!same_type(actual, expected)) return path + ": " + shown(actual) + ", expected " + shown(expected);
    if (expected.is_array()) return in_arrays(actual, expected, path, depth);
    if (expected.is_object()) return in_objects(actual, expected, path, depth);
    if (actual == expected) return {};
    return path + ": " + shown(actual) + ", expected " + shown(expected);
  }

 private:
  [[nodiscard]] std::optional<std::string> in_arrays(const json& actual, const json& expected, const std::string& path,
                                                     int depth) const {
    const std::size_t common = std::min(actual.size(), expected.size());
    for (std::size_t i = 0; i < common; ++i) {
      if (auto found = difference(actual[i], expected[i], path + "[" + std::to_string(i) + "]", depth + 1))
        return found;
    }
    if (actual.size() == expected.size()) return {};
    return path + ": " + std::to_string(actual.size()) + " elements, expected " + std::to_string(expected.size());
  }

  [[nodiscard]] std::optional<std::string> in_objects(const json& actual, const json& expected, const std::string& path,
                                                      int depth) const {
    for (const auto& [key, value] : expected.items()) {
      const auto found = actual.find(key);
      if (found == actual.end()) return member_path(path, key) + ": missing";
      if (auto inner = difference(*found, value, member_path(path, key), depth + 1)) return inner;
    }
    if (partial_) return {};
    for (const auto& [key, value] : actual.items()) {
      if (!expected.contains(key)) return member_path(path, key) + ": not expected";
    }
    return {};
  }

  bool partial_;
};

/// Checks the volatile fields and takes them out of both documents.
std::optional<std::string> take_volatile(json& actual, json& expected, const std::vector<std::string>& fields) {
  for (const std::string& field : fields) {
    const std::string path = member_path("$", field);
    if (!actual.is_object() || !actual.contains(field)) return path + ": missing";
    if (expected.is_object() && expected.contains(field)) {
      const json& model = expected[field];
      if (!same_type(actual[field], model))
        return path + ": " + shown(actual[field]) + ", expected " + with_article(model);
      expected.erase(field);
    }
    actual.erase(field);
  }
  return {};
}

std::optional<std::string> json_mismatch(const std::string& body, const function::Expectation& expectation) {
  json expected = json::parse(*expectation.json, nullptr, false);
  if (expected.is_discarded()) return "the expected body is not JSON";
  json actual = json::parse(body, nullptr, false);
  if (actual.is_discarded()) return "body is not JSON: '" + excerpt(body) + "'";
  if (auto found = take_volatile(actual, expected, expectation.volatile_fields)) return found;
  return Comparison(expectation.partial).difference(actual, expected, "$", 0);
}

std::optional<std::string> body_mismatch(std::string_view body, std::string_view expected) {
  if (body == expected) return {};
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(body, expected).in1 - body.begin());
  const auto side = [at](std::string_view text) {
    return at < text.size() ? "'" + excerpt(text.substr(at), 24) + "'" : std::string("its end");
  };
  return "body differs at byte " + std::to_string(at) + ": " + side(body) + ", expected " + side(expected);
}

}  // namespace

std::optional<std::string> mismatch(const Response& response, const function::Expectation& expectation) {
  if (response.status != expectation.status) {
    return "status " + std::to_string(response.status) + ", expected " + std::to_string(expectation.status);
  }
  if (expectation.body) {
    if (auto found = body_mismatch(response.body, *expectation.body)) return found;
  }
  if (expectation.json) return json_mismatch(response.body, expectation);
  return {};
}

}  // namespace frostbyte::contract
