#include "launcher/commands/audit_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "images/elf/binary.h"
#include "launcher/base/nearest.h"
#include "launcher/commands/weigh_binary.h"
#include "launcher/commands/weigh_image.h"
#include "launcher/function/function.h"

namespace frostbyte::commands {
namespace {

namespace fs = std::filesystem;

bool begins_as_elf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  char magic[4] = {};
  file.read(magic, sizeof magic);
  return file && std::string_view(magic, sizeof magic) == "\177ELF";
}

Result<Weighed> weigh_file(const fs::path& path, const std::string& name, const InputOptions& options) {
  const elf::Binary binary = TRY(elf::Binary::read(path));
  return weigh_binary(name, binary, {.top = options.top, .with_parts = options.with_parts});
}

ImageView view_of(const InputOptions& options) {
  return {.top = options.top,
          .with_parts = options.with_parts,
          .what_if = options.what_if,
          .explain = options.explain,
          .ignore = options.ignore};
}

Result<Weighed> weigh_folder(const std::string& path, const std::string& name, const InputOptions& options) {
  const audit::AuditOptions asked{.scan = {.limits = options.open.limits}, .explain = options.explain};
  const audit::Audit found = TRY(audit::audit_folder(path, asked));
  return weigh_image(name, found, {.folder = path, .limits = options.open.limits}, view_of(options));
}

Result<Weighed> weigh_store(const oci::Store& store, const std::string& name, const InputOptions& options) {
  const oci::Image image = TRY(oci::open_image(store, options.open));
  const audit::AuditOptions asked{.scan = {.limits = options.open.limits, .zstd_levels = options.zstd_levels},
                                  .explain = options.explain};
  audit::Audit found = TRY(audit::audit_image(image, asked));
  if (options.base) audit::split_at_base(found, *options.base);
  return weigh_image(name, found, {.image = &image, .limits = options.open.limits}, view_of(options));
}

Result<Weighed> weigh_function(const std::string& input, const std::string& name, const InputOptions& options) {
  const function::Function function = TRY(function::load_function(input, options.search));
  Weighed weighed = TRY(weigh_file(function.program, name, options));
  for (const auto& [label, value] : function.labels) weighed.info.labels.emplace(label, value);
  weighed.description = fmt::format("program of the function {}: {}", function.name, weighed.description);
  return weighed;
}

}  // namespace

Result<Weighed> weigh(const std::string& input, const std::string& name, const InputOptions& options) {
  std::error_code ignored;
  const fs::path path(input);
  const bool folder = fs::is_directory(path, ignored);
  if (input != "-" && (!fs::exists(path, ignored) || path.filename() == "function.toml" ||
                       (folder && fs::exists(path / "function.toml", ignored))))
    return weigh_function(input, name, options);
  if (fs::is_regular_file(path, ignored) && begins_as_elf(path)) return weigh_file(path, name, options);
  const oci::Store store = TRY(oci::Store::open(input, options.open.limits));
  return folder && !oci::holds_image(store) ? weigh_folder(input, name, options) : weigh_store(store, name, options);
}

Result<oci::Image> open_base(const std::string& input, const oci::OpenOptions& options) {
  const oci::Store store = TRY(oci::Store::open(input, options.limits));
  oci::OpenOptions asked = options;
  asked.reference.clear();  // it chooses among the input's images
  return oci::open_image(store, asked);
}

Result<std::vector<std::string>> name_inputs(const std::vector<std::string>& inputs,
                                             const std::vector<std::string>& names) {
  if (names.size() > inputs.size())
    return failure("read --name", names[inputs.size()], "there are more names than inputs", "one -n for each input");
  const auto short_name = [](const std::string& input) {
    if (input == "-") return std::string("stdin");
    fs::path path = fs::path(input).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    const std::string name = path.filename().string();
    return name.empty() || name == "." || name == ".." ? input : name;
  };
  std::vector<std::string> chosen;
  for (const std::string& input : inputs) chosen.push_back(short_name(input));
  const std::vector<std::string> short_names = chosen;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (std::ranges::count(short_names, short_names[i]) > 1) chosen[i] = inputs[i];
  std::ranges::copy(names, chosen.begin());
  for (std::size_t i = 0; i < chosen.size(); ++i)
    if (std::ranges::count(chosen, chosen[i]) > 1)
      return failure("audit", chosen[i], "two inputs have this name", "-n ONE -n OTHER");
  return chosen;
}

}  // namespace frostbyte::commands
