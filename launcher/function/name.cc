#include "launcher/function/name.h"

#include <algorithm>

namespace frostbyte::function {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::optional<std::string> name_problem(std::string_view name) {
  if (name.empty()) return "a name must not be empty";
  if (name.size() > 128) return "a name has at most 128 bytes";
  if (name == "." || name == "..") return "'" + std::string(name) + "' is not a name";
  if (name.find('/') != std::string_view::npos) return "a name must not hold '/'";
  if (std::any_of(name.begin(), name.end(), is_control)) return "a name must not hold control characters";
  if (name.front() == ' ' || name.back() == ' ') return "a name must not begin or end with a space";
  return {};
}

}  // namespace frostbyte::function
