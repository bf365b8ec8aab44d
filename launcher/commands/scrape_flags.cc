#include "launcher/commands/scrape_flags.h"

#include "launcher/commands/color.h"
#include "launcher/commands/flag.h"
#include "launcher/commands/outputs.h"

namespace frostbyte::commands {

void declare_scrape_flags(CLI::App& app, ScrapeFlags& flags) {
  app.add_option("URL", flags.urls, "a service's metrics page: http://HOST:PORT[/metrics]")->required();
  const std::string what = "What is read";
  repeated_flag(app, "-n,--name", flags.names, "NAME", "name of the service in the same place")->group(what);
  value_flag(app, "--latency", flags.latency, "FAMILY",
             "histogram or summary of request durations; without it the one that looks like it")
      ->group(what);
  value_flag(app, "--requests", flags.requests, "FAMILY", "counter of requests; the latency's own count without it")
      ->group(what);
  repeated_flag(app, "--select", flags.select, "LABEL=VALUE", "only series with this label; repeatable")->group(what);
  const std::string when = "When";
  value_flag(app, "--window", flags.window, "DURATION", "time between two scrapes")->group(when);
  value_flag(app, "-r,--runs", flags.runs, "N", "windows, one after the other")
      ->check(in_range(1u, 1'000'000u))
      ->group(when);
  value_flag(app, "--timeout", flags.timeout, "DURATION", "longest time a scrape may take")->group(when);
  const std::string results = "Results";
  declare_outputs(app, flags.outputs, "run")->group(results);
  value_flag(app, "--run-file", flags.run_file, "PATH", "write every window to this file as it ends; as -o run=PATH")
      ->group(results);
  app.add_flag("--overwrite", flags.overwrite, "replace the run file if there is one")->group(results);
  declare_color(app, flags.color)->group(results);
}

}  // namespace frostbyte::commands
