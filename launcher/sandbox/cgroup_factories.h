// The back ends as the probe in cgroup.cc sees them. An Error of a probe is the reason this back end cannot be used.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "launcher/sandbox/cgroup.h"
#include "launcher/sandbox/cgroup_hierarchy.h"

namespace frostbyte::sandbox {

/// What is missing and why: "limit.cpus" → "…".
using Missing = std::vector<std::pair<std::string, std::string>>;

/// `parent`: a cgroup's name below each hierarchy's root ("/batch"); without it the cgroup this process is in.
Result<std::unique_ptr<CgroupFactory>> probe_v2(const Hierarchy& hierarchy, const std::optional<std::string>& parent);
Result<std::unique_ptr<CgroupFactory>> probe_v1(const std::vector<Hierarchy>& hierarchies,
                                                const std::optional<std::string>& parent);

/// Whether this v2 cgroup may hand the memory controller on to its children.
bool offers_memory(const Hierarchy& hierarchy, const std::optional<std::string>& parent);

/// The kernel charges a cgroup in batches of this size per processor (64 pages since 5.19, 32 before).
Bytes charge_batch();

/// Processors that may run something: an upper bound where the used ones are not counted.
int online_processors();

template <class T>
Reading<T> known(T value) {
  return {.value = value, .unavailable = {}};
}
template <class T>
Reading<T> unknown(const std::string& reason) {
  return {.value = std::nullopt, .unavailable = reason};
}

}  // namespace frostbyte::sandbox
