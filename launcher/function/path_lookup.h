// Finding a program the way execvp(3) does. Internal to this module.
#pragma once

#include <filesystem>
#include <string>

namespace frostbyte::function {

/// Whether the kernel would execute `path` for us: a regular file with an execute permission we hold.
bool is_program(const std::filesystem::path& path);

struct Lookup {
  std::filesystem::path program;  ///< absolute; empty when nothing was found
  bool not_executable = false;    ///< something of that name is there, but may not be executed
};

/// `word` with a '/' is a path; else the directories of PATH are tried in order (an empty one is the working directory,
/// no PATH at all means glibc's default "/bin:/usr/bin").
Lookup look_up_program(const std::string& word);

}  // namespace frostbyte::function
