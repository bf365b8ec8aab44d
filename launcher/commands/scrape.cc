// Two pages of /metrics a window, of one or many services at once; the windows become the samples of a run, so that
// report and compare work on them as on launches.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <thread>

#include "launcher/commands/color.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/host_summary.h"
#include "launcher/commands/interruption.h"
#include "launcher/commands/message.h"
#include "launcher/commands/run_file.h"
#include "launcher/commands/run_output.h"
#include "launcher/commands/scrape_flags.h"
#include "launcher/commands/step.h"
#include "launcher/scrape/window.h"

namespace frostbyte::commands {
namespace {

constexpr std::string_view kDetails =
    "Scrapes each URL at the beginning and at the end of a window, and says what the service did in between: requests "
    "a\n"
    "second, quantiles of their duration, memory, processor time, garbage collection. Several services are scraped in "
    "the\n"
    "same windows.\n"
    "\n"
    "Examples\n"
    "  frostbyte scrape http://127.0.0.1:8080/metrics --window 30s\n"
    "  frostbyte scrape -n go http://127.0.0.1:8080 -n rust http://127.0.0.1:8081 --window 10s -r 12 --run-file "
    "run.jsonl\n"
    "  frostbyte scrape http://127.0.0.1:8080 --latency http_request_duration_seconds --select path=/echo";

struct Service {
  std::string name;
  scrape::Url url;
  scrape::Selection selection{};
  std::optional<scrape::Page> last{};
};

struct Request {
  std::vector<Service> services;
  std::vector<Output> outputs;
  std::string run_path;
  Nanos window{};
  Nanos timeout{};
};

class ScrapeCommand {
 public:
  ScrapeCommand(const ScrapeFlags& flags, const Invocation& invocation, const SweepEnvironment& environment)
      : flags_(flags), invocation_(invocation), environment_(environment) {}

  ExitCode run() {
    const Step<ExitCode> end = measure();
    return end ? *end : give_up(end.error().error, end.error().code);
  }

 private:
  Step<ExitCode> measure() {
    Request request = TRY(or_usage(read_request()));
    TRY(open_windows(request));
    OpenRun open = TRY(or_cannot(create_run(request.run_path, header(request),
                                            flags_.overwrite ? record::IfExists::replace : record::IfExists::refuse)));
    const Interruption interruption;
    record::EndReason reason = record::EndReason::complete;
    for (std::uint32_t round = 0; round < flags_.runs && reason == record::EndReason::complete; ++round) {
      if (wait(request.window))
        TRY(or_cannot(close_window(request, round, open.writer)));
      else
        reason = record::EndReason::interrupted;
    }
    TRY(or_cannot(open.writer.finish(reason)));
    const record::Run run = TRY(or_cannot(record::read_run(open.writer.path())));
    const report::Report report{.summary = summary::summarise(run)};
    TRY(or_cannot(write_outputs(report, open.writer.path(), request.outputs, flags_.color)));
    return reason == record::EndReason::interrupted ? ExitCode::interrupted : ExitCode::pass;
  }

  // ---- before ----

  Result<Request> read_request() const {
    Request request;
    std::vector<std::string> formats = report_formats();
    formats.emplace_back("run");
    request.outputs = TRY(parse_outputs(flags_.outputs, formats));
    request.run_path = TRY(choose_run_path(flags_.run_file, request.outputs));
    const bool only_run =
        std::ranges::all_of(request.outputs, [](const Output& output) { return output.format == "run"; });
    if (only_run) request.outputs.push_back({.format = "console", .path = "-"});
    request.window = TRY(read_time("--window", flags_.window));
    request.timeout = TRY(read_time("--timeout", flags_.timeout));
    request.services = TRY(read_services());
    return request;
  }

  static Result<Nanos> read_time(const char* flag, const std::string& text) {
    const auto time = parse_duration(text);
    if (!time || *time <= Nanos(0))
      return failure(std::string("read ") + flag, text, "it is not a positive duration", std::string(flag) + " 10s");
    return *time;
  }

  Result<std::vector<Service>> read_services() const {
    if (flags_.names.size() > flags_.urls.size())
      return failure("read --name", flags_.names[flags_.urls.size()], "there are more names than URLs",
                     "one -n for each");
    const scrape::Selection selection = TRY(read_selection());
    std::vector<Service> services;
    for (std::size_t i = 0; i < flags_.urls.size(); ++i) {
      const scrape::Url url = TRY(scrape::parse_url(flags_.urls[i]));
      const std::string name = i < flags_.names.size() ? flags_.names[i] : scrape::to_string(url);
      if (std::ranges::find(services, name, &Service::name) != services.end())
        return failure("scrape", name, "two services have this name", "-n ONE URL -n OTHER URL");
      services.push_back({.name = name, .url = url, .selection = selection});
    }
    return services;
  }

  Result<scrape::Selection> read_selection() const {
    scrape::Selection selection{.latency = flags_.latency, .requests = flags_.requests, .labels = {}};
    for (const std::string& text : flags_.select) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0)
        return failure("read --select", text, "it is not LABEL=VALUE", "--select path=/echo");
      selection.labels[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return selection;
  }

  [[nodiscard]] record::Header header(const Request& request) const {
    record::Header header;
    header.tool = environment_.tool;
    header.started = record::utc_timestamp(std::chrono::system_clock::now());
    header.argv = invocation_.argv;
    header.host = environment_.host_facts();
    header.host["summary"] = host_summary(header.host);
    header.plan["kind"] = "scrape";
    header.plan["window_ns"] = request.window.count();
    for (const Service& service : request.services) {
      record::Json settings = {{"url", scrape::to_string(service.url)}};
      settings["latency"] = service.selection.latency ? record::Json(*service.selection.latency) : record::Json();
      settings["requests"] = service.selection.requests ? record::Json(*service.selection.requests) : record::Json();
      header.variants.push_back({.name = service.name, .settings = std::move(settings)});
    }
    return header;
  }

  // ---- during ----

  static Step<void> open_windows(Request& request) {
    for (Service& service : request.services) {
      service.last = TRY(or_cannot(scrape::fetch(service.url, request.timeout)));
      service.selection = TRY(or_usage(scrape::choose(service.selection, service.last->exposition)));
    }
    return {};
  }

  /// False when interrupted.
  static bool wait(Nanos time) {
    constexpr Nanos kGlance = std::chrono::milliseconds(20);
    const Instant until = MonotonicClock::now() + time;
    for (Instant now = MonotonicClock::now(); now < until; now = MonotonicClock::now()) {
      if (Interruption::flag()) return false;
      std::this_thread::sleep_for(std::min(kGlance, until - now));
    }
    return !Interruption::flag();
  }

  static Result<void> close_window(Request& request, std::uint32_t round, record::RunWriter& writer) {
    std::uint64_t sequence = std::uint64_t{round} * request.services.size();
    for (Service& service : request.services) {
      scrape::Page page = TRY(scrape::fetch(service.url, request.timeout));
      scrape::Figures figures = scrape::measure(*service.last, page, service.selection);
      record::Sample sample;
      sample.sequence = sequence++;
      sample.round = round;
      sample.variant = service.name;
      sample.values = std::move(figures.values);
      sample.unavailable = std::move(figures.unavailable);
      sample.flags = std::move(figures.flags);
      TRY(writer.write(sample));
      service.last = std::move(page);
    }
    return {};
  }

  const ScrapeFlags& flags_;
  const Invocation& invocation_;
  const SweepEnvironment& environment_;
};

}  // namespace

Command scrape_command(const SweepEnvironment& environment) {
  return {.name = "scrape",
          .summary = "measures running services by their /metrics pages",
          .details = std::string(kDetails),
          .after_dashes = AfterDashes::positionals,
          .declare = [environment](CLI::App& app, const Invocation& invocation) -> std::function<ExitCode()> {
            const auto flags = std::make_shared<ScrapeFlags>();
            declare_scrape_flags(app, *flags);
            return [flags, environment, &invocation] { return ScrapeCommand(*flags, invocation, environment).run(); };
          }};
}

}  // namespace frostbyte::commands
