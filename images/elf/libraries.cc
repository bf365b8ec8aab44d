// The dynamic loader's search, as ld.so(8) describes it. Nothing is executed: `ldd` would run the program's own loader.
#include <algorithm>
#include <deque>
#include <set>

#include "images/elf/elf.h"
#include "images/elf/library_cache.h"
#include "launcher/base/file.h"

namespace frostbyte::elf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostLibraries = 1024;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

/// $ORIGIN is the folder of the file that names it, $LIB and $PLATFORM are the loader's. Empty when a token is unknown.
std::string expand(std::string text, const fs::path& origin) {
  const auto replace = [&](std::string_view token, std::string_view value) {
    for (const std::string& written : {"${" + std::string(token) + "}", "$" + std::string(token)}) {
      for (auto at = text.find(written); at != std::string::npos; at = text.find(written, at + value.size())) {
        text.replace(at, written.size(), value);
      }
    }
  };
  replace("ORIGIN", origin.string());
  replace("LIB", "lib/x86_64-linux-gnu");
  replace("PLATFORM", "x86_64");
  return text.contains('$') ? std::string() : text;
}

std::vector<fs::path> expand_all(const std::vector<std::string>& paths, const fs::path& origin) {
  std::vector<fs::path> folders;
  for (const std::string& path : paths) {
    if (std::string folder = expand(path, origin); !folder.empty()) folders.emplace_back(std::move(folder));
  }
  return folders;
}

/// What is the same for every library of one program.
struct System {
  std::map<std::string, fs::path> cache;
  std::vector<fs::path> folders;
  bool musl = false;
};

System glibc_system(std::uint8_t word_bits) {
  const auto cache = read_file("/etc/ld.so.cache");
  System system{.cache = cache ? parse_library_cache(*cache, word_bits) : std::map<std::string, fs::path>(),
                .folders = {},
                .musl = false};
  const std::vector<const char*> folders =
      word_bits == 64 ? std::vector{"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64"}
                      : std::vector{"/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu", "/lib32", "/usr/lib32"};
  system.folders.assign(folders.begin(), folders.end());
  system.folders.insert(system.folders.end(), {"/lib", "/usr/lib"});
  return system;
}

/// "/lib/ld-musl-x86_64.so.1" reads "/etc/ld-musl-x86_64.path": folders, separated by newlines or colons.
System musl_system(const fs::path& loader) {
  System system{.cache = {}, .folders = {}, .musl = true};
  std::string name = loader.filename().string();
  name = name.substr(0, name.find(".so"));
  std::string text = read_file("/etc/" + name + ".path").value_or("/lib:/usr/local/lib:/usr/lib");
  std::ranges::replace(text, '\n', ':');
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(':', at), text.size());
    if (end > at) system.folders.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return system;
}

System system_of(const ElfFacts& program) {
  const fs::path loader = program.interpreter;
  return loader.filename().string().starts_with("ld-musl-") ? musl_system(loader) : glibc_system(program.word_bits);
}

/// A file whose needed libraries are still to be found.
struct Pending {
  ElfFacts facts;
  fs::path origin;
  std::vector<fs::path> inherited;  ///< DT_RPATH of those that led here: theirs counts too, DT_RUNPATH does not
};

class Search {
 public:
  explicit Search(const ElfFacts& program) : system_(system_of(program)) {}
  Libraries run(const fs::path& program, ElfFacts facts);

 private:
  void find_needed(const Pending& user);
  [[nodiscard]] fs::path find(const std::string& name, const Pending& user) const;
  void add(const fs::path& file, const Pending& user);
  [[nodiscard]] std::vector<fs::path> rpath_of(const Pending& user) const;

  System system_;
  std::deque<Pending> pending_;
  std::set<std::string> asked_;
  std::set<fs::path> seen_;
  Libraries libraries_;
};

/// Own and inherited; glibc ignores a file's DT_RPATH when it also has DT_RUNPATH, musl treats both as DT_RPATH.
std::vector<fs::path> Search::rpath_of(const Pending& user) const {
  std::vector<fs::path> folders;
  if (system_.musl || user.facts.runpath.empty()) folders = expand_all(user.facts.rpath, user.origin);
  if (system_.musl) {
    const auto runpath = expand_all(user.facts.runpath, user.origin);
    folders.insert(folders.end(), runpath.begin(), runpath.end());
  }
  folders.insert(folders.end(), user.inherited.begin(), user.inherited.end());
  return folders;
}

fs::path Search::find(const std::string& name, const Pending& user) const {
  if (name.contains('/')) {
    const fs::path path = expand(name, user.origin);
    return is_file(path) ? path : fs::path();
  }
  std::vector<fs::path> folders;
  if (system_.musl || user.facts.runpath.empty()) folders = rpath_of(user);
  if (!system_.musl) {
    const auto runpath = expand_all(user.facts.runpath, user.origin);
    folders.insert(folders.end(), runpath.begin(), runpath.end());
  }
  for (const fs::path& folder : folders) {
    if (is_file(folder / name)) return folder / name;
  }
  if (const auto cached = system_.cache.find(name); cached != system_.cache.end() && is_file(cached->second)) {
    return cached->second;
  }
  for (const fs::path& folder : system_.folders) {
    if (is_file(folder / name)) return folder / name;
  }
  return {};
}

void Search::add(const fs::path& file, const Pending& user) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (error) return;
  libraries_.by_name.emplace_back(file.filename().string(), real);
  if (!seen_.insert(real).second) return;
  libraries_.found.push_back(real);
  if (auto facts = read_elf(real)) {
    pending_.push_back({std::move(*facts), fs::path(file).parent_path(), rpath_of(user)});
  }
}

void Search::find_needed(const Pending& user) {
  for (const std::string& name : user.facts.needed) {
    // The loader asks for each name once in a process, whoever names it.
    if (!asked_.insert(name).second || libraries_.found.size() >= kMostLibraries) continue;
    const fs::path file = find(name, user);
    if (!file.empty()) {
      add(file, user);
    } else if (!(system_.musl && name.starts_with("libc."))) {  // musl's loader is its libc
      libraries_.missing.push_back(name);
    }
  }
}

Libraries Search::run(const fs::path& program, ElfFacts facts) {
  std::error_code error;
  const fs::path real = fs::canonical(program, error);
  const Pending start{std::move(facts), real.parent_path(), {}};
  if (is_file(start.facts.interpreter)) add(start.facts.interpreter, start);
  pending_.push_front(start);
  while (!pending_.empty()) {
    const Pending user = std::move(pending_.front());
    pending_.pop_front();
    find_needed(user);
  }
  return std::move(libraries_);
}

}  // namespace

Result<Libraries> find_libraries(const std::filesystem::path& program) {
  ElfFacts facts = TRY(read_elf(program));
  if (facts.linkage != Linkage::dynamic) return Libraries();
  Search search(facts);
  return search.run(program, std::move(facts));
}

}  // namespace frostbyte::elf
