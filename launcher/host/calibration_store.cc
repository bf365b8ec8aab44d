#include "launcher/host/calibration_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "launcher/base/file.h"
#include "launcher/host/facts.h"

namespace frostbyte::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 1u << 20;
constexpr const char* kRemedy = "frostbyte calibrate makes a new one";

/// A relative XDG_STATE_HOME is to be ignored, says the XDG base directory specification.
std::optional<fs::path> absolute_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || !fs::path(value).is_absolute()) return std::nullopt;
  return fs::path(value);
}

std::string id_of(const nlohmann::json& facts) {
  const nlohmann::json::json_pointer id("/host_id/id");
  return facts.contains(id) && facts.at(id).is_string() ? facts.at(id).get<std::string>() : std::string();
}

}  // namespace

StateFolders StateFolders::here() {
  StateFolders folders;
  if (const auto state = absolute_variable("XDG_STATE_HOME")) {
    folders.own = *state / "frostbyte";
  } else if (const auto home = absolute_variable("HOME"); home && ::geteuid() != 0) {
    folders.own = *home / ".local/state/frostbyte";
  } else {
    folders.own = folders.shared;
  }
  return folders;
}

fs::path calibration_path(const fs::path& folder, const std::string& host_id) {
  return folder / ("calibration-" + host_id + ".json");
}

Result<fs::path> save_calibration(const calibration::Calibration& calibration, const fs::path& file,
                                  const StateFolders& folders) {
  fs::path path = file;
  if (path.empty()) {
    std::error_code error;
    fs::create_directories(folders.own, error);
    if (error)
      return system_failure(error.value(), "create folder", folders.own.string(),
                            "set XDG_STATE_HOME, or name a file: --record PATH");
    path = calibration_path(folders.own, calibration.host_id);
  }
  TRY(write_atomically(
      path, calibration::to_json(calibration).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
  return path;
}

Result<calibration::Calibration> load_calibration(const fs::path& file, const std::string& host_id) {
  const std::string text = TRY(read_file(file, kMostBytes));
  const auto json = record::Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return failure("read calibration", file.string(), "it is not JSON", kRemedy);
  auto calibration = calibration::from_json(json);
  if (!calibration) return wrap(std::move(calibration.error()), "read calibration", file.string());
  if (calibration->host_id != host_id)
    return failure("use calibration", file.string(),
                   fmt::format("it is of another host: {}, and this one is {}", calibration->host_id, host_id),
                   kRemedy);
  return calibration;
}

nlohmann::json latest_calibration(const nlohmann::json& facts, const StateFolders& folders) {
  const std::string id = id_of(facts);
  if (id.empty()) return unavailable("this host has no id");
  std::optional<calibration::Calibration> latest;
  std::string trouble;
  for (const fs::path& folder : {folders.own, folders.shared}) {
    const fs::path file = calibration_path(folder, id);
    std::error_code ignored;
    if (folder.empty() || !fs::exists(file, ignored)) continue;
    auto found = load_calibration(file, id);
    if (!found) {
      trouble = found.error().message();
    } else if (!latest || found->made > latest->made) {  // ISO 8601 in UTC: text order is time order
      latest = std::move(*found);
    }
  }
  if (latest) return nlohmann::json(calibration::to_json(*latest));
  return unavailable(trouble.empty() ? "this host was not calibrated: frostbyte calibrate" : trouble);
}

}  // namespace frostbyte::host
