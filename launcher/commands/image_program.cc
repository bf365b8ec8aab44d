#include "launcher/commands/image_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "images/audit/listing.h"
#include "images/elf/fingerprint.h"
#include "images/elf/savings.h"
#include "launcher/commands/weigh_binary.h"

namespace frostbyte::commands {
namespace {

using audit::Audit;
using audit::FileId;
using audit::kNone;
using audit::Source;
using GivesWay = summary::ExhibitColumn::GivesWay;

/// What engines look through when the configuration sets no PATH.
constexpr std::string_view kUsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::string_view kElfMagic = "\177ELF";

std::string search_path_of(const oci::Config& config) {
  for (const std::string& variable : config.environment)
    if (variable.starts_with("PATH=")) return variable.substr(5);
  return std::string(kUsualPath);
}

audit::NodeId look_up(const Audit& audit, const oci::Config& config, const std::string& command) {
  if (command.starts_with('/')) return audit::follow(audit.tree, command);
  if (command.contains('/')) return audit::follow(audit.tree, config.working_folder + "/" + command);
  std::string_view path = search_path_of(config);
  const std::string folders(path);
  for (std::string_view rest = folders; !rest.empty();) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const auto found = audit::follow(audit.tree, std::string(rest.substr(0, end)) + "/" + command);
    if (found != kNone && audit.tree.nodes()[found].file != kNone) return found;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return kNone;
}

Result<std::optional<elf::Binary>> read_binary(const Audit& audit, const Source& source, audit::NodeId node) {
  std::optional<elf::Binary> binary;
  const FileId wanted = audit.tree.nodes()[node].file;
  TRY(audit::read_contents(
      source, audit.tree,
      {.file = [&](FileId id) { return id == wanted; },
       .beginning = [](std::string_view bytes) { return bytes.starts_with(kElfMagic); },
       .receive = [&](FileId, std::vector<char> content) { binary = elf::Binary::parse(std::move(content)); }}));
  return binary;
}

/// What the ELF files of an image would lose by strip.
struct ElfTotals {
  std::uint64_t files = 0, bytes = 0, strip_saves = 0, debug_saves = 0;
};

Result<ElfTotals> weigh_elf_files(const Audit& audit, const Source& source) {
  ElfTotals totals;
  TRY(audit::read_contents(source, audit.tree,
                           {.file = [&](FileId id) { return audit.tree.files()[id].size >= kElfMagic.size(); },
                            .beginning = [](std::string_view bytes) { return bytes.starts_with(kElfMagic); },
                            .receive =
                                [&](FileId, std::vector<char> content) {
                                  totals.bytes += content.size();
                                  ++totals.files;
                                  const elf::Savings savings = elf::savings(elf::Binary::parse(std::move(content)));
                                  totals.strip_saves += savings.strip_saves;
                                  totals.debug_saves += savings.debug_saves;
                                }}));
  return totals;
}

void add_recompressed(const Audit& audit, Exhibit& exhibit) {
  for (const audit::WhatIf& what_if : audit.what_if) {
    const std::int64_t saves = whole(*audit.transfer) - whole(what_if.transfer);
    exhibit.rows.push_back({fmt::format("all layers as {}", what_if.name), saves, "transfer",
                            fmt::format("computed: it would be {}", size_in_words(what_if.transfer))});
  }
}

void add_own(const Audit& audit, Exhibit& exhibit) {
  if (audit.kind == audit::Kind::image && audit.layers.size() > 1) {
    exhibit.rows.push_back(
        {"squash to one layer", whole(audit.account.dead_total()), "shipped", "all dead bytes, exact"});
    exhibit.rows.push_back({"squash to one layer", whole(audit.account.dead_compressed_total()), "transfer",
                            audit.account.dead_compressed_exact ? "exact" : "estimated by proportion"});
  }
  exhibit.rows.push_back({"hard links for equal files", whole(audit.duplicates), "shipped",
                          "equal content; owners and modes must agree too"});
}

/// What a static program does not open by itself: everything else that is in the image.
Result<void> add_unreferenced(const Audit& audit, const Source& source, Exhibit& exhibit) {
  const Program program = find_program(audit, source);
  if (program.node == kNone || audit.tree.nodes()[program.node].file == kNone) return {};
  const auto binary = TRY(read_binary(audit, source, program.node));
  if (!binary) return {};
  const elf::Linkage linkage = elf::fingerprint(*binary).linkage;
  if (linkage != elf::Linkage::static_executable && linkage != elf::Linkage::static_pie) return {};
  const audit::File& file = audit.tree.files()[audit.tree.nodes()[program.node].file];
  exhibit.rows.push_back({"only its static program", whole(audit.account.live - file.size), "live",
                          "all files but the program; keep those it opens: certificates, zones, data"});
  return {};
}

}  // namespace

Program find_program(const Audit& audit, const Source& source) {
  if (source.image == nullptr) return {};
  const oci::Config& config = source.image->config;
  const std::vector<std::string> argv = config.argv();
  if (argv.empty() || argv.front().empty()) return {};
  return {.command = argv.front(), .node = look_up(audit, config, argv.front())};
}

Result<std::optional<Exhibit>> program_exhibit(const Audit& audit, const Source& source) {
  const Program program = find_program(audit, source);
  if (program.command.empty()) return std::nullopt;
  Exhibit exhibit{.name = "program", .title = "its program: " + program.command, .columns = fingerprint_columns()};
  if (program.node == kNone || audit.tree.nodes()[program.node].file == kNone) {
    exhibit.notes.emplace_back("It is not in the image: the container would not start.");
    return exhibit;
  }
  const std::string path = "/" + audit.tree.path(program.node);
  const auto binary = TRY(read_binary(audit, source, program.node));
  if (!binary) {
    exhibit.notes.push_back(path + " is no ELF file.");
    return exhibit;
  }
  const elf::Savings savings = elf::savings(*binary);
  exhibit.rows = fingerprint_rows(*binary);
  exhibit.rows.insert(exhibit.rows.begin(), {"file", size_in_words(binary->bytes().size()), path});
  exhibit.rows.push_back({"strip saves", size_in_words(savings.strip_saves), "computed, not run"});
  return exhibit;
}

Result<Exhibit> what_if_exhibit(const Audit& audit, const Source& source, bool all_steps) {
  Exhibit exhibit{.name = "what_if",
                  .title = "what would make it smaller",
                  .columns = {text_column("step", ""), bytes_column("saves", "saves"), text_column("of", "of"),
                              text_column("how", "", GivesWay::at_its_end)}};
  add_recompressed(audit, exhibit);
  if (!all_steps) return exhibit;
  add_own(audit, exhibit);
  const ElfTotals totals = TRY(weigh_elf_files(audit, source));
  const std::string of = fmt::format("{} ELF files of {}, each computed", totals.files, size_in_words(totals.bytes));
  exhibit.rows.push_back({"strip all programs", whole(totals.strip_saves), "live", of});
  exhibit.rows.push_back({"drop debug information", whole(totals.debug_saves), "live", of});
  TRY(add_unreferenced(audit, source, exhibit));
  return exhibit;
}

}  // namespace frostbyte::commands
