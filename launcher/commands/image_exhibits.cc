#include "launcher/commands/image_exhibits.h"

#include <fmt/format.h>

#include <algorithm>

#include "images/audit/listing.h"
#include "results/metric/quantity.h"

namespace frostbyte::commands {
namespace {

using audit::Audit;
using audit::Death;
using GivesWay = summary::ExhibitColumn::GivesWay;

/// A place holds at least this part of all live bytes to be shown.
constexpr double kPlacePart = 0.03;

std::string layer_name(std::size_t index) { return fmt::format("{}", index + 1); }

/// What to do about each class of dead bytes.
std::string_view remedy(Death death) {
  switch (death) {
    case Death::overwritten:
      return "write the file once";
    case Death::metadata_only:
      return "set owner and mode when it is copied: COPY --chown --chmod";
    case Death::whiteout:
      return "remove it in the step that makes it";
    case Death::opaque:
      return "make the folder once";
    case Death::replaced_type:
      return "ship only what the path is in the end";
    case Death::duplicate_in_layer:
      return "mend what writes the archive: it has a path twice";
  }
  return "";
}

std::string shortened_command(std::string text) {
  for (const std::string_view prefix : {"/bin/sh -c #(nop) ", "/bin/sh -c "}) {
    if (text.starts_with(prefix)) {
      text.erase(0, prefix.size());
      break;
    }
  }
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? std::string() : text.substr(begin);
}

void note_rest(Exhibit& exhibit, std::size_t all) {
  if (all > exhibit.rows.size())
    exhibit.notes.push_back(fmt::format("{} more; --top shows them.", all - exhibit.rows.size()));
}

}  // namespace

std::int64_t whole(std::uint64_t count) { return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX)); }

std::string size_in_words(std::uint64_t count) {
  return metric::in_words(metric::Unit::bytes, static_cast<double>(count));
}

Exhibit sizes_exhibit(const Audit& audit, const Accepted& accepted) {
  Exhibit exhibit{.name = "sizes",
                  .title = "sizes",
                  .columns = {text_column("size", ""), bytes_column("bytes", ""), text_column("exactly", "bytes"),
                              text_column("equals", "what has this size elsewhere", GivesWay::at_its_end)}};
  exhibit.columns[2].rank = 5;
  const auto add = [&](std::string name, std::uint64_t bytes, std::string equals) {
    exhibit.rows.push_back({std::move(name), whole(bytes), fmt::format("{}", bytes), std::move(equals)});
  };
  if (audit.transfer) add("transfer", *audit.transfer, "what a pull of it downloads; the sizes in its manifest");
  if (audit.base) add("new transfer", audit.base->new_transfer, "what a pull downloads where the base is there");
  if (audit.tar) add("tar", *audit.tar, "its layers as tar archives, uncompressed");
  add("shipped", audit.account.shipped, "files of all layers; about SIZE of `docker images` (overlay2)");
  add("live", audit.account.live, "files of the container; `du --apparent-size` of its files");
  add("dead", accepted.rest().dead_total(), "shipped, and not in the container");
  add("disk", audit.disk, "shipped in blocks of 4 KiB; about what its layers take unpacked");
  return exhibit;
}

Exhibit account_exhibit(const Audit& audit, const Accepted& accepted) {
  const audit::Account& account = accepted.rest();
  std::string title = fmt::format("shipped {} = live {} + dead {}", size_in_words(audit.account.shipped),
                                  size_in_words(account.live), size_in_words(account.dead_total()));
  if (accepted.bytes() > 0) title += fmt::format(" + ignored {}", size_in_words(accepted.bytes()));
  Exhibit exhibit{
      .name = "account",
      .title = std::move(title),
      .columns = {text_column("class", ""), bytes_column("bytes", "bytes"), bytes_column("compressed", "compressed", 3),
                  text_column("action", "", GivesWay::at_its_end)},
      .bars = 1,
      .whole = whole(audit.account.shipped)};
  exhibit.rows.push_back({"live", whole(account.live), Value(), ""});
  for (std::size_t i = 0; i < audit::kDeaths; ++i) {
    if (account.dead[i] == 0) continue;
    const auto death = static_cast<Death>(i);
    exhibit.rows.push_back({std::string(to_string(death)), whole(account.dead[i]), whole(account.dead_compressed[i]),
                            std::string(remedy(death))});
  }
  if (accepted.bytes() > 0)
    exhibit.rows.push_back({"ignored", whole(accepted.bytes()), Value(), "accepted by --ignore"});
  if (account.dead_total() > 0)
    exhibit.notes.emplace_back(account.dead_compressed_exact
                                   ? "Compressed bytes are exact."
                                   : "Compressed bytes are estimated, in proportion within each gzip or zstd block.");
  return exhibit;
}

Exhibit layers_exhibit(const Audit& audit) {
  Exhibit exhibit{
      .name = "layers",
      .title = audit.layers.size() == 1 ? "its layer" : fmt::format("{} layers, base first", audit.layers.size()),
      .columns = {text_column("layer", ""), bytes_column("blob", "blob"), bytes_column("tar", "tar", 1),
                  count_column("entries", "entries", 2), bytes_column("shipped", "shipped", 6),
                  bytes_column("dead", "dead", 8), bytes_column("removes", "removes", 4),
                  text_column("digest", "digest", GivesWay::no, 3),
                  text_column("created_by", "created by", GivesWay::at_its_end)}};
  for (std::size_t i = 0; i < audit.layers.size(); ++i) {
    const audit::LayerAudit& layer = audit.layers[i];
    std::string name = layer_name(i);
    if (layer.in_base) name += " base";
    if (layer.repeated) name += " again";
    exhibit.rows.push_back({name, whole(layer.blob), whole(layer.tar), whole(layer.entries),
                            whole(layer.account.shipped), whole(layer.account.dead_total()), whole(layer.removed),
                            (layer.digest.empty() ? layer.diff_id : layer.digest).brief(),
                            shortened_command(layer.created_by)});
  }
  if (audit.base)
    exhibit.notes.push_back(
        fmt::format("{} of its layers are the base's ({}){}; its own ship {}, of which {} are dead.",
                    audit.base->layers, audit.base->name, audit.base->whole ? "" : ", not all of them",
                    size_in_words(audit.base->own.shipped), size_in_words(audit.base->own.dead_total())));
  return exhibit;
}

Exhibit places_exhibit(const Audit& audit) {
  Exhibit exhibit{.name = "places",
                  .title = fmt::format("where {} of live bytes are", size_in_words(audit.account.live)),
                  .columns = {text_column("path", "", GivesWay::at_its_end), bytes_column("bytes", ""),
                              count_column("files", "files", 2)},
                  .bars = 1,
                  .whole = whole(audit.account.live)};
  for (audit::Place& place : audit::places(audit.tree, kPlacePart)) {
    exhibit.rows.push_back({std::move(place.path), whole(place.bytes), whole(place.files)});
    exhibit.depths.push_back(place.depth);
  }
  return exhibit;
}

Exhibit largest_exhibit(const Audit& audit, std::size_t top) {
  Exhibit exhibit{.name = "largest",
                  .title = "largest files",
                  .columns = {bytes_column("bytes", ""), text_column("layer", "layer"),
                              text_column("path", "path", GivesWay::at_its_beginning)}};
  for (const audit::ListedFile& listed : audit::largest_files(audit.tree, top)) {
    const audit::File& file = audit.tree.files()[listed.file];
    exhibit.rows.push_back({whole(file.size), layer_name(file.layer), "/" + listed.path});
  }
  note_rest(exhibit, audit.live_files);
  return exhibit;
}

Exhibit dead_exhibit(const Audit& audit, const Accepted& accepted, std::size_t top) {
  Exhibit exhibit{.name = "dead",
                  .title = "largest dead files",
                  .columns = {bytes_column("bytes", ""), bytes_column("compressed", "compressed", 2),
                              text_column("layer", "layer"), text_column("killed_by", "killed by"),
                              text_column("class", "as"), text_column("path", "path", GivesWay::at_its_beginning)}};
  std::size_t all = 0;
  for (const audit::ListedFile& listed : audit::dead_files(audit.tree, audit.tree.files().size())) {
    if (accepted.covers(listed.path)) continue;
    if (++all > top) continue;
    const audit::File& file = audit.tree.files()[listed.file];
    exhibit.rows.push_back({whole(file.size), whole(file.compressed), layer_name(file.layer), layer_name(file.killer),
                            std::string(to_string(file.death)), "/" + listed.path});
  }
  note_rest(exhibit, all);
  return exhibit;
}

Exhibit duplicates_exhibit(const Audit& audit, std::size_t top) {
  Exhibit exhibit{.name = "duplicates",
                  .title = fmt::format("the same content more than once: {}", size_in_words(audit.duplicates)),
                  .columns = {bytes_column("wasted", "wasted"), count_column("copies", "copies"),
                              text_column("paths", "paths", GivesWay::at_its_end)}};
  for (const audit::DuplicateGroup& group : audit::duplicate_groups(audit.tree, top)) {
    std::string paths;
    for (const std::string& path : group.paths) paths += (paths.empty() ? "/" : " /") + path;
    if (group.copies > group.paths.size()) paths += " …";
    exhibit.rows.push_back({whole(group.wasted()), whole(group.copies), std::move(paths)});
  }
  return exhibit;
}

Exhibit privileged_exhibit(const Audit& audit, const Accepted& accepted, std::size_t top) {
  Exhibit exhibit{.name = "privileged",
                  .title = "setuid, setgid and world-writable",
                  .columns = {text_column("privilege", ""), text_column("mode", "mode"), text_column("owner", "owner"),
                              text_column("path", "path", GivesWay::at_its_beginning)}};
  std::size_t all = 0;
  for (const audit::Privileged& one : audit::privileged_files(audit.tree)) {
    if (accepted.covers(one.path) || ++all > top) continue;
    exhibit.rows.push_back({std::string(to_string(one.privilege)), fmt::format("{:04o}", one.mode),
                            fmt::format("{}:{}", one.uid, one.gid), "/" + one.path});
  }
  note_rest(exhibit, all);
  return exhibit;
}

namespace {

std::string_view word_for(audit::Event::Kind kind) {
  switch (kind) {
    case audit::Event::Kind::written:
      return "written";
    case audit::Event::Kind::linked:
      return "hard link made";
    case audit::Event::Kind::implied:
      return "folder implied";
    case audit::Event::Kind::removed:
      break;
  }
  return "removed";
}

std::string_view word_for(oci::EntryType type) {
  switch (type) {
    case oci::EntryType::file:
      return "file";
    case oci::EntryType::symlink:
      return "symbolic link";
    case oci::EntryType::folder:
      return "folder";
    default:
      break;
  }
  return "special file";
}

std::string what_happened(const audit::Event& event) {
  if (event.kind == audit::Event::Kind::removed)
    return fmt::format("{}, by the entry for /{}", to_string(event.death), event.by);
  return fmt::format("{}, mode {:04o}", word_for(event.type), event.mode);
}

}  // namespace

Exhibit explain_exhibit(const Audit& audit, const std::string& path) {
  Exhibit exhibit{
      .name = "explain",
      .title = "what became of /" + path,
      .columns = {text_column("layer", "layer"), text_column("event", ""), bytes_column("bytes", "bytes"),
                  text_column("detail", ""), text_column("created_by", "created by", GivesWay::at_its_end)}};
  for (const audit::Event& event : audit.events) {
    const bool sized = event.kind == audit::Event::Kind::written && event.type == oci::EntryType::file;
    exhibit.rows.push_back({layer_name(event.layer), std::string(word_for(event.kind)),
                            sized ? Value(whole(event.size)) : Value(), what_happened(event),
                            shortened_command(audit.layers[event.layer].created_by)});
  }
  if (audit.events.empty()) {
    exhibit.notes.push_back(fmt::format("No layer names /{}.", path));
  } else {
    exhibit.notes.push_back(audit.tree.node_is_live(path) ? "It is in the container."
                                                          : "It is not in the container: its bytes are dead.");
  }
  return exhibit;
}

Exhibit findings_exhibit(const Audit& audit) {
  constexpr std::array<std::string_view, 3> kSeverities = {"note", "warning", "invalid"};
  Exhibit exhibit{.name = "findings",
                  .title = "findings",
                  .columns = {text_column("severity", ""), text_column("name", ""), count_column("count", "times"),
                              text_column("text", "", GivesWay::at_its_end)}};
  std::vector<oci::Finding> findings = audit.findings.all();
  std::ranges::stable_sort(findings, std::ranges::greater{}, &oci::Finding::severity);
  for (const oci::Finding& finding : findings)
    exhibit.rows.push_back({std::string(kSeverities[static_cast<std::size_t>(finding.severity)]), finding.name,
                            whole(finding.count), finding.text});
  return exhibit;
}

}  // namespace frostbyte::commands
