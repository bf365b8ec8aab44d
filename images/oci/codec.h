// How one compression is undone, piece by piece. Internal to images/oci; users have Decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "images/oci/blob.h"
#include "images/oci/decoder.h"

namespace frostbyte::oci {

/// Compressed bytes on their way in: always enough of them at hand to read a header in one piece.
class CompressedInput {
 public:
  explicit CompressedInput(BlobReader reader);

  /// Unread bytes at hand; at least `least` of them unless the blob ends before. Valid until the next call.
  Result<std::span<const std::uint8_t>> peek(std::size_t least);
  /// Of those that peek gave.
  void consume(std::size_t bytes) { begin_ += bytes, consumed_ += bytes; }
  /// Passes over bytes that need not be at hand. Errors: the blob ends before.
  Result<void> skip(std::uint64_t bytes);
  /// At the end of the blob: compares its digest.
  Result<void> verify() { return reader_.verify(); }

  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }
  [[nodiscard]] const Blob& blob() const { return reader_.blob(); }

 private:
  static constexpr std::size_t kCapacity = 256 << 10;
  BlobReader reader_;
  std::unique_ptr<std::uint8_t[]> buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kCapacity);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t consumed_ = 0;
  bool ended_ = false;
};

/// One step of decoding.
struct Step {
  std::size_t written = 0;
  bool border = false;  ///< a member or frame ended with this step
  bool end = false;     ///< nothing follows
};

class Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual ~Codec() = default;
  /// Writes into `out`; a step may write nothing and not be the last.
  virtual Result<Step> decode(CompressedInput& input, std::span<std::uint8_t> out) = 0;

  [[nodiscard]] const StreamFacts& facts() const { return facts_; }

 protected:
  StreamFacts facts_;
};

/// By the first four bytes. A tar archive cannot begin like a compressed stream: its first bytes are a name.
Compression recognise(std::span<const std::uint8_t> bytes);

std::unique_ptr<Codec> make_plain_codec();
std::unique_ptr<Codec> make_gzip_codec();
std::unique_ptr<Codec> make_zstd_codec(const Limits& limits);

}  // namespace frostbyte::oci
