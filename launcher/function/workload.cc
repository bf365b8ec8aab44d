#include "launcher/function/workload.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "launcher/base/file.h"
#include "launcher/base/toml_file.h"
#include "launcher/function/function_file.h"
#include "launcher/function/name.h"

namespace frostbyte::function {
namespace {

/// RFC 9110 §5.6.2: what methods and header names are made of.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter_or_digit || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_target(std::string_view text) {
  return text.starts_with('/') &&
         std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text,
                              [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

Result<Request> read_request(const TomlTable& table) {
  Request request;
  request.method = TRY(table.text("method")).value_or(request.method);
  request.target = TRY(table.required_text("path"));
  request.headers = TRY(table.pairs("headers"));
  request.body = TRY(table.text("body")).value_or("");
  const auto valid = check_request(request);
  if (!valid) return table.refuse(valid.error().subject, valid.error().cause, valid.error().hint);
  return request;
}

/// A misspelt expectation would fail every launch of every function; it is refused where it is written.
Result<void> check_json(const TomlTable& expect, const Expectation& expectation) {
  if (!expectation.json) {
    if (expectation.partial) return expect.refuse("partial", "'partial' is about 'json', which is missing");
    if (expectation.volatile_fields.empty()) return {};
    return expect.refuse("volatile", "'volatile' names fields of 'json', which is missing");
  }
  if (expectation.body) return expect.refuse("json", "'body' and 'json' exclude each other");
  const auto json = nlohmann::json::parse(*expectation.json, nullptr, false);
  if (json.is_discarded()) return expect.refuse("json", "'" + expect.qualified("json") + "' is not JSON");
  for (const std::string& field : expectation.volatile_fields) {
    if (!json.is_object() || !json.contains(field)) {
      return expect.refuse("volatile", "'" + field + "' is no top-level field of 'json'");
    }
  }
  return {};
}

Result<Expectation> read_expectation(const TomlTable& table) {
  Expectation expectation;
  const auto expect = TRY(table.table("expect"));
  if (!expect) return expectation;
  TRY(expect->allow_only({"status", "body", "json", "volatile", "partial"}));
  expectation.status = static_cast<int>(TRY(expect->integer("status", 100, 599)).value_or(expectation.status));
  expectation.body = TRY(expect->text("body"));
  expectation.json = TRY(expect->text("json"));
  expectation.volatile_fields = TRY(expect->texts("volatile"));
  expectation.partial = TRY(expect->boolean("partial")).value_or(false);
  TRY(check_json(*expect, expectation));
  return expectation;
}

Result<Workload> read_workload(const std::string& name, const TomlTable& table) {
  if (const auto problem = name_problem(name)) return table.refuse("", *problem);
  TRY(table.allow_only({"summary", "method", "path", "headers", "body", "expect"}));
  Workload workload{.name = name, .summary = {}, .request = {}, .expectation = {}};
  workload.summary = TRY(table.text("summary")).value_or("");
  workload.request = TRY(read_request(table));
  workload.expectation = TRY(read_expectation(table));
  return workload;
}

Failure bad_request(std::string key, std::string cause, std::string hint = {}) {
  return failure("use request", std::move(key), std::move(cause), std::move(hint));
}

}  // namespace

Result<void> check_request(const Request& request) {
  if (!is_token(request.method)) return bad_request("method", "'" + request.method + "' is not an HTTP method");
  if (!is_target(request.target)) {
    return bad_request("path", "'" + request.target + "' is not a path",
                       "it begins with '/' and has no spaces; write %20");
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return bad_request("headers", "'" + name + "' is not a header name");
    if (!is_header_value(value)) return bad_request("headers", "header '" + name + "' holds control characters");
  }
  return {};
}

Result<Workloads> parse_workloads(std::string_view text, const std::filesystem::path& path) {
  const toml::table table = TRY(parse_toml(text, path));
  Workloads workloads;
  for (const auto& [name, entry] : TRY(TomlTable(table, path, "").tables())) {
    workloads.emplace(name, TRY(read_workload(name, entry)));
  }
  return workloads;
}

Result<Workloads> load_workloads(const std::filesystem::path& file) {
  return parse_workloads(TRY(read_file(file, kTomlSizeLimit)), file);
}

}  // namespace frostbyte::function
