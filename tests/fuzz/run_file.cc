// Any bytes as a run file: read or refused, with the file's name; what is read holds together. Both parsers of samples
// must agree on every line that looks like our own.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <set>

#include "launcher/base/fd.h"
#include "law.h"
#include "results/record/json.h"
#include "results/record/scan.h"

namespace {

using frostbyte::fuzz::must;
namespace record = frostbyte::record;

frostbyte::Fd file_of(std::string_view text) {
  frostbyte::Fd fd(::memfd_create("run", MFD_CLOEXEC));
  must(fd.get() >= 0, "there is memory for a file");
  must(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()), "the file holds the text");
  must(::lseek(fd.get(), 0, SEEK_SET) == 0, "it is read from its beginning");
  return fd;
}

void check_run(const record::Run& run) {
  must(run.variants().size() == run.header().variants.size(), "every variant has its data");
  std::uint64_t rows = 0;
  std::set<std::string> names;
  for (std::size_t i = 0; i < run.variants().size(); ++i) {
    const record::VariantData& data = run.variants()[i];
    must(names.insert(run.header().variants[i].name).second, "names are unique");
    rows += data.rows.size();
    for (const auto& [metric, cells] : data.columns) must(cells.size() == data.rows.size(), "a cell a row");
  }
  must(rows == run.counts().samples && rows == run.order().size(), "every sample is one row");
  must(run.end().has_value() || !run.notes().empty(), "a run without an end says so");
  if (run.end()) must(run.end()->samples == rows, "the end counts the samples");
}

void check_line(std::string_view line) {
  record::Sample quick;
  record::Sample thorough;
  const auto a = record::decode_sample(line, quick);
  const auto b = record::decode_sample_with_library(line, thorough);
  must(a.has_value() == b.has_value(), "both parsers take the same lines");
  if (!a || *a != record::LineKind::sample) return;
  must(record::encode(quick) == record::encode(thorough), "both parsers read the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = frostbyte::fuzz::read_input(data, size).text;
  const frostbyte::Fd fd = file_of(text);
  const auto scan = record::scan_run(fd.get(), "/r/run.jsonl", {});
  if (scan) {
    check_run(scan->run);
    must(scan->samples_end + scan->torn <= text.size(), "offsets lie in the file");
  } else {
    must(scan.error().message().find("/r/run.jsonl") != std::string::npos, "a refusal names the file");
  }
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    check_line(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return 0;
}
