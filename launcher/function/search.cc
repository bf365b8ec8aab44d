// Where functions and workloads are found on disk.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "launcher/base/file.h"
#include "launcher/base/nearest.h"
#include "launcher/base/toml_file.h"
#include "launcher/function/function.h"
#include "launcher/function/function_file.h"
#include "launcher/function/path_lookup.h"

namespace frostbyte::function {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

constexpr const char* kFunctionFile = "function.toml";
constexpr const char* kWorkloadsFile = "workloads.toml";

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// Absolute, without "..", "." or a slash at the end; symbolic links stay, as the folder's name is what the user wrote.
fs::path tidy(const fs::path& path) {
  std::error_code error;
  fs::path full = fs::absolute(path, error).lexically_normal();
  if (error) full = path;
  return full.has_filename() ? full : full.parent_path();
}

/// Names of the functions in the search path, sorted.
std::vector<std::string> bundled(const Paths& search) {
  std::vector<std::string> names;
  for (const fs::path& directory : search) {
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
      if (is_file(entry->path() / kFunctionFile)) names.push_back(entry->path().filename().string());
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// The files an argument can stand for, in the order they are tried.
Paths candidates(const std::string& argument, const Paths& search) {
  Paths places;
  places.push_back(tidy(fs::path(argument) / kFunctionFile));
  if (argument.find('/') != std::string::npos) return places;
  for (const fs::path& directory : search) places.push_back(tidy(directory / argument / kFunctionFile));
  return places;
}

Failure nothing_found(const std::string& argument, const Paths& tried, const Paths& search) {
  std::vector<std::string> places;
  for (const fs::path& place : tried) places.push_back(place.string());
  const std::vector<std::string> names = bundled(search);
  // "functions/cpp-ehco/" is as much a mistyped name as "cpp-ehco".
  const std::string last = tidy(argument).filename().string();
  return failure("find function", argument, "there is no " + listing(places),
                 names.empty() ? "give a folder with a function.toml, or a command after --"
                               : did_you_mean(last, names) + "bundled functions: " + listing(names));
}

Result<fs::path> find_file(const std::string& argument, const Paths& search) {
  if (argument.empty()) return failure("find function", argument, "the name is empty", "name a function or its folder");
  if (is_file(argument) && fs::path(argument).extension() == ".toml") return tidy(argument);
  const Paths tried = candidates(argument, search);
  for (const fs::path& place : tried) {
    if (is_file(place)) return place;
  }
  if (is_file(argument)) {
    return failure("load function", argument, "it is not a function.toml",
                   "to measure a program, write: -- " + argument);
  }
  return nothing_found(argument, tried, search);
}

/// The command of a script function as its build wrote it down: with the path of the interpreter, since the first of
/// that name in PATH may be the script of a version manager, whose time is not the function's. Nothing when there is no
/// build.
std::vector<std::string> built_command(const Function& function, const Paths& search) {
  for (const fs::path& directory : search) {
    const fs::path file = tidy(directory / function.folder.filename() / kFunctionFile);
    if (file == function.file || !is_file(file)) continue;
    const auto text = read_file(file, kTomlSizeLimit);
    const auto built = text ? parse_function(*text, file) : Result<Function>(std::unexpected(text.error()));
    const bool same = built && built->command.size() == function.command.size() &&
                      std::equal(built->command.begin() + 1, built->command.end(), function.command.begin() + 1);
    if (same) return built->command;
  }
  return {};
}

/// A source folder holds no program; the build puts it into a folder of the same name in the search path. When none has
/// it, the paths of the function's own folder stay: the launch will report what is missing.
void resolve_program(Function& function, const Paths& search) {
  if (function.command.front().find('/') == std::string::npos)
    if (auto command = built_command(function, search); !command.empty()) function.command = std::move(command);
  const std::string& word = function.command.front();
  if (word.find('/') == std::string::npos) {
    function.program = look_up_program(word).program;
    if (function.program.empty()) function.program = function.folder / word;
    return;
  }
  Paths folders = {function.folder};
  for (const fs::path& directory : search) folders.push_back(tidy(directory / function.folder.filename()));
  const auto built = std::ranges::find_if(folders, [&](const fs::path& folder) { return is_program(folder / word); });
  if (built != folders.end()) function.folder = *built;
  function.program = (function.folder / word).lexically_normal();
}

Result<Function> load_file(const fs::path& file, const Paths& search) {
  Function function = TRY(parse_function(TRY(read_file(file, kTomlSizeLimit)), file));
  resolve_program(function, search);
  return function;
}

Function with_variant(const Function& function, const FunctionVariant& variant, const Paths& search) {
  Function result = function;
  result.name = function.name.substr(0, function.name.find(':')) + ":" + variant.name;
  result.env.insert(result.env.end(), variant.env.begin(), variant.env.end());
  for (const auto& [label, value] : variant.labels) result.labels.insert_or_assign(label, value);
  result.settings = variant.settings;
  if (variant.command.empty()) return result;
  result.command = variant.command;
  result.folder = function.file.parent_path();
  resolve_program(result, search);
  return result;
}

Result<Function> pick_variant(const Function& function, const std::string& name, const Paths& search) {
  const auto found = std::ranges::find(function.variants, name, &FunctionVariant::name);
  if (found != function.variants.end()) return with_variant(function, *found, search);
  std::vector<std::string> names;
  for (const FunctionVariant& variant : function.variants) names.push_back(variant.name);
  return failure("load function", function.name + ":" + name, "it has no variant of that name",
                 names.empty() ? "its function.toml names no [[variant]]"
                               : did_you_mean(name, names) + "its variants: " + listing(names));
}

/// A folder with function.toml, or a toml that states a command. One that cannot be read counts: its error is worth
/// saying.
bool names_function(const fs::path& path) {
  if (is_folder(path)) return is_file(path / kFunctionFile);
  if (path.extension() != ".toml") return false;
  const auto text = read_file(path, kTomlSizeLimit);
  const auto table = text ? parse_toml(*text, path) : Result<toml::table>(toml::table{});
  return !table || table->contains("command");
}

bool is_bystander(const std::string& argument) {
  std::error_code ignored;
  return fs::exists(argument, ignored) && !names_function(argument) && !is_program(argument);
}

using Labels = std::map<std::string, std::string>;

/// The labels whose values differ, one missing on a side included.
std::vector<std::string> differing(const Labels& a, const Labels& b) {
  std::vector<std::string> names;
  const auto note = [&](const Labels& from, const Labels& other) {
    for (const auto& [label, value] : from) {
      const auto found = other.find(label);
      const bool differs = found == other.end() || found->second != value;
      if (differs && std::ranges::find(names, label) == names.end()) names.push_back(label);
    }
  };
  note(a, b);
  note(b, a);
  return names;
}

bool differs_only_in(const std::vector<std::string>& labels, const Labels& a, const Labels& b) {
  const std::vector<std::string> names = differing(a, b);
  return !names.empty() && std::ranges::all_of(names, [&](const std::string& name) {
    return std::ranges::find(labels, name) != labels.end();
  });
}

std::vector<std::string> varying_labels(const Function& function) {
  std::set<std::string> labels;
  for (const FunctionVariant& variant : function.variants) {
    for (const auto& [label, value] : variant.labels) labels.insert(label);
  }
  return {labels.begin(), labels.end()};
}

}  // namespace

std::vector<fs::path> search_path() {
  Paths paths;
  if (const char* set = std::getenv("FROSTBYTE_FUNCTIONS"); set != nullptr) {
    std::string_view rest = set;
    while (!rest.empty()) {
      const std::size_t colon = rest.find(':');
      if (colon != 0) paths.push_back(tidy(rest.substr(0, colon)));
      rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    }
  }
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (error) return paths;
  // The first three are the build tree's, the others the installation's; only those that are there belong to us.
  for (const char* place : {"../functions", "../calibration", "../tests/functions", "../lib/frostbyte/functions",
                            "../lib/frostbyte/calibration"}) {
    if (is_folder(executable / place)) paths.push_back(tidy(executable / place));
  }
  return paths;
}

Result<Function> load_function(std::string_view argument, const std::vector<fs::path>& search) {
  const std::string text(argument);
  auto file = find_file(text, search);
  const std::size_t colon = text.rfind(':');
  if (file || colon == std::string::npos) return load_file(TRY(std::move(file)), search);
  const Function function = TRY(load_file(TRY(find_file(text.substr(0, colon), search)), search));
  return pick_variant(function, text.substr(colon + 1), search);
}

std::vector<std::string> take_bystanders(std::vector<std::string>& arguments) {
  std::set<fs::path> homes;  // folders in which an argument names a function
  for (const std::string& argument : arguments)
    if (names_function(argument)) homes.insert(tidy(argument).parent_path());
  std::vector<std::string> taken;
  std::erase_if(arguments, [&](const std::string& argument) {
    if (!is_bystander(argument) || !homes.contains(tidy(argument).parent_path())) return false;
    taken.push_back(argument);
    return true;
  });
  return taken;
}

Result<std::vector<Function>> variants_by(const Function& function, const std::vector<std::string>& labels,
                                          const std::vector<fs::path>& search, std::vector<SkippedVariant>& skipped) {
  // Variants change the function as its file has it, not the variant that was picked as the base.
  std::vector<Function> candidates = {TRY(load_file(function.file, search))};
  for (const FunctionVariant& variant : function.variants)
    candidates.push_back(with_variant(candidates.front(), variant, search));
  std::vector<Function> chosen = {function};
  for (Function& candidate : candidates) {
    if (!differs_only_in(labels, function.labels, candidate.labels)) continue;
    if (std::ranges::find(chosen, candidate.labels, &Function::labels) != chosen.end()) continue;
    if (!is_program(candidate.program)) {
      skipped.push_back({.name = candidate.name, .program = candidate.program});
    } else {
      chosen.push_back(std::move(candidate));
    }
  }
  if (chosen.size() == 1 && skipped.empty()) {
    return failure("compare by " + listing(labels), function.name, "no variant of it differs in that alone",
                   function.variants.empty() ? "name variants in its function.toml: [[variant]] with name and labels"
                                             : "labels its variants differ in: " + listing(varying_labels(function)));
  }
  return chosen;
}

Result<Workloads> workloads_for(const Function& function, const std::vector<fs::path>& search) {
  Paths places;
  for (const fs::path& folder : {function.file.parent_path(), function.folder}) {
    if (folder.empty()) continue;
    places.push_back(folder / kWorkloadsFile);
    places.push_back(folder.parent_path() / kWorkloadsFile);
  }
  for (const fs::path& directory : search) places.push_back(directory / kWorkloadsFile);
  for (const fs::path& place : places) {
    if (is_file(place)) return load_workloads(place);
  }
  std::vector<std::string> names;
  for (const fs::path& place : places) names.push_back(place.string());
  return failure("find the workloads of", function.name, "there is no " + listing(names),
                 "put a workloads.toml beside the function's folder");
}

}  // namespace frostbyte::function
