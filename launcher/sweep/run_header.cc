#include "launcher/sweep/run_header.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "launcher/sweep/text_json.h"

namespace frostbyte::sweep {
namespace {

using Json = record::Json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

// ---- out ----

Json pairs_json(const Pairs& pairs) {
  Json result = Json::array();
  for (const auto& [name, value] : pairs) result.push_back({text_to_json(name), text_to_json(value)});
  return result;
}

Json texts_json(const std::vector<std::string>& texts) {
  Json result = Json::array();
  for (const std::string& text : texts) result.push_back(text_to_json(text));
  return result;
}

Json labels_json(const std::map<std::string, std::string>& labels) {
  Json result = Json::object();
  for (const auto& [name, value] : labels) result[name] = text_to_json(value);
  return result;
}

std::string_view root_kind_name(function::RootKind kind) {
  switch (kind) {
    case function::RootKind::automatic:
      return "auto";
    case function::RootKind::minimal:
      return "minimal";
    case function::RootKind::host:
      return "host";
    case function::RootKind::directory:
      return "directory";
  }
  return "auto";
}

Json contracts_json(const std::vector<function::ContractKind>& contracts) {
  Json result = Json::array();
  for (const auto contract : contracts) result.push_back(function::to_string(contract));
  return result;
}

Json function_json(const function::Function& function) {
  return {
      {"name", text_to_json(function.name)},
      {"summary", text_to_json(function.summary)},
      {"file", text_to_json(function.file.string())},
      {"folder", text_to_json(function.folder.string())},
      {"command", texts_json(function.command)},
      {"program", text_to_json(function.program.string())},
      {"contracts", contracts_json(function.contracts)},
      {"fixed_port", function.fixed_port ? Json(*function.fixed_port) : Json(nullptr)},
      {"serves", texts_json(function.serves)},
      {"env", pairs_json(function.env)},
      {"labels", labels_json(function.labels)},
      {"root",
       {{"kind", root_kind_name(function.root.kind)}, {"directory", text_to_json(function.root.directory.string())}}}};
}

Json optional_text_json(const std::optional<std::string>& text) { return text ? text_to_json(*text) : Json(nullptr); }

Json workload_json(const function::Workload& workload) {
  const auto& [method, target, headers, body] = workload.request;
  const auto& expectation = workload.expectation;
  return {{"name", text_to_json(workload.name)},
          {"summary", text_to_json(workload.summary)},
          {"request",
           {{"method", text_to_json(method)},
            {"target", text_to_json(target)},
            {"headers", pairs_json(headers)},
            {"body", text_to_json(body)}}},
          {"expectation",
           {{"status", expectation.status},
            {"body", optional_text_json(expectation.body)},
            {"json", optional_text_json(expectation.json)},
            {"volatile_fields", texts_json(expectation.volatile_fields)}}}};
}

Json limits_json(const sandbox::Limits& limits) {
  return {{"memory", limits.memory ? Json(limits.memory->count) : Json(nullptr)},
          {"cpus", limits.cpus ? Json(*limits.cpus) : Json(nullptr)},
          {"tasks", limits.tasks ? Json(*limits.tasks) : Json(nullptr)}};
}

Json load_json(const load::Load& load) {
  Json json = {{"spec", load::to_string(load.spec)}, {"workload", workload_json(load.workload)}};
  if (!load.metrics.empty()) json["metrics"] = text_to_json(load.metrics);
  return json;
}

/// Everything but the name and the labels, which the header states itself.
Json settings_json(const Variant& variant) {
  Json json = {{"function", function_json(variant.function)},
               {"workload", workload_json(variant.workload)},
               {"contract", function::to_string(variant.contract)},
               {"isolation", variant.isolation.to_string()},
               {"limits", limits_json(variant.limits)},
               {"cache", to_string(variant.cache)},
               {"env", pairs_json(variant.env)}};
  if (variant.instances) json["instances"] = *variant.instances;
  if (variant.load) json["load"] = load_json(*variant.load);
  return json;
}

Json plan_json(const Plan& plan) {
  Json json = {{"runs", plan.runs == kUnlimitedRuns ? Json(nullptr) : Json(plan.runs)},
               {"warmup", plan.warmup},
               {"time_budget_ns", plan.time_budget ? Json(plan.time_budget->count()) : Json(nullptr)},
               {"pace_ns", plan.pace.count()},
               {"timeout_ns", plan.timeout.count()},
               {"stop", to_string(plan.stop)},
               {"stop_grace_ns", plan.stop_grace.count()},
               {"max_failures", plan.max_failures}};
  if (!plan.looks.empty()) json["looks"] = plan.looks;  // a plain sweep has none, and none is what it says
  if (plan.after_requests != 0) json["after_requests"] = plan.after_requests;
  if (plan.after_idle) json["after_idle_ns"] = plan.after_idle->count();
  return json;
}

// ---- in: these throw nlohmann's exceptions and Unreadable, which plan_of turns into an Error ----

struct Unreadable {
  Error error;
};

template <class T>
T accept(Result<T> result) {
  if (!result) throw Unreadable{std::move(result.error())};
  return std::move(*result);
}

std::string text_at(const Json& json, const char* key) { return accept(text_from_json(json.at(key))); }

std::vector<std::string> texts_at(const Json& json, const char* key) {
  std::vector<std::string> result;
  for (const auto& one : json.at(key)) result.push_back(accept(text_from_json(one)));
  return result;
}

Pairs pairs_at(const Json& json, const char* key) {
  Pairs result;
  for (const auto& one : json.at(key))
    result.emplace_back(accept(text_from_json(one.at(0))), accept(text_from_json(one.at(1))));
  return result;
}

std::map<std::string, std::string> labels_at(const Json& json) {
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : json.at("labels").items()) result[name] = accept(text_from_json(value));
  return result;
}

template <class T>
std::optional<T> optional_at(const Json& json, const char* key) {
  return json.at(key).is_null() ? std::nullopt : std::optional<T>(json.at(key).get<T>());
}

std::optional<std::string> optional_text_at(const Json& json, const char* key) {
  return json.at(key).is_null() ? std::nullopt : std::optional(text_at(json, key));
}

function::Root read_root(const Json& json) {
  const std::string kind = json.at("kind");
  if (kind == "directory") return {.kind = function::RootKind::directory, .directory = text_at(json, "directory")};
  for (const auto named : {function::RootKind::automatic, function::RootKind::minimal, function::RootKind::host})
    if (kind == root_kind_name(named)) return {.kind = named, .directory = {}};
  throw Unreadable{{.operation = "read root", .subject = kind, .cause = "unknown kind", .code = 0, .hint = {}}};
}

function::Function read_function(const Json& json) {
  function::Function result;
  result.name = text_at(json, "name");
  result.summary = text_at(json, "summary");
  result.file = text_at(json, "file");
  result.folder = text_at(json, "folder");
  result.command = texts_at(json, "command");
  result.program = text_at(json, "program");
  result.contracts.clear();
  for (const auto& contract : json.at("contracts"))
    result.contracts.push_back(accept(function::parse_contract(contract.get<std::string>())));
  result.fixed_port = optional_at<std::uint16_t>(json, "fixed_port");
  result.serves = texts_at(json, "serves");
  result.env = pairs_at(json, "env");
  result.labels = labels_at(json);
  result.root = read_root(json.at("root"));
  return result;
}

function::Workload read_workload(const Json& json) {
  const auto& request = json.at("request");
  const auto& expectation = json.at("expectation");
  return {.name = text_at(json, "name"),
          .summary = text_at(json, "summary"),
          .request = {.method = text_at(request, "method"),
                      .target = text_at(request, "target"),
                      .headers = pairs_at(request, "headers"),
                      .body = text_at(request, "body")},
          .expectation = {.status = expectation.at("status"),
                          .body = optional_text_at(expectation, "body"),
                          .json = optional_text_at(expectation, "json"),
                          .volatile_fields = texts_at(expectation, "volatile_fields")}};
}

sandbox::Limits read_limits(const Json& json) {
  sandbox::Limits limits;
  if (const auto memory = optional_at<std::int64_t>(json, "memory")) limits.memory = Bytes{*memory};
  limits.cpus = optional_at<double>(json, "cpus");
  limits.tasks = optional_at<std::int64_t>(json, "tasks");
  return limits;
}

std::optional<load::Load> read_load(const Json& settings) {
  if (!settings.contains("load")) return std::nullopt;
  const Json& json = settings.at("load");
  return load::Load{.spec = accept(load::parse_spec(json.at("spec").get<std::string>())),
                    .workload = read_workload(json.at("workload")),
                    .metrics = json.contains("metrics") ? text_at(json, "metrics") : ""};
}

Variant read_variant(const record::VariantInfo& info) {
  const Json& settings = info.settings;
  return {.name = info.name,
          .labels = info.labels,
          .function = read_function(settings.at("function")),
          .workload = read_workload(settings.at("workload")),
          .contract = accept(function::parse_contract(settings.at("contract").get<std::string>())),
          .isolation = accept(sandbox::Isolation::parse(settings.at("isolation").get<std::string>())),
          .limits = read_limits(settings.at("limits")),
          .cache = accept(parse_cache_regime(settings.at("cache").get<std::string>())),
          .load = read_load(settings),
          .env = pairs_at(settings, "env"),
          .instances = settings.contains("instances") ? std::optional(settings.at("instances").get<std::uint64_t>())
                                                      : std::nullopt,
          .group = 0};
}

Plan read_plan(const record::Header& header) {
  Plan plan;
  const Json& recorded = header.plan;
  for (const auto& variant : header.variants) plan.variants.push_back(read_variant(variant));
  plan.runs = optional_at<std::uint32_t>(recorded, "runs").value_or(kUnlimitedRuns);
  plan.warmup = recorded.at("warmup");
  if (const auto budget = optional_at<std::int64_t>(recorded, "time_budget_ns")) plan.time_budget = Nanos(*budget);
  plan.seed = header.seed;
  plan.pace = Nanos(recorded.at("pace_ns").get<std::int64_t>());
  plan.timeout = Nanos(recorded.at("timeout_ns").get<std::int64_t>());
  plan.stop = accept(parse_stop_signal(recorded.at("stop").get<std::string>()));
  plan.stop_grace = Nanos(recorded.at("stop_grace_ns").get<std::int64_t>());
  plan.max_failures = recorded.at("max_failures");
  if (recorded.contains("looks")) plan.looks = recorded.at("looks").get<std::vector<std::uint32_t>>();
  plan.after_requests = recorded.value("after_requests", 0u);
  if (recorded.contains("after_idle_ns")) plan.after_idle = Nanos(recorded.at("after_idle_ns").get<std::int64_t>());
  return plan;
}

// ---- differences ----

using Plain = nlohmann::json;

std::string shown(const Plain& value) {
  constexpr std::size_t kWidth = 60;
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.size() > kWidth) text = text.substr(0, kWidth) + " …";
  return text;
}

/// Walks both documents; `path` is how the member is called in the message.
void compare(const std::string& path, const Plain& recorded, const Plain& asked, std::vector<std::string>& into) {
  if (recorded == asked) return;
  if (!recorded.is_object() || !asked.is_object()) {
    into.push_back(fmt::format("{}: {} in the run file, {} asked for", path, shown(recorded), shown(asked)));
    return;
  }
  for (const auto& [key, value] : recorded.items())
    compare(path.empty() ? key : path + "." + key, value, asked.value(key, Plain()), into);
  for (const auto& [key, value] : asked.items())
    if (!recorded.contains(key)) compare(path.empty() ? key : path + "." + key, Plain(), value, into);
}

/// Members by variant name, so that a variant that is missing reads as such.
Plain comparable(const Plan& plan) {
  Plain result = plan_json(plan);
  result["seed"] = plan.seed;
  Plain names = Plain::array();
  for (const Variant& variant : plan.variants) {
    names.push_back(variant.name);
    result[variant.name] = settings_json(variant);
    result[variant.name]["labels"] = labels_json(variant.labels);
  }
  result["variants"] = std::move(names);
  return result;
}

}  // namespace

record::Header header_of(const Plan& plan) {
  record::Header header;
  header.seed = plan.seed;
  header.plan = plan_json(plan);
  for (const Variant& variant : plan.variants)
    header.variants.push_back({.name = variant.name,
                               .labels = variant.labels,
                               .values = {},
                               .unavailable = {},
                               .settings = settings_json(variant)});
  return header;
}

Result<Plan> plan_of(const record::Header& header) {
  try {
    return read_plan(header);
  } catch (const Json::exception& error) {
    return failure("read", "the run's plan", error.what(), "the run was written by another version of frostbyte");
  } catch (const Unreadable& unreadable) {
    return wrap(unreadable.error, "read", "the run's plan");
  }
}

std::vector<std::string> differences(const Plan& recorded, const Plan& asked) {
  std::vector<std::string> result;
  compare("", comparable(recorded), comparable(asked), result);
  return result;
}

}  // namespace frostbyte::sweep
