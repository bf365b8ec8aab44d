// Any text as function.toml, workloads.toml, command line, contract and root: parsed or refused, with a subject.
#include "launcher/function/function_file.h"
#include "law.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using frostbyte::fuzz::must;
  namespace function = frostbyte::function;
  const std::string_view text = frostbyte::fuzz::read_input(data, size).text;
  if (const auto parsed = function::parse_function(text, "/f/function.toml")) {
    must(!parsed->name.empty() && parsed->name.find('/') == std::string::npos, "a function has a name");
    must(!parsed->command.empty() && !parsed->contracts.empty(), "a function has a command and a contract");
    must(parsed->fixed_port != 0, "a port is not 0");
  } else {
    must(parsed.error().subject.starts_with("/f/function.toml"), "a refusal names the file");
  }
  if (const auto workloads = function::parse_workloads(text, "/f/workloads.toml")) {
    for (const auto& [name, workload] : *workloads)
      must(check_request(workload.request).has_value(), "requests are valid");
  }
  (void)function::split_command(text);
  (void)function::parse_contract(text);
  (void)function::parse_root(text);
  return 0;
}
