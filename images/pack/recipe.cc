#include "images/pack/recipe.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "images/oci/path.h"
#include "launcher/base/file.h"
#include "launcher/base/nearest.h"
#include "launcher/base/toml_file.h"

namespace frostbyte::pack {
namespace {

namespace fs = std::filesystem;

/// Absolute in the file, as people write it; canonical here.
Result<std::string> read_path(const TomlTable& table, std::string_view key) {
  const std::string text = TRY(table.required_text(key));
  const oci::LayerPath path = oci::canonical_path(text);
  if (!text.starts_with('/') || path.escapes || path.path.empty() || text.find('\0') != std::string::npos)
    return table.refuse(key, "'" + text + "' is no absolute path below the root", "write it as /etc/passwd");
  return path.path;
}

Result<std::uint32_t> read_mode(const TomlTable& table, std::uint32_t usual) {
  const auto text = TRY(table.text("mode"));
  if (!text) return usual;
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), mode, 8);
  if (error != std::errc() || end != text->data() + text->size() || mode > 07777)
    return table.refuse("mode", "'" + *text + "' is no file mode", R"(write it in octal: mode = "1777")");
  return mode;
}

Result<FolderRule> read_folder(const TomlTable& table) {
  TRY(table.allow_only({"path", "mode"}));
  return FolderRule{.path = TRY(read_path(table, "path")), .mode = TRY(read_mode(table, 0755))};
}

Result<LinkRule> read_link(const TomlTable& table) {
  TRY(table.allow_only({"path", "target"}));
  return LinkRule{.path = TRY(read_path(table, "path")), .target = TRY(table.required_text("target"))};
}

Result<FileRule> read_file_rule(const TomlTable& table) {
  TRY(table.allow_only({"path", "mode", "text", "concatenate", "copy", "package"}));
  if (int{table.has("text")} + int{table.has("concatenate")} + int{table.has("copy")} != 1)
    return table.refuse("path", "a file has one of text, concatenate and copy");
  return FileRule{.path = TRY(read_path(table, "path")),
                  .mode = TRY(read_mode(table, 0644)),
                  .text = TRY(table.text("text")).value_or(""),
                  .concatenate = TRY(table.text("concatenate")).value_or(""),
                  .copy = TRY(table.text("copy")).value_or(""),
                  .package = TRY(table.text("package")).value_or("")};
}

Result<TreeRule> read_tree(const TomlTable& table) {
  TRY(table.allow_only({"path", "from", "without", "package"}));
  return TreeRule{.path = TRY(read_path(table, "path")),
                  .from = TRY(table.required_text("from")),
                  .without = TRY(table.texts("without")),
                  .package = TRY(table.text("package")).value_or("")};
}

Result<std::optional<AppletRule>> read_applets(const TomlTable& file) {
  const auto table = TRY(file.table("applets"));
  if (!table) return std::nullopt;
  TRY(table->allow_only({"path", "program", "package"}));
  return AppletRule{.program = TRY(table->required_text("program")),
                    .path = TRY(read_path(*table, "path")),
                    .package = TRY(table->text("package")).value_or("")};
}

Result<std::optional<DebianRule>> read_debian(const TomlTable& file) {
  const auto table = TRY(file.table("debian"));
  if (!table) return std::nullopt;
  TRY(table->allow_only({"suite", "variant", "packages", "without"}));
  return DebianRule{.suite = TRY(table->required_text("suite")),
                    .variant = TRY(table->required_text("variant")),
                    .packages = TRY(table->texts("packages")),
                    .without = TRY(table->texts("without"))};
}

template <class T>
Result<std::vector<T>> read_list(const TomlTable& file, std::string_view key, Result<T> (*read)(const TomlTable&)) {
  std::vector<T> all;
  for (const TomlTable& table : TRY(file.list(key))) all.push_back(TRY(read(table)));
  return all;
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

}  // namespace

std::vector<fs::path> recipe_folders() {
  std::vector<fs::path> folders;
  if (const char* set = std::getenv("FROSTBYTE_RECIPES"); set != nullptr) {
    std::string_view rest = set;
    while (!rest.empty()) {
      const std::size_t colon = std::min(rest.find(':'), rest.size());
      if (colon > 0) folders.emplace_back(rest.substr(0, colon));
      rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
  }
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (!error) folders.push_back((executable / "../share/frostbyte/recipes").lexically_normal());
  return folders;
}

Result<Recipe> parse_recipe(std::string_view text, const fs::path& path) {
  const toml::table table = TRY(parse_toml(text, path));
  const TomlTable file(table, path, "");
  TRY(file.allow_only({"summary", "folder", "link", "file", "tree", "applets", "debian"}));
  return Recipe{.name = path.stem().string(),
                .summary = TRY(file.required_text("summary")),
                .file = path,
                .text = std::string(text),
                .folders = TRY(read_list(file, "folder", &read_folder)),
                .links = TRY(read_list(file, "link", &read_link)),
                .files = TRY(read_list(file, "file", &read_file_rule)),
                .trees = TRY(read_list(file, "tree", &read_tree)),
                .applets = TRY(read_applets(file)),
                .debian = TRY(read_debian(file))};
}

Result<Recipe> find_recipe(const std::string& name, const std::vector<fs::path>& folders) {
  if (name.find('/') != std::string::npos) return parse_recipe(TRY(read_file(name, kTomlSizeLimit)), name);
  for (const fs::path& folder : folders) {
    const fs::path file = folder / (name + ".toml");
    if (is_file(file)) return parse_recipe(TRY(read_file(file, kTomlSizeLimit)), file);
  }
  const std::vector<std::string> names = recipe_names(folders);
  return failure("find recipe", name, "there is none of that name",
                 did_you_mean(name, names) + "recipes: " + listing(names) + "; one of your own is named by its path");
}

std::vector<std::string> recipe_names(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      if (entry->path().extension() == ".toml" && is_file(entry->path()))
        names.push_back(entry->path().stem().string());
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace frostbyte::pack
