// How commands declare flags with CLI11: one call a flag, everything about it in that call.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace frostbyte::commands {

/// A flag with one value; given twice, the last counts, so that an alias can be overridden. `value` stands for it in
/// help; its present content is the default told there.
template <class T>
CLI::Option* value_flag(CLI::App& app, const std::string& names, T& target, const std::string& value,
                        const std::string& help) {
  return app.add_option(names, target, help)->capture_default_str()->take_last()->type_name(value);
}

template <class T>
CLI::Option* value_flag(CLI::App& app, const std::string& names, std::optional<T>& target, const std::string& value,
                        const std::string& help) {
  return app.add_option(names, target, help)->take_last()->type_name(value);
}

/// A flag that may be given several times, with one value each time: values that begin like a positional stay that.
inline CLI::Option* repeated_flag(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                                  const std::string& value, const std::string& help) {
  return app.add_option(names, target, help)->type_name(value)->allow_extra_args(false)->take_all();
}

/// The same, and a value may hold several, separated by commas.
inline CLI::Option* list_flag(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                              const std::string& value, const std::string& help) {
  return repeated_flag(app, names, target, value, help)->delimiter(',');
}

/// Validators whose own description does not end up beside the value's name in help.
template <class T>
CLI::Validator in_range(T least, T most) {
  return CLI::Range(least, most).description("");
}

inline CLI::Validator one_of(std::initializer_list<const char*> words) {
  return CLI::IsMember(std::vector<std::string>(words.begin(), words.end())).description("");
}

}  // namespace frostbyte::commands
