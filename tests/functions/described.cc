#include "described.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

namespace functions_test {
namespace {

std::vector<std::string> strings(const toml::node_view<const toml::node> node) {
  if (const auto one = node.value<std::string>()) return {*one};
  std::vector<std::string> all;
  if (const toml::array* array = node.as_array()) {
    for (const auto& item : *array) all.push_back(item.value_or(std::string()));
  }
  return all;
}

const toml::table& variant(const toml::table& file, std::string_view name) {
  if (const toml::array* variants = file["variant"].as_array()) {
    for (const auto& item : *variants)
      if ((*item.as_table())["name"].value_or(std::string()) == name) return *item.as_table();
  }
  static const toml::table none;
  return none;
}

/// "NAME", or "NAME:BUILD" for a build that a [[variant]] of its function.toml describes: it has a command of its own,
/// or it is the function's own command.
Function load(const std::string& name) {
  const std::string folder_name = name.substr(0, name.find(':'));
  const auto folder = std::filesystem::path(FROSTBYTE_BUILD) / "functions" / folder_name;
  const toml::table file = toml::parse_file((folder / "function.toml").string());
  const toml::table& table = file;
  Function function{.name = name,
                    .folder = folder,
                    .command = strings(table["command"]),
                    .contracts = strings(table["contract"]),
                    .serves = strings(table["serves"]),
                    .language = table["labels"]["language"].value_or(std::string()),
                    .linkage = table["labels"]["linkage"].value_or(std::string()),
                    .allocator = table["labels"]["allocator"].value_or(std::string())};
  if (name == folder_name) return function;
  const toml::table& build = variant(file, name.substr(folder_name.size() + 1));
  if (const auto command = strings(build["command"]); !command.empty()) function.command = command;
  function.allocator = build["labels"]["allocator"].value_or(function.allocator);
  function.linkage = build["labels"]["linkage"].value_or(function.linkage);
  return function;
}

std::string to_request(const toml::table& table) {
  std::string text = table["method"].value_or(std::string()) + " " + table["path"].value_or(std::string()) +
                     " HTTP/1.1\r\nHost: function\r\nConnection: close\r\n";
  for (const auto& [name, value] : *table["headers"].as_table()) {
    text.append(name.str()).append(": ").append(value.value_or(std::string())).append("\r\n");
  }
  const std::string body = table["body"].value_or(std::string());
  if (!body.empty()) text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

}  // namespace

bool Function::speaks(std::string_view contract) const { return std::ranges::count(contracts, contract) > 0; }

bool Function::does_serve(std::string_view workload) const { return std::ranges::count(serves, workload) > 0; }

Start Function::start(Contract contract, std::vector<std::pair<std::string, std::string>> env) const {
  return {.program = folder / command.at(0),
          .arguments = {command.begin() + 1, command.end()},
          .folder = folder,
          .contract = contract,
          .env = std::move(env)};
}

std::vector<Function> bundled_functions() {
  std::vector<Function> all;
  std::istringstream names(FROSTBYTE_BUNDLED);
  for (std::string name; std::getline(names, name, ',');) all.push_back(load(name));
  return all;
}

std::string to_name(const Spoken& spoken) {
  std::string name = spoken.function.name + (spoken.contract == Contract::port ? "_by_port" : "_by_listen_fds");
  for (const char mark : {'-', ':'}) std::ranges::replace(name, mark, '_');
  return name;
}

void PrintTo(const Spoken& spoken, std::ostream* out) { *out << to_name(spoken); }

std::vector<Spoken> all_spoken() {
  std::vector<Spoken> all;
  for (const Function& function : bundled_functions()) {
    if (function.speaks("port")) all.push_back({function, Contract::port});
    if (function.speaks("listen-fds")) all.push_back({function, Contract::listen_fds});
  }
  return all;
}

const toml::table& workloads_file() {
  static const toml::table file = toml::parse_file(std::string(FROSTBYTE_BUILD) + "/functions/workloads.toml");
  return file;
}

Workload workload(const std::string& name) {
  const toml::table& table = *workloads_file()[name].as_table();
  const auto expect = table["expect"];
  return {.request = to_request(table),
          .status = expect["status"].value_or(0),
          .body = expect["body"].value<std::string>().value_or(expect["json"].value_or(std::string())),
          .may_vary = strings(expect["volatile"])};
}

std::string without(const std::vector<std::string>& fields, std::string text) {
  for (const std::string& field : fields) {
    text = std::regex_replace(text, std::regex("\"" + field + "\":[0-9]+"), "\"" + field + "\":0");
    text = std::regex_replace(text, std::regex("\"" + field + R"(":"[^"\\]*")"), "\"" + field + "\":\"\"");
    text = std::regex_replace(text, std::regex("\"" + field + R"(":\{[^{}]*\})"), "\"" + field + "\":{}");
  }
  return text;
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
  return std::string("POST ")
      .append(path)
      .append(" HTTP/1.1\r\nHost: f\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n")
      .append(fields)
      .append("\r\n")
      .append(body);
}

std::string echo_body(std::size_t size) {
  nlohmann::json body = {{"id", 1}, {"user_agent", ""}, {"metadata", nlohmann::json::array()}};
  body["user_agent"] = std::string(size - body.dump().size(), 'u');
  return body.dump();
}

}  // namespace functions_test
