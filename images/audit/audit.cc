#include "images/audit/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "images/audit/books.h"

namespace frostbyte::audit {
namespace {

constexpr std::uint64_t kBlock = 4096;

std::uint64_t in_blocks(std::uint64_t bytes) { return (bytes + kBlock - 1) / kBlock * kBlock; }

std::uint64_t sum(const std::array<std::uint64_t, kDeaths>& classes) {
  return std::accumulate(classes.begin(), classes.end(), std::uint64_t{0});
}

/// Every file goes into its own layer's account and into the image's: both sum to the same by construction.
void keep_books(Audit& audit) {
  for (const File& file : audit.tree.files()) {
    audit.layers[file.layer].account.add(file);
    audit.account.add(file);
    audit.disk += in_blocks(file.size);
    if (file.live()) {
      ++audit.live_files;
    } else if (file.killer != file.layer) {
      audit.layers[file.killer].removed += file.size;
    }
  }
  const auto& nodes = audit.tree.nodes();
  audit.live_entries = static_cast<std::uint64_t>(std::ranges::count_if(nodes, &Node::live)) - 1;
}

std::uint64_t count_duplicates(const Tree& tree) {
  std::vector<const File*> live;
  for (const File& file : tree.files()) {
    if (file.live() && file.size > 0) live.push_back(&file);
  }
  const auto key = [](const File* file) { return std::tie(file->size, file->content); };
  std::ranges::sort(live, {}, key);
  std::uint64_t bytes = 0;
  for (std::size_t i = 1; i < live.size(); ++i) {
    if (key(live[i]) == key(live[i - 1])) bytes += live[i]->size;
  }
  return bytes;
}

void describe_layers(Audit& audit, const std::vector<oci::Layer>& layers, const std::vector<Scan>& scans) {
  std::set<oci::Digest> blobs;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const oci::LayerFacts& facts = scans[i].facts;
    audit.layers.push_back({.digest = layers[i].digest,
                            .diff_id = facts.diff_id,
                            .created_by = layers[i].created_by,
                            .stream = facts.stream,
                            .blob = facts.blob_bytes,
                            .tar = facts.tar_bytes,
                            .entries = scans[i].entries});
    audit.entries += scans[i].entries;
    audit.format_bytes += scans[i].format_bytes;
    audit.findings.add(scans[i].findings);
    // Without a digest of its own, as in older archives, a blob is its content.
    const oci::Digest& identity = layers[i].digest.empty() ? facts.diff_id : layers[i].digest;
    if (!identity.empty()) audit.layers[i].repeated = !blobs.insert(identity).second;
  }
}

void sum_layers(Audit& audit) {
  audit.transfer = audit.documents;
  audit.tar = 0;
  for (const LayerAudit& layer : audit.layers) {
    if (!layer.repeated) *audit.transfer += layer.blob;
    *audit.tar += layer.tar;
  }
}

void add_what_if(Audit& audit, const std::vector<Scan>& scans, const std::vector<int>& levels) {
  for (std::size_t l = 0; l < levels.size(); ++l) {
    WhatIf& what_if =
        audit.what_if.emplace_back(WhatIf{.name = fmt::format("zstd:{}", levels[l]), .transfer = audit.documents});
    for (std::size_t i = 0; i < scans.size(); ++i) {
      if (!audit.layers[i].repeated) what_if.transfer += scans[i].recompressed[l];
    }
  }
}

void merge(Audit& audit, std::vector<Scan>& scans, const std::string& explain) {
  Merger merger(explain);
  for (Scan& scan : scans) {
    merger.add_layer(scan.records);
    scan.records = {};
  }
  audit.findings.add(merger.findings());
  if (merger.redundant_whiteouts() > 0)
    audit.findings.add({.severity = oci::Severity::note,
                        .name = "redundant_whiteout",
                        .text = "whiteouts of what was not there, or no longer: harmless",
                        .count = merger.redundant_whiteouts()});
  audit.events = merger.events();
  audit.tree = merger.take_tree();
}

}  // namespace

void keep_accounts(Audit& audit, const std::vector<oci::Layer>& layers, std::vector<Scan>& scans,
                   const AuditOptions& options) {
  describe_layers(audit, layers, scans);
  merge(audit, scans, options.explain);
  keep_books(audit);
  audit.duplicates = count_duplicates(audit.tree);
}

std::uint64_t Account::dead_total() const { return sum(dead); }

std::uint64_t Account::dead_compressed_total() const { return sum(dead_compressed); }

void Account::add(const File& file) {
  shipped += file.size;
  if (file.live()) {
    live += file.size;
    return;
  }
  dead[static_cast<std::size_t>(file.death)] += file.size;
  dead_compressed[static_cast<std::size_t>(file.death)] += file.compressed;
  dead_compressed_exact = dead_compressed_exact && file.exact;
}

void Account::add(const Account& other) {
  shipped += other.shipped;
  live += other.live;
  for (std::size_t i = 0; i < kDeaths; ++i) {
    dead[i] += other.dead[i];
    dead_compressed[i] += other.dead_compressed[i];
  }
  dead_compressed_exact = dead_compressed_exact && other.dead_compressed_exact;
}

Result<Audit> audit_image(const oci::Image& image, const AuditOptions& options) {
  std::vector<Scan> scans = TRY(scan_layers(image.layers, options.scan));
  Audit audit{.name = image.name,
              .kind = image.form == oci::Form::root_archive ? Kind::root_archive : Kind::image,
              .form = std::string(to_string(image.form)),
              .tags = image.tags,
              .digest = image.digest,
              .documents = image.manifest_bytes + image.config_bytes};
  if (audit.kind == Kind::image) audit.platform = image.config.platform.text();
  audit.findings.add(image.findings);
  keep_accounts(audit, image.layers, scans, options);
  sum_layers(audit);
  if (image.form == oci::Form::docker_archive)
    audit.findings.add(
        oci::Severity::note, "stored_uncompressed",
        "this archive keeps layers as `docker save` does, not as a registry sends them: transfer is what it holds");
  add_what_if(audit, scans, options.scan.zstd_levels);
  return audit;
}

void split_at_base(Audit& audit, const oci::Image& base) {
  BaseSplit split{.name = base.name};
  const std::size_t most = std::min(audit.layers.size(), base.layers.size());
  while (split.layers < most && audit.layers[split.layers].diff_id == base.layers[split.layers].diff_id) ++split.layers;
  split.whole = split.layers == base.layers.size();
  std::set<oci::Digest> cached;
  for (const oci::Layer& layer : base.layers) {
    if (!layer.digest.empty()) cached.insert(layer.digest);
  }
  split.new_transfer = audit.documents;
  for (std::size_t i = 0; i < audit.layers.size(); ++i) {
    LayerAudit& layer = audit.layers[i];
    layer.in_base = i < split.layers;
    if (!layer.in_base) split.own.add(layer.account);
    if (!layer.repeated && !cached.contains(layer.digest)) split.new_transfer += layer.blob;
  }
  if (!split.whole)
    audit.findings.add(oci::Severity::warning, "base_differs",
                       fmt::format("only {} of the {} layers of {} are the lowest of this image", split.layers,
                                   base.layers.size(), base.name));
  audit.base = std::move(split);
}

}  // namespace frostbyte::audit
