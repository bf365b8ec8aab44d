#include "launcher/commands/isolation_choice.h"

#include <fmt/format.h>

namespace frostbyte::commands {

Result<std::vector<sandbox::Isolation>> parse_isolations(const std::vector<std::string>& texts) {
  std::vector<sandbox::Isolation> isolations;
  for (const std::string& text : texts) {
    auto isolation = sandbox::Isolation::parse(text);
    if (!isolation) return failure("read --isolation", text, isolation.error().cause, isolation.error().hint);
    isolations.push_back(*isolation);
  }
  return isolations;
}

Result<IsolationChoice> choose_isolations(const std::vector<sandbox::Isolation>& asked, const PartProbe& probe) {
  IsolationChoice choice{.isolations = asked, .notes = {}};
  const bool degrade = asked.empty();
  if (degrade) choice.isolations.push_back(sandbox::Isolation::full());
  for (const sandbox::PartStatus& status : probe()) {
    if (status.available) continue;
    for (sandbox::Isolation& isolation : choice.isolations) {
      if (!isolation.has(status.part)) continue;
      const std::string_view part = sandbox::to_string(status.part);
      if (!degrade)
        return failure("isolate with", isolation.to_string(), fmt::format("{}: {}", part, status.reason),
                       fmt::format("leave it out: --isolation {},-{}; frostbyte doctor tells what else helps",
                                   isolation.to_string(), part));
      isolation.clear(status.part);
      choice.notes.push_back(fmt::format("without isolation part {}: {}", part, status.reason));
    }
  }
  return choice;
}

}  // namespace frostbyte::commands
