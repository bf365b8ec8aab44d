#include "results/record/scan.h"

#include <fcntl.h>

#include <optional>

#include "results/record/json.h"
#include "results/record/line_reader.h"

namespace frostbyte::record {
namespace {

std::string line_of(const LineReader& lines) { return "read line " + std::to_string(lines.number()) + " of"; }

Result<Run> scan_header(LineReader& lines, const std::string& subject, Digest& digest) {
  const auto line = TRY(lines.next());
  if (!line) {
    return failure("read run", subject, lines.torn() == 0 ? "it is empty" : "its first line is cut off",
                   "nothing was measured into it: delete it and start again");
  }
  digest.add_line(*line);
  Result<Header> header = decode_header(*line);
  if (!header) return wrap(std::move(header.error()), line_of(lines), subject);
  Result<Run> run = Run::start(std::move(*header));
  if (!run) return wrap(std::move(run.error()), line_of(lines), subject);
  return run;
}

/// The counts are compared before the digest: what is missing says more than that something was changed.
Result<void> scan_end(std::string_view line, Scan& scan) {
  const End end = TRY(decode_end(line));
  TRY(scan.run.finish(end));
  if (end.digest.empty()) {
    return failure("read member", "end.digest",
                   "it is missing, so nothing tells whether the lines before are those that were measured",
                   "every release writes it; without its last line the file reads as an unfinished run");
  }
  if (end.digest == scan.digest.text()) return {};
  return failure("use", "the run", "the file was changed after it was measured: its lines are not those its end states",
                 "read the file as it was written; figures of a changed one are nobody's");
}

/// One line after the header, into the run.
Result<LineKind> scan_line(std::string_view line, Scan& scan, Sample& sample, const OnSample& on_sample) {
  const LineKind kind = TRY(decode_sample(line, sample));
  if (kind == LineKind::end) {
    TRY(scan_end(line, scan));
  } else {
    TRY(scan.run.add(sample));
    scan.digest.add_line(line);
    if (on_sample) TRY(on_sample(sample));
  }
  return kind;
}

Result<void> scan_lines(LineReader& lines, const std::string& subject, Scan& scan, const OnSample& on_sample) {
  Sample sample;
  while (const auto line = TRY(lines.next())) {
    Result<LineKind> kind = scan_line(*line, scan, sample, on_sample);
    if (!kind) return wrap(std::move(kind.error()), line_of(lines), subject);
    if (*kind == LineKind::sample) scan.samples_end = lines.offset();
  }
  return {};
}

void note_deviations(Scan& scan) {
  const std::string samples = std::to_string(scan.run.counts().samples);
  if (scan.torn != 0) {
    scan.run.note("the last line is cut off after " + std::to_string(scan.torn) +
                  " bytes and was not used: " + samples + " whole samples were read");
  }
  if (!scan.run.end()) {
    scan.run.note("the run has no end: it was killed, or is still being measured; " + samples + " samples so far");
  }
}

}  // namespace

Result<Scan> scan_run(int fd, const std::string& subject, const OnSample& on_sample) {
  LineReader lines(fd, subject);
  Digest digest;
  Run run = TRY(scan_header(lines, subject, digest));
  Scan scan{.run = std::move(run), .digest = std::move(digest)};
  scan.samples_end = lines.offset();
  TRY(scan_lines(lines, subject, scan, on_sample));
  scan.torn = lines.torn();
  if (scan.torn != 0 && scan.run.end()) {
    return failure("read", subject, "something follows the end of the run",
                   "the file was changed after it was measured");
  }
  note_deviations(scan);
  return scan;
}

Result<Run> read_run(const std::filesystem::path& path, const OnSample& on_sample) {
  const Fd fd = TRY(open_file(path.string(), O_RDONLY));
  return std::move(TRY(scan_run(fd.get(), path.string(), on_sample)).run);
}

}  // namespace frostbyte::record
