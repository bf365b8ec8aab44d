#include "images/pack/base.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "images/elf/elf.h"
#include "images/pack/program.h"

namespace frostbyte::pack {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 100'000;

std::string to_install(const std::string& package) { return package.empty() ? "" : "apt-get install " + package; }

bool is_executable(const fs::path& file) {
  struct stat facts{};
  return ::stat(file.c_str(), &facts) == 0 && (facts.st_mode & 0111) != 0;
}

/// "FOLDER/*.SUFFIX", sorted by name.
Result<std::vector<fs::path>> matching(const FileRule& rule) {
  const fs::path pattern = rule.concatenate;
  const std::string name = pattern.filename().string();
  if (!name.starts_with("*.") || name.find('*', 1) != std::string::npos)
    return failure("read recipe's pattern", rule.concatenate, "it is not FOLDER/*.SUFFIX");
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(pattern.parent_path(), error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == name.substr(1)) files.push_back(entry->path());
  std::ranges::sort(files);
  if (!files.empty()) return files;
  return failure("find", rule.concatenate, "there is no such file", to_install(rule.package));
}

Result<Source> source_of(const FileRule& rule) {
  if (!rule.concatenate.empty()) return TRY(matching(rule));
  if (rule.copy.empty()) return rule.text;
  std::error_code error;
  if (fs::is_regular_file(rule.copy, error)) return std::vector<fs::path>{rule.copy};
  return failure("find", rule.copy, "there is no such file", to_install(rule.package));
}

Result<void> add_host_tree(Contents& contents, const TreeRule& rule) {
  std::error_code error;
  if (!fs::is_directory(rule.from, error))
    return failure("find", rule.from, "there is no such folder", to_install(rule.package));
  return add_tree(contents, rule.path, rule.from, rule.without);
}

/// A link's target seen from its folder: links stay right wherever the root is mounted.
std::string relative_target(const std::string& link, const std::string& target) {
  return fs::path(target).lexically_relative(fs::path(link).parent_path()).string();
}

Result<void> add_applets(Contents& contents, const AppletRule& rule) {
  const auto facts = elf::read_elf(rule.program);
  if (!facts) return failure("find", rule.program, facts.error().message(), to_install(rule.package));
  if (facts->linkage == elf::Linkage::dynamic)
    return failure("take", rule.program, "it is dynamic, and its libraries would be missing", to_install(rule.package));
  TRY(contents.add_file(rule.path, std::vector<fs::path>{rule.program}, 0755));
  const std::string list = TRY(output_of({rule.program, "--list-full"}));
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find('\n', at), list.size());
    const std::string link = oci::canonical_path(list.substr(at, end - at)).path;
    if (!link.empty() && link != rule.path) TRY(contents.add_link(link, relative_target(link, rule.path)));
    at = end + 1;
  }
  return {};
}

Result<void> add_entry(Contents& contents, const std::string& path, const fs::directory_entry& entry) {
  std::error_code error;
  switch (entry.symlink_status(error).type()) {
    case fs::file_type::directory:
      return contents.add_folder(path);
    case fs::file_type::symlink:
      return contents.add_link(path, fs::read_symlink(entry.path(), error).string());
    case fs::file_type::regular:
      return contents.add_file(path, std::vector<fs::path>{entry.path()}, is_executable(entry.path()) ? 0755 : 0644);
    default:
      return failure("pack", entry.path().string(), "it is a device, a pipe or a socket",
                     "only files, folders and links can be packed");
  }
}

}  // namespace

fs::path cache_folder() {
  if (const char* set = std::getenv("XDG_CACHE_HOME"); set != nullptr && *set == '/')
    return fs::path(set) / "frostbyte";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".cache/frostbyte";
  return {};
}

Result<void> add_tree(Contents& contents, const std::string& path, const fs::path& folder,
                      const std::vector<std::string>& without) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::none, error);
  for (std::size_t count = 0; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (++count > kMostEntries)
      return failure("pack", folder.string(), fmt::format("it holds more than {} entries", kMostEntries),
                     "give the function a folder that holds only what it is started from");
    const std::string name = entry->path().lexically_relative(folder).string();
    if (entry.depth() == 0 && std::ranges::find(without, name) != without.end()) {
      entry.disable_recursion_pending();
      continue;
    }
    TRY(add_entry(contents, path + "/" + name, *entry));
  }
  if (error) return system_failure(error.value(), "list the files of", folder.string());
  return {};
}

Result<Base> build_base(const Recipe& recipe, const BaseOptions& options) {
  Base base{.name = recipe.name, .contents = {}, .layer = {}};
  const auto built = [&]() -> Result<void> {
    if (recipe.debian) {
      base.layer = TRY(build_debian(recipe, options, base.contents));
    } else {
      for (const FolderRule& rule : recipe.folders) TRY(base.contents.add_folder(rule.path, rule.mode));
      for (const FileRule& rule : recipe.files) TRY(base.contents.add_file(rule.path, TRY(source_of(rule)), rule.mode));
      for (const LinkRule& rule : recipe.links) TRY(base.contents.add_link(rule.path, rule.target));
      for (const TreeRule& rule : recipe.trees) TRY(add_host_tree(base.contents, rule));
      if (recipe.applets) TRY(add_applets(base.contents, *recipe.applets));
      if (!base.contents.empty()) base.layer = TRY(base.contents.write(options.layer));
    }
    return {};
  }();
  if (!built) return wrap(built.error(), "build recipe", recipe.name);
  if (base.layer) base.layer->created_by = "frostbyte recipe " + recipe.name;
  return base;
}

}  // namespace frostbyte::pack
