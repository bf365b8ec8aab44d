// Bare commands: a function without a function.toml.
#include <unistd.h>

#include <cstdlib>

#include "launcher/function/function.h"
#include "launcher/function/path_lookup.h"

#include "launcher/function/name.h"

namespace frostbyte::function {
namespace {

std::filesystem::path absolute_path(const std::filesystem::path& path) {
  std::error_code error;
  const auto result = std::filesystem::absolute(path, error);
  return error ? path : result.lexically_normal();
}

Lookup try_program(const std::filesystem::path& candidate) {
  if (is_program(candidate)) return {.program = absolute_path(candidate), .not_executable = false};
  std::error_code ignored;
  return {.program = {}, .not_executable = std::filesystem::is_regular_file(candidate, ignored)};
}

Failure not_found(const std::string& word, const Lookup& found) {
  if (found.not_executable) return failure("run", word, "it is not executable", "chmod +x it");
  if (word.find('/') != std::string::npos) {
    return failure("run", word, "there is no such program", "check the path; it is relative to the working directory");
  }
  const bool here = is_program(word);
  return failure(
      "run", word, "it is in no directory of PATH",
      here ? "a program in the working directory is written './" + word + "'" : "install it, or give its path");
}

enum class Quoting { none, single, twofold };

/// The words of a POSIX shell command, one character at a time (XCU 2.2, "Quoting").
class WordSplitter {
 public:
  void take(char c) {
    if (escaped_) {
      escaped_ = false;
      take_escaped(c);
    } else if (quoting_ == Quoting::single) {
      c == '\'' ? leave() : append(c);
    } else if (c == '\\') {
      escaped_ = true;
    } else if (quoting_ == Quoting::twofold) {
      c == '"' ? leave() : append(c);
    } else {
      take_unquoted(c);
    }
  }

  [[nodiscard]] std::string unfinished() const {
    if (escaped_) return "it ends in a backslash";
    if (quoting_ == Quoting::single) return "a ' is not closed";
    if (quoting_ == Quoting::twofold) return "a \" is not closed";
    return {};
  }

  std::vector<std::string> finish() {
    end_word();
    return std::move(words_);
  }

 private:
  void append(char c) {
    in_word_ = true;
    word_ += c;
  }
  void enter(Quoting quoting) {
    in_word_ = true;  // '' is a word, though an empty one
    quoting_ = quoting;
  }
  void leave() { quoting_ = Quoting::none; }
  void take_escaped(char c) {
    if (c == '\n') return;  // a line continuation
    constexpr std::string_view kSpecialInQuotes = "$`\"\\";
    if (quoting_ == Quoting::twofold && kSpecialInQuotes.find(c) == std::string_view::npos) append('\\');
    append(c);
  }
  void take_unquoted(char c) {
    if (c == ' ' || c == '\t' || c == '\n') {
      end_word();
    } else if (c == '\'') {
      enter(Quoting::single);
    } else if (c == '"') {
      enter(Quoting::twofold);
    } else {
      append(c);
    }
  }
  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
  bool escaped_ = false;
  Quoting quoting_ = Quoting::none;
};

}  // namespace

bool is_program(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

Lookup look_up_program(const std::string& word) {
  if (word.find('/') != std::string::npos) return try_program(word);
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/bin:/usr/bin";
  Lookup result;
  if (word.empty()) return result;
  for (;;) {
    const std::size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    const Lookup found = try_program(std::filesystem::path(directory.empty() ? "." : directory) / word);
    if (!found.program.empty()) return found;
    result.not_executable |= found.not_executable;
    if (colon == std::string_view::npos) return result;
    rest.remove_prefix(colon + 1);
  }
}

Result<Function> bare_command(std::string name, std::vector<std::string> words) {
  if (words.empty() || words.front().empty()) {
    return failure("measure", name, "the command is empty", "write it after --: -- ./server --port 8080");
  }
  if (const auto problem = name_problem(name))
    return failure("name command", name, *problem, "choose another with --name");
  for (const std::string& word : words) {
    if (has_nul(word)) return failure("measure", name, "the command holds a NUL character");
  }
  Lookup found = look_up_program(words.front());
  if (found.program.empty()) return not_found(words.front(), found);
  Function function;
  function.name = std::move(name);
  function.command = std::move(words);
  function.program = std::move(found.program);
  return function;
}

Result<std::vector<std::string>> split_command(std::string_view text) {
  WordSplitter splitter;
  for (const char c : text) splitter.take(c);
  const std::string problem = splitter.unfinished();
  if (!problem.empty()) return failure("split command", std::string(text), problem);
  return splitter.finish();
}

}  // namespace frostbyte::function
