// What --save keeps of an audit and --against reads: figures and pieces, one JSON value a line, in an order that
// depends on the inputs alone. The same inputs give the same bytes, anywhere and at any time.
#pragma once

#include <string>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/commands/weighed.h"

namespace frostbyte::commands {

inline constexpr std::string_view kAuditSchema = "frostbyte.audit/1";

std::string saved_audit(const std::vector<Weighed>& subjects);

/// A file that begins as saved_audit writes it.
bool is_saved_audit(const std::string& path);

/// Labels, figures and parts; exhibits are not kept. Errors: unreadable, another schema, damaged (with its line), cut
/// short.
Result<std::vector<Weighed>> read_saved_audit(const std::string& path);

}  // namespace frostbyte::commands
