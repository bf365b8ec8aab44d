// Choice of the back end, and the back end for hosts without a usable one.
#include "launcher/sandbox/cgroup.h"

#include <unistd.h>

#include <algorithm>

#include "launcher/sandbox/cgroup_factories.h"

namespace frostbyte::sandbox {
namespace {

constexpr std::int64_t kChargeBatchPages = 64;

class NoCgroup final : public Cgroup {
 public:
  explicit NoCgroup(std::string reason) : reason_(std::move(reason)) {}

  CgroupVersion version() const override { return CgroupVersion::none; }
  int clone_into_fd() const override { return -1; }
  std::span<const int> join_fds() const override { return {}; }
  Result<CgroupUsage> usage() const override {
    const auto bytes = unknown<Bytes>(reason_);
    return CgroupUsage{.current = bytes,
                       .peak = bytes,
                       .anon = bytes,
                       .file = bytes,
                       .shared = bytes,
                       .peak_quantum = {},
                       .cpu_time = unknown<Nanos>(reason_)};
  }
  Result<std::vector<pid_t>> processes() const override { return std::vector<pid_t>(); }
  Result<bool> oom_killed() const override { return false; }
  Result<bool> tasks_limit_hit() const override { return false; }
  Result<void> kill_all(Nanos) override { return {}; }
  Result<void> remove(Nanos) override { return {}; }

 private:
  std::string reason_;
};

class NoCgroupFactory final : public CgroupFactory {
 public:
  explicit NoCgroupFactory(Error why) : reason_(why.message()), hint_(std::move(why.hint)) {}

  CgroupVersion version() const override { return CgroupVersion::none; }
  const std::string& reason() const override { return reason_; }
  Missing missing() const override {
    Missing all;
    for (const char* name : {"limit.memory", "limit.cpus", "limit.tasks", "memory.cgroup_peak", "memory.cgroup_anon",
                             "memory.cgroup_file", "cpu.cgroup"}) {
      all.emplace_back(name, reason_);
    }
    return all;
  }
  Result<std::unique_ptr<Cgroup>> create(const Limits& limits) override {
    if (limits != Limits{}) return failure("limit", "the launch", "no cgroup can be made: " + reason_, hint_);
    return std::make_unique<NoCgroup>(reason_);
  }

 private:
  std::string reason_;
  std::string hint_;
};

/// --cgroup-parent names a cgroup ("/batch") or its directory ("/sys/fs/cgroup/batch"); both become the cgroup's name.
Result<std::string> name_of_parent(const std::string& given, const std::vector<Hierarchy>& hierarchies) {
  const auto refuse = [&](std::string cause) {
    return failure("use --cgroup-parent", given, std::move(cause),
                   "give an existing cgroup, as its directory or as its name below the root of the hierarchy");
  };
  if (!given.starts_with('/')) return refuse("it does not start with '/'");
  std::string path = given;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (version_of(path) != CgroupVersion::none) {
    for (const Hierarchy& hierarchy : hierarchies) {
      const std::string& mount = hierarchy.mount_point;
      if (path == mount) return hierarchy.root;
      if (!path.starts_with(mount + "/")) continue;
      return (hierarchy.root == "/" ? "" : hierarchy.root) + path.substr(mount.size());
    }
    return refuse("it is below no cgroup mount of /proc/self/mountinfo");
  }
  const bool exists = std::ranges::any_of(hierarchies, [&](const Hierarchy& hierarchy) {
    return version_of(hierarchy.directory_of(path)) != CgroupVersion::none;
  });
  if (!exists) return refuse("there is no such cgroup");
  return path;
}

const Hierarchy* v2_of(const std::vector<Hierarchy>& hierarchies) {
  const auto found = std::ranges::find(hierarchies, CgroupVersion::v2, &Hierarchy::version);
  return found == hierarchies.end() ? nullptr : &*found;
}

/// Both versions can be mounted at once, each with a share of the controllers. Memory decides: it is what is measured.
Result<std::unique_ptr<CgroupFactory>> probe_back_ends(const std::vector<Hierarchy>& hierarchies,
                                                       const std::optional<std::string>& parent) {
  const Hierarchy* v2 = v2_of(hierarchies);
  const bool has_v1 = std::ranges::find(hierarchies, CgroupVersion::v1, &Hierarchy::version) != hierarchies.end();
  if (v2 == nullptr && !has_v1) {
    return failure("use cgroups", "", "no cgroup hierarchy is mounted", "mount -t cgroup2 none /sys/fs/cgroup");
  }
  if (v2 == nullptr) return probe_v1(hierarchies, parent);
  if (!has_v1) return probe_v2(*v2, parent);
  const bool v2_first = offers_memory(*v2, parent);
  auto first = v2_first ? probe_v2(*v2, parent) : probe_v1(hierarchies, parent);
  if (first) return first;
  auto second = v2_first ? probe_v1(hierarchies, parent) : probe_v2(*v2, parent);
  if (second) return second;
  return first;
}

}  // namespace

std::string_view to_string(CgroupVersion version) {
  switch (version) {
    case CgroupVersion::v2:
      return "v2";
    case CgroupVersion::v1:
      return "v1";
    case CgroupVersion::none:
      return "none";
  }
  return "none";
}

Bytes charge_batch() { return Bytes{kChargeBatchPages * ::sysconf(_SC_PAGESIZE)}; }

Bytes statistics_quantum() { return Bytes{charge_batch().count * online_processors()}; }

int online_processors() {
  static const int processors = static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  return processors;
}

Result<std::unique_ptr<CgroupFactory>> CgroupFactory::probe(const std::optional<std::string>& parent) {
  const auto hierarchies = read_hierarchies();
  if (!hierarchies) return std::make_unique<NoCgroupFactory>(hierarchies.error());
  std::optional<std::string> name;
  if (parent) name = TRY(name_of_parent(*parent, *hierarchies));
  auto factory = probe_back_ends(*hierarchies, name);
  if (factory) return factory;
  if (parent)
    return wrap(factory.error(), "use --cgroup-parent", *parent);  // asked for: not to be done without silently
  return std::make_unique<NoCgroupFactory>(factory.error());
}

}  // namespace frostbyte::sandbox
