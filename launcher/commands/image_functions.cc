#include "launcher/commands/image_functions.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "images/oci/unpack.h"
#include "launcher/base/clock.h"
#include "launcher/commands/message.h"
#include "launcher/commands/packing.h"

namespace frostbyte::commands {
namespace {

namespace fs = std::filesystem;
using function::Function;

constexpr std::string_view kPrefix = "oci:";
constexpr std::string_view kUsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Reference {
  std::string path;
  std::string tag;
};

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// A path may hold colons: what exists as it stands is a path.
Reference read_reference(std::string_view argument) {
  if (argument.starts_with(kPrefix)) argument.remove_prefix(kPrefix.size());
  const std::string text(argument);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || exists(text)) return {.path = text, .tag = ""};
  return {.path = text.substr(0, colon), .tag = text.substr(colon + 1)};
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string label(const oci::Config& config, std::string_view name) {
  const auto found = config.labels.find(std::string(name));
  return found == config.labels.end() ? std::string() : found->second;
}

/// "registry.example/library/web:1" is "web:1"; an image without a tag is called like its file.
std::string name_of(const oci::Image& image, const Reference& reference) {
  const std::string packed = label(image.config, image_label::kName);
  const std::string recipe = label(image.config, image_label::kRecipe);
  if (!packed.empty()) return recipe.empty() ? packed : packed + "@" + recipe;
  if (!image.tags.empty() && image.tags.front().find(':') != std::string::npos)
    return image.tags.front().substr(image.tags.front().rfind('/') + 1);
  fs::path path = reference.path;
  if (!path.has_filename()) path = path.parent_path();
  return path.stem().string();
}

/// The file a path leads to inside the root, on this host.
fs::path find_inside(const fs::path& root, const std::string& path) {
  Fd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const Fd file(static_cast<int>(::syscall(SYS_openat2, folder.get(), path.c_str(), &how, sizeof how)));
  std::error_code error;
  if (!file) return {};
  fs::path real = fs::read_symlink("/proc/self/fd/" + std::to_string(file.get()), error);
  return error || !fs::is_regular_file(real, error) ? fs::path() : real;
}

fs::path find_program(const fs::path& root, const Function& function, const std::string& working_folder) {
  const std::string& word = function.command.front();
  if (word.starts_with('/')) return find_inside(root, word);
  if (word.find('/') != std::string::npos) return find_inside(root, working_folder + "/" + word);
  std::string path(kUsualPath);
  for (const auto& [name, value] : function.env) {
    if (name == "PATH") path = value;
  }
  for (const std::string& folder : split(path, ':')) {
    if (fs::path found = find_inside(root, folder + "/" + word); !found.empty()) return found;
  }
  return {};
}

/// PORT is the launcher's to say. An image that has one obeys it; one that exposes a single port binds that.
void read_environment(const oci::Config& config, Function& function) {
  bool obeys = false;
  for (const std::string& variable : config.environment) {
    const std::size_t equals = std::min(variable.find('='), variable.size());
    const std::string name = variable.substr(0, equals);
    if (name == "PORT") {
      obeys = true;
    } else if (equals > 0) {
      function.env.emplace_back(name, variable.substr(std::min(equals + 1, variable.size())));
    }
  }
  std::vector<std::uint16_t> ports;
  for (const std::string& port : config.exposed_ports) {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    const std::string_view rest(end, static_cast<std::size_t>(port.data() + port.size() - end));
    if (error == std::errc() && number > 0 && (rest.empty() || rest == "/tcp")) ports.push_back(number);
  }
  if (!obeys && ports.size() == 1) function.fixed_port = ports.front();
}

Result<void> read_labels(const oci::Config& config, Function& function) {
  if (const auto contracts = split(label(config, image_label::kContract), ','); !contracts.empty()) {
    function.contracts.clear();
    for (const std::string& contract : contracts) function.contracts.push_back(TRY(function::parse_contract(contract)));
  }
  function.serves = split(label(config, image_label::kServes), ',');
  for (const auto& [name, value] : config.labels) {
    if (name.starts_with(image_label::kLabel)) function.labels.emplace(name.substr(image_label::kLabel.size()), value);
  }
  if (const std::string recipe = label(config, image_label::kRecipe); !recipe.empty())
    function.labels.emplace("recipe", recipe);
  return {};
}

}  // namespace

bool names_image(const std::string& argument) {
  if (argument.starts_with(kPrefix)) return true;
  std::error_code ignored;
  if (fs::is_directory(argument, ignored)) return fs::exists(fs::path(argument) / "oci-layout", ignored);
  const bool archive = argument.ends_with(".tar") || argument.ends_with(".tar.gz") || argument.ends_with(".tgz") ||
                       argument.ends_with(".tar.zst");
  return archive && fs::is_regular_file(argument, ignored);
}

Result<const ImageFunctions::Unpacked*> ImageFunctions::unpack(const std::string& argument) {
  for (const Unpacked& done : unpacked_) {
    if (done.argument == argument) return &done;
  }
  const Reference reference = read_reference(argument);
  const oci::Limits limits;
  const oci::Store store = TRY(oci::Store::open(reference.path, limits));
  Unpacked next{.argument = argument,
                .folder = TRY(TempDir::create()),
                .image = TRY(oci::open_image(store, {.reference = reference.tag, .limits = limits}))};
  if (::chmod(next.folder.path().c_str(), 0755) != 0) return system_failure("open up", next.folder.path().string());
  const Instant begin = MonotonicClock::now();
  const oci::Unpacked done = TRY(oci::unpack(next.image, next.folder.path().string(), limits));
  next.nanoseconds = Nanos(MonotonicClock::now() - begin).count();
  for (const oci::Finding& finding : done.findings.all())
    say(fmt::format("note: {}: {}{}", argument, finding.text,
                    finding.count > 1 ? fmt::format(" ({} of this kind)", finding.count) : ""));
  unpacked_.push_back(std::move(next));
  return &unpacked_.back();
}

Result<ImageFunction> ImageFunctions::load(const std::string& argument) {
  const Unpacked& unpacked = *TRY(unpack(argument));
  const oci::Config& config = unpacked.image.config;
  const fs::path& root = unpacked.folder.path();
  ImageFunction loaded;
  Function& function = loaded.function;
  function.name = name_of(unpacked.image, read_reference(argument));
  function.command = config.argv();
  if (function.command.empty())
    return failure("sweep", argument, "its configuration names no command", "pack it with an entrypoint");
  read_environment(config, function);
  TRY(read_labels(config, function));
  const std::string working_folder = config.working_folder.empty() ? "/" : config.working_folder;
  function.root = {.kind = function::RootKind::directory, .directory = root};
  function.folder = (root / fs::path(working_folder).relative_path()).lexically_normal();
  if (!function.folder.has_filename()) function.folder = function.folder.parent_path();
  function.program = find_program(root, function, working_folder);
  if (function.program.empty())
    return failure("sweep", argument, fmt::format("there is no program '{}' in it", function.command.front()),
                   "its configuration and its layers do not fit together");
  if (!config.user.empty() && config.user != "root" && config.user != "0")
    say(fmt::format("note: {} would run as '{}'; here it runs as root of its sandbox", argument, config.user));
  loaded.has_workloads = !function.serves.empty();
  return loaded;
}

std::optional<std::int64_t> ImageFunctions::unpack_time(const Function& function) const {
  for (const Unpacked& unpacked : unpacked_) {
    if (function.root.kind == function::RootKind::directory && function.root.directory == unpacked.folder.path())
      return unpacked.nanoseconds;
  }
  return std::nullopt;
}

}  // namespace frostbyte::commands
