// The flags of `frostbyte claims`: declared here, once, for parsing, help, man page and completions.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace frostbyte::commands {

struct ClaimsFlags {
  std::string file;
  std::string runs;
  std::string measure = "missing";
  std::vector<std::string> outputs;
  bool quiet = false;
};

void declare_claims_flags(CLI::App& app, ClaimsFlags& flags);

}  // namespace frostbyte::commands
