// What a function is asked and what it must answer: data only. Workloads are defined once, in functions/workloads.toml,
// for every function; a bare command's request comes from the command line.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::function {

struct Request {
  std::string method = "GET";
  std::string target = "/";                                  ///< origin-form: path and query
  std::vector<std::pair<std::string, std::string>> headers;  ///< without Host, Connection and Content-Length
  std::string body;
};

/// What makes a response valid. A response that breaks it is a failed sample, however fast it was.
struct Expectation {
  int status = 200;
  std::optional<std::string> body;  ///< exact bytes; unset: any body
  std::optional<std::string> json;  ///< a JSON document the body must equal, field by field …
  std::vector<std::string>
      volatile_fields;   ///< … apart from these top-level fields, which must exist with the same type
  bool partial = false;  ///< objects of the body may have members that `json` has not
};

struct Workload {
  std::string name;  ///< "hello", "health", "echo" …; "request" for a bare command's
  std::string summary;
  Request request;
  Expectation expectation;
};

using Workloads = std::map<std::string, Workload, std::less<>>;

/// Whether the request can be put on a wire as it is. Errors: subject is "method", "path" or "headers".
Result<void> check_request(const Request& request);

/// Reads workloads.toml. Errors name the file, the line and the key.
Result<Workloads> load_workloads(const std::filesystem::path& file);

}  // namespace frostbyte::function
