#include "images/audit/scan.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <optional>
#include <thread>

#include "images/audit/recompress.h"

namespace frostbyte::audit {
namespace {

using oci::Entry;
using oci::EntryType;
using oci::Severity;

/// What the threads share: how much has been read in all, and whether it is still worth going on.
struct Progress {
  std::atomic<std::uint64_t> entries = 0;
  std::atomic<std::uint64_t> unpacked = 0;
  std::atomic<std::size_t> lowest_failed = static_cast<std::size_t>(-1);

  void fail(std::size_t layer) {
    std::size_t known = lowest_failed.load();
    while (layer < known && !lowest_failed.compare_exchange_weak(known, layer)) {
    }
  }
};

constexpr std::array<std::string_view, 3> kStargzFiles = {"stargz.index.json", ".prefetch.landmark",
                                                          ".no.prefetch.landmark"};

class LayerScanner {
 public:
  LayerScanner(const oci::Layer& layer, std::size_t index, const ScanOptions& options, Progress& progress)
      : layer_(layer), index_(index), options_(options), progress_(progress) {
    for (const int level : options.zstd_levels) recompressors_.emplace_back(level);
  }

  Result<Scan> scan() {
    if (!layer_.media_type.empty() && layer_.media_type.find("tar") == std::string::npos) return pass_unknown();
    oci::LayerReader reader = TRY(oci::LayerReader::open(layer_, options_.limits, [this](auto piece) { tap(piece); }));
    std::uint64_t begin = reader.compressed_position().in;
    for (;;) {
      const Entry* entry = TRY(reader.next());
      const auto place = reader.compressed_position();
      finish_pending(place.in - begin, place.border == oci::Attribution::Border::exact);
      begin = place.in;
      begin_exact_ = place.border == oci::Attribution::Border::exact;
      if (entry == nullptr) break;
      TRY(take(*entry, reader));
    }
    scan_.facts = TRY(reader.finish());
    scan_.findings.add(reader.findings());
    return finish();
  }

 private:
  void tap(std::span<const std::uint8_t> piece) {
    progress_.unpacked += piece.size();
    for (Recompressor& recompressor : recompressors_) recompressor.feed(piece);
  }

  Result<Scan> finish() {
    if (stargz_) {
      scan_.format_bytes = format_bytes_;
      scan_.findings.add(Severity::note, "estargz",
                         "a layer is eStargz: its index and landmarks are files like others");
    }
    for (Recompressor& recompressor : recompressors_) scan_.recompressed.push_back(recompressor.finish());
    return std::move(scan_);
  }

  /// A media type we have never heard of must not be an error: the blob counts, its content is not known.
  Result<Scan> pass_unknown() {
    scan_.findings.add(Severity::warning, "unknown_layer",
                       fmt::format("a layer of media type {} counts as transfer only", layer_.media_type));
    oci::BlobReader reader(layer_.blob, layer_.digest);
    std::vector<std::uint8_t> buffer(256 << 10);
    while (TRY(reader.read(buffer)) > 0) {
    }
    TRY(reader.verify());
    scan_.facts.blob_bytes = layer_.blob.size;
    return finish();
  }

  Result<void> check(const Entry& entry, const oci::LayerPath& path) {
    const oci::Limits& limits = options_.limits;
    const std::string& subject = layer_.blob.name;
    if (progress_.lowest_failed < index_) return failure("read layer", subject, "another layer could not be read");
    if (path.path.size() > limits.path)
      return failure("read layer", subject,
                     fmt::format("an entry's path has {} bytes; no engine can unpack more than {}", path.path.size(),
                                 limits.path));
    if (entry.size > limits.unpacked || progress_.unpacked > limits.unpacked)
      return failure("read layer", subject, fmt::format("the image unpacks to more than {} bytes", limits.unpacked),
                     "if that is meant, raise --max-unpacked");
    if (progress_.entries > limits.entries)
      return failure("read layer", subject, fmt::format("the image has more than {} entries", limits.entries),
                     "if that is meant, raise --max-entries");
    return {};
  }

  Result<void> take(const Entry& entry, oci::LayerReader& reader) {
    const oci::LayerPath path = oci::canonical_path(entry.path);
    progress_.entries += static_cast<std::uint64_t>(new_parts(path.path));
    TRY(check(entry, path));
    ++scan_.entries;
    if (path.escapes)
      scan_.findings.add(Severity::invalid, "path_escapes",
                         fmt::format("'{}' leads out of the root; it counts as '/{}'", entry.path, path.path));
    const oci::Marked marked = oci::read_mark(path.path);
    record_ = {.uid = static_cast<std::uint32_t>(entry.uid),
               .gid = static_cast<std::uint32_t>(entry.gid),
               .mode = static_cast<std::uint16_t>(entry.mode),
               .type = entry.type,
               .mark = marked.mark};
    path_ = marked.path;
    target_ = entry.type == EntryType::hardlink  ? oci::canonical_path(entry.target).path
              : entry.type == EntryType::symlink ? entry.target.substr(0, options_.limits.path)
                                                 : std::string();
    pending_ = true;
    if (entry.type == EntryType::file) TRY(read_payload(entry, reader));
    return {};
  }

  Result<void> read_payload(const Entry& entry, oci::LayerReader& reader) {
    XXH3_128bits_reset(hash_.get());
    std::uint64_t end = 0;
    for (;;) {
      const auto piece = TRY(reader.read());
      if (piece.bytes.empty()) break;
      // A hole is hashed as where the next piece begins: files with the same holes are the same.
      if (piece.offset != end) XXH3_128bits_update(hash_.get(), &piece.offset, sizeof piece.offset);
      XXH3_128bits_update(hash_.get(), piece.bytes.data(), piece.bytes.size());
      record_.size += piece.bytes.size();
      end = piece.offset + piece.bytes.size();
    }
    const XXH128_hash_t hash = XXH3_128bits_digest(hash_.get());
    record_.content = {.low = hash.low64, .high = hash.high64};
    note_special(entry);
    return {};
  }

  void note_special(const Entry& entry) {
    if (entry.size > record_.size)
      scan_.findings.add(
          Severity::note, "sparse",
          fmt::format("'/{}' is sparse: {} bytes with holes, {} without", path_, entry.size, record_.size));
    if (std::ranges::find(kStargzFiles, path_) == kStargzFiles.end()) return;
    stargz_ = stargz_ || path_ == kStargzFiles.front();
    format_bytes_ += record_.size;
  }

  /// What the entry before took of the blob is known when the next one begins.
  void finish_pending(std::uint64_t compressed, bool exact) {
    if (!pending_) return;
    record_.compressed = compressed;
    record_.exact = exact && begin_exact_;
    scan_.records.add(record_, path_, target_);
    last_path_ = path_;
    pending_ = false;
  }

  /// How many folders and files the path can add to the tree, judged by the path before.
  [[nodiscard]] std::ptrdiff_t new_parts(std::string_view path) const {
    const auto differs = std::mismatch(path.begin(), path.end(), last_path_.begin(), last_path_.end()).first;
    return 1 + std::count(differs, path.end(), '/');
  }

  const oci::Layer& layer_;
  std::size_t index_;
  const ScanOptions& options_;
  Progress& progress_;
  std::vector<Recompressor> recompressors_;
  Scan scan_;
  Record record_;
  std::string path_, target_, last_path_;
  bool pending_ = false;
  bool begin_exact_ = true;
  bool stargz_ = false;
  std::uint64_t format_bytes_ = 0;
  std::unique_ptr<XXH3_state_t, decltype([](XXH3_state_t* state) { XXH3_freeState(state); })> hash_{XXH3_createState()};
};

/// The largest first, so that no thread is left with a large one at the end.
std::vector<std::size_t> by_size(const std::vector<oci::Layer>& layers) {
  std::vector<std::size_t> order(layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return layers[i].blob.size; });
  return order;
}

}  // namespace

Result<std::vector<Scan>> scan_layers(const std::vector<oci::Layer>& layers, const ScanOptions& options) {
  std::vector<std::optional<Result<Scan>>> results(layers.size());
  const std::vector<std::size_t> order = by_size(layers);
  Progress progress;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t turn = next++; turn < order.size(); turn = next++) {
      const std::size_t index = order[turn];
      if (progress.lowest_failed < index) continue;
      results[index] = LayerScanner(layers[index], index, options, progress).scan();
      if (!*results[index]) progress.fail(index);
    }
  };
  {
    const unsigned processors =
        options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min<std::size_t>(processors, layers.size()); ++i) threads.emplace_back(work);
    work();
  }
  std::vector<Scan> scans;
  for (auto& result : results) {
    // Those after the first that failed may be absent; it comes before them.
    scans.push_back(TRY(std::move(*result)));
  }
  return scans;
}

}  // namespace frostbyte::audit
