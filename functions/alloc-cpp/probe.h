// Which allocator answers malloc in this process, found by asking it: what a symbol table or a build file only
// promises.
#pragma once

#include <map>
#include <string>

namespace probe {

struct Finding {
  std::string
      allocator;        ///< "glibc", "jemalloc", "tcmalloc", "mimalloc", "scudo", "bump"; "unknown" when none admits it
  std::string version;  ///< empty when it does not tell
  /// Settings as the allocator itself has them now, whatever the environment says. glibc does not tell: `arena_max` is
  /// how many arenas five threads got that held memory at once.
  std::map<std::string, std::string> settings;
};

Finding identify();

}  // namespace probe
