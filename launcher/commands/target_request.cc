#include <fmt/format.h>

#include <algorithm>

#include "launcher/base/file.h"
#include "launcher/base/nearest.h"
#include "launcher/commands/message.h"
#include "launcher/commands/plan_request.h"

namespace frostbyte::commands {
namespace {

using function::Function;
using function::Workload;

// ---- functions with a function.toml ----

/// Errors: workloads.toml does not define it.
Result<Workload> find_workload(const PlanRequest& request, const Function& function, const std::string& name) {
  const function::Workloads workloads = TRY(function::workloads_for(function, request.search));
  const auto workload = workloads.find(name);
  if (workload == workloads.end())
    return failure("ask", function.name, fmt::format("the workload '{}' is not defined in workloads.toml", name),
                   "define it there, or choose another with --workload");
  return workload->second;
}

Result<std::string> choose_workload(const Function& function, const std::string& asked) {
  const auto& serves = function.serves;
  if (!asked.empty()) {
    if (std::ranges::find(serves, asked) != serves.end()) return asked;
    return failure("ask", function.name, fmt::format("it does not serve '{}'", asked),
                   did_you_mean(asked, serves) + "it serves: " + listing(serves));
  }
  if (serves.empty())
    return failure("ask", function.name, "it serves no workload", "name one in `serves` of its function.toml");
  return std::ranges::find(serves, "hello") != serves.end() ? "hello" : serves.front();
}

/// The function, and with --by the variants it is to be seen beside. Those that were not built are left out by name.
Result<std::vector<Function>> read_functions(const PlanRequest& request, const std::string& argument) {
  Function function = TRY(function::load_function(argument, request.search));
  if (request.flags.by.empty()) return std::vector{std::move(function)};
  std::vector<function::SkippedVariant> skipped;
  auto functions = TRY(function::variants_by(function, request.flags.by, request.search, skipped));
  for (const function::SkippedVariant& variant : skipped)
    say(fmt::format("skipped {}: it was not built: there is no {}", variant.name, variant.program.string()));
  return functions;
}

Result<sweep::Target> add_workload(const PlanRequest& request, Function function) {
  const std::string name = TRY(choose_workload(function, request.flags.workload));
  Workload workload = TRY(find_workload(request, function, name));
  return sweep::Target{.function = std::move(function), .workload = std::move(workload)};
}

// ---- bare commands ----

std::string trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

Result<std::pair<std::string, std::string>> read_header(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = trim(text.substr(0, colon));
  if (colon == std::string::npos || name.empty())
    return failure("read --header", text, "it is not 'NAME: VALUE'", "--header 'Accept: text/html'");
  if (text.find_first_of("\r\n") != std::string::npos) return failure("read --header", text, "a header is one line");
  return std::pair(name, trim(std::string_view(text).substr(colon + 1)));
}

Result<std::string> read_body(const std::string& text) {
  if (!text.starts_with('@')) return text;
  auto content = read_file(text.substr(1));
  if (!content) return wrap(std::move(content.error()), "read --body", text);
  return content;
}

Result<Workload> read_request(const SweepFlags& flags) {
  Workload workload{.name = "request", .summary = "", .request = {}, .expectation = {}};
  workload.request.method = flags.method;
  workload.request.target = flags.path;
  if (!flags.path.starts_with('/'))
    return failure("read --path", flags.path, "a path begins with '/'", "--path /" + flags.path);
  for (const std::string& header : flags.headers) workload.request.headers.push_back(TRY(read_header(header)));
  workload.request.body = TRY(read_body(flags.body));
  workload.expectation.status = flags.expect_status;
  workload.expectation.body = flags.expect_body;
  return workload;
}

Result<std::vector<function::ContractKind>> read_contracts(const std::vector<std::string>& texts) {
  std::vector<function::ContractKind> contracts;
  for (const std::string& text : texts) contracts.push_back(TRY(function::parse_contract(text)));
  return contracts;
}

Result<std::vector<std::vector<std::string>>> all_commands(const PlanRequest& request) {
  std::vector<std::vector<std::string>> commands;
  for (const std::string& text : request.flags.commands) commands.push_back(TRY(function::split_command(text)));
  if (!request.bare_words.empty()) commands.push_back(request.bare_words);
  return commands;
}

Result<void> read_bare_commands(const PlanRequest& request, std::vector<sweep::Target>& into) {
  const SweepFlags& flags = request.flags;
  const auto commands = TRY(all_commands(request));
  if (flags.names.size() > commands.size())
    return failure("read --name", flags.names[commands.size()], "there are more names than bare commands",
                   "one -n for each --command; functions are named by their function.toml");
  if (commands.empty()) return {};
  const Workload workload = TRY(read_request(flags));
  const auto contracts = TRY(read_contracts(flags.contracts));
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string program =
        commands[i].empty() ? "" : std::filesystem::path(commands[i].front()).filename().string();
    Function function = TRY(function::bare_command(i < flags.names.size() ? flags.names[i] : program, commands[i]));
    if (!contracts.empty()) function.contracts = contracts;
    function.fixed_port = flags.port;
    const std::uint32_t group = into.empty() ? 0 : into.back().group + 1;
    into.push_back({.function = std::move(function), .workload = workload, .group = group});
  }
  return {};
}

// ---- images ----

Result<sweep::Target> read_image(const PlanRequest& request, const std::string& argument) {
  const SweepFlags& flags = request.flags;
  if (request.flags.root != "auto")
    return failure("use --root with", argument, "an image is a root itself", "leave --root out");
  for (const sandbox::Isolation& isolation : request.isolations) {
    if (!isolation.has(sandbox::Part::mount))
      return failure("launch", argument, "without isolation part mount it would start in this host's root",
                     "add it: --isolation " + isolation.to_string() + ",+mount");
  }
  ImageFunction image = TRY(request.images->load(argument));
  if (flags.port) image.function.fixed_port = flags.port;
  if (image.has_workloads && flags.given_request_flag().empty())
    return add_workload(request, std::move(image.function));
  return sweep::Target{.function = std::move(image.function), .workload = TRY(read_request(flags))};
}

/// Flags that only mean something beside a bare command, or only beside a function, are mistakes elsewhere.
Result<void> refuse_misplaced(const PlanRequest& request) {
  const SweepFlags& flags = request.flags;
  const bool bare =
      !flags.commands.empty() || !request.bare_words.empty() || std::ranges::any_of(flags.functions, &names_image);
  const std::string request_flag = flags.given_request_flag();
  if (!bare && !request_flag.empty())
    return failure("use", request_flag, "it describes a bare command's request, and there is no bare command",
                   "functions are asked a workload: --workload NAME");
  if (!bare && flags.port)
    return failure("use", "--port", "it is the port a bare command binds, and there is no bare command",
                   "a function states its port in its function.toml: port = 8080");
  if (flags.functions.empty() && !flags.by.empty())
    return failure("use", "--by", "a bare command has no variants", "name a function whose function.toml has variants");
  if (flags.functions.empty() && !flags.workload.empty())
    return failure("use", "--workload", "a bare command has no workloads",
                   "describe its request: --method --path --header --body --expect-status --expect-body");
  return {};
}

}  // namespace

bool names_functions(const PlanRequest& request) {
  return !request.flags.functions.empty() || !request.flags.commands.empty() || !request.bare_words.empty();
}

Result<load::Load> read_load(const PlanRequest& request, const load::Spec& spec, const sweep::Variant& variant) {
  const Function& function = variant.function;
  if (spec.workload.empty()) return load::Load{.spec = spec, .workload = variant.workload, .metrics = function.metrics};
  if (function.file.empty())
    return failure("load", function.name, "a bare command has no workloads",
                   "leave `workload` out of --load: it is asked what --method, --path and --body say");
  return load::Load{.spec = spec,
                    .workload = TRY(find_workload(request, function, TRY(choose_workload(function, spec.workload)))),
                    .metrics = function.metrics};
}

Result<std::vector<sweep::Target>> read_targets(const PlanRequest& request) {
  if (!names_functions(request))
    return failure("sweep", "", "no function is named",
                   "name a folder with function.toml or a bundled function: frostbyte sweep c-nolibc; "
                   "or a command: frostbyte sweep --port 8080 -- ./server --port 8080");
  TRY(refuse_misplaced(request));
  const function::Root root = TRY(function::parse_root(request.flags.root));
  std::vector<sweep::Target> targets;
  std::uint32_t group = 0;
  std::vector<std::string> arguments = request.flags.functions;
  const std::vector<std::string> bystanders = function::take_bystanders(arguments);
  if (!bystanders.empty()) say("skipped what holds no function: " + listing(bystanders));
  for (const std::string& argument : arguments) {
    if (request.images != nullptr && names_image(argument)) {
      targets.push_back(TRY(read_image(request, argument)));
      targets.back().group = group++;
      continue;
    }
    for (Function& function : TRY(read_functions(request, argument))) {
      targets.push_back(TRY(add_workload(request, std::move(function))));
      targets.back().group = group;
    }
    ++group;
  }
  TRY(read_bare_commands(request, targets));
  if (root.kind != function::RootKind::automatic)
    for (sweep::Target& target : targets) target.function.root = root;
  return targets;
}

}  // namespace frostbyte::commands
