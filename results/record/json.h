// The lines of a run file: header, samples, end ⇄ JSON. Internal to results/record.
#pragma once

#include <string>
#include <string_view>

#include "launcher/base/result.h"
#include "results/record/header.h"
#include "results/record/sample.h"

namespace frostbyte::record {

/// One line without its newline. Bytes that are not UTF-8 become the four characters \xNN, so that a tail of stderr
/// survives; members that say nothing (empty maps, exit_status −1 …) are left out.
std::string encode(const Header& header);
std::string encode(const Sample& sample);
std::string encode(const End& end);

/// Errors name the member. Members this version does not know are skipped: a schema only ever grows.
Result<Header> decode_header(std::string_view line);
Result<End> decode_end(std::string_view line);

enum class LineKind : std::uint8_t { sample, end };
/// Fills `sample`, or leaves it alone and says that the line is the `end`.
Result<LineKind> decode_sample(std::string_view line, Sample& sample);
/// The same by nlohmann's parser alone: what decode_sample falls back to, and what tests hold its fast path to.
Result<LineKind> decode_sample_with_library(std::string_view line, Sample& sample);

/// `bytes` as valid UTF-8.
std::string to_utf8(std::string_view bytes);

}  // namespace frostbyte::record
