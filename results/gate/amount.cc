#include "results/gate/amount.h"

#include <charconv>
#include <cmath>

#include "launcher/base/units.h"
#include "results/metric/quantity.h"

namespace frostbyte::gate {
namespace {

using metric::Unit;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string_view example(Unit unit) {
  switch (unit) {
    case Unit::nanoseconds:
      return "\"250 us\"";
    case Unit::bytes:
      return "\"2 MiB\"";
    case Unit::count:
      return "40";
    case Unit::millihertz:
      return "\"1000 /s\"";
    case Unit::millionths:
      return "\"95 %\"";
    case Unit::ratio:
      break;
  }
  return "0.95 or \"95 %\"";
}

/// All of `text` is a number that is finite and not negative.
std::optional<double> plain_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

/// A bare number of time or size would be read in a unit its writer may not have meant.
bool has_unit(std::string_view text) { return text.find_first_not_of("+-.0123456789eE ") != std::string_view::npos; }

/// "1000 /s", "12.5 k/s" as events in a thousand seconds.
std::optional<double> rate(std::string_view text) {
  if (!text.ends_with("/s")) return std::nullopt;
  text = trimmed(text.substr(0, text.size() - 2));
  double scale = 1e3;
  if (text.ends_with('k') || text.ends_with('M')) {
    scale = text.back() == 'k' ? 1e6 : 1e9;
    text = trimmed(text.substr(0, text.size() - 1));
  }
  const auto value = plain_number(text);
  return value ? std::optional(*value * scale) : std::nullopt;
}

/// Of::unit. Errors: as the units' own parsers word them.
Result<double> in_unit(std::string_view text, Unit unit) {
  const auto refuse = [&](std::string cause) { return failure("read amount", std::string(text), std::move(cause)); };
  if (unit == Unit::nanoseconds || unit == Unit::bytes) {
    if (!has_unit(text)) return refuse("it has no unit");
    if (unit == Unit::bytes) return static_cast<double>(TRY(parse_bytes(text)).count);
    return static_cast<double>(TRY(parse_duration(text)).count());
  }
  if (unit == Unit::millihertz) {
    const auto value = rate(text);
    return value ? *value : Result<double>(refuse("it is not a number with /s, k/s or M/s"));
  }
  if (unit == Unit::millionths) return refuse("it is no percentage");
  const auto value = plain_number(text);
  if (!value) return refuse("it is not a number from 0 on");
  return *value;
}

/// "3 %" as 3; nothing when it is no percentage.
std::optional<Result<double>> percentage(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const auto value = plain_number(trimmed(text.substr(0, text.size() - 1)));
  if (value) return *value;
  return failure("read percentage", std::string(text), "it is not a number from 0 on before the %");
}

enum class Percent : std::uint8_t { of_base, of_one, none };

Result<Amount> parse_amount(std::string_view text, Unit unit, Percent meaning) {
  Amount amount{.of = Amount::Of::unit, .value = 0, .text = std::string(text)};
  if (const auto percent = percentage(text)) {
    if (meaning == Percent::none) return failure("read amount", std::string(text), "a percentage of what?");
    amount.of = meaning == Percent::of_base ? Amount::Of::base : Amount::Of::unit;
    amount.value = TRY(*percent) / 100;
    if (unit == Unit::millionths && amount.of == Amount::Of::unit) amount.value *= 1e6;
  } else {
    amount.value = TRY(in_unit(text, unit));
  }
  return amount;
}

Result<std::optional<Amount>> read_amount(const TomlTable& table, std::string_view key, Unit unit, Percent meaning) {
  if (!table.has(key)) return std::nullopt;
  const std::string name = table.qualified(key);
  const std::string hint = "write it like " + std::string(key) + " = " +
                           (meaning == Percent::of_base ? "\"3 %\" or " : "") + std::string(example(unit));
  const auto node = table.number_or_text(key);
  std::string text;
  if (const auto* number = std::get_if<double>(&node)) {
    const bool plain = unit == Unit::count || unit == Unit::ratio;
    if (!plain || meaning == Percent::of_base)
      return table.refuse(key, "'" + name + "' has no unit: " + metric::exact(*number), hint);
    text = metric::exact(*number);
  } else if (const auto* string = std::get_if<std::string>(&node)) {
    text = trimmed(*string);
  } else {
    return table.refuse(key, "'" + name + "' must be a text or a number", hint);
  }
  Result<Amount> amount = parse_amount(text, unit, meaning);
  if (!amount) return table.refuse(key, "'" + name + "' is '" + text + "': " + amount.error().cause, hint);
  return *std::move(amount);
}

}  // namespace

Result<std::optional<Amount>> read_limit(const TomlTable& table, std::string_view key, Unit unit) {
  return read_amount(table, key, unit,
                     unit == Unit::ratio || unit == Unit::millionths ? Percent::of_one : Percent::none);
}

Result<std::optional<Amount>> read_change(const TomlTable& table, std::string_view key, Unit unit) {
  return read_amount(table, key, unit, Percent::of_base);
}

std::string limit_in_words(const Change& change) {
  const std::string_view way = change.way == Change::Way::increase ? "above" : "below";
  std::string text = "at most " + change.at_most.text;
  if (change.and_at_least) text += " or " + change.and_at_least->text;
  text += " " + std::string(way) + " the base";
  return change.and_at_least ? text + ", whichever is more" : text;
}

}  // namespace frostbyte::gate
