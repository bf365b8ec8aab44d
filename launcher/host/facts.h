// What this host is, as JSON: written into the header of every run, so that a figure can be read years later and two
// runs can be told comparable or not. Facts are read, never measured and never guessed; what can be *done* here is the
// doctor's.
//
// One shape for every fact: its plain value, or {"value": null, "reason": "why it cannot be had here"}.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace frostbyte::host {

struct FactsOptions {
  std::filesystem::path root = "/";      ///< where /proc, /sys, /etc and /run are found; tests give a tree of their own
  std::filesystem::path files = "/tmp";  ///< the path whose file system and read-ahead are of interest
};

/// Groups: "system", "cpu", "memory", "kernel", "cgroup", "virtualisation", "clock", "network", "storage"; and
/// "host_id": {"id": 16 hex digits, "of": [names of the facts hashed]}. Two runs with one id may be compared without a
/// warning.
nlohmann::json host_facts(const FactsOptions& options = {});

/// The shape of a fact this host does not give.
nlohmann::json unavailable(std::string reason);
[[nodiscard]] bool is_unavailable(const nlohmann::json& fact);

}  // namespace frostbyte::host
