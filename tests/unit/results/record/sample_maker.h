// Samples and headers for the tests of this folder.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "results/record/header.h"
#include "results/record/sample.h"

namespace frostbyte::record {

inline Header two_variants() {
  Header header;
  header.tool = {.name = "frostbyte", .version = "0.1.0", .git = "abc123"};
  header.started = "2026-01-31T12:00:00Z";
  header.argv = {"frostbyte", "sweep", "a", "b"};
  header.seed = 18'446'744'073'709'551'615u;  // the whole range of a seed survives
  header.host = {{"summary", "Linux 6.12, 2 cores"}, {"kernel", "6.12"}};
  header.plan = {{"runs", 10}};
  header.variants.push_back({.name = "a", .labels = {{"language", "c"}}, .values = {{"binary.file", 912}}});
  header.variants.push_back(
      {.name = "b", .unavailable = {{"binary.file", "a bare command"}}, .settings = {{"contract", "port"}}});
  return header;
}

inline Sample ok_sample(std::uint64_t sequence, std::string variant, std::int64_t response = 300'000) {
  Sample sample;
  sample.sequence = sequence;
  sample.round = static_cast<std::uint32_t>(sequence / 2);
  sample.variant = std::move(variant);
  sample.stamps = {{"spawn", 1'000}, {"exec", 71'000}, {"listen", 200'000}, {"response", 71'000 + response}};
  sample.sources = {{"exec", "child"}, {"listen", "seccomp"}};
  sample.error_ns = 400;
  sample.values = {{"memory.rss", 1'048'576}};
  sample.unavailable = {{"memory.cgroup_peak", "no cgroup"}};
  return sample;
}

inline Sample failed_sample(std::uint64_t sequence, std::string variant) {
  Sample sample;
  sample.sequence = sequence;
  sample.round = static_cast<std::uint32_t>(sequence / 2);
  sample.variant = std::move(variant);
  sample.outcome = Outcome::crashed;
  sample.detail = "signal 11 (SIGSEGV)";
  sample.phase = "listen";
  sample.exit_signal = 11;
  sample.stderr_tail = "boom\n";
  sample.values = {{"memory.rss", 7}};
  return sample;
}

/// Not write_atomically: thousands of flushes to the device would be most of the test's time.
inline void put(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace frostbyte::record
