#include "launcher/commands/claims_flags.h"

#include "launcher/commands/flag.h"

namespace frostbyte::commands {

void declare_claims_flags(CLI::App& app, ClaimsFlags& flags) {
  app.add_option("CLAIMS", flags.file, "a claims.toml: published figures, and what answers them")->required();
  value_flag(app, "--runs", flags.runs, "DIR", "folder of the measurements' files; a temporary one without it");
  value_flag(app, "--measure", flags.measure, "missing|all|none",
             "sweep what has no file in that folder yet, everything anew, or nothing")
      ->check(one_of({"missing", "all", "none"}));
  repeated_flag(app, "-o,--output", flags.outputs, "FORMAT=PATH",
                "console, markdown, summary or json; '-' is standard output; console=- without it");
  app.add_flag("--quiet", flags.quiet, "no notes; errors only");
}

}  // namespace frostbyte::commands
