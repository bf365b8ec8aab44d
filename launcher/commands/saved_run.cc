#include "launcher/commands/saved_run.h"

#include <filesystem>
#include <fstream>

#include "launcher/base/nearest.h"

namespace frostbyte::commands {
namespace {

/// A run begins with the brace of its header; TOML cannot.
bool begins_like_a_run(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  return std::ifstream(path).peek() == '{';
}

}  // namespace

std::optional<SavedName> saved_run_name(const std::string& argument) {
  if (begins_like_a_run(argument)) return SavedName{.path = argument, .variant = {}};
  for (std::size_t hash = argument.find('#'); hash != std::string::npos; hash = argument.find('#', hash + 1)) {
    if (begins_like_a_run(argument.substr(0, hash)))
      return SavedName{.path = argument.substr(0, hash), .variant = argument.substr(hash + 1)};
  }
  return std::nullopt;
}

Result<Group> group_of(const std::string& argument, const SavedName& name, const record::Run& run, std::size_t source) {
  Group group{.argument = argument, .members = {}};
  std::vector<std::string> names;
  const auto& variants = run.header().variants;
  for (std::uint32_t i = 0; i < variants.size(); ++i) {
    names.push_back(variants[i].name);
    if (name.variant.empty() || name.variant == variants[i].name)
      group.members.push_back({.name = variants[i].name, .source = source, .variant = i});
  }
  if (!group.members.empty()) return group;
  return failure("compare", argument, "the run has no such variant",
                 did_you_mean(name.variant, names) + "it has: " + listing(names));
}

}  // namespace frostbyte::commands
