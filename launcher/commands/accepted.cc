#include "launcher/commands/accepted.h"

#include <algorithm>

#include "results/gate/budget.h"

namespace frostbyte::commands {

Accepted::Accepted(const audit::Audit& audit, const std::vector<std::string>& globs)
    : globs_(globs), rest_(audit.account) {
  if (globs.empty()) return;
  for (const audit::File& file : audit.tree.files()) {
    if (file.live() || !covers(audit.tree.path(file.node))) continue;
    const auto death = static_cast<std::size_t>(file.death);
    bytes_ += file.size;
    rest_.dead[death] -= file.size;
    rest_.dead_compressed[death] -= file.compressed;
  }
}

bool Accepted::covers(std::string_view path) const {
  const std::string rooted = "/" + std::string(path);
  return std::ranges::any_of(globs_, [&](const std::string& glob) {
    return gate::matches(glob.starts_with('/') || glob.starts_with('*') ? glob : "/" + glob, rooted);
  });
}

}  // namespace frostbyte::commands
