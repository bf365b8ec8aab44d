// Which texts of a function.toml or a command line may go on into tables, argv and requests. Internal to this module.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace frostbyte::function {

/// No text of ours may hold NUL: it ends in argv, an environment or a request.
[[nodiscard]] bool has_nul(std::string_view text);

/// A name stands in tables, file names and URLs: not empty, no '/', no control characters, not "." or "..".
std::optional<std::string> name_problem(std::string_view name);

}  // namespace frostbyte::function
