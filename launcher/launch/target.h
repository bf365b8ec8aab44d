// A variant made ready to be launched any number of times: its recipe, its flat argv and environment, its files.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "launcher/base/units.h"
#include "launcher/contract/contract.h"
#include "launcher/launch/instruments.h"
#include "launcher/launch/page_cache.h"
#include "launcher/load/spec.h"
#include "launcher/sandbox/cgroup.h"
#include "launcher/sandbox/recipe.h"

namespace frostbyte::launch {

enum class Cache : std::uint8_t { warm, cold };
enum class Stop : std::uint8_t { kill, term };

/// Events after the first response at which memory is read again.
struct Later {
  std::uint32_t requests = 0;   ///< after so many further ones; 0: not
  std::optional<Nanos> idle{};  ///< after it was then left alone for so long
};

/// Everything that decides how one variant is launched.
struct Setting {
  std::string name;
  sandbox::SandboxSpec sandbox;
  sandbox::Limits limits;
  function::ContractKind contract = function::ContractKind::port;
  contract::Terms terms;
  std::filesystem::path program;  ///< on the host
  std::filesystem::path folder;   ///< the function's, on the host; empty for a bare command
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;
  Cache cache = Cache::warm;
  Nanos timeout = std::chrono::seconds(10);
  Stop stop = Stop::kill;
  Nanos stop_grace = std::chrono::seconds(5);
  bool beside_others = false;  ///< what it holds together with Launcher's companions is measured too
  Later later{};
  std::optional<load::Load> load{};  ///< what follows the first response
  Result<double> load_limit = 0.0;   ///< the generator's own, responses a second
  Instruments instruments{};         ///< what watches the launch
};

class Target {
 public:
  /// Errors: a sandbox that cannot be described, files that cannot be flushed.
  static Result<Target> make(Setting setting);

  [[nodiscard]] const Setting& setting() const { return setting_; }
  [[nodiscard]] const sandbox::Recipe& recipe() const { return recipe_; }
  [[nodiscard]] const std::string& program_inside() const { return program_inside_; }
  /// What the launch found wrong with the program file, when execve refused it. Looked at on demand: it is not timed.
  [[nodiscard]] std::string why_not_executable() const;
  /// Puts the files into the state the variant asks for. Errors: they cannot be evicted.
  Result<void> set_cache();
  /// The files were read in, but the host would not say that they are in memory.
  [[nodiscard]] bool is_warm_unproven() const { return warm_unproven_; }
  /// Shared files that stay resident in the cold regime, for the sample's flags.
  [[nodiscard]] bool has_resident_shared_files() const;

 private:
  Target(Setting setting, sandbox::Recipe recipe, std::optional<PageCache> files)
      : setting_(std::move(setting)), recipe_(std::move(recipe)), files_(std::move(files)) {}

  Setting setting_;
  sandbox::Recipe recipe_;
  std::optional<PageCache> files_;  // none when the program does not exist: its launches say so
  std::string program_inside_;
  bool flushed_ = false;
  bool warmed_ = false;
  bool warm_unproven_ = false;
};

}  // namespace frostbyte::launch
