// zstd by libzstd. A stream is any number of frames; zstd:chunked puts its table of contents into skippable ones.
#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <bit>

#include "images/oci/codec.h"

namespace frostbyte::oci {
namespace {

constexpr std::uint32_t kFrame = 0xfd2fb528;
constexpr std::uint32_t kSkippable = 0x184d2a50;  // the last four bits vary
constexpr std::size_t kLongestHeader = 18;

std::uint64_t little_endian(std::span<const std::uint8_t> bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

/// The memory a frame asks for (RFC 8878, 3.1.1.1): from its window descriptor, or, in a frame of one segment, the size
/// of its content. `header` begins after the magic number and holds a whole header; absent when it is cut short.
std::optional<std::uint64_t> window_of(std::span<const std::uint8_t> header) {
  if (header.empty()) return std::nullopt;
  const std::uint8_t descriptor = header[0];
  const bool single_segment = (descriptor & 0x20) != 0;
  if (!single_segment) {
    if (header.size() < 2) return std::nullopt;
    const std::uint64_t base = 1ULL << (10 + (header[1] >> 3));
    return base + base / 8 * (header[1] & 7);
  }
  constexpr std::size_t kDictionarySizes[] = {0, 1, 2, 4};
  constexpr std::size_t kContentSizes[] = {1, 2, 4, 8};
  const std::size_t at = 1 + kDictionarySizes[descriptor & 3];
  const std::size_t size = kContentSizes[descriptor >> 6];
  if (header.size() < at + size) return std::nullopt;
  return little_endian(header.subspan(at), size) + (size == 2 ? 256 : 0);
}

class ZstdCodec final : public Codec {
 public:
  explicit ZstdCodec(const Limits& limits) : most_(limits.window), stream_(::ZSTD_createDCtx()) {
    facts_.compression = Compression::zstd;
    const int log = static_cast<int>(std::bit_width(most_)) - 1;
    ::ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, std::clamp(log, 10, sizeof(void*) == 8 ? 31 : 30));
  }
  ~ZstdCodec() override { ::ZSTD_freeDCtx(stream_); }

  Result<Step> decode(CompressedInput& input, std::span<std::uint8_t> out) override {
    if (!inside_) {
      const Next next = TRY(begin_frame(input));
      if (next != Next::data) return Step{.border = true, .end = next == Next::end};
    }
    const auto bytes = TRY(input.peek(1));
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer target{out.data(), out.size(), 0};
    const std::size_t left = ::ZSTD_decompressStream(stream_, &target, &in);
    if (::ZSTD_isError(left) != 0)
      return failure("decompress", input.blob().name, ::ZSTD_getErrorName(left), "fetch or build the image again");
    input.consume(in.pos);
    inside_ = left != 0;
    if (inside_ && target.pos == 0 && in.pos == 0 && bytes.empty())
      return failure("decompress", input.blob().name, "it ends inside a zstd frame",
                     "the layer is truncated: fetch or build the image again");
    return Step{.written = target.pos, .border = !inside_};
  }

 private:
  enum class Next : std::uint8_t { data, skipped, end };

  Result<Next> begin_frame(CompressedInput& input) {
    const auto bytes = TRY(input.peek(kLongestHeader));
    if (bytes.empty()) return Next::end;
    const auto magic = bytes.size() < 4 ? 0 : static_cast<std::uint32_t>(little_endian(bytes, 4));
    if ((magic & ~0xfU) == kSkippable && bytes.size() >= 8) {
      const std::uint64_t size = 8 + little_endian(bytes.subspan(4), 4);
      facts_.skippable += size;
      TRY(input.skip(size));
      return Next::skipped;
    }
    if (magic != kFrame)
      return failure("decompress", input.blob().name,
                     fmt::format("what stands at byte {} is no zstd frame", input.consumed()),
                     "the layer is damaged: fetch or build the image again");
    TRY(note_window(input, bytes.subspan(4)));
    ++facts_.parts;
    inside_ = true;
    return Next::data;
  }

  Result<void> note_window(const CompressedInput& input, std::span<const std::uint8_t> header) {
    const std::uint64_t window = window_of(header).value_or(0);
    facts_.window = std::max(facts_.window, window);
    if (window <= most_) return {};
    return failure("decompress", input.blob().name,
                   fmt::format("a zstd frame asks for a window of {} bytes; {} are allowed", window, most_),
                   "compress the layer without --long, or with a smaller one: registries and engines refuse it too");
  }

  std::uint64_t most_;
  ZSTD_DCtx* stream_;
  bool inside_ = false;
};

}  // namespace

std::unique_ptr<Codec> make_zstd_codec(const Limits& limits) { return std::make_unique<ZstdCodec>(limits); }

}  // namespace frostbyte::oci
