// The file a sweep writes its samples to: named by the user, or a temporary one that is gone afterwards. Everything a
// sweep prints is read back from it, so that memory does not grow with the number of launches.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "launcher/base/file.h"
#include "launcher/commands/outputs.h"
#include "launcher/sweep/executor.h"
#include "launcher/sweep/run_header.h"
#include "launcher/sweep/schedule.h"
#include "results/record/run.h"
#include "results/record/run_writer.h"

namespace frostbyte::commands {

/// The one path of --run-file and `-o run=PATH`; empty when neither is given. `-o run=-` is no run file but a copy.
/// Errors: several; something that is not a regular file (-o run=PATH copies into those).
Result<std::string> choose_run_path(const std::string& run_file, const std::vector<Output>& outputs);

/// A run that --resume continues.
struct RecordedRun {
  record::Run run;
  sweep::Plan plan;
  sweep::History history;
  [[nodiscard]] bool complete() const { return run.end() && run.end()->reason == record::EndReason::complete; }
};
Result<RecordedRun> read_recorded(const std::string& path);

/// Errors: the plans differ, or how launches are made does; says in what.
Result<void> refuse_other_plan(const RecordedRun& recorded, const sweep::Plan& asked, const record::Json& executor);

/// How launches are made on this host, as it stands in a header.
record::Json executor_json(const sweep::ExecutorOptions& options);

struct OpenRun {
  std::optional<TempDir> temporary;
  record::RunWriter writer;
};

/// `path` empty: a temporary file.
Result<OpenRun> create_run(const std::string& path, const record::Header& header, record::IfExists if_exists);
Result<OpenRun> continue_run(const std::string& path);

}  // namespace frostbyte::commands
