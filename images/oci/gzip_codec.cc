// gzip by ISA-L. A stream is any number of members (pigz and eStargz write many), and zeros may follow the last.
#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>

#include "images/oci/codec.h"

namespace frostbyte::oci {
namespace {

std::string_view reason_of(int code) {
  switch (code) {
    case ISAL_INVALID_BLOCK:
      return "it holds a deflate block of no known type";
    case ISAL_INVALID_SYMBOL:
      return "it holds a deflate symbol that has no meaning";
    case ISAL_INVALID_LOOKBACK:
      return "it refers to bytes before its beginning";
    case ISAL_INVALID_WRAPPER:
      return "a gzip header is damaged";
    case ISAL_UNSUPPORTED_METHOD:
      return "a gzip member is compressed by another method than deflate";
    case ISAL_INCORRECT_CHECKSUM:
      return "the checksum of a gzip member is wrong";
    default:
      return "it is damaged";
  }
}

class GzipCodec final : public Codec {
 public:
  GzipCodec() {
    facts_.compression = Compression::gzip;
    ::isal_inflate_init(state_.get());
  }

  Result<Step> decode(CompressedInput& input, std::span<std::uint8_t> out) override {
    if (!inside_ && !TRY(begin_member(input))) return Step{.border = true, .end = true};
    const auto bytes = TRY(input.peek(1));
    state_->next_in = const_cast<std::uint8_t*>(bytes.data());  // the C interface; it only reads
    state_->avail_in = static_cast<std::uint32_t>(bytes.size());
    state_->next_out = out.data();
    state_->avail_out = static_cast<std::uint32_t>(out.size());
    const int code = ::isal_inflate(state_.get());
    if (code < 0)
      return failure("decompress", input.blob().name, std::string(reason_of(code)), "fetch or build the image again");
    input.consume(bytes.size() - state_->avail_in);
    const Step step{.written = out.size() - state_->avail_out, .border = state_->block_state == ISAL_BLOCK_FINISH};
    inside_ = !step.border;
    if (inside_ && step.written == 0 && bytes.size() == state_->avail_in)
      return failure("decompress", input.blob().name, "it ends inside a gzip member",
                     "the layer is truncated: fetch or build the image again");
    return step;
  }

 private:
  /// False when no member follows.
  Result<bool> begin_member(CompressedInput& input) {
    constexpr std::size_t kHeader = 4096;  // with a name, a comment and extra fields; longer ones may come in pieces
    const auto bytes = TRY(input.peek(kHeader));
    if (bytes.size() < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b) {
      TRY(pass_trailer(input));
      return false;
    }
    ::isal_inflate_reset(state_.get());
    state_->crc_flag = ISAL_GZIP;
    inside_ = true;
    ++facts_.parts;
    return true;
  }

  Result<void> pass_trailer(CompressedInput& input) {
    for (;;) {
      const auto bytes = TRY(input.peek(1));
      if (bytes.empty()) return {};
      const auto zeros = static_cast<std::uint64_t>(std::ranges::count(bytes, 0));
      facts_.padding += zeros;
      facts_.garbage += bytes.size() - zeros;
      input.consume(bytes.size());
    }
  }

  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
  bool inside_ = false;
};

}  // namespace

std::unique_ptr<Codec> make_gzip_codec() { return std::make_unique<GzipCodec>(); }

}  // namespace frostbyte::oci
