#include <fmt/format.h>

#include "launcher/commands/exit_code.h"
#include "launcher/commands/generate.h"

namespace frostbyte::commands {
namespace {

/// Characters roff would take as its own; a hyphen must be \- to stay one that can be copied.
std::string roff(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool line_start = i == 0 || text[i - 1] == '\n';
    if (line_start && (text[i] == '.' || text[i] == '\'')) result += "\\&";
    if (text[i] == '-') {
      result += "\\-";
    } else if (text[i] == '\\') {
      result += "\\e";
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

std::string flag_section(const FlagDoc& flag) {
  std::string names;
  for (const std::string& name : flag.names)
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
  if (!flag.value.empty()) names += fmt::format(" \\fI{}\\fR", roff(flag.value));
  std::string help = roff(sentence(flag.help));
  if (flag.repeat == Repeat::many) help += " May be repeated.";
  if (!flag.fallback.empty()) help += fmt::format(" Default: {}.", roff(flag.fallback));
  return fmt::format(".TP\n{}\n{}\n", names, help);
}

std::string flag_sections(const CommandDoc& command) {
  std::string text;
  for (const FlagDoc& flag : command.flags) text += flag_section(flag);
  return text;
}

/// Details are laid out by hand, examples among them: they stay as they are.
std::string verbatim(const std::string& text) { return text.empty() ? "" : ".PP\n.nf\n" + roff(text) + "\n.fi\n"; }

std::string command_section(const CommandDoc& command) {
  std::string synopsis = "\\fB" + roff(command.path) + "\\fR [\\fIFLAGS\\fR]";
  for (const auto& positional : command.positionals)
    synopsis += fmt::format(" \\fI{}\\fR{}", positional.name, positional.repeat == Repeat::many ? "..." : "");
  std::string text =
      fmt::format(".SS \"{}\"\n{}\n.PP\n{}\n", roff(command.path), synopsis, roff(sentence(command.summary)));
  for (const auto& positional : command.positionals)
    text += fmt::format(".TP\n\\fI{}\\fR\n{}\n", positional.name, roff(sentence(positional.help)));
  return text + flag_sections(command) + verbatim(command.details);
}

std::string exit_section() {
  std::string text = ".SH EXIT STATUS\n";
  for (const ExitMeaning& meaning : kExitMeanings)
    text += fmt::format(".TP\n{}\n{}\n", static_cast<int>(meaning.code), roff(sentence(std::string(meaning.meaning))));
  return text;
}

constexpr std::string_view kEnvironment =
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBNO_COLOR\\fR\nWhen set and not empty, no colours, unless \\fB\\-\\-color always\\fR is given.\n"
    ".TP\n\\fBFROSTBYTE_FUNCTIONS\\fR\nFolders, separated by colons, in which functions are looked for by name before "
    "the bundled ones.\n"
    ".TP\n\\fBTMPDIR\\fR\nWhere a sweep without \\fB\\-\\-run\\-file\\fR keeps its samples until it ends.\n";

}  // namespace

std::string man_page(const CommandDoc& program) {
  std::string text =
      fmt::format(".TH {0} 1\n.SH NAME\n{1} \\- {2}\n.SH SYNOPSIS\n", "FROSTBYTE", program.name, roff(program.summary));
  text += fmt::format("\\fB{}\\fR \\fICOMMAND\\fR [\\fIFLAGS\\fR] \\fIARGUMENT\\fR...\n", program.name);
  text += ".SH OPTIONS\n" + flag_sections(program) + ".SH COMMANDS\n";
  for (const CommandDoc& command : program.commands) text += command_section(command);
  return text + exit_section() + std::string(kEnvironment);
}

}  // namespace frostbyte::commands
