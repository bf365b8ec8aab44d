#include <fmt/format.h>

#include <algorithm>

#include "launcher/commands/generate.h"

namespace frostbyte::commands {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kColumn = 32;

/// `text` in lines of at most `width` characters, broken at spaces.
std::vector<std::string> wrap_words(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, space - at);
    if (!line.empty() && line.size() + 1 + word.size() > width) lines.push_back(std::exchange(line, ""));
    line += (line.empty() ? "" : " ") + word;
    at = space + 1;
  }
  lines.push_back(line);
  return lines;
}

std::string entry(const std::string& left, const std::string& help) {
  std::string text = "  " + left;
  std::string indent(kColumn, ' ');
  bool same_line = text.size() + 2 <= kColumn;
  for (const std::string& line : wrap_words(help, kWidth - kColumn)) {
    text += same_line ? std::string(kColumn - text.size(), ' ') : "\n" + indent;
    same_line = false;
    text += line;
  }
  return text + "\n";
}

std::string flag_entry(const FlagDoc& flag) {
  std::string left = flag.names.front().starts_with("--") ? "    " : "";
  left += fmt::format("{}", fmt::join(flag.names, ", "));
  if (!flag.value.empty()) left += " " + flag.value;
  std::string help = flag.help;
  if (flag.repeat == Repeat::many) help += " (repeatable)";
  if (!flag.fallback.empty()) help += fmt::format(" [{}]", flag.fallback);
  return entry(left, help);
}

std::string usage(const CommandDoc& command) {
  std::string text = "Usage: " + command.path;
  if (!command.commands.empty()) text += " COMMAND";
  if (!command.flags.empty()) text += " [FLAGS]";
  for (const PositionalDoc& positional : command.positionals)
    text += " " + positional.name + (positional.repeat == Repeat::many ? "…" : "");
  return text + "\n";
}

std::string flags_by_group(const CommandDoc& command) {
  std::string text;
  std::vector<std::string> groups;
  for (const FlagDoc& flag : command.flags)
    if (std::ranges::find(groups, flag.group) == groups.end()) groups.push_back(flag.group);
  for (const std::string& group : groups) {
    text += fmt::format("\n{}\n", group);
    for (const FlagDoc& flag : command.flags)
      if (flag.group == group) text += flag_entry(flag);
  }
  return text;
}

}  // namespace

std::string help_text(const CommandDoc& command) {
  std::string text = fmt::format("{} {}\n\n{}", command.path, command.summary, usage(command));
  if (!command.commands.empty()) text += "\nCommands\n";
  for (const CommandDoc& sub : command.commands) text += entry(sub.name, sub.summary);
  if (!command.positionals.empty()) text += "\nArguments\n";
  for (const PositionalDoc& positional : command.positionals) text += entry(positional.name, positional.help);
  text += flags_by_group(command);
  if (!command.details.empty()) text += "\n" + command.details + "\n";
  return text;
}

}  // namespace frostbyte::commands
