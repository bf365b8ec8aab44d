// Where a host's calibration lies, and whether what lies there may be believed.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "launcher/base/result.h"
#include "results/calibration/calibration.h"

namespace frostbyte::host {

/// Folders in which calibrations are looked for; the first is where a new one goes. $XDG_STATE_HOME/frostbyte, else
/// /var/lib/frostbyte for root and ~/.local/state/frostbyte for others, who read root's as well.
struct StateFolders {
  std::filesystem::path own{};
  std::filesystem::path shared = "/var/lib/frostbyte";
  /// To be asked before anything is launched: a launcher without root then looks like root to itself.
  static StateFolders here();
};

/// FOLDER/calibration-HOST_ID.json
std::filesystem::path calibration_path(const std::filesystem::path& folder, const std::string& host_id);

/// Written atomically; makes the folder when it is missing. An empty `file` is the usual place.
Result<std::filesystem::path> save_calibration(const calibration::Calibration& calibration,
                                               const std::filesystem::path& file, const StateFolders& folders);

/// Errors: it is not readable, not JSON, too large, of another schema, damaged, or of another host than `host_id`.
Result<calibration::Calibration> load_calibration(const std::filesystem::path& file, const std::string& host_id);

/// What a run's header says of its host's calibration: the newest that may be believed, or why there is none, as any
/// fact that cannot be had. `facts` are host_facts'.
nlohmann::json latest_calibration(const nlohmann::json& facts, const StateFolders& folders);

}  // namespace frostbyte::host
