// A root of Debian packages: made once by mmdebstrap, kept, and written anew as a layer each time.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "images/oci/layer_reader.h"
#include "images/pack/base.h"
#include "images/pack/program.h"
#include "launcher/base/file.h"

namespace frostbyte::pack {
namespace {

namespace fs = std::filesystem;

/// Everything that decides what mmdebstrap makes.
std::string cache_key(const Recipe& recipe, std::int64_t epoch) {
  return oci::digest_of(recipe.text + "\n" + std::to_string(epoch)).hex().substr(0, 16);
}

/// This host's own sources, where it runs the suite: they are what the user trusts and can reach. Else mmdebstrap's.
std::vector<std::string> sources(const std::string& suite) {
  const std::string release = read_file("/etc/os-release").value_or("");
  if (release.find("VERSION_CODENAME=" + suite + "\n") == std::string::npos) return {};
  std::vector<std::string> files;
  std::error_code error;
  if (fs::file_size("/etc/apt/sources.list", error) > 0 && !error) files.emplace_back("/etc/apt/sources.list");
  for (fs::directory_iterator entry("/etc/apt/sources.list.d", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("debian") || name.starts_with(suite)) files.push_back(entry->path().string());
  }
  std::ranges::sort(files);
  return files;
}

Result<void> make_root(const Recipe& recipe, const BaseOptions& options, const fs::path& target) {
  const DebianRule& rule = *recipe.debian;
  if (options.tell) options.tell("installing packages for recipe " + recipe.name + "; this is done once");
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (error) return system_failure(error.value(), "create folder", target.parent_path().string());
  // Beside the target, so that it is renamed into place only once it is whole.
  const std::string made = fmt::format("{}.{}.tar", target.string(), ::getpid());
  std::vector<std::string> words = {"mmdebstrap",
                                    "--quiet",
                                    "--format=tar",
                                    "--variant=" + rule.variant,
                                    "--aptopt=Acquire::Retries \"1\"",
                                    "--aptopt=Acquire::http::Timeout \"20\""};
  if (!rule.packages.empty()) words.push_back(fmt::format("--include={}", fmt::join(rule.packages, ",")));
  words.push_back(rule.suite);
  words.push_back(made);
  for (const std::string& file : sources(rule.suite)) words.push_back(file);
  const auto done = output_of(words, {{"SOURCE_DATE_EPOCH", std::to_string(options.layer.epoch)}});
  if (!done) {
    fs::remove(made, error);
    return failure("install the packages of", rule.suite, done.error().message(),
                   "it needs mmdebstrap and a mirror that answers; an ordinary user also newuidmap (uidmap)");
  }
  fs::rename(made, target, error);
  if (error) return system_failure(error.value(), "rename to", target.string());
  return {};
}

/// Its content is left out: the folder itself stays.
bool is_inside(std::string_view path, const std::vector<std::string>& without) {
  return std::ranges::any_of(without, [&](const std::string& left_out) {
    const std::string folder = oci::canonical_path(left_out).path;
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
  });
}

class DebianLayer {
 public:
  DebianLayer(const DebianRule& rule, Contents& contents, oci::LayerWriter& layer)
      : rule_(rule), contents_(contents), layer_(layer) {}

  Result<void> copy(oci::LayerReader& tar) {
    for (;;) {
      const oci::Entry* entry = TRY(tar.next());
      if (entry == nullptr) break;
      TRY(take(*entry, tar));
    }
    TRY(tar.finish());
    return {};
  }

 private:
  [[nodiscard]] bool is_left_out(const oci::Entry& entry) const {
    const bool special = entry.type == oci::EntryType::character_device || entry.type == oci::EntryType::block_device ||
                         entry.type == oci::EntryType::fifo || entry.type == oci::EntryType::other;
    const bool file_itself =
        entry.type != oci::EntryType::folder && std::ranges::any_of(rule_.without, [&](const std::string& left_out) {
          return oci::canonical_path(left_out).path == entry.path;
        });
    return entry.path.empty() || special || file_itself || is_inside(entry.path, rule_.without);
  }

  Result<void> take(oci::Entry entry, oci::LayerReader& tar) {
    entry.path = oci::canonical_path(entry.path).path;
    if (is_left_out(entry)) return {};
    if (entry.type == oci::EntryType::hardlink) entry.target = oci::canonical_path(entry.target).path;
    TRY(contents_.note(entry));
    TRY(layer_.add(entry));
    if (entry.type != oci::EntryType::file) return {};
    for (;;) {
      const auto piece = TRY(tar.read());
      if (piece.bytes.empty()) return {};
      TRY(layer_.write(piece.bytes));
    }
  }

  const DebianRule& rule_;
  Contents& contents_;
  oci::LayerWriter& layer_;
};

}  // namespace

Result<oci::WrittenLayer> build_debian(const Recipe& recipe, const BaseOptions& options, Contents& contents) {
  if (options.cache.empty())
    return failure("keep the root of", recipe.name, "there is no folder to keep it in", "set HOME or XDG_CACHE_HOME");
  const fs::path root = options.cache / (recipe.name + "-" + cache_key(recipe, options.layer.epoch) + ".tar");
  std::error_code error;
  if (options.cached == BaseOptions::Cached::renew || !fs::is_regular_file(root, error))
    TRY(make_root(recipe, options, root));
  auto tar = TRY(oci::LayerReader::open({.blob = TRY(oci::open_blob(root.string()))}, oci::Limits{}));
  oci::LayerWriter layer = TRY(oci::LayerWriter::open(options.layer));
  TRY(DebianLayer(*recipe.debian, contents, layer).copy(tar));
  return layer.finish();
}

}  // namespace frostbyte::pack
