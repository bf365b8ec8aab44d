#include "launcher/function/function_file.h"

#include <algorithm>

#include "launcher/base/toml_file.h"
#include "launcher/function/name.h"

namespace frostbyte::function {
namespace {

using Labels = std::map<std::string, std::string>;

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

Result<std::string> read_metrics(const TomlTable& file) {
  auto path = TRY(file.text("metrics")).value_or("");
  const bool bad = std::ranges::any_of(path, [](char c) { return c <= ' ' || c == 0x7f; });
  if (bad || (file.has("metrics") && !path.starts_with('/')))
    return file.refuse("metrics", "'metrics' is not the path of a page", R"(metrics = "/metrics")");
  return path;
}

Labels read_labels(Pairs pairs) {
  Labels labels;
  for (auto& [name, value] : pairs) labels.emplace(std::move(name), std::move(value));
  return labels;
}

Result<FunctionVariant> read_variant(const TomlTable& table) {
  TRY(table.allow_only({"name", "command", "env", "labels", "settings"}));
  FunctionVariant variant{.name = TRY(read_name(table)),
                          .command = {},
                          .env = TRY(read_env(table)),
                          .labels = {},
                          .settings = read_labels(TRY(table.pairs("settings")))};
  if (table.has("command")) variant.command = TRY(read_command(table));
  variant.labels = read_labels(TRY(table.pairs("labels")));
  if (variant.labels.empty()) {
    return table.refuse("labels", "'labels' is missing: a report could not say what the variant is",
                        R"(state what it changes: labels = { allocator = "jemalloc" })");
  }
  return variant;
}

Result<std::vector<FunctionVariant>> read_variants(const TomlTable& file) {
  std::vector<FunctionVariant> variants;
  for (const TomlTable& table : TRY(file.list("variant"))) {
    FunctionVariant variant = TRY(read_variant(table));
    if (std::ranges::find(variants, variant.name, &FunctionVariant::name) != variants.end())
      return table.refuse("name", "there are two variants named '" + variant.name + "'");
    variants.push_back(std::move(variant));
  }
  return variants;
}

}  // namespace

Result<Function> parse_function(std::string_view text, const std::filesystem::path& path) {
  const toml::table table = TRY(parse_toml(text, path));
  const TomlTable file(table, path, "");
  TRY(file.allow_only(
      {"name", "summary", "command", "contract", "serves", "metrics", "root", "port", "env", "labels", "variant"}));
  Function function;
  function.file = path;
  function.folder = path.parent_path();
  function.name = TRY(read_name(file));
  function.summary = TRY(file.text("summary")).value_or("");
  function.command = TRY(read_command(file));
  function.contracts = TRY(read_contracts(file));
  function.serves = TRY(read_serves(file));
  function.metrics = TRY(read_metrics(file));
  function.root = TRY(read_root(file, function.folder));
  const auto port = TRY(file.integer("port", 1, 65535));
  if (port) function.fixed_port = static_cast<std::uint16_t>(*port);
  function.env = TRY(read_env(file));
  function.labels = read_labels(TRY(file.pairs("labels")));
  function.variants = TRY(read_variants(file));
  return function;
}

}  // namespace frostbyte::function
