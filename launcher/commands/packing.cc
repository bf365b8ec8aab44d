#include "launcher/commands/packing.h"

#include <fmt/format.h>

#include <algorithm>

namespace frostbyte::commands {
namespace {

using function::ContractKind;
using function::Function;

bool speaks(const Function& function, ContractKind contract) {
  return std::ranges::find(function.contracts, contract) != function.contracts.end();
}

/// Names of repositories are lower case, digits, and single dots, dashes and underscores between them.
std::string repository_of(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (upper || plain) {
      text += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!text.empty() && text.back() != '-') {
      text += c == '.' || c == '_' ? (text.back() == '.' || text.back() == '_' ? '-' : c) : '-';
    }
  }
  while (!text.empty() && (text.back() == '-' || text.back() == '.' || text.back() == '_')) text.pop_back();
  return text.empty() ? "function" : text;
}

std::map<std::string, std::string> labels_of(const Function& function, const std::string& recipe) {
  std::map<std::string, std::string> labels;
  labels.emplace(image_label::kName, function.name);
  labels.emplace(image_label::kRecipe, recipe);
  std::vector<std::string_view> contracts;
  for (const ContractKind contract : function.contracts) contracts.push_back(function::to_string(contract));
  labels.emplace(image_label::kContract, fmt::format("{}", fmt::join(contracts, ",")));
  if (!function.serves.empty())
    labels.emplace(image_label::kServes, fmt::format("{}", fmt::join(function.serves, ",")));
  for (const auto& [name, value] : function.labels) labels.emplace(std::string(image_label::kLabel) + name, value);
  return labels;
}

}  // namespace

pack::Description describe(const Function& function, const std::string& recipe) {
  pack::Description description{.subject = {.name = function.name,
                                            .folder = function.folder,
                                            .program = function.program,
                                            .command = function.command},
                                .environment = function.env,
                                .exposed_ports = {},
                                .labels = labels_of(function, recipe),
                                .repository = repository_of(function.name),
                                .tag = recipe};
  if (!speaks(function, ContractKind::port)) return description;
  const std::uint16_t port = function.fixed_port.value_or(kImagePort);
  description.exposed_ports.push_back(fmt::format("{}/tcp", port));
  if (!function.fixed_port) description.environment.emplace_back("PORT", std::to_string(port));
  return description;
}

}  // namespace frostbyte::commands
