#include "launcher/commands/command_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "launcher/base/nearest.h"
#include "launcher/commands/generate.h"
#include "launcher/commands/message.h"

namespace frostbyte::commands {
namespace {

class HelpFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    return help_text(describe(*app));
  }
};

std::vector<std::string> flag_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const FlagDoc& flag : describe(app).flags)
    for (const std::string& name : flag.names) names.push_back(name);
  return names;
}

/// "--rusn" of "The following argument was not expected: --rusn"; empty for any other message.
std::string unexpected_word(const std::string& message) {
  const std::size_t colon = message.find("not expected: ");
  if (colon == std::string::npos) return {};
  const std::string rest = message.substr(colon + std::string_view("not expected: ").size());
  return rest.substr(0, rest.find_first_of(" ="));
}

}  // namespace

CommandLine::CommandLine(const std::string& version)
    : app_("measures what a serverless function costs before it does any work", "frostbyte") {
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.set_help_flag("-h,--help", "print this text");
  app_.set_version_flag("--version", "frostbyte " + version, "print the version");
  app_.add_option("--generate", generate_, "print the man page, a shell's completions, or a part of METHOD.md")
      ->type_name("man|completion-bash|completion-zsh|completion-fish|metrics|refused-calls");
  app_.require_subcommand(0, 1);
}

void CommandLine::add(const Command& command) {
  CLI::App* sub = app_.add_subcommand(command.name, command.summary);
  sub->footer(command.details);
  sub->set_help_flag("-h,--help", "print this text");
  commands_.push_back({sub, command.after_dashes, command.declare(*sub, invocation_)});
}

const CLI::App& CommandLine::chosen() const {
  const auto found = std::ranges::find_if(commands_, [](const Entry& entry) { return entry.app->parsed(); });
  return found == commands_.end() ? app_ : *found->app;
}

ExitCode CommandLine::usage_error(const CLI::ParseError& error) const {
  const CLI::App& app = chosen();
  const std::string where = &app == &app_ ? "frostbyte" : "frostbyte " + app.get_name();
  const std::string word = unexpected_word(error.what());
  const std::string suggestion = word.empty() ? "" : did_you_mean(word, flag_names(app));
  say(fmt::format("frostbyte: {}\n  hint: {}{} --help", error.what(), suggestion, where));
  return ExitCode::usage;
}

ExitCode CommandLine::run(int argc, char** argv) {
  invocation_.argv.assign(argv, argv + argc);
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const auto dashes = std::ranges::find(words, "--");
  const bool bare = std::ranges::any_of(commands_, [&](const Entry& entry) {
    return entry.after_dashes == AfterDashes::bare_command &&
           std::find(words.begin(), dashes, entry.app->get_name()) != dashes;
  });
  if (bare && dashes != words.end()) {
    invocation_.after_dashes.assign(dashes + 1, words.end());
    words.erase(dashes, words.end());
  }
  std::ranges::reverse(words);  // CLI11 takes words from the back
  try {
    app_.parse(std::move(words));
  } catch (const CLI::Success& success) {  // --help, --version
    app_.exit(success);
    return ExitCode::pass;
  } catch (const CLI::ParseError& error) {
    return usage_error(error);
  }
  return dispatch();
}

ExitCode CommandLine::dispatch() {
  if (!generate_.empty()) {
    const auto text = generate(generate_, describe(app_));
    if (!text) return give_up(text.error(), ExitCode::usage);
    fmt::print("{}", *text);
    return ExitCode::pass;
  }
  for (const Entry& entry : commands_)
    if (entry.app->parsed()) return entry.run();
  fmt::print(stderr, "{}", help_text(describe(app_)));
  return ExitCode::usage;
}

}  // namespace frostbyte::commands
