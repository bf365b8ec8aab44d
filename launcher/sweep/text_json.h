// Byte strings in JSON, without loss: request bodies, paths and environment values need not be UTF-8.
#pragma once

#include <string>

#include "launcher/base/result.h"
#include "results/record/header.h"

namespace frostbyte::sweep {

/// A JSON string when `text` is UTF-8, else {"hex": "00ff…"}.
record::Json text_to_json(const std::string& text);

/// The inverse. Errors: neither shape.
Result<std::string> text_from_json(const record::Json& json);

}  // namespace frostbyte::sweep
