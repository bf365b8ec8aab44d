#include "launcher/function/function_file.h"

#include <algorithm>

#include "launcher/base/toml_file.h"
#include "launcher/function/name.h"

namespace frostbyte::function {
namespace {

Result<std::vector<std::string>> read_command(const TomlTable& file) {
  auto command = TRY(file.texts("command"));
  if (command.empty() || command.front().empty()) {
    return file.refuse("command", file.has("command") ? "'command' is empty" : "'command' is missing",
                       R"(state the argv of the built program: command = ["./server"])");
  }
  if (std::ranges::any_of(command, has_nul)) return file.refuse("command", "'command' must not hold NUL characters");
  return command;
}

Result<std::vector<ContractKind>> read_contracts(const TomlTable& file) {
  std::vector<ContractKind> kinds;
  for (const std::string& name : TRY(file.text_or_texts("contract"))) {
    const auto kind = parse_contract(name);
    if (!kind) return file.refuse("contract", "'contract': " + kind.error().cause, kind.error().hint);
    if (std::ranges::find(kinds, *kind) != kinds.end()) return file.refuse("contract", "'" + name + "' is there twice");
    kinds.push_back(*kind);
  }
  if (kinds.empty() && file.has("contract")) return file.refuse("contract", "'contract' is empty");
  if (kinds.empty()) kinds.push_back(ContractKind::port);
  return kinds;
}

Result<Pairs> read_env(const TomlTable& file) {
  auto env = TRY(file.pairs("env"));
  for (const auto& [name, value] : env) {
    const bool bad_name = name.empty() || name.find('=') != std::string::npos || has_nul(name);
    if (bad_name) return file.refuse("env", "'" + name + "' cannot name an environment variable");
    if (has_nul(value)) return file.refuse("env", "'env." + name + "' must not hold NUL characters");
  }
  return env;
}

Result<Root> read_root(const TomlTable& file, const std::filesystem::path& folder) {
  const auto text = TRY(file.text("root"));
  if (!text) return Root{};
  auto root = parse_root(*text);
  if (!root) return file.refuse("root", "'root': " + root.error().cause, root.error().hint);
  if (root->kind == RootKind::directory) root->directory = (folder / root->directory).lexically_normal();
  return root;
}

Result<std::string> read_name(const TomlTable& file) {
  auto name = TRY(file.required_text("name"));
  if (const auto problem = name_problem(name)) return file.refuse("name", *problem);
  return name;
}

Result<std::vector<std::string>> read_serves(const TomlTable& file) {
  auto serves = TRY(file.texts("serves"));
  for (const std::string& workload : serves) {
    if (const auto problem = name_problem(workload)) return file.refuse("serves", *problem);
  }
  return serves;
}

}  // namespace

Result<Function> parse_function(std::string_view text, const std::filesystem::path& path) {
  const toml::table table = TRY(parse_toml(text, path));
  const TomlTable file(table, path, "");
  TRY(file.allow_only({"name", "summary", "command", "contract", "serves", "root", "port", "env", "labels"}));
  Function function;
  function.file = path;
  function.folder = path.parent_path();
  function.name = TRY(read_name(file));
  function.summary = TRY(file.text("summary")).value_or("");
  function.command = TRY(read_command(file));
  function.contracts = TRY(read_contracts(file));
  function.serves = TRY(read_serves(file));
  function.root = TRY(read_root(file, function.folder));
  const auto port = TRY(file.integer("port", 1, 65535));
  if (port) function.fixed_port = static_cast<std::uint16_t>(*port);
  function.env = TRY(read_env(file));
  for (auto& [name, value] : TRY(file.pairs("labels"))) function.labels.emplace(std::move(name), std::move(value));
  return function;
}

}  // namespace frostbyte::function
