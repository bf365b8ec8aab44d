// Compresses a layer so that the same bytes in give the same bytes out: on every machine, in whatever pieces they come.
// gzip by zlib, whose output does not depend on the processor as that of ISA-L does; zstd by libzstd. Neither writes a
// name or a time. Another version of a library may compress differently; what it decompresses to stays the same.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "images/oci/decoder.h"
#include "launcher/base/result.h"

namespace frostbyte::oci {

/// "none", "gzip", "zstd". Errors: another word.
Result<Compression> parse_compression(std::string_view text);

struct Levels {
  int least, usual, most;
};
Levels levels_of(Compression compression);

using Sink = std::function<Result<void>(std::span<const std::uint8_t>)>;

class Press;

class Encoder {
 public:
  /// `level` unset: the usual one. Errors: a level there is not; the library's own.
  static Result<Encoder> make(Compression compression, std::optional<int> level, Sink sink);
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;
  ~Encoder();

  /// Errors: those of the sink.
  Result<void> write(std::span<const std::uint8_t> bytes);
  /// Nothing may follow.
  Result<void> finish();

 private:
  Encoder(std::unique_ptr<Press> press, Sink sink);
  static constexpr std::size_t kPiece = 64 << 10;
  std::unique_ptr<Press> press_;
  Sink sink_;
  std::vector<std::uint8_t> pending_;  ///< less than a piece: zlib's output depends on how its input is cut
};

}  // namespace frostbyte::oci
