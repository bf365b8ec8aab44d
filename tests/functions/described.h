// The bundled functions and the workloads as the tests of functions see them: what was built, and what its
// function.toml says of it.
#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "started.h"

namespace functions_test {

struct Function {
  std::string name;  ///< "alloc-cpp"; of one of its builds "alloc-cpp:jemalloc"
  std::filesystem::path folder;
  std::vector<std::string> command;
  std::vector<std::string> contracts;
  std::vector<std::string> serves;
  std::string language;   ///< label
  std::string linkage;    ///< label
  std::string allocator;  ///< its label

  [[nodiscard]] bool speaks(std::string_view contract) const;
  [[nodiscard]] bool does_serve(std::string_view workload) const;
  /// How it is started by `contract`, with further variables in its environment.
  [[nodiscard]] Start start(Contract contract, std::vector<std::pair<std::string, std::string>> env = {}) const;
};

/// Those that were configured to be built: one that is missing fails its tests instead of having none.
std::vector<Function> bundled_functions();

/// A function by one of the socket contracts it speaks: a parameter of tests, by this name.
struct Spoken {
  Function function;
  Contract contract = Contract::port;
};
std::string to_name(const Spoken& spoken);
void PrintTo(const Spoken& spoken, std::ostream* out);  // NOLINT(readability-identifier-naming): GoogleTest's name
std::vector<Spoken> all_spoken();

struct Workload {
  std::string request;  ///< as sent, asking for the connection to be closed
  int status = 0;
  std::string body;  ///< expected to the byte
  std::vector<std::string> may_vary;
};
const toml::table& workloads_file();
Workload workload(const std::string& name);

/// `text` with the values of these fields, numbers, strings and flat objects, made 0, "" and {}.
std::string without(const std::vector<std::string>& fields, std::string text);

std::string post(std::string_view path, std::string_view body, std::string_view fields = "");
/// A valid echo request of exactly `size` bytes.
std::string echo_body(std::size_t size);

}  // namespace functions_test
