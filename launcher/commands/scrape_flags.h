// The flags of `frostbyte scrape`: declared here, once, for parsing, help, man page and completions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace frostbyte::commands {

struct ScrapeFlags {
  std::vector<std::string> urls;
  std::vector<std::string> names;
  std::string window = "30s";
  std::uint32_t runs = 1;
  std::string timeout = "10s";
  std::optional<std::string> latency;
  std::optional<std::string> requests;
  std::vector<std::string> select;
  std::vector<std::string> outputs;
  std::string run_file;
  bool overwrite = false;
  std::string color = "auto";
};

void declare_scrape_flags(CLI::App& app, ScrapeFlags& flags);

}  // namespace frostbyte::commands
