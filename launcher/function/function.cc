#include "launcher/function/function.h"

#include <array>

#include "launcher/base/nearest.h"

namespace frostbyte::function {
namespace {

struct NamedContract {
  std::string_view name;
  ContractKind kind;
};
constexpr std::array kContracts = {
    NamedContract{"port", ContractKind::port},
    NamedContract{"listen-fds", ContractKind::listen_fds},
    NamedContract{"lambda", ContractKind::lambda},
};

}  // namespace

std::string_view to_string(ContractKind kind) {
  for (const NamedContract& contract : kContracts) {
    if (contract.kind == kind) return contract.name;
  }
  return "?";
}

Result<ContractKind> parse_contract(std::string_view text) {
  std::vector<std::string> names;
  for (const NamedContract& contract : kContracts) {
    if (contract.name == text) return contract.kind;
    names.emplace_back(contract.name);
  }
  return failure("read contract", std::string(text), "there is no contract '" + std::string(text) + "'",
                 did_you_mean(text, names) + "contracts: " + listing(names));
}

Result<Root> parse_root(std::string_view text) {
  if (text == "auto") return Root{.kind = RootKind::automatic, .directory = {}};
  if (text == "minimal") return Root{.kind = RootKind::minimal, .directory = {}};
  if (text == "host") return Root{.kind = RootKind::host, .directory = {}};
  const std::string hint = "write auto, minimal, host or the path of a directory (with a '/': ./rootfs)";
  // A directory must look like one, or a mistyped "minimal" would become a directory that does not exist.
  if (text.find('/') == std::string_view::npos) {
    return failure("read root", std::string(text), "'" + std::string(text) + "' is neither a known root nor a path",
                   hint);
  }
  if (text.find('\0') != std::string_view::npos)
    return failure("read root", std::string(text), "the path holds NUL", hint);
  return Root{.kind = RootKind::directory, .directory = std::filesystem::path(text)};
}

}  // namespace frostbyte::function
