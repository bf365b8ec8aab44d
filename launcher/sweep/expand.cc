#include "launcher/sweep/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

namespace frostbyte::sweep {
namespace {

constexpr std::size_t kMostVariants = 1'000'000;

/// One value of one dimension: what it is called and what it does to a variant.
struct Setting {
  std::string value;
  std::function<void(Variant&)> apply;
};

struct Dimension {
  std::string name;
  std::vector<Setting> settings;
};

template <class T, class Text, class Apply>
Dimension dimension(std::string name, const std::vector<T>& values, Text text, const Apply& apply) {
  Dimension result{.name = std::move(name), .settings = {}};
  for (const T& value : values)
    result.settings.push_back({std::string(text(value)), [value, apply](Variant& variant) { apply(variant, value); }});
  return result;
}

Dimension env_dimension(const EnvList& list) {
  return dimension(
      list.name, list.values, [](const std::string& value) { return value; },
      [name = list.name](Variant& variant, const std::string& value) { variant.env.emplace_back(name, value); });
}

std::vector<sandbox::Isolation> or_full(std::vector<sandbox::Isolation> isolations) {
  if (isolations.empty()) isolations.push_back(sandbox::Isolation::full());
  return isolations;
}

std::vector<CacheRegime> or_warm(std::vector<CacheRegime> caches) {
  if (caches.empty()) caches.push_back(CacheRegime::warm);
  return caches;
}

/// The dimensions that are the same for every function; the contract is not one of them.
std::vector<Dimension> common_dimensions(const Dimensions& asked) {
  std::vector<Dimension> result;
  result.push_back(dimension(
      "isolation", or_full(asked.isolations), [](const auto& isolation) { return isolation.to_string(); },
      [](Variant& variant, const auto& isolation) { variant.isolation = isolation; }));
  result.push_back(dimension(
      "cache", or_warm(asked.caches), [](CacheRegime cache) { return to_string(cache); },
      [](Variant& variant, CacheRegime cache) { variant.cache = cache; }));
  result.push_back(dimension(
      "memory_limit", asked.memory_limits, [](Bytes bytes) { return to_string(bytes); },
      [](Variant& variant, Bytes bytes) { variant.limits.memory = bytes; }));
  result.push_back(dimension(
      "cpus", asked.cpus, [](double cpus) { return fmt::format("{}", cpus); },
      [](Variant& variant, double cpus) { variant.limits.cpus = cpus; }));
  result.push_back(dimension(
      std::string(kInstancesLabel), asked.instances, [](std::uint64_t instances) { return std::to_string(instances); },
      [](Variant& variant, std::uint64_t instances) { variant.instances = instances; }));
  std::ranges::transform(asked.env_lists, std::back_inserter(result), env_dimension);
  std::erase_if(result, [](const Dimension& one) { return one.settings.empty(); });
  return result;
}

Result<Dimension> contract_dimension(const function::Function& function,
                                     const std::vector<function::ContractKind>& asked) {
  std::vector<function::ContractKind> spoken;
  if (asked.empty() && !function.contracts.empty()) spoken.push_back(function.contracts.front());
  for (const auto contract : asked)
    if (std::ranges::count(function.contracts, contract) != 0) spoken.push_back(contract);
  if (spoken.empty()) {
    std::vector<std::string_view> names;
    for (const auto contract : function.contracts) names.push_back(function::to_string(contract));
    return failure("plan", function.name,
                   fmt::format("it speaks none of the contracts asked for, only: {}", fmt::join(names, ", ")),
                   "change --contract, or the function's `contract` in its function.toml");
  }
  return dimension(
      "contract", spoken, [](function::ContractKind contract) { return function::to_string(contract); },
      [](Variant& variant, function::ContractKind contract) { variant.contract = contract; });
}

Result<void> refuse_duplicates(const Dimension& dimension) {
  std::set<std::string_view> seen;
  for (const Setting& setting : dimension.settings)
    if (!seen.insert(setting.value).second)
      return failure("plan", dimension.name, fmt::format("the value '{}' is given twice", setting.value),
                     "give each value once; to measure a function against itself, name the function twice");
  return {};
}

/// Appends to `into` one variant for each combination of settings, the last dimension varying fastest.
void multiply(const Variant& base, const std::vector<Dimension>& dimensions, const std::set<std::string>& named,
              std::vector<Variant>& into) {
  std::vector<std::size_t> at(dimensions.size(), 0);
  for (;;) {
    Variant variant = base;
    std::vector<std::string> parts;
    for (std::size_t d = 0; d < dimensions.size(); ++d) {
      const Setting& setting = dimensions[d].settings[at[d]];
      setting.apply(variant);
      variant.labels[dimensions[d].name] = setting.value;
      if (named.contains(dimensions[d].name)) parts.push_back(dimensions[d].name + "=" + setting.value);
    }
    if (!parts.empty()) variant.name += fmt::format("[{}]", fmt::join(parts, ","));
    into.push_back(std::move(variant));
    std::size_t d = dimensions.size();
    while (d > 0 && ++at[d - 1] == dimensions[d - 1].settings.size()) at[--d] = 0;
    if (d == 0) return;
  }
}

/// "cpp-epoll" with `depth` of the folders above it: "build-a/cpp-epoll".
std::string name_at_depth(const function::Function& function, std::size_t depth) {
  std::filesystem::path above = function.folder;
  std::filesystem::path name = function.name;
  // A function's folder usually carries its name; it tells nothing more.
  if (above.filename() == name) above = above.parent_path();
  for (; depth > 0 && above.has_relative_path(); --depth, above = above.parent_path()) name = above.filename() / name;
  return name.string();
}

std::size_t folder_depth(const function::Function& function) {
  return static_cast<std::size_t>(std::distance(function.folder.begin(), function.folder.end()));
}

/// The shortest names that tell functions of one name but different folders apart.
std::vector<std::string> names_by_folder(const std::vector<Target>& targets) {
  std::vector<std::string> names;
  for (const Target& target : targets) {
    const auto& function = target.function;
    std::size_t depth = 0;
    const auto clashes = [&](const Target& other) {
      return other.function.folder != function.folder && other.function.name == function.name &&
             name_at_depth(other.function, depth) == name_at_depth(function, depth);
    };
    while (depth < folder_depth(function) && std::ranges::any_of(targets, clashes)) ++depth;
    names.push_back(name_at_depth(function, depth));
  }
  return names;
}

std::vector<std::string> unique_names(const std::vector<Target>& targets) {
  std::vector<std::string> names = names_by_folder(targets);
  std::set<std::string> taken;
  for (std::string& name : names) {
    std::string candidate = name;
    for (int copy = 2; !taken.insert(candidate).second; ++copy) candidate = fmt::format("{}#{}", name, copy);
    name = std::move(candidate);
  }
  return names;
}

Variant base_variant(const Dimensions& asked, const Target& target, std::string name) {
  Variant variant;
  variant.group = target.group;
  variant.name = std::move(name);
  variant.labels = target.function.labels;
  variant.function = target.function;
  variant.workload = target.workload;
  variant.limits.tasks = asked.tasks;
  variant.env = asked.env;
  return variant;
}

/// All dimensions of each target, and which of them have several values anywhere: those are the ones worth naming.
struct Grid {
  std::vector<std::vector<Dimension>> per_target;
  std::set<std::string> named;
  std::size_t variants = 0;
};

std::size_t combinations(const std::vector<Dimension>& dimensions) {
  std::size_t product = 1;
  for (const Dimension& dimension : dimensions)
    product = std::min(product * dimension.settings.size(), kMostVariants + 1);
  return product;
}

Result<Grid> lay_out(const Dimensions& asked) {
  Grid grid;
  const std::vector<Dimension> common = common_dimensions(asked);
  for (const Target& target : asked.targets) {
    std::vector<Dimension> dimensions{TRY(contract_dimension(target.function, asked.contracts))};
    dimensions.insert(dimensions.end(), common.begin(), common.end());
    std::set<std::string_view> names;
    for (const Dimension& dimension : dimensions) {
      if (!names.insert(dimension.name).second)
        return failure("plan", dimension.name, "two dimensions of the sweep have this name", "rename the -L variable");
      TRY(refuse_duplicates(dimension));
      if (dimension.settings.size() > 1) grid.named.insert(dimension.name);
    }
    grid.variants += combinations(dimensions);
    if (grid.variants > kMostVariants)
      return failure("plan", "the sweep", fmt::format("it has more than {} variants", kMostVariants),
                     "vary fewer settings at once");
    grid.per_target.push_back(std::move(dimensions));
  }
  return grid;
}

}  // namespace

Result<std::vector<Variant>> expand(const Dimensions& asked) {
  if (asked.targets.empty())
    return failure("plan", "the sweep", "no function to launch", "name a function: frostbyte sweep c-nolibc");
  const Grid grid = TRY(lay_out(asked));
  const std::vector<std::string> names = unique_names(asked.targets);
  std::vector<Variant> variants;
  variants.reserve(grid.variants);
  for (std::size_t i = 0; i < asked.targets.size(); ++i)
    multiply(base_variant(asked, asked.targets[i], names[i]), grid.per_target[i], grid.named, variants);
  for (Variant& variant : variants) {
    // A function that forks without end must not take the host with it where a cgroup can hold it.
    if (!variant.limits.tasks && variant.isolation.has(sandbox::Part::cgroup)) variant.limits.tasks = kUsualTasksLimit;
  }
  return variants;
}

}  // namespace frostbyte::sweep
