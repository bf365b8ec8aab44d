// What frostbyte's exit status means: one table, used by the commands, the help texts and the man page.
#pragma once

#include <array>
#include <string_view>

namespace frostbyte::commands {

enum class ExitCode : int {
  pass = 0,
  gate_failed = 1,
  usage = 2,
  cannot_measure = 3,
  inconclusive = 4,
  interrupted = 130,
};

struct ExitMeaning {
  ExitCode code;
  std::string_view meaning;
};

inline constexpr std::array kExitMeanings = {
    ExitMeaning{ExitCode::pass, "everything asked for was done"},
    ExitMeaning{ExitCode::gate_failed, "a gate failed"},
    ExitMeaning{ExitCode::usage, "wrong usage or configuration"},
    ExitMeaning{ExitCode::cannot_measure,
                "cannot measure: the host lacks something, an input is unreadable, every "
                "launch failed"},
    ExitMeaning{ExitCode::inconclusive, "the samples do not decide the question"},
    ExitMeaning{ExitCode::interrupted, "interrupted; what was measured is kept"},
};

}  // namespace frostbyte::commands
