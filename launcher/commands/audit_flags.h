// The flags of `frostbyte audit`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "images/oci/image.h"
#include "launcher/base/result.h"
#include "launcher/commands/gating.h"

namespace frostbyte::commands {

struct AuditFlags {
  std::vector<std::string> inputs;
  std::vector<std::string> names;
  std::string platform;
  std::string image;
  std::string base;
  std::string against;
  std::string save;
  std::string explain;
  std::vector<std::string> ignore;
  std::vector<int> zstd;
  std::vector<std::string> outputs;
  std::string color = "auto";
  std::string max_unpacked;
  std::uint64_t max_entries = oci::Limits{}.entries;
  std::uint32_t top = 10;
  bool what_if = false;
  GatingFlags gating;
};

void declare_audit_flags(CLI::App& app, AuditFlags& flags);

/// Errors name the flag: no platform, no size.
Result<oci::OpenOptions> read_open_options(const AuditFlags& flags);

}  // namespace frostbyte::commands
