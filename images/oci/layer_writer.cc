#include "images/oci/layer_writer.h"

#include "images/oci/manifest.h"
#include "images/oci/path.h"
#include "images/oci/tar_writer.h"
#include "launcher/base/file.h"

namespace frostbyte::oci {
namespace {

std::string_view media_type_of(Compression compression) {
  switch (compression) {
    case Compression::none:
      break;
    case Compression::gzip:
      return media_type::kLayerGzip;
    case Compression::zstd:
      return media_type::kLayerZstd;
  }
  return media_type::kLayer;
}

}  // namespace

/// Bytes run from `tar` through `encoder` to `file`. It does not move: what runs through it knows its address.
struct LayerWriter::Pipeline {
  LayerOptions options;
  std::shared_ptr<const Fd> file;
  Hasher archived{}, compressed{};
  std::optional<Encoder> encoder{};
  std::optional<TarWriter> tar{};
  std::string last{};
  WrittenLayer facts{};

  Result<void> start() {
    encoder.emplace(
        TRY(Encoder::make(options.compression, options.level, [this](auto bytes) { return store(bytes); })));
    tar.emplace(TRY(TarWriter::open([this](auto bytes) { return compress(bytes); })));
    return {};
  }
  Result<void> compress(std::span<const std::uint8_t> bytes) {
    archived.update(bytes);
    facts.tar_bytes += bytes.size();
    return encoder->write(bytes);
  }
  Result<void> store(std::span<const std::uint8_t> bytes) {
    compressed.update(bytes);
    facts.blob.size += bytes.size();
    return write_all(file->get(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "a temporary file");
  }
};

Result<LayerWriter> LayerWriter::open(const LayerOptions& options) {
  auto pipeline =
      std::make_unique<Pipeline>(Pipeline{.options = options, .file = std::make_shared<const Fd>(TRY(unnamed_file()))});
  TRY(pipeline->start());
  return LayerWriter(std::move(pipeline));
}

LayerWriter::LayerWriter(std::unique_ptr<Pipeline> pipeline) : pipeline_(std::move(pipeline)) {}
LayerWriter::LayerWriter(LayerWriter&&) noexcept = default;
LayerWriter& LayerWriter::operator=(LayerWriter&&) noexcept = default;
LayerWriter::~LayerWriter() = default;

Result<void> LayerWriter::add(Entry entry) {
  Pipeline& to = *pipeline_;
  if (entry.path.empty() || !(to.last.empty() || PathOrder()(to.last, entry.path)))
    return failure("write layer", entry.path, "it does not come after '" + to.last + "', which is there already");
  to.last = entry.path;
  entry.mtime = to.options.epoch;
  ++to.facts.entries;
  if (entry.type == EntryType::file) to.facts.payload += entry.size;
  return to.tar->add(entry);
}

Result<void> LayerWriter::write(std::span<const std::uint8_t> bytes) { return pipeline_->tar->write(bytes); }

Result<WrittenLayer> LayerWriter::finish() {
  Pipeline& from = *pipeline_;
  TRY(from.tar->finish());
  TRY(from.encoder->finish());
  WrittenLayer layer = std::move(from.facts);
  layer.diff_id = from.archived.finish();
  layer.digest = from.compressed.finish();
  if (layer.diff_id.empty() || layer.digest.empty())
    return failure("write layer", "", "libcrypto could not make its digest");
  layer.blob.file = from.file;
  layer.blob.name = layer.digest.text();
  layer.media_type = media_type_of(from.options.compression);
  return layer;
}

}  // namespace frostbyte::oci
