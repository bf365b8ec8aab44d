#include "images/oci/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "images/oci/codec.h"

namespace frostbyte::oci {
namespace {

/// Large enough that calls do not count, small enough to stay in a processor's own cache while it is hashed and cut up.
constexpr std::size_t kPiece = 256 << 10;

bool begins_with(std::span<const std::uint8_t> bytes, std::initializer_list<std::uint8_t> magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

bool is_zstd(std::span<const std::uint8_t> bytes) {
  if (begins_with(bytes, {0x28, 0xb5, 0x2f, 0xfd})) return true;
  return bytes.size() >= 4 && (bytes[0] & 0xf0) == 0x50 && begins_with(bytes.subspan(1), {0x2a, 0x4d, 0x18});
}

std::unique_ptr<Codec> make_codec(Compression compression, const Limits& limits) {
  switch (compression) {
    case Compression::gzip:
      return make_gzip_codec();
    case Compression::zstd:
      return make_zstd_codec(limits);
    case Compression::none:
      break;
  }
  return make_plain_codec();
}

/// Already uncompressed: every place in it is known exactly.
class PlainCodec final : public Codec {
 public:
  Result<Step> decode(CompressedInput& input, std::span<std::uint8_t> out) override {
    const auto bytes = TRY(input.peek(1));
    const std::size_t size = std::min(bytes.size(), out.size());
    std::memcpy(out.data(), bytes.data(), size);
    input.consume(size);
    return Step{.written = size, .border = true, .end = size == 0};
  }
};

}  // namespace

Compression recognise(std::span<const std::uint8_t> bytes) {
  if (begins_with(bytes, {0x1f, 0x8b})) return Compression::gzip;
  return is_zstd(bytes) ? Compression::zstd : Compression::none;
}

std::unique_ptr<Codec> make_plain_codec() { return std::make_unique<PlainCodec>(); }

std::string_view to_string(Compression compression) {
  constexpr std::array<std::string_view, 3> kNames = {"none", "gzip", "zstd"};
  return kNames[static_cast<std::size_t>(compression)];
}

CompressedInput::CompressedInput(BlobReader reader) : reader_(std::move(reader)) {}

Result<std::span<const std::uint8_t>> CompressedInput::peek(std::size_t least) {
  if (end_ - begin_ < least && !ended_) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const std::size_t more = TRY(reader_.read({buffer_.get() + end_, kCapacity - end_}));
    ended_ = more < kCapacity - end_;
    end_ += more;
  }
  return std::span<const std::uint8_t>(buffer_.get() + begin_, end_ - begin_);
}

Result<void> CompressedInput::skip(std::uint64_t bytes) {
  while (bytes > 0) {
    const auto at_hand = TRY(peek(1));
    if (at_hand.empty()) return failure("decompress", blob().name, "it ends inside a skippable frame");
    const std::size_t now = std::min<std::uint64_t>(bytes, at_hand.size());
    consume(now);
    bytes -= now;
  }
  return {};
}

Result<Decoder> Decoder::open(const Blob& blob, const Digest& expected, const Limits& limits) {
  auto input = std::make_unique<CompressedInput>(BlobReader(blob, expected));
  const Compression compression = recognise(TRY(input->peek(4)));
  return Decoder(std::move(input), make_codec(compression, limits), limits);
}

Decoder::Decoder(std::unique_ptr<CompressedInput> input, std::unique_ptr<Codec> codec, const Limits& limits)
    : input_(std::move(input)),
      codec_(std::move(codec)),
      limits_(limits),
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(kPiece)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

const StreamFacts& Decoder::facts() const { return codec_->facts(); }

Result<void> Decoder::check_expansion() const {
  const std::uint64_t compressed = input_->consumed();
  const std::uint64_t grown = produced_ > limits_.free_expansion ? produced_ - limits_.free_expansion : 0;
  if (grown / limits_.ratio > compressed)
    return failure(
        "decompress", input_->blob().name,
        fmt::format("{} bytes have become {}, more than {} times as many", compressed, produced_, limits_.ratio),
        "if these are no bomb, raise --max-ratio");
  if (produced_ > limits_.unpacked)
    return failure("decompress", input_->blob().name, fmt::format("it unpacks to more than {} bytes", limits_.unpacked),
                   "if that is meant, raise --max-unpacked");
  return {};
}

Result<std::span<const std::uint8_t>> Decoder::next() {
  while (!ended_) {
    const Step step = TRY(codec_->decode(*input_, {buffer_.get(), kPiece}));
    produced_ += step.written;
    attribution_.mark(produced_, input_->consumed(),
                      step.border ? Attribution::Border::exact : Attribution::Border::estimated);
    TRY(check_expansion());
    if (step.end) {
      ended_ = true;
      TRY(input_->verify());
    }
    if (step.written > 0) return std::span<const std::uint8_t>(buffer_.get(), step.written);
  }
  return std::span<const std::uint8_t>();
}

}  // namespace frostbyte::oci
