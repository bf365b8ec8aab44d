// TOML as the files people write for frostbyte use it (function.toml, workloads.toml, budgets): every value is asked
// for by key and type, and every refusal names file, line, key and what was expected. The only place that sees toml++.
#pragma once

#include <toml++/toml.h>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Nobody writes a megabyte of TOML by hand; a larger file is not what the user meant to name.
inline constexpr std::size_t kTomlSizeLimit = 1u << 20;

/// Errors: toml++'s message at "file:line:column".
Result<toml::table> parse_toml(std::string_view text, const std::filesystem::path& file);

/// A view of one table of a parsed file. The file and the table must outlive it.
class TomlTable {
 public:
  TomlTable(const toml::table& table, const std::filesystem::path& file, std::string name)
      : table_(&table), file_(&file), name_(std::move(name)) {}

  /// Refuses keys outside `known`, with the nearest known one as hint.
  Result<void> allow_only(std::initializer_list<std::string_view> known) const;

  Result<std::string> required_text(std::string_view key) const;
  /// Absent: nothing.
  Result<std::optional<std::string>> text(std::string_view key) const;
  Result<std::optional<std::int64_t>> integer(std::string_view key, std::int64_t low, std::int64_t high) const;
  /// Absent: empty.
  Result<std::vector<std::string>> texts(std::string_view key) const;
  /// One text or an array of them. Absent: empty.
  Result<std::vector<std::string>> text_or_texts(std::string_view key) const;
  /// A table of texts, in the order of the file. Absent: empty.
  Result<Pairs> pairs(std::string_view key) const;
  Result<std::optional<bool>> boolean(std::string_view key) const;
  Result<std::optional<std::chrono::year_month_day>> date(std::string_view key) const;
  /// Nothing when the key is absent, or neither a number nor a text: the caller words that refusal.
  [[nodiscard]] std::variant<std::monostate, double, std::string> number_or_text(std::string_view key) const;
  Result<std::optional<TomlTable>> table(std::string_view key) const;
  /// [[key]] entries, in the order of the file. Absent: empty.
  Result<std::vector<TomlTable>> list(std::string_view key) const;
  /// Every key of this table as a table of its own. Errors: a key that is none.
  Result<std::vector<std::pair<std::string, TomlTable>>> tables() const;

  [[nodiscard]] bool has(std::string_view key) const { return table_->contains(key); }
  /// "budgets.toml:12": the line the table begins at.
  [[nodiscard]] std::string origin() const;
  /// The key with the names of the tables around it: "hello.expect.json".
  [[nodiscard]] std::string qualified(std::string_view key) const;
  /// An error at `key`'s line, or at the table's when the key is absent.
  [[nodiscard]] Failure refuse(std::string_view key, std::string cause, std::string hint = {}) const;

 private:
  [[nodiscard]] Failure wrong_type(std::string_view key, std::string_view expected) const;
  Result<std::vector<std::string>> texts_of(std::string_view key, const toml::array& array) const;

  const toml::table* table_;
  const std::filesystem::path* file_;
  std::string name_;  ///< dotted path of the table, empty for the file itself
};

}  // namespace frostbyte
