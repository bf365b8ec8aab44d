// frostbyte, from here: one line a command.
#include "launcher/commands/command_line.h"
#include "launcher/commands/commands.h"
#include "launcher/function/function.h"
#include "launcher/host/facts.h"
#include "launcher/sweep/real_executor.h"

namespace {

using namespace frostbyte;

const record::Tool kTool{.name = "frostbyte", .version = FROSTBYTE_VERSION, .git = FROSTBYTE_GIT};

}  // namespace

int main(int argc, char** argv) {
  commands::CommandLine line(kTool.git.empty() ? kTool.version : kTool.version + " (" + kTool.git + ")");
  const commands::SweepEnvironment here{.make_executor = sweep::make_real_executor,
                                        .probe_parts = sandbox::probe_parts,
                                        .host_facts = [] { return record::Json(host::host_facts()); },
                                        .search_path = function::search_path,
                                        .tool = kTool};
  line.add(commands::sweep_command(here));
  line.add(commands::compare_command(here));
  line.add(commands::audit_command(here));
  line.add(commands::pack_command(here));
  line.add(commands::report_command());
  line.add(commands::scrape_command(here));
  line.add(commands::claims_command(here));
  line.add(commands::doctor_command());
  return static_cast<int>(line.run(argc, argv));
}
