#include "launcher/commands/generate.h"

#include <CLI/CLI.hpp>

#include "launcher/sandbox/syscall_filter.h"
#include "results/metric/metric.h"

namespace frostbyte::commands {
namespace {

std::vector<std::string> split_choices(const std::string& value) {
  std::vector<std::string> choices;
  if (value.find('|') == std::string::npos) return choices;
  std::size_t begin = 0;
  for (std::size_t bar = value.find('|'); bar != std::string::npos; bar = value.find('|', begin)) {
    choices.push_back(value.substr(begin, bar - begin));
    begin = bar + 1;
  }
  choices.push_back(value.substr(begin));
  return choices;
}

/// METHOD.md's list of what the isolation part syscall-filter refuses.
std::string refused_calls_text() {
  std::string text;
  for (const std::string& call : sandbox::refused_calls()) text += (text.empty() ? "`" : ", `") + call + "`";
  return text + ".\n";
}

Repeat repeat_of(const CLI::Option& option) {
  return option.get_items_expected_max() > 1 ? Repeat::many : Repeat::once;
}

FlagDoc describe_flag(const CLI::Option& option) {
  FlagDoc flag;
  for (const std::string& name : option.get_snames()) flag.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flag.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) flag.value = option.get_type_name();
  flag.choices = split_choices(flag.value);
  flag.fallback = option.get_default_str();
  flag.help = option.get_description();
  flag.group = option.get_group();
  flag.repeat = repeat_of(option);
  return flag;
}

}  // namespace

CommandDoc describe(const CLI::App& app) {
  CommandDoc command{.name = app.get_name(),
                     .path = app.get_name(),
                     .summary = app.get_description(),
                     .details = app.get_footer(),
                     .positionals = {},
                     .flags = {},
                     .commands = {}};
  if (app.get_parent() != nullptr) command.path = app.get_parent()->get_name() + " " + command.name;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) {
      command.positionals.push_back({option->get_name(true), option->get_description(), repeat_of(*option)});
    } else {
      command.flags.push_back(describe_flag(*option));
    }
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    command.commands.push_back(describe(*sub));
  return command;
}

Completion completion_of(const FlagDoc& flag) {
  if (!flag.choices.empty()) return Completion::words;
  if (flag.value == "DIR" || flag.value == "ROOT") return Completion::directories;
  if (flag.value == "PATH" || flag.value == "FORMAT=PATH") return Completion::files;
  return Completion::nothing;
}

Result<std::string> generate(std::string_view what, const CommandDoc& program) {
  if (what == "man") return man_page(program);
  if (what == "completion-bash") return bash_completion(program);
  if (what == "completion-zsh") return zsh_completion(program);
  if (what == "completion-fish") return fish_completion(program);
  if (what == "metrics") return metric::markdown_table();
  if (what == "refused-calls") return refused_calls_text();
  return failure("generate", std::string(what), "there is no such text",
                 "one of man, completion-bash, completion-zsh, completion-fish, metrics, refused-calls");
}

}  // namespace frostbyte::commands
