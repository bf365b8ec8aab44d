// Which files a function is made of.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "images/elf/elf.h"
#include "launcher/launch/page_cache.h"

namespace frostbyte::launch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 4096;
constexpr int kDeepest = 16;
constexpr int kMostInterpreters = 5;  // the kernel follows as many `#!` lines

class Collector {
 public:
  Result<void> add_folder(const fs::path& folder);
  void add_program(const fs::path& program, int depth);
  FileSet finish() &&;

 private:
  void add_own(const fs::path& file);
  void add_shared(const fs::path& file);
  void add_interpreter(const elf::ScriptInterpreter& script, int depth);

  std::set<fs::path> own_, shared_;
};

void Collector::add_own(const fs::path& file) {
  std::error_code error;
  if (fs::path real = fs::canonical(file, error); !error) own_.insert(std::move(real));
}

void Collector::add_shared(const fs::path& file) {
  std::error_code error;
  if (fs::path real = fs::canonical(file, error); !error) shared_.insert(std::move(real));
}

/// Symbolic links are not followed: what they point to inside the folder is met anyway, the rest is not its own.
Result<void> Collector::add_folder(const fs::path& folder) {
  const auto refuse = [&](std::string cause) {
    return failure("list the files of", folder.string(), std::move(cause),
                   "give the function a folder that holds only what it is started from");
  };
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::none, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry.depth() >= kDeepest) return refuse("its folders are nested deeper than " + std::to_string(kDeepest));
    std::error_code ignored;
    if (entry->is_symlink(ignored) || !entry->is_regular_file(ignored)) continue;
    add_own(entry->path());
    if (own_.size() > kMostFiles) return refuse("it holds more than " + std::to_string(kMostFiles) + " files");
  }
  if (error) return system_failure(error.value(), "list the files of", folder.string());
  return {};
}

fs::path find_in_path(const std::string& program) {
  const char* variable = std::getenv("PATH");
  const std::string path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find(':', at), path.size());
    const fs::path candidate = fs::path(path.substr(at, end - at)) / program;
    std::error_code error;
    if (fs::is_regular_file(candidate, error)) return candidate;
    at = end + 1;
  }
  return {};
}

/// `#!/usr/bin/env python3` is a program that starts another: both are read at every launch.
void Collector::add_interpreter(const elf::ScriptInterpreter& script, int depth) {
  add_shared(script.path);
  add_program(script.path, depth + 1);
  if (fs::path(script.path).filename() != "env" || script.argument.empty()) return;
  const fs::path started = find_in_path(script.argument.substr(0, script.argument.find_first_of(" \t")));
  if (started.empty()) return;
  add_shared(started);
  add_program(started, depth + 1);
}

/// What starting `program` reads besides itself. A program that cannot be started adds nothing: its launch will say so.
void Collector::add_program(const fs::path& program, int depth) {
  if (depth > kMostInterpreters) return;
  const auto script = elf::read_script_interpreter(program);
  if (script && !script->path.empty()) return add_interpreter(*script, depth);
  const auto libraries = elf::find_libraries(program);
  if (!libraries) return;
  for (const fs::path& library : libraries->found) add_shared(library);
}

FileSet Collector::finish() && {
  FileSet files;
  files.own.assign(own_.begin(), own_.end());
  std::ranges::set_difference(shared_, own_, std::back_inserter(files.shared));
  return files;
}

}  // namespace

Result<FileSet> files_of(const std::filesystem::path& program, const std::filesystem::path& folder) {
  std::error_code error;
  const fs::path real = fs::canonical(program, error);
  if (error) return system_failure(error.value(), "find the program", program.string());
  if (!fs::is_regular_file(real, error))
    return failure("find the program", program.string(), "it is not a regular file");
  Collector collector;
  if (!folder.empty()) TRY(collector.add_folder(folder));
  collector.add_program(real, 0);
  FileSet files = std::move(collector).finish();
  // The program first, and only once, wherever it lies; it is the function's own even when another file's library.
  std::erase(files.own, real);
  std::erase(files.shared, real);
  files.own.insert(files.own.begin(), real);
  return files;
}

}  // namespace frostbyte::launch
