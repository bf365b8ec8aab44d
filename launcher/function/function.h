// A function: an HTTP program under measurement, described by a function.toml or given as a bare command.
// Not here: how it is isolated or limited for one launch (sandbox, sweep's Variant).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/function/workload.h"

namespace frostbyte::function {

/// How a function is told where to serve.
enum class ContractKind : std::uint8_t { port, listen_fds, lambda };

std::string_view to_string(ContractKind kind);
Result<ContractKind> parse_contract(std::string_view text);

/// Which root file system a launch sees. Default: minimal for static programs of a function.toml, host otherwise.
enum class RootKind : std::uint8_t { automatic, minimal, host, directory };

struct Root {
  RootKind kind = RootKind::automatic;
  std::filesystem::path directory;  ///< only for RootKind::directory
};

/// Parses "auto", "minimal", "host" or a directory's path.
Result<Root> parse_root(std::string_view text);

/// Another build or setting of a function, which its function.toml names: what it changes of the function around it.
struct FunctionVariant {
  std::string name;                                      ///< "jemalloc"; unique within the function
  std::vector<std::string> command;                      ///< replaces the function's; empty keeps it
  std::vector<std::pair<std::string, std::string>> env;  ///< added to the function's
  std::map<std::string, std::string> labels;             ///< replace the function's of the same name
  std::map<std::string, std::string> settings;           ///< Function::settings
};

struct Function {
  std::string name;  ///< "alloc-cpp"; of a variant "alloc-cpp:jemalloc"
  std::string summary;
  std::filesystem::path file;        ///< the function.toml it came from; absolute. Empty for a bare command
  std::filesystem::path folder;      ///< holds the built program; absolute. Empty for a bare command
  std::vector<std::string> command;  ///< argv; a first word with a '/' is relative to `folder`
  std::filesystem::path program;  ///< the resolved executable, absolute. May not exist: the launch says so in its row
  std::vector<ContractKind> contracts = {ContractKind::port};  ///< those it speaks; the first is the default
  std::optional<std::uint16_t> fixed_port;                     ///< it binds this port whatever PORT says
  std::vector<std::string> serves;                             ///< workload names
  std::string metrics;                                         ///< path of its Prometheus page; empty without one
  std::vector<std::pair<std::string, std::string>> env;        ///< in file order
  std::map<std::string, std::string> labels;
  Root root;
  /// What the program must report of itself at the workload `allocator`: settings that took effect, by name.
  std::map<std::string, std::string> settings;
  std::vector<FunctionVariant> variants;  ///< those its function.toml names, in file order
};

/// Where functions are looked for when an argument is a name, and where a source folder's built program is found:
/// $FROSTBYTE_FUNCTIONS (colon-separated), then the build tree or the installation this executable belongs to.
std::vector<std::filesystem::path> search_path();

/// A folder with function.toml, the toml itself, or a bundled function's name; each may be followed by ":VARIANT".
/// Errors: no such variant; nothing found (naming every place looked at), unreadable TOML (with line), unknown or
/// missing keys.
Result<Function> load_function(std::string_view argument, const std::vector<std::filesystem::path>& search);

/// What a shell's `functions/*` names beside the functions: files and folders that are there and hold no function, in a
/// folder in which another argument names one. Takes them out of `arguments` and gives them back. Programs stay:
/// whoever names one may have meant to measure it.
std::vector<std::string> take_bystanders(std::vector<std::string>& arguments);

/// The function itself, then the first of its variants for each other combination of values of `labels`, leaving out
/// those that differ from it in any other label: what may be compared by these labels alone. A variant that was not
/// built is not among them; `skipped` gets its name and the path that is missing. Errors: no variant differs in them.
struct SkippedVariant {
  std::string name;
  std::filesystem::path program;
};
Result<std::vector<Function>> variants_by(const Function& function, const std::vector<std::string>& labels,
                                          const std::vector<std::filesystem::path>& search,
                                          std::vector<SkippedVariant>& skipped);

/// The workloads.toml that belongs to a function: in or beside the folder of its function.toml, in or beside the folder
/// of its built program, else in the search path.
Result<Workloads> workloads_for(const Function& function, const std::vector<std::filesystem::path>& search);

/// A function without a file. `words` is argv; the first word is looked up in PATH as execvp would.
Result<Function> bare_command(std::string name, std::vector<std::string> words);

/// Splits 'CMD ARGS' as a POSIX shell would split words (quotes and backslashes, no expansion).
Result<std::vector<std::string>> split_command(std::string_view text);

}  // namespace frostbyte::function
