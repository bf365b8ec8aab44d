// An image or a folder, weighed: its named sizes, what became of every byte, its program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "images/audit/audit.h"
#include "images/audit/content.h"
#include "launcher/commands/weighed.h"

namespace frostbyte::commands {

struct ImageView {
  std::size_t top = 10;               ///< rows of every list
  bool with_parts = false;            ///< files, to be compared or saved
  bool what_if = false;               ///< read every ELF file inside
  std::string explain{};              ///< canonical path; empty: none
  std::vector<std::string> ignore{};  ///< globs over paths with a leading slash
};

/// Errors: the layers cannot be read once more.
Result<Weighed> weigh_image(const std::string& name, const audit::Audit& audit, const audit::Source& source,
                            const ImageView& view);

}  // namespace frostbyte::commands
