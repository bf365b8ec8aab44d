#include "launcher/commands/run_file.h"

#include <fmt/format.h>

namespace frostbyte::commands {
namespace {

bool is_stream(const std::string& path) {
  std::error_code ignored;
  const auto type = std::filesystem::status(path, ignored).type();
  return type != std::filesystem::file_type::regular && type != std::filesystem::file_type::not_found;
}

}  // namespace

Result<std::string> choose_run_path(const std::string& run_file, const std::vector<Output>& outputs) {
  if (!run_file.empty() && (run_file == "-" || is_stream(run_file)))
    return failure("write run file", run_file, "it is not a regular file",
                   "copy the run there at the end: -o run=" + run_file);
  std::string chosen = run_file;
  for (const Output& output : outputs) {
    if (output.format != "run" || output.path == "-" || is_stream(output.path)) continue;
    if (!chosen.empty())
      return failure("write run file", output.path, fmt::format("the run already goes to '{}'", chosen),
                     "name one run file");
    chosen = output.path;
  }
  return chosen;
}

Result<RecordedRun> read_recorded(const std::string& path) {
  record::Run run = TRY(record::read_run(path));
  auto plan = sweep::plan_of(run.header());
  if (!plan) return wrap(std::move(plan.error()), "resume", path);
  sweep::History history = sweep::History::of(run);
  return RecordedRun{.run = std::move(run), .plan = std::move(*plan), .history = std::move(history)};
}

record::Json executor_json(const sweep::ExecutorOptions& options) {
  record::Json json = record::Json::object();
  json["launcher_cpu"] = options.launcher_cpu ? record::Json(*options.launcher_cpu) : record::Json(nullptr);
  json["function_cpus"] = options.function_cpus;
  json["cgroup_parent"] = options.cgroup_parent ? record::Json(*options.cgroup_parent) : record::Json(nullptr);
  json["kernel_stamps"] = options.kernel_stamps == sweep::KernelStamps::off ? "off" : "automatic";
  return json;
}

Result<void> refuse_other_plan(const RecordedRun& recorded, const sweep::Plan& asked, const record::Json& executor) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> differences = sweep::differences(recorded.plan, asked);
  const record::Json before = recorded.run.header().plan.value("executor", record::Json());
  if (before != executor)
    differences.push_back(fmt::format("executor: {} in the run file, {} asked for", before.dump(), executor.dump()));
  if (differences.empty()) return {};
  std::string cause = "it is another plan";
  for (std::size_t i = 0; i < std::min(differences.size(), kShown); ++i) cause += "\n  " + differences[i];
  if (differences.size() > kShown) cause += fmt::format("\n  and {} more", differences.size() - kShown);
  return failure("resume", "the run", cause, "give the flags of the first run, or only --resume --run-file PATH");
}

Result<OpenRun> create_run(const std::string& path, const record::Header& header, record::IfExists if_exists) {
  if (!path.empty()) return OpenRun{.temporary = {}, .writer = TRY(record::RunWriter::create(path, header, if_exists))};
  TempDir temporary = TRY(TempDir::create());
  record::RunWriter writer = TRY(record::RunWriter::create(temporary.path() / "run.jsonl", header));
  return OpenRun{.temporary = std::move(temporary), .writer = std::move(writer)};
}

Result<OpenRun> continue_run(const std::string& path) {
  record::Resumed resumed = TRY(record::RunWriter::resume(path));
  return OpenRun{.temporary = {}, .writer = std::move(resumed.writer)};
}

}  // namespace frostbyte::commands
