#include "launcher/commands/weigh_binary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "images/elf/account.h"
#include "images/elf/demangle.h"
#include "images/elf/figures.h"
#include "images/elf/fingerprint.h"
#include "images/elf/savings.h"
#include "images/elf/symbols.h"
#include "images/oci/digest.h"
#include "results/metric/quantity.h"

namespace frostbyte::commands {
namespace {

using summary::Exhibit;
using summary::ExhibitColumn;
using summary::Value;
using GivesWay = ExhibitColumn::GivesWay;

std::int64_t bytes(std::uint64_t count) { return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX)); }

std::string size_in_words(std::uint64_t count) {
  return metric::in_words(metric::Unit::bytes, static_cast<double>(count));
}

// ---- exhibits ----

Exhibit labels_of(const elf::Account& account) {
  Exhibit exhibit{
      .name = "labels",
      .title = fmt::format("every byte of the file, {} in all, and of what it maps", size_in_words(account.file_bytes)),
      .columns = {text_column("label", ""), bytes_column("file", "file"), bytes_column("mapped", "mapped")},
      .bars = 1,
      .whole = bytes(account.file_bytes)};
  std::vector<elf::Label> labels;
  for (const elf::Label label : elf::all_labels())
    if (account.file_bytes_of(label) + account.mapped_bytes_of(label) > 0) labels.push_back(label);
  std::ranges::stable_sort(labels, std::ranges::greater{}, [&](elf::Label l) { return account.file_bytes_of(l); });
  for (const elf::Label label : labels)
    exhibit.rows.push_back({std::string(elf::to_string(label)), bytes(account.file_bytes_of(label)),
                            bytes(account.mapped_bytes_of(label))});
  exhibit.rows.push_back({"sum", bytes(account.file_bytes), bytes(account.mapped_bytes)});
  exhibit.notes.push_back(
      fmt::format("exec reserves {} of addresses, whole pages.", size_in_words(account.mapped_page_bytes)));
  return exhibit;
}

Exhibit sections_of(const elf::Account& account, std::size_t top) {
  Exhibit exhibit{.name = "sections",
                  .title = "largest sections",
                  .columns = {text_column("section", "", GivesWay::at_its_end), bytes_column("file", "file"),
                              bytes_column("mapped", "mapped", 2), text_column("label", "label")},
                  .bars = 1,
                  .whole = bytes(account.file_bytes)};
  for (const elf::Row& row : account.rows) {
    if (exhibit.rows.size() == top) break;
    exhibit.rows.push_back(
        {row.name, bytes(row.file_bytes), bytes(row.mapped_bytes), std::string(elf::to_string(row.label))});
  }
  if (account.rows.size() > top)
    exhibit.notes.push_back(fmt::format("{} more; --top shows them.", account.rows.size() - top));
  return exhibit;
}

Exhibit symbols_of(const elf::Binary& binary, std::size_t top) {
  const elf::SymbolAccount account = elf::account_symbols(binary);
  Exhibit exhibit{.name = "symbols",
                  .title = "largest symbols",
                  .columns = {bytes_column("bytes", "bytes"), text_column("section", "section"),
                              text_column("symbol", "symbol", GivesWay::at_its_end)}};
  for (const elf::SymbolRow& row : account.rows) {
    if (exhibit.rows.size() == top) break;
    exhibit.rows.push_back({bytes(row.bytes), std::string(row.section), elf::demangle(row.name)});
  }
  if (!account.has_table) {
    exhibit.notes.emplace_back("There is no symbol table: it was stripped.");
  } else if (account.code_bytes > 0) {
    exhibit.notes.push_back(fmt::format("Symbols cover {} of {} of code.", size_in_words(account.code_attributed),
                                        size_in_words(account.code_bytes)));
  }
  return exhibit;
}

Exhibit savings_of(const elf::Account& account, const elf::Savings& savings) {
  Exhibit exhibit{.name = "what_if",
                  .title = "what would make it smaller",
                  .columns = {text_column("step", ""), bytes_column("saves", "saves"),
                              text_column("how", "", GivesWay::at_its_end)},
                  .bars = 1,
                  .whole = bytes(account.file_bytes)};
  exhibit.rows.push_back({"strip", bytes(savings.strip_saves), "strip --strip-all; computed, not run"});
  exhibit.rows.push_back({"drop debug information", bytes(savings.debug_saves), "its sections; strip --strip-debug"});
  exhibit.rows.push_back(
      {"no padding", bytes(account.file_bytes_of(elf::Label::padding)), "-Wl,-z,noseparate-code takes most of it"});
  return exhibit;
}

Exhibit findings_of(const elf::Account& account) {
  Exhibit exhibit{
      .name = "findings", .title = "findings", .columns = {text_column("finding", "", GivesWay::at_its_end)}};
  for (const std::string& finding : account.findings) exhibit.rows.push_back({finding});
  return exhibit;
}

// ---- fingerprint ----

void add_traces(std::vector<std::vector<Value>>& rows, const std::string& what, const std::vector<elf::Trace>& traces) {
  if (traces.empty()) rows.push_back({what, "none found", ""});
  for (const elf::Trace& trace : traces) {
    const std::string name = trace.version.empty() ? trace.name : trace.name + " " + trace.version;
    rows.push_back({what, name, fmt::format("{} ({})", trace.evidence, elf::to_string(trace.strength))});
  }
}

std::string protections(const elf::Hardening& hardening) {
  std::vector<std::string> words;
  words.emplace_back(hardening.position_independent ? "position independent" : "fixed addresses");
  words.emplace_back(hardening.executable_stack ? "EXECUTABLE STACK" : "stack not executable");
  if (hardening.writable_code) words.emplace_back("WRITABLE CODE");
  if (hardening.stack_protector) words.emplace_back("stack protector");
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string description_of(const elf::Fingerprint& print) {
  std::string text = fmt::format("{} ELF, {}", print.machine, elf::to_string(print.linkage));
  if (!print.libc.empty()) text += ", " + print.libc.front().name;
  for (const elf::Trace& runtime : print.runtimes)
    text += ", " + (runtime.version.empty() ? runtime.name : runtime.name + " " + runtime.version);
  text += ", allocator " + print.allocator();
  return text + (print.stripped ? ", stripped" : "");
}

// ---- parts ----

/// The content of an account's row, wherever its pieces are.
std::map<std::uint32_t, std::string> digests_of(const elf::Binary& binary, const elf::Account& account) {
  constexpr std::size_t kDigits = 32;
  std::map<std::uint32_t, oci::Hasher> hashers;
  for (const elf::Piece& piece : account.pieces) hashers[piece.row].update(binary.slice(piece.offset, piece.size));
  std::map<std::uint32_t, std::string> digests;
  for (auto& [row, hasher] : hashers) digests[row] = hasher.finish().hex().substr(0, kDigits);
  return digests;
}

std::vector<compare::Part> parts_of(const elf::Binary& binary, const elf::Account& account) {
  std::map<std::string, std::uint32_t> seen;
  const auto unique = [&](const std::string& group, std::string name) {
    const std::uint32_t n = ++seen[group + '\n' + name];
    return n == 1 ? name : fmt::format("{} ({})", name, n);
  };
  std::vector<compare::Part> parts;
  const auto digests = digests_of(binary, account);
  for (std::uint32_t i = 0; i < account.rows.size(); ++i) {
    const elf::Row& row = account.rows[i];
    const auto digest = digests.find(i);
    parts.push_back({.group = "section",
                     .name = unique("section", row.name),
                     .bytes = bytes(row.file_bytes),
                     .content = digest == digests.end() ? "" : digest->second,
                     .where = std::string(elf::to_string(row.label))});
  }
  for (const elf::SymbolRow& row : elf::account_symbols(binary).rows)
    parts.push_back({.group = "symbol",
                     .name = unique("symbol", elf::demangle(row.name)),
                     .bytes = bytes(row.bytes),
                     .where = std::string(row.section)});
  std::ranges::sort(parts);
  return parts;
}

}  // namespace

std::vector<ExhibitColumn> fingerprint_columns() {
  return {text_column("property", ""), text_column("value", ""), text_column("evidence", "", GivesWay::at_its_end)};
}

std::vector<std::vector<Value>> fingerprint_rows(const elf::Binary& binary) {
  const elf::Fingerprint print = elf::fingerprint(binary);
  std::vector<std::vector<Value>> rows;
  rows.push_back({"linkage", std::string(elf::to_string(print.linkage)), print.interpreter});
  add_traces(rows, "libc", print.libc);
  if (!print.runtimes.empty()) add_traces(rows, "runtime", print.runtimes);
  if (!print.go.version.empty())
    rows.push_back({"go build", print.go.path, fmt::format("{} modules it depends on", print.go.modules)});
  add_traces(rows, "allocator", print.allocators);
  if (!print.needed.empty())
    rows.push_back(
        {"needs", fmt::format("{} libraries", print.needed.size()), fmt::format("{}", fmt::join(print.needed, ", "))});
  rows.push_back(
      {"protections", fmt::format("RELRO {}", elf::to_string(print.hardening.relro)), protections(print.hardening)});
  rows.push_back(
      {"patches", fmt::format("{}", print.relocations),
       print.compact_relocations ? "places patched before main; compact (RELR)" : "places patched before main"});
  if (print.thread_local_bytes > 0)
    rows.push_back({"thread-local", size_in_words(print.thread_local_bytes), "each thread has its own"});
  rows.push_back({"alignment", size_in_words(print.page_alignment), "of the segments"});
  if (!print.build_id.empty()) rows.push_back({"build id", print.build_id, ""});
  if (!print.packer.empty()) rows.push_back({"packer", print.packer, "what is labelled is the packed file"});
  return rows;
}

Weighed weigh_binary(const std::string& name, const elf::Binary& binary, const BinaryView& view) {
  const elf::Account account = elf::account(binary);
  const elf::Fingerprint print = elf::fingerprint(binary);
  const elf::Savings savings = elf::savings(binary);
  Weighed weighed;
  weighed.info.name = name;
  weighed.info.labels = {{"kind", "binary"},
                         {"machine", print.machine},
                         {"linkage", std::string(elf::to_string(print.linkage))},
                         {"libc", print.libc.empty() ? "none found" : print.libc.front().name},
                         {"allocator", print.allocator()}};
  for (const elf::Figure& figure : elf::figures(account, print, savings))
    weighed.info.values[figure.metric] = figure.value;
  weighed.description = description_of(print);
  weighed.exhibits.push_back(labels_of(account));
  weighed.exhibits.push_back(sections_of(account, view.top));
  weighed.exhibits.push_back({.name = "fingerprint",
                              .title = "what was linked in",
                              .columns = fingerprint_columns(),
                              .rows = fingerprint_rows(binary)});
  weighed.exhibits.push_back(symbols_of(binary, view.top));
  weighed.exhibits.push_back(savings_of(account, savings));
  if (!account.findings.empty()) weighed.exhibits.push_back(findings_of(account));
  if (view.with_parts) weighed.parts = parts_of(binary, account);
  return weighed;
}

}  // namespace frostbyte::commands
