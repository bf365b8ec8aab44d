// Writes one layer, entry by entry, into a temporary file without a name: archived, hashed, compressed, hashed again.
// The same entries give the same bytes, whoever writes them, when and where.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "images/oci/blob.h"
#include "images/oci/encoder.h"
#include "images/oci/tar.h"

namespace frostbyte::oci {

struct LayerOptions {
  Compression compression = Compression::gzip;
  std::optional<int> level{};  ///< unset: the usual one
  std::int64_t epoch = 0;      ///< modification time of every entry, seconds
};

struct WrittenLayer {
  Blob blob{};
  Digest digest{};
  Digest diff_id{};
  std::uint64_t tar_bytes = 0;
  std::uint64_t payload = 0;  ///< bytes of its files
  std::uint64_t entries = 0;
  std::string media_type{};
  std::string created_by{};  ///< for the image's history
};

class LayerWriter {
 public:
  static Result<LayerWriter> open(const LayerOptions& options);
  LayerWriter(LayerWriter&&) noexcept;
  LayerWriter& operator=(LayerWriter&&) noexcept;
  ~LayerWriter();

  /// Paths are canonical and ascend in PathOrder. Its payload follows by write(). Errors: out of order, twice, what a
  /// tar archive cannot hold; no room for the temporary file.
  Result<void> add(Entry entry);
  Result<void> write(std::span<const std::uint8_t> bytes);
  Result<WrittenLayer> finish();

 private:
  struct Pipeline;
  explicit LayerWriter(std::unique_ptr<Pipeline> pipeline);
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace frostbyte::oci
