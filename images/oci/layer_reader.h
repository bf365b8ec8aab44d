// One layer as a stream of entries: decoded, hashed and verified while it is read once, from the beginning to the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "images/oci/decoder.h"
#include "images/oci/digest.h"
#include "images/oci/finding.h"
#include "images/oci/limits.h"
#include "images/oci/tar.h"

namespace frostbyte::oci {

/// A layer as its image lists it.
struct Layer {
  Blob blob{};
  Digest digest{};           ///< of the blob; empty where the image's form has none
  Digest diff_id{};          ///< of the tar archive; empty likewise
  std::string media_type{};  ///< may be empty
  std::string created_by{};  ///< the step of the history that made it; may be empty
};

/// What is known of a layer once it has been read to its end.
struct LayerFacts {
  StreamFacts stream{};
  std::uint64_t blob_bytes = 0;
  std::uint64_t tar_bytes = 0;
  Digest diff_id{};
};

/// Sees the uncompressed bytes as they pass, before they are cut into entries.
using Tap = std::function<void(std::span<const std::uint8_t>)>;

class LayerReader {
 public:
  static Result<LayerReader> open(const Layer& layer, const Limits& limits, Tap tap = {});
  LayerReader(LayerReader&&) noexcept;
  LayerReader& operator=(LayerReader&&) noexcept;
  ~LayerReader();

  /// As TarReader: the next entry, null at the end of the archive; the current entry's payload.
  Result<const Entry*> next();
  Result<TarReader::Piece> read();

  /// The compressed bytes before the current entry (after the last one: before the archive's end mark). The difference
  /// of two neighbours is what an entry takes of the blob, headers and padding included.
  Attribution::Place compressed_position();

  /// Reads what is left after the last entry and verifies everything. Errors: the blob's digest or the archive's (the
  /// diff_id) is not the one the image gives.
  Result<LayerFacts> finish();

  [[nodiscard]] const Findings& findings() const;

 private:
  struct Stream;
  LayerReader(std::unique_ptr<Stream> stream, TarReader tar);
  std::unique_ptr<Stream> stream_;
  TarReader tar_;
};

/// What is odd about how the layer is compressed.
Findings stream_findings(const Layer& layer, const StreamFacts& facts);

}  // namespace frostbyte::oci
