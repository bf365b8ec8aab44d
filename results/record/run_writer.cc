#include "results/record/run_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "launcher/base/file.h"
#include "results/record/json.h"
#include "results/record/scan.h"

namespace frostbyte::record {
namespace {

enum class FileKind : std::uint8_t { absent, regular, stream };

FileKind kind_of(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return FileKind::absent;
  return S_ISREG(status.st_mode) ? FileKind::regular : FileKind::stream;
}

/// Held as long as the descriptor is open, so that two sweeps never interleave their lines.
Result<void> lock(int fd, const std::string& subject) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) {
    return failure("write", subject, "another process is writing this run", "wait for it, or write to another file");
  }
  return system_failure("lock", subject);
}

Result<Fd> open_for_create(const std::filesystem::path& path, FileKind kind, IfExists if_exists) {
  if (kind == FileKind::stream) return open_file(path.string(), O_WRONLY | O_APPEND);
  const int exclusive = if_exists == IfExists::refuse ? O_EXCL : 0;
  auto fd = open_file(path.string(), O_WRONLY | O_APPEND | O_CREAT | exclusive);
  if (!fd && fd.error().code == EEXIST) {
    fd.error().hint = "continue it with --resume, name another file, or delete it";
  }
  return fd;
}

Result<std::vector<std::string>> sorted_names(const Header& header) {
  std::vector<std::string> names;
  names.reserve(header.variants.size());
  for (const VariantInfo& variant : header.variants) names.push_back(to_utf8(variant.name));
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) return failure("write run with variant", *twice, "two variants have this name");
  return names;
}

Result<void> cut(int fd, std::uint64_t size, const std::string& subject) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return system_failure("shorten", subject);
  return {};
}

}  // namespace

Result<RunWriter> RunWriter::create(const std::filesystem::path& path, const Header& header, IfExists if_exists) {
  std::vector<std::string> names = TRY(sorted_names(header));
  const FileKind kind = kind_of(path);
  RunWriter writer(path, TRY(open_for_create(path, kind, if_exists)));
  writer.variants_ = std::move(names);
  writer.regular_ = kind != FileKind::stream;
  if (writer.regular_) {
    TRY(lock(writer.fd_.get(), path.string()));
    TRY(cut(writer.fd_.get(), 0, path.string()));
  }
  TRY(writer.append_measured(encode(header)));
  return writer;
}

Result<Resumed> RunWriter::resume(const std::filesystem::path& path) {
  RunWriter writer(path, TRY(open_file(path.string(), O_RDWR | O_APPEND)));
  TRY(lock(writer.fd_.get(), path.string()));
  Scan scan = TRY(scan_run(writer.fd_.get(), path.string(), {}));
  if (const auto& end = scan.run.end(); end && end->reason == EndReason::complete) {
    return failure("resume", path.string(), "the run is complete", "to measure more, start a new run");
  }
  TRY(cut(writer.fd_.get(), scan.samples_end, path.string()));
  writer.regular_ = true;
  writer.size_ = scan.samples_end;
  writer.written_ = scan.run.counts();
  writer.digest_ = std::move(scan.digest);
  writer.variants_ = TRY(sorted_names(scan.run.header()));
  std::vector<std::uint64_t> by_variant;
  for (const VariantData& variant : scan.run.variants()) by_variant.push_back(variant.rows.size());
  return Resumed{.writer = std::move(writer),
                 .header = scan.run.header(),
                 .samples = scan.run.counts().samples,
                 .samples_by_variant = std::move(by_variant),
                 .torn = scan.torn != 0};
}

Result<void> RunWriter::append_line(std::string line) {
  line += '\n';
  if (line.size() > kMaxLine) {
    return failure("write", path_.string(),
                   "a line of " + std::to_string(line.size()) + " bytes could not be read back");
  }
  const auto written = write_all(fd_.get(), line, path_.string());
  if (!written) {
    // A full disk takes part of a line; without it the file stays whole, and can be resumed once there is room.
    if (regular_) static_cast<void>(cut(fd_.get(), size_, path_.string()));
    return written;
  }
  size_ += line.size();
  return {};
}

Result<void> RunWriter::append_measured(const std::string& line) {
  TRY(append_line(line));
  digest_.add_line(line);
  return {};
}

Result<void> RunWriter::write(const Sample& sample) {
  const auto refuse = [&](std::string cause) {
    return failure("write sample", std::to_string(sample.sequence), std::move(cause));
  };
  if (finished_) return refuse("the run is finished");
  if (sample.sequence != written_.samples) return refuse("the next one is " + std::to_string(written_.samples));
  if (!std::ranges::binary_search(variants_, to_utf8(sample.variant))) {
    return refuse("its variant '" + sample.variant + "' is not in the run's plan");
  }
  TRY(append_measured(encode(sample)));
  ++written_.samples;
  if (sample.warmup) {
    ++written_.warmups;
  } else {
    ++written_.outcomes[static_cast<std::size_t>(sample.outcome)];
  }
  return {};
}

Result<void> RunWriter::finish(EndReason reason) {
  if (finished_) return failure("finish", path_.string(), "the run is finished");
  written_.reason = reason;
  written_.digest = digest_.text();
  TRY(append_line(encode(written_)));
  finished_ = true;
  if (regular_ && ::fsync(fd_.get()) != 0) return system_failure("flush", path_.string());
  return {};
}

}  // namespace frostbyte::record
