#include "launcher/sweep/real_executor.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <thread>

#include "images/elf/elf.h"
#include "launcher/base/file.h"
#include "launcher/launch/launcher.h"
#include "launcher/load/limit.h"
#include "launcher/sandbox/capability.h"
#include "launcher/sandbox/cpu_layout.h"
#include "launcher/sandbox/privileges.h"
#include "launcher/sandbox/user_namespace.h"
#include "launcher/sweep/crowd.h"

namespace frostbyte::sweep {
namespace {

using sandbox::Part;

/// Slots are alive together until their batch is over, at some 225 KiB of kernel memory for a network namespace; and
/// the pause in which the kernel takes them apart is shared by all of them.
constexpr std::uint32_t kBatchSize = 128;

/// Which root a launch sees when nothing says otherwise: a static program of a folder needs nothing else.
sandbox::RootKind choose_root(const function::Function& function) {
  switch (function.root.kind) {
    case function::RootKind::minimal:
      return sandbox::RootKind::minimal;
    case function::RootKind::host:
      return sandbox::RootKind::host;
    case function::RootKind::directory:
      return sandbox::RootKind::directory;
    case function::RootKind::automatic:
      break;
  }
  const auto facts = elf::read_elf(function.program);
  const bool needs_nothing =
      facts && (facts->linkage == elf::Linkage::static_executable || facts->linkage == elf::Linkage::static_pie);
  return needs_nothing && !function.folder.empty() ? sandbox::RootKind::minimal : sandbox::RootKind::host;
}

/// What the sandboxes of this run must do without, found out once.
struct HostSupport {
  sandbox::DeviceNodes devices;
  sandbox::Overlays overlays;
  bool listen_trap;
  std::vector<int> function_cpus;
  rlim_t open_files;  // what the user's soft limit was
};

std::filesystem::path working_directory(const function::Function& function) {
  std::error_code ignored;
  return function.folder.empty() ? std::filesystem::current_path(ignored) : function.folder;
}

bool lies_in(const std::filesystem::path& folder, const std::filesystem::path& root) {
  const std::filesystem::path within = folder.lexically_relative(root);
  return !within.empty() && *within.begin() != "..";
}

sandbox::RootPlan root_plan(const function::Function& function, const std::filesystem::path& staging,
                            const HostSupport& host) {
  const sandbox::RootKind kind = choose_root(function);
  // A program without a folder of its own brings the folder it lies in; a folder that lies in the root is there
  // already.
  const bool brings_folder =
      kind == sandbox::RootKind::minimal || (kind == sandbox::RootKind::directory && !function.folder.empty() &&
                                             !lies_in(function.folder, function.root.directory));
  return {.kind = kind,
          .directory = function.root.directory,
          .folder = !brings_folder            ? ""
                    : function.folder.empty() ? function.program.parent_path()
                                              : function.folder,
          .working_directory = working_directory(function),
          .staging = staging,
          .devices = host.devices,
          .overlays = host.overlays};
}

bool needs_user_namespace(const Plan& plan) {
  if (::geteuid() == 0) return false;
  return std::ranges::any_of(plan.variants, [](const Variant& variant) {
    return std::ranges::any_of(sandbox::all_parts(), [&](Part part) {
      // These three need no right that an ordinary user lacks.
      return part != Part::cgroup && part != Part::no_new_privs && part != Part::syscall_filter &&
             variant.isolation.has(part);
    });
  });
}

/// Forty system calls of every child, when the launcher itself does not spare them the work.
bool all_give_up_capabilities(const Plan& plan) {
  return std::ranges::all_of(plan.variants, [](const Variant& variant) {
    return variant.isolation.has(Part::capabilities) && !variant.isolation.has(Part::user);
  });
}

launch::Setting make_setting(const Plan& plan, const Variant& variant, const sandbox::RootPlan& root,
                             const HostSupport& host) {
  const function::Function& function = variant.function;
  launch::Setting setting{.name = variant.name,
                          .sandbox = {.isolation = variant.isolation,
                                      .root = root,
                                      .cpus = host.function_cpus,
                                      .open_files = host.open_files},
                          .limits = variant.limits,
                          .contract = variant.contract,
                          .program = function.program,
                          .folder = function.folder,
                          .argv = function.command,
                          .env = function.env,
                          .cache = variant.cache == CacheRegime::cold ? launch::Cache::cold : launch::Cache::warm,
                          .timeout = plan.timeout,
                          .stop = plan.stop == StopSignal::term ? launch::Stop::term : launch::Stop::kill,
                          .stop_grace = plan.stop_grace,
                          .beside_others = variant.instances.has_value(),
                          .later = {.requests = plan.after_requests, .idle = plan.after_idle},
                          .load = variant.load,
                          .instruments = variant.instruments};
  const bool traps =
      variant.contract == function::ContractKind::port && host.listen_trap && variant.instruments.listen_trap;
  setting.sandbox.trap = traps ? sandbox::ListenTrap::yes : sandbox::ListenTrap::no;
  setting.env.insert(setting.env.end(), variant.env.begin(), variant.env.end());
  setting.terms = {.function_name = function.name,
                   .workload = variant.workload,
                   .fixed_port = function.fixed_port,
                   .own_network = variant.isolation.has(Part::net),
                   .trap = traps,
                   .task_root = sandbox::inside_root(root, function.folder).string()};
  if (variant.limits.memory) setting.terms.memory_limit_mib = variant.limits.memory->count >> 20;
  return setting;
}

Result<void> pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0)
    return system_failure("pin a thread of the launcher to", "CPU " + std::to_string(cpu));
  return {};
}

/// What the load generator itself can do on this host: measured once for each request and number of connections.
class LoadLimits {
 public:
  LoadLimits(std::vector<int> function_cpus, const launch::LauncherOptions& options)
      : function_cpus_(std::move(function_cpus)), waiting_(options.waiting), interrupted_(options.interrupted) {}

  Result<double> of(const load::Load& load) {
    const auto key = std::pair(load.workload.name, load.spec.connections);
    if (const auto known = limits_.find(key); known != limits_.end()) return known->second;
    return limits_.emplace(key, measure(load)).first->second;
  }

 private:
  [[nodiscard]] Result<double> measure(const load::Load& load) const {
    // In a network of its own, as the functions are, where that can be had: a host's firewall slows its loopback.
    const auto home = TRY(sandbox::HomeNetwork::here());
    [[maybe_unused]] const auto own = home.create();  // the thread is in it until this goes
    return load::measure_limit(
        {.load = load, .server_cpus = function_cpus_, .waiting = waiting_, .interrupted = interrupted_});
  }

  std::vector<int> function_cpus_;
  contract::Waiting waiting_;
  const std::atomic<bool>* interrupted_;
  std::map<std::pair<std::string, std::uint32_t>, Result<double>> limits_;
};

struct Surroundings {
  std::optional<int> helper_cpu;  ///< one that is not the launcher's
  const std::atomic<bool>* interrupted;
};

class RealExecutor final : public Executor {
 public:
  RealExecutor(const Plan& plan, TempDir staging, std::unique_ptr<launch::Launcher> launcher,
               std::vector<launch::Target> targets, const Surroundings& surroundings)
      : plan_(plan),
        staging_(std::move(staging)),
        targets_(std::move(targets)),
        launcher_(std::move(launcher)),
        helper_cpu_(surroundings.helper_cpu),
        crowd_(*launcher_, targets_, plan, surroundings.interrupted) {}

  /// Nothing is measured meanwhile, so the function's core takes its share: what the kernel does for a network
  /// namespace is most of what a launch costs beside the launch.
  Result<void> prepare(std::span<const std::uint32_t> upcoming) override {
    std::vector<Result<launch::Prepared>> made(upcoming.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < made.size(); i = next++) made[i] = launcher_->prepare(targets_.at(upcoming[i]));
    };
    {
      std::optional<std::jthread> helper;
      if (helper_cpu_ && upcoming.size() > 1) {
        try {
          helper.emplace([&] {
            if (pin_to(*helper_cpu_)) work();
          });
        } catch (const std::system_error&) {
          // No thread to be had (a limit of tasks): this one makes them all.
        }
      }
      work();
    }
    for (Result<launch::Prepared>& slot : made) prepared_.push_back(TRY(std::move(slot)));
    return {};
  }

  Result<record::Sample> launch(std::uint32_t variant) override {
    if (prepared_.empty()) return failure("launch", targets_.at(variant).setting().name, "no slot was prepared");
    launch::Prepared next = std::move(prepared_.front());
    prepared_.pop_front();
    if (plan_.variants.at(variant).instances) {
      if (auto failed = TRY(crowd_.gather(variant))) {
        TRY(launcher_->discard(std::move(next)));
        return std::move(*failed);
      }
    }
    return launcher_->launch(targets_.at(variant), std::move(next));
  }

  Result<record::Sample> census(std::uint32_t variant) override {
    launch::Target& target = targets_.at(variant);
    auto sample = launcher_->census(target, TRY(launcher_->prepare(target)));
    launcher_->empty_graveyard();
    return sample;
  }

  Result<record::Sample> try_limit(std::uint32_t variant, Bytes memory) override {
    launch::Target& target = targets_.at(variant);
    sandbox::Limits limits = target.setting().limits;
    limits.memory = memory;
    if (!target.recipe().isolation().has(Part::cgroup))
      return failure("limit", "memory", "this isolation gives the launch no cgroup");
    auto sample = launcher_->launch(target, TRY(launcher_->prepare(target, limits)));
    launcher_->empty_graveyard();
    return sample;
  }

  Result<void> finish_batch() override {
    for (launch::Prepared& unused : prepared_) TRY(launcher_->discard(std::move(unused)));
    prepared_.clear();
    launcher_->empty_graveyard();
    return {};
  }

  [[nodiscard]] std::uint32_t batch_size() const override { return kBatchSize; }

 private:
  const Plan& plan_;
  TempDir staging_;                      // outlives the launcher, whose children mount on it
  std::vector<launch::Target> targets_;  // outlives it too: its companions are launches of theirs
  std::unique_ptr<launch::Launcher> launcher_;
  std::optional<int> helper_cpu_;
  Crowd crowd_;
  std::deque<launch::Prepared> prepared_;
};

}  // namespace

Result<std::unique_ptr<Executor>> make_real_executor(const Plan& plan, const ExecutorOptions& options) {
  const std::optional<std::vector<int>> wanted =
      options.function_cpus.empty() ? std::nullopt : std::optional(options.function_cpus);
  const sandbox::CpuChoice cpus = TRY(sandbox::choose_cpus(options.launcher_cpu, wanted));
  const bool privileged = ::geteuid() == 0;  // before a user namespace makes everybody look like root
  if (needs_user_namespace(plan)) TRY(sandbox::enter_user_namespace());
  if (all_give_up_capabilities(plan)) sandbox::empty_bounding_set();
  const rlim_t open_files = TRY(raise_open_file_limit());
  TempDir staging = TRY(TempDir::create());
  TRY(pin_to(cpus.launcher));

  const bool shares_core = std::ranges::find(cpus.function, cpus.launcher) != cpus.function.end();
  launch::LauncherOptions launcher_options{
      .cpus = cpus.function,
      .waiting = shares_core ? contract::Waiting::blocking : contract::Waiting::spinning,
      .kernel_stamps = options.kernel_stamps == KernelStamps::automatic,
      .interrupted = options.interrupted,
      .cgroup_parent = options.cgroup_parent,
      .needs_cgroups =
          std::ranges::any_of(plan.variants, [](const Variant& v) { return v.isolation.has(Part::cgroup); })};
  if (!shares_core) launcher_options.cpus.push_back(cpus.launcher);
  auto launcher = TRY(launch::Launcher::create(launcher_options));

  const HostSupport host{
      .devices = privileged ? sandbox::DeviceNodes::make : sandbox::DeviceNodes::bind,
      .overlays = sandbox::overlays_usable(staging.path()) ? sandbox::Overlays::usable : sandbox::Overlays::unavailable,
      .listen_trap = sandbox::listen_trap_usable(),
      .function_cpus = cpus.function,
      .open_files = open_files};
  LoadLimits limits(host.function_cpus, launcher_options);
  std::vector<launch::Target> targets;
  for (const Variant& variant : plan.variants) {
    const sandbox::RootPlan root = root_plan(variant.function, staging.path(), host);
    launch::Setting setting = make_setting(plan, variant, root, host);
    if (setting.load) setting.load_limit = limits.of(*setting.load);
    targets.push_back(TRY(launch::Target::make(std::move(setting))));
  }
  const std::optional<int> helper_cpu = shares_core ? std::nullopt : std::optional(cpus.function.front());
  return std::make_unique<RealExecutor>(plan, std::move(staging), std::move(launcher), std::move(targets),
                                        Surroundings{.helper_cpu = helper_cpu, .interrupted = options.interrupted});
}

}  // namespace frostbyte::sweep
