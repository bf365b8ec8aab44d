#include "launcher/host/doctor.h"

#include <unistd.h>

#include "launcher/commands/color.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/flag.h"
#include "launcher/commands/message.h"
#include "launcher/commands/outputs.h"
#include "launcher/commands/step.h"
#include "launcher/host/render.h"

namespace frostbyte::commands {
namespace {

constexpr std::string_view kDetails =
    "Examples\n"
    "  frostbyte doctor\n"
    "  frostbyte doctor --clean\n"
    "  frostbyte doctor -o json=host.json";

struct DoctorFlags {
  std::vector<std::string> outputs;
  std::string cgroup_parent;
  std::string color = "auto";
  bool clean = false;
};

void declare_doctor_flags(CLI::App& app, DoctorFlags& flags) {
  app.add_flag("--clean", flags.clean, "remove what killed sweeps left behind");
  value_flag(app, "--cgroup-parent", flags.cgroup_parent, "DIR", "cgroup directory to work below, as of a sweep");
  repeated_flag(app, "-o,--output", flags.outputs, "FORMAT=PATH",
                "write a format to a file, - is standard output; console=- without any; formats: console, json");
  declare_color(app, flags.color);
}

std::string render(const Output& output, const host::DoctorReport& report, const std::string& color) {
  if (output.format == "json") return host::to_json(report).dump(2) + "\n";
  const auto options = render_options(output.path == "-" ? STDOUT_FILENO : -1, color);
  return host::to_text(report, {.colour = options.colour == report::Colour::on ? host::TextStyle::Colour::on
                                                                               : host::TextStyle::Colour::off,
                                .width = static_cast<int>(options.width)});
}

Step<ExitCode> examine_host(const DoctorFlags& flags) {
  const std::vector<std::string> formats = {"console", "json"};
  const auto outputs = TRY(or_usage(parse_outputs(flags.outputs, formats)));
  host::DoctorOptions options;
  if (!flags.cgroup_parent.empty()) options.cgroup_parent = flags.cgroup_parent;
  if (flags.clean) options.leftovers = host::DoctorOptions::Leftovers::remove;
  const host::DoctorReport report = TRY(or_cannot(host::examine(options)));
  for (const Output& output : outputs) TRY(or_cannot(write_output(output, render(output, report, flags.color))));
  return report.can_measure ? ExitCode::pass : ExitCode::cannot_measure;
}

}  // namespace

Command doctor_command() {
  return {.name = "doctor",
          .summary = "tells what this host can measure, what it cannot, and the fix",
          .details = std::string(kDetails),
          .after_dashes = AfterDashes::positionals,
          .declare = [](CLI::App& app, const Invocation&) -> std::function<ExitCode()> {
            const auto flags = std::make_shared<DoctorFlags>();
            declare_doctor_flags(app, *flags);
            return [flags] {
              const Step<ExitCode> done = examine_host(*flags);
              return done ? *done : give_up(done.error().error, done.error().code);
            };
          }};
}

}  // namespace frostbyte::commands
