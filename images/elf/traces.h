// The parts of a fingerprint that look for names. Used by fingerprint.cc alone.
#pragma once

#include <optional>
#include <vector>

#include "images/elf/evidence.h"
#include "images/elf/fingerprint.h"

namespace frostbyte::elf {

std::vector<Trace> trace_libc(const Evidence& evidence, const Fingerprint& known);
std::vector<Trace> trace_runtimes(const Evidence& evidence, const GoBuild& go);
/// Needs `known.libc` and `known.runtimes`.
std::vector<Trace> trace_allocators(const Evidence& evidence, const Fingerprint& known);

/// What the Go linker wrote down; version empty when it did not.
GoBuild read_go_build(const Evidence& evidence);

}  // namespace frostbyte::elf
