#include "launcher/base/toml_file.h"

#include <algorithm>

#include "launcher/base/nearest.h"

namespace frostbyte {
namespace {

std::string line_of(const toml::source_region& region, const std::filesystem::path& file) {
  return region.begin.line == 0 ? file.string() : file.string() + ":" + std::to_string(region.begin.line);
}

bool comes_before(const toml::source_region& a, const toml::source_region& b) {
  return std::pair(a.begin.line, a.begin.column) < std::pair(b.begin.line, b.begin.column);
}

}  // namespace

Result<toml::table> parse_toml(std::string_view text, const std::filesystem::path& file) {
  try {
    return toml::parse(text, file.string());
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return failure("read", file.string() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column),
                   std::string(error.description()));
  }
}

std::string TomlTable::qualified(std::string_view key) const {
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

Failure TomlTable::refuse(std::string_view key, std::string cause, std::string hint) const {
  const toml::node* node = table_->get(key);
  const toml::source_region& at = node != nullptr ? node->source() : table_->source();
  return failure("read", line_of(at, *file_), std::move(cause), std::move(hint));
}

Failure TomlTable::wrong_type(std::string_view key, std::string_view expected) const {
  return refuse(key, "'" + qualified(key) + "' must be " + std::string(expected));
}

Result<void> TomlTable::allow_only(std::initializer_list<std::string_view> known) const {
  const std::vector<std::string> names(known.begin(), known.end());
  const toml::key* first = nullptr;
  for (const auto& [key, value] : *table_) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    if (first == nullptr || comes_before(key.source(), first->source())) first = &key;
  }
  if (first == nullptr) return {};
  return failure("read", line_of(first->source(), *file_), "unknown key '" + qualified(first->str()) + "'",
                 did_you_mean(first->str(), names) + "known keys: " + listing(names));
}

Result<std::string> TomlTable::required_text(std::string_view key) const {
  auto value = TRY(text(key));
  if (!value) return refuse(key, "'" + qualified(key) + "' is missing");
  return *std::move(value);
}

Result<std::optional<std::string>> TomlTable::text(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<std::string>();
  if (!value) return wrong_type(key, "a string");
  return value;
}

Result<std::optional<std::int64_t>> TomlTable::integer(std::string_view key, std::int64_t low,
                                                       std::int64_t high) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<std::int64_t>();
  if (!value || *value < low || *value > high) {
    return wrong_type(key, "an integer from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

Result<std::vector<std::string>> TomlTable::texts_of(std::string_view key, const toml::array& array) const {
  std::vector<std::string> texts;
  for (const toml::node& node : array) {
    const auto value = node.value_exact<std::string>();
    if (!value) return wrong_type(key, "an array of strings");
    texts.push_back(*value);
  }
  return texts;
}

Result<std::vector<std::string>> TomlTable::texts(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::vector<std::string>();
  const toml::array* array = node->as_array();
  if (array == nullptr) return wrong_type(key, "an array of strings");
  return texts_of(key, *array);
}

Result<std::vector<std::string>> TomlTable::text_or_texts(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::vector<std::string>();
  if (const auto value = node->value_exact<std::string>()) return std::vector{*value};
  if (const toml::array* array = node->as_array()) return texts_of(key, *array);
  return wrong_type(key, "a string or an array of strings");
}

Result<Pairs> TomlTable::pairs(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return Pairs();
  const toml::table* table = node->as_table();
  if (table == nullptr) return wrong_type(key, "a table of strings");
  std::vector<std::pair<const toml::key*, std::string>> entries;
  for (const auto& [name, value] : *table) {
    const auto text = value.value_exact<std::string>();
    if (!text) return TomlTable(*table, *file_, qualified(key)).wrong_type(name.str(), "a string (quote it)");
    entries.emplace_back(&name, *text);
  }
  // toml++ keeps tables sorted by key; the order of the file is in the keys' positions.
  std::ranges::sort(entries,
                    [](const auto& a, const auto& b) { return comes_before(a.first->source(), b.first->source()); });
  Pairs pairs;
  for (auto& [name, text] : entries) pairs.emplace_back(name->str(), std::move(text));
  return pairs;
}

Result<std::optional<bool>> TomlTable::boolean(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<bool>();
  if (!value) return wrong_type(key, "true or false");
  return value;
}

Result<std::optional<std::chrono::year_month_day>> TomlTable::date(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<toml::date>();
  if (!value) return wrong_type(key, "a date without quotes: 2027-01-31");
  return std::chrono::year(value->year) / value->month / value->day;
}

Result<std::optional<TomlTable>> TomlTable::table(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::nullopt;
  const toml::table* table = node->as_table();
  if (table == nullptr) return wrong_type(key, "a table");
  return TomlTable(*table, *file_, qualified(key));
}

Result<std::vector<std::pair<std::string, TomlTable>>> TomlTable::tables() const {
  std::vector<std::pair<std::string, TomlTable>> all;
  for (const auto& [key, node] : *table_) {
    const toml::table* table = node.as_table();
    if (table == nullptr) return wrong_type(key.str(), "a table");
    all.emplace_back(key.str(), TomlTable(*table, *file_, qualified(key.str())));
  }
  return all;
}

Result<std::vector<TomlTable>> TomlTable::list(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::vector<TomlTable>();
  const toml::array* array = node->as_array();
  if (array == nullptr) return wrong_type(key, "a list of tables: write [[" + qualified(key) + "]]");
  std::vector<TomlTable> list;
  for (const toml::node& entry : *array) {
    const toml::table* table = entry.as_table();
    if (table == nullptr) return wrong_type(key, "a list of tables: write [[" + qualified(key) + "]]");
    list.emplace_back(*table, *file_, qualified(key));
  }
  return list;
}

std::variant<std::monostate, double, std::string> TomlTable::number_or_text(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return {};
  if (const auto number = node->value<double>()) return *number;
  if (const auto text = node->value_exact<std::string>()) return *text;
  return {};
}

std::string TomlTable::origin() const { return line_of(table_->source(), *file_); }

}  // namespace frostbyte
