// The program an image starts, and what its ELF files could do without. Internal to weigh_image.cc.
#pragma once

#include <optional>

#include "launcher/commands/image_exhibits.h"

namespace frostbyte::commands {

/// What the image's configuration starts, as its tree has it.
struct Program {
  std::string command{};              ///< argv[0], as configured; empty: nothing is configured
  audit::NodeId node = audit::kNone;  ///< kNone: it leads nowhere
};
Program find_program(const audit::Audit& audit, const audit::Source& source);

/// Fingerprint of the program; absent when there is none to look at. Errors: its layer cannot be read once more.
Result<std::optional<Exhibit>> program_exhibit(const audit::Audit& audit, const audit::Source& source);

/// Steps that would make the image smaller, each computed. Reads every ELF file inside.
Result<Exhibit> what_if_exhibit(const audit::Audit& audit, const audit::Source& source, bool all_steps);

}  // namespace frostbyte::commands
