// A layer's bytes, uncompressed: gzip with any number of members, zstd with any number of frames, skippable ones among
// them, or neither. What it is shows in its first bytes; a media type is only compared with that.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "images/oci/attribution.h"
#include "images/oci/blob.h"
#include "images/oci/limits.h"

namespace frostbyte::oci {

enum class Compression : std::uint8_t { none, gzip, zstd };
std::string_view to_string(Compression compression);

/// What the compressed stream is made of.
struct StreamFacts {
  Compression compression = Compression::none;
  std::uint64_t parts = 0;      ///< gzip members or zstd frames that hold data
  std::uint64_t skippable = 0;  ///< bytes of skippable zstd frames
  std::uint64_t window = 0;     ///< the largest zstd window, bytes
  std::uint64_t padding = 0;    ///< zeros after the last gzip member
  std::uint64_t garbage = 0;    ///< other bytes after it, which gzip(1) ignores with a warning
};

class Codec;
class CompressedInput;

class Decoder {
 public:
  /// Reads the first bytes. Errors: as BlobReader.
  static Result<Decoder> open(const Blob& blob, const Digest& expected, const Limits& limits);
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();

  /// The next uncompressed bytes, valid until the next call; empty at the end, when the digest has been verified too.
  /// Errors: damaged or truncated data, a checksum or digest that is not the expected one, a window or an expansion
  /// beyond the limits.
  Result<std::span<const std::uint8_t>> next();

  [[nodiscard]] const StreamFacts& facts() const;
  [[nodiscard]] std::uint64_t produced() const { return produced_; }
  Attribution& attribution() { return attribution_; }

 private:
  Decoder(std::unique_ptr<CompressedInput> input, std::unique_ptr<Codec> codec, const Limits& limits);
  [[nodiscard]] Result<void> check_expansion() const;

  std::unique_ptr<CompressedInput> input_;
  std::unique_ptr<Codec> codec_;
  Limits limits_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::uint64_t produced_ = 0;
  bool ended_ = false;
  Attribution attribution_;
};

}  // namespace frostbyte::oci
