#include "images/oci/layer_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace frostbyte::oci {

struct LayerReader::Stream {
  Layer layer;
  Decoder decoder;
  Tap tap;
  Hasher hasher;
  Findings findings{};

  Result<std::span<const std::uint8_t>> next() {
    const auto piece = TRY(decoder.next());
    hasher.update(piece);
    if (tap) tap(piece);
    return piece;
  }
};

Result<LayerReader> LayerReader::open(const Layer& layer, const Limits& limits, Tap tap) {
  const Algorithm algorithm = layer.diff_id.empty() ? Algorithm::sha256 : layer.diff_id.algorithm();
  auto stream = std::make_unique<Stream>(Stream{.layer = layer,
                                                .decoder = TRY(Decoder::open(layer.blob, layer.digest, limits)),
                                                .tap = std::move(tap),
                                                .hasher = Hasher(algorithm)});
  TarReader tar = TRY(TarReader::open({.name = layer.blob.name, .read = [raw = stream.get()] { return raw->next(); }}));
  return LayerReader(std::move(stream), std::move(tar));
}

LayerReader::LayerReader(std::unique_ptr<Stream> stream, TarReader tar)
    : stream_(std::move(stream)), tar_(std::move(tar)) {}
LayerReader::LayerReader(LayerReader&&) noexcept = default;
LayerReader& LayerReader::operator=(LayerReader&&) noexcept = default;
LayerReader::~LayerReader() = default;

Result<const Entry*> LayerReader::next() { return tar_.next(); }

Result<TarReader::Piece> LayerReader::read() { return tar_.read(); }

Attribution::Place LayerReader::compressed_position() {
  if (stream_->decoder.facts().compression == Compression::none)
    return {.in = tar_.position(), .border = Attribution::Border::exact};
  return stream_->decoder.attribution().at(tar_.position());
}

const Findings& LayerReader::findings() const { return stream_->findings; }

Result<LayerFacts> LayerReader::finish() {
  bool anything = false;
  for (;;) {
    const auto piece = TRY(stream_->next());
    if (piece.empty()) break;
    anything = anything || std::ranges::any_of(piece, [](std::uint8_t byte) { return byte != 0; });
  }
  if (anything)
    stream_->findings.add(Severity::warning, "after_end",
                          "bytes follow the end of the tar archive, which no engine reads");
  constexpr std::uint64_t kEndMark = 1024;
  if (stream_->decoder.produced() < tar_.position() + kEndMark)
    stream_->findings.add(Severity::note, "no_end_mark",
                          "a tar archive has no end mark (umoci before 0.5 writes none): one cut short between two "
                          "entries would look the same");
  const Digest found = stream_->hasher.finish();
  const Layer& layer = stream_->layer;
  if (!layer.diff_id.empty() && found != layer.diff_id)
    return failure("verify", layer.blob.name,
                   fmt::format("uncompressed, its digest is {}, not {} as the image's diff_ids say", found.text(),
                               layer.diff_id.text()),
                   "configuration and layers are of different images: build it again");
  stream_->findings.add(tar_.findings());
  stream_->findings.add(stream_findings(layer, stream_->decoder.facts()));
  return LayerFacts{.stream = stream_->decoder.facts(),
                    .blob_bytes = layer.blob.size,
                    .tar_bytes = stream_->decoder.produced(),
                    .diff_id = found};
}

namespace {

/// What a media type promises; nothing where it is unknown or says nothing.
std::optional<Compression> promised(std::string_view media_type) {
  if (media_type.empty() || media_type.find("tar") == std::string_view::npos) return std::nullopt;
  if (media_type.ends_with("gzip")) return Compression::gzip;
  if (media_type.ends_with("zstd")) return Compression::zstd;
  return media_type.ends_with("tar") ? std::optional(Compression::none) : std::nullopt;
}

}  // namespace

Findings stream_findings(const Layer& layer, const StreamFacts& facts) {
  constexpr std::uint64_t kCommonWindow = 8ULL << 20;  // what RFC 8878 asks every decoder to support
  Findings findings;
  const auto expected = promised(layer.media_type);
  if (expected && *expected != facts.compression)
    findings.add(Severity::warning, "media_type",
                 fmt::format("the media type {} says {}, the bytes say {}", layer.media_type, to_string(*expected),
                             to_string(facts.compression)));
  if (facts.window > kCommonWindow)
    findings.add(Severity::warning, "zstd_window",
                 fmt::format("a zstd frame needs {} MiB to be unpacked; engines need not support more than 8",
                             facts.window >> 20));
  if (facts.garbage > 0)
    findings.add(Severity::warning, "after_gzip",
                 fmt::format("{} bytes that are no gzip follow the last member", facts.garbage));
  if (layer.media_type.find("nondistributable") != std::string::npos ||
      layer.media_type.find("foreign") != std::string::npos)
    findings.add(Severity::note, "nondistributable",
                 "a layer may not be pushed to a registry (a deprecated media type)");
  return findings;
}

}  // namespace frostbyte::oci
