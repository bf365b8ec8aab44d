#include "images/pack/function.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "images/elf/elf.h"

namespace frostbyte::pack {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "function";
/// Described beside the function, not part of it.
const std::vector<std::string> kDescriptions = {"function.toml", "workloads.toml"};
/// Where programs are looked for by name, and libraries by glibc and musl, in the order of their loaders.
constexpr std::array kProgramFolders = {"usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"};
constexpr std::array kLibraryFolders = {
    "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64", "lib", "usr/lib", "usr/local/lib"};

struct Machine {
  std::uint16_t number;
  const char* architecture;
};
/// Numbers of elf.h, names of Go, which OCI uses.
constexpr std::array kMachines = {Machine{62, "amd64"}, Machine{183, "arm64"},   Machine{3, "386"},
                                  Machine{40, "arm"},   Machine{243, "riscv64"}, Machine{22, "s390x"}};

std::string architecture_of(const elf::ElfFacts& facts) {
  const auto found = std::ranges::find(kMachines, facts.machine_number, &Machine::number);
  return found == kMachines.end() ? facts.machine : found->architecture;
}

template <std::size_t N>
bool is_in(const Contents& contents, const std::array<const char*, N>& folders, const std::string& name) {
  return std::ranges::any_of(folders,
                             [&](const char* folder) { return contents.has_file(std::string(folder) + "/" + name); });
}

bool is_within(const fs::path& file, const fs::path& folder) {
  if (folder.empty()) return false;
  std::error_code error;
  const fs::path relative = file.lexically_relative(fs::canonical(folder, error));
  return !error && !relative.empty() && *relative.begin() != "..";
}

class Placement {
 public:
  Placement(const Subject& subject, const Base& base, Libraries libraries)
      : subject_(subject), base_(base), libraries_(libraries), placed_{.contents = Contents::over(base.contents)} {}

  Result<Placed> run() {
    std::error_code error;
    if (!fs::is_regular_file(subject_.program, error))
      return failure("pack", subject_.name, "there is no program " + subject_.program.string(), "build it first");
    placed_.platform = {.os = "linux", .architecture = "amd64", .variant = ""};
    placed_.command = subject_.command;
    TRY(bring_files());
    return std::move(placed_);
  }

 private:
  Result<void> bring_files() {
    if (subject_.folder.empty()) return bring_program_alone();
    placed_.working_folder = std::string("/") + kFolder;
    TRY(add_tree(placed_.contents, kFolder, subject_.folder, kDescriptions));
    const fs::path inside = subject_.program.lexically_relative(subject_.folder);
    const bool is_own = !inside.empty() && *inside.begin() != "..";
    if (!is_own) return need_program_of_the_image();
    placed_.command.front() = (fs::path("/") / kFolder / inside).string();
    return need_what_starts(subject_.program);
  }

  Result<void> bring_program_alone() {
    placed_.working_folder = "/";
    const std::string path = kFolder + ("/" + subject_.program.filename().string());
    TRY(placed_.contents.add_file(path, std::vector<fs::path>{subject_.program}, 0755));
    placed_.command.front() = "/" + path;
    return need_what_starts(subject_.program);
  }

  /// "node server.mjs": the program is the host's, the function is what it reads.
  Result<void> need_program_of_the_image() {
    const std::string& word = subject_.command.front();
    const bool by_path = word.find('/') != std::string::npos;
    if (by_path ? placed_.contents.has_file(word) : is_in(placed_.contents, kProgramFolders, word)) return {};
    return failure("pack", subject_.name,
                   fmt::format("it is started by '{}', which recipe '{}' does not have", word, base_.name),
                   "name a recipe that has it: one of your own, by its path");
  }

  Result<void> need_what_starts(const fs::path& program) {
    const auto script = TRY(elf::read_script_interpreter(program));
    if (!script.path.empty()) return need_interpreter_of_script(script);
    const auto facts = elf::read_elf(program);
    if (!facts)
      return failure("pack", subject_.name, program.string() + " is neither an ELF program nor a #! script",
                     "name the program that starts it in its command");
    placed_.platform.architecture = architecture_of(*facts);
    return facts->linkage == elf::Linkage::dynamic ? need_libraries(program, *facts) : Result<void>();
  }

  Result<void> need_interpreter_of_script(const elf::ScriptInterpreter& script) {
    const std::string started = script.argument.substr(0, script.argument.find_first_of(" \t"));
    const bool by_env = fs::path(script.path).filename() == "env" && !started.empty();
    if (placed_.contents.has_file(script.path) && (!by_env || is_in(placed_.contents, kProgramFolders, started)))
      return {};
    return failure("pack", subject_.name,
                   fmt::format("it is a script for {}, which recipe '{}' does not have",
                               by_env ? "'" + started + "'" : script.path, base_.name),
                   "name a recipe that has it; busybox has /bin/sh");
  }

  Result<void> need_libraries(const fs::path& program, const elf::ElfFacts& facts) {
    const elf::Libraries found = TRY(elf::find_libraries(program));
    std::vector<std::string> lacking;
    if (!placed_.contents.has_file(facts.interpreter)) lacking.push_back(facts.interpreter);
    const std::string loader = fs::path(facts.interpreter).filename().string();
    for (const auto& [name, file] : found.by_name) {
      if (name != loader && !has_library(name, file) && std::ranges::find(lacking, name) == lacking.end())
        lacking.push_back(name);
    }
    const std::vector<std::string> nowhere = without_those_there(found.missing);
    lacking.insert(lacking.end(), nowhere.begin(), nowhere.end());
    if (lacking.empty()) return {};
    if (libraries_ == Libraries::copy && nowhere.empty()) return copy_libraries(facts, found);
    return failure("pack", subject_.name,
                   fmt::format("recipe '{}' lacks what it is started with: {}", base_.name, fmt::join(lacking, ", ")),
                   nowhere.empty() ? "--with-libraries copies them from this host; --recipe debian has the usual ones"
                                   : fmt::format("this host has no {} either: install it", fmt::join(nowhere, ", ")));
  }

  [[nodiscard]] bool has_library(const std::string& name, const fs::path& file) const {
    return is_in(placed_.contents, kLibraryFolders, name) || is_within(file, subject_.folder);
  }

  [[nodiscard]] std::vector<std::string> without_those_there(const std::vector<std::string>& names) const {
    std::vector<std::string> left;
    std::ranges::copy_if(names, std::back_inserter(left),
                         [&](const std::string& name) { return !is_in(placed_.contents, kLibraryFolders, name); });
    return left;
  }

  /// All beside the C library, where the loader of this host looks without being told: it goes into the image too.
  Result<void> copy_libraries(const elf::ElfFacts& facts, const elf::Libraries& found) {
    const auto libc = std::ranges::find(found.by_name, "libc.so.6", &std::pair<std::string, fs::path>::first);
    const std::string folder = libc == found.by_name.end() ? "usr/lib" : libc->second.parent_path().string().substr(1);
    if (!placed_.contents.has_file(facts.interpreter)) TRY(copy_to(facts.interpreter, facts.interpreter));
    const std::string loader = fs::path(facts.interpreter).filename().string();
    std::set<std::string> done;
    for (const auto& [name, file] : found.by_name) {
      if (name == loader || has_library(name, file) || !done.insert(name).second) continue;
      TRY(copy_to((fs::path(folder) / name).string(), file));
    }
    return {};
  }

  /// Through the base's links: /lib may be one, and must stay one.
  Result<void> copy_to(const std::string& path, const fs::path& file) {
    const fs::path wanted = oci::canonical_path(path).path;
    const auto folder = placed_.contents.resolve(wanted.parent_path().string());
    const fs::path place = fs::path(folder.value_or(wanted.parent_path().string())) / wanted.filename();
    return placed_.contents.add_file(place.string(), std::vector<fs::path>{file}, 0755);
  }

  const Subject& subject_;
  const Base& base_;
  Libraries libraries_;
  Placed placed_;
};

}  // namespace

Result<Placed> place(const Subject& subject, const Base& base, Libraries libraries) {
  return Placement(subject, base, libraries).run();
}

}  // namespace frostbyte::pack
