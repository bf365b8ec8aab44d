// A base image as data: a TOML file of images/recipes, or one of the user's. What it takes from this host comes out of
// named packages, so that the same packages give the same image.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::pack {

struct FolderRule {
  std::string path;
  std::uint32_t mode = 0755;
};

struct LinkRule {
  std::string path;
  std::string target;
};

struct FileRule {
  std::string path;
  std::uint32_t mode = 0644;
  std::string text{};         ///< its content; or
  std::string concatenate{};  ///< FOLDER/*.SUFFIX of this host: those files, sorted by name; or
  std::string copy{};         ///< a file of this host
  std::string package{};      ///< that has it, for the hint when it is missing
};

/// A folder of this host with all that is in it.
struct TreeRule {
  std::string path;
  std::string from;
  std::vector<std::string> without;  ///< names directly in it that are left out
  std::string package;
};

/// Links to one program that is many: `program --list-full` says which.
struct AppletRule {
  std::string program;
  std::string path;
  std::string package;
};

/// A root file system from packages, by mmdebstrap.
struct DebianRule {
  std::string suite;
  std::string variant;
  std::vector<std::string> packages;
  std::vector<std::string> without;  ///< paths whose content is left out: logs, caches, what differs by host or time
};

struct Recipe {
  std::string name;
  std::string summary;
  std::filesystem::path file;
  std::string text;  ///< the file, for the cache's key
  std::vector<FolderRule> folders;
  std::vector<LinkRule> links;
  std::vector<FileRule> files;
  std::vector<TreeRule> trees;
  std::optional<AppletRule> applets;
  std::optional<DebianRule> debian;
};

/// $FROSTBYTE_RECIPES (colon-separated), then the build tree's or installation's that this program belongs to.
std::vector<std::filesystem::path> recipe_folders();

/// Errors: an unknown key, a path that is not absolute or leads out of the image, a mode that is none.
Result<Recipe> parse_recipe(std::string_view text, const std::filesystem::path& file);

/// By name, or by path where it has a '/'. Errors: there is none of that name (naming those there are); as
/// parse_recipe.
Result<Recipe> find_recipe(const std::string& name, const std::vector<std::filesystem::path>& folders);

/// Names of the recipes there are, sorted.
std::vector<std::string> recipe_names(const std::vector<std::filesystem::path>& folders);

}  // namespace frostbyte::pack
