#include "launcher/commands/weigh_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "images/audit/listing.h"
#include "launcher/commands/accepted.h"
#include "launcher/commands/image_exhibits.h"
#include "launcher/commands/image_program.h"

namespace frostbyte::commands {
namespace {

using audit::Audit;
using audit::Death;

constexpr std::int64_t kMillion = 1'000'000;

std::int64_t efficiency_of(const audit::Account& account) {
  if (account.shipped == 0) return kMillion;
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::int64_t>(static_cast<Wide>(account.live) * kMillion / account.shipped);
}

void put_privileges(const Audit& audit, const Accepted& accepted, record::VariantInfo& info) {
  std::int64_t setuid = 0;
  std::int64_t writable = 0;
  std::string last;
  for (const audit::Privileged& one : audit::privileged_files(audit.tree)) {
    if (accepted.covers(one.path)) continue;
    if (one.privilege == audit::Privilege::world_writable) {
      ++writable;
    } else if (one.path != last) {  // both bits on one file are one file
      ++setuid;
      last = one.path;
    }
  }
  info.values["image.setuid"] = setuid;
  info.values["image.world_writable"] = writable;
}

void put_figures(const Audit& audit, const Accepted& accepted, record::VariantInfo& info) {
  const auto put = [&](const char* metric, std::uint64_t value) { info.values[metric] = whole(value); };
  const audit::Account& account = accepted.rest();
  if (audit.transfer) put("image.transfer", *audit.transfer);
  if (audit.tar) put("image.tar", *audit.tar);
  const char* const unpacked = "it is a folder, and nothing has packed it";
  if (!audit.transfer) info.unavailable["image.transfer"] = unpacked;
  if (!audit.tar) info.unavailable["image.tar"] = unpacked;
  put("image.shipped", audit.account.shipped);
  put("image.live", account.live);
  put("image.disk", audit.disk);
  put("image.dead", account.dead_total());
  for (std::size_t i = 0; i < audit::kDeaths; ++i)
    info.values["image.dead_" + std::string(to_string(static_cast<Death>(i)))] = whole(account.dead[i]);
  put("image.dead_transfer", account.dead_compressed_total());
  put("image.ignored", accepted.bytes());
  info.values["image.efficiency"] = efficiency_of(audit.account);
  put("image.duplicates", audit.duplicates);
  put("image.format", audit.format_bytes);
  put("image.layers", audit.layers.size());
  put("image.entries", audit.entries);
  put("image.files", audit.live_files);
  if (audit.base) {
    put("image.new_transfer", audit.base->new_transfer);
  } else {
    info.unavailable["image.new_transfer"] = "no base was given: --base IMAGE";
  }
  put_privileges(audit, accepted, info);
}

std::string description_of(const Audit& audit) {
  std::string text = audit.form;
  if (!audit.platform.empty() && audit.platform != "/") text += ", " + audit.platform;
  if (audit.kind != audit::Kind::root_folder)
    text += fmt::format(", {} {}", audit.layers.size(), audit.layers.size() == 1 ? "layer" : "layers");
  text += fmt::format(", {} files", audit.live_files);
  if (!audit.digest.empty())
    text += ", " + std::string(oci::to_string(audit.digest.algorithm())) + ":" + audit.digest.brief();
  for (const std::string& tag : audit.tags) text += ", " + tag;
  return text;
}

/// Every live name; hard links have their bytes once, under their first.
std::vector<compare::Part> parts_of(const Audit& audit) {
  std::vector<compare::Part> parts;
  std::vector<bool> seen(audit.tree.files().size(), false);
  for (audit::NodeId id = 1; id < audit.tree.nodes().size(); ++id) {
    const audit::Node& node = audit.tree.nodes()[id];
    if (!node.live || node.file == audit::kNone) continue;
    const audit::File& file = audit.tree.files()[node.file];
    const bool again = seen[node.file];
    seen[node.file] = true;
    parts.push_back({.group = "file",
                     .name = "/" + audit.tree.path(id),
                     .bytes = again ? 0 : whole(file.size),
                     .content = fmt::format("{:016x}{:016x}", file.content.high, file.content.low),
                     .attributes = fmt::format("{:04o} {}:{}", node.mode, node.uid, node.gid),
                     .where = fmt::format("layer {}", file.layer + 1)});
  }
  std::ranges::sort(parts);
  return parts;
}

Result<void> add_exhibits(const Audit& audit, const audit::Source& source, const ImageView& view,
                          const Accepted& accepted, std::vector<Exhibit>& exhibits) {
  const auto add = [&](Exhibit exhibit) {
    if (!exhibit.rows.empty() || !exhibit.notes.empty()) exhibits.push_back(std::move(exhibit));
  };
  if (!view.explain.empty()) add(explain_exhibit(audit, view.explain));
  add(sizes_exhibit(audit, accepted));
  add(account_exhibit(audit, accepted));
  if (audit.kind != audit::Kind::root_folder) add(layers_exhibit(audit));
  add(places_exhibit(audit));
  add(largest_exhibit(audit, view.top));
  add(dead_exhibit(audit, accepted, view.top));
  add(duplicates_exhibit(audit, view.top));
  add(privileged_exhibit(audit, accepted, view.top));
  if (auto program = TRY(program_exhibit(audit, source))) add(std::move(*program));
  if (view.what_if || !audit.what_if.empty()) add(TRY(what_if_exhibit(audit, source, view.what_if)));
  add(findings_exhibit(audit));
  return {};
}

}  // namespace

Result<Weighed> weigh_image(const std::string& name, const Audit& audit, const audit::Source& source,
                            const ImageView& view) {
  const Accepted accepted(audit, view.ignore);
  Weighed weighed;
  weighed.info.name = name;
  weighed.info.labels = {{"kind", audit.kind == audit::Kind::image ? "image" : "root"}, {"form", audit.form}};
  if (audit.kind == audit::Kind::image) weighed.info.labels["platform"] = audit.platform;
  weighed.description = description_of(audit);
  put_figures(audit, accepted, weighed.info);
  TRY(add_exhibits(audit, source, view, accepted, weighed.exhibits));
  if (view.with_parts) weighed.parts = parts_of(audit);
  return weighed;
}

}  // namespace frostbyte::commands
