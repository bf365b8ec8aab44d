// The tables of an image's audit. Internal to weigh_image.cc.
#pragma once

#include <vector>

#include "launcher/commands/accepted.h"
#include "launcher/commands/weigh_image.h"

namespace frostbyte::commands {

using summary::Exhibit;
using summary::Value;

std::int64_t whole(std::uint64_t count);
std::string size_in_words(std::uint64_t count);

Exhibit sizes_exhibit(const audit::Audit& audit, const Accepted& accepted);
Exhibit account_exhibit(const audit::Audit& audit, const Accepted& accepted);
Exhibit layers_exhibit(const audit::Audit& audit);
Exhibit places_exhibit(const audit::Audit& audit);
Exhibit largest_exhibit(const audit::Audit& audit, std::size_t top);
Exhibit dead_exhibit(const audit::Audit& audit, const Accepted& accepted, std::size_t top);
Exhibit duplicates_exhibit(const audit::Audit& audit, std::size_t top);
Exhibit privileged_exhibit(const audit::Audit& audit, const Accepted& accepted, std::size_t top);
Exhibit explain_exhibit(const audit::Audit& audit, const std::string& path);
Exhibit findings_exhibit(const audit::Audit& audit);

}  // namespace frostbyte::commands
