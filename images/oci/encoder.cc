#include "images/oci/encoder.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

namespace frostbyte::oci {

/// One way of compressing. `last`: nothing follows this piece.
class Press {
 public:
  Press() = default;
  Press(const Press&) = delete;
  Press& operator=(const Press&) = delete;
  virtual ~Press() = default;
  enum class More : std::uint8_t { follows, none };
  virtual Result<void> take(std::span<const std::uint8_t> piece, More more, const Sink& sink) = 0;
};

namespace {

class PlainPress final : public Press {
 public:
  Result<void> take(std::span<const std::uint8_t> piece, More /*more*/, const Sink& sink) override {
    return piece.empty() ? Result<void>() : sink(piece);
  }
};

class GzipPress final : public Press {
 public:
  static Result<std::unique_ptr<Press>> make(int level) {
    auto press = std::make_unique<GzipPress>();
    constexpr int kGzip = 16;  // added to the window's bits: a gzip header, without name and time
    constexpr int kUsualMemory = 8;
    if (deflateInit2(&press->stream_, level, Z_DEFLATED, MAX_WBITS + kGzip, kUsualMemory, Z_DEFAULT_STRATEGY) != Z_OK)
      return failure("compress", "a layer", "zlib cannot start");
    press->started_ = true;
    return press;
  }
  GzipPress() = default;
  GzipPress(const GzipPress&) = delete;
  GzipPress& operator=(const GzipPress&) = delete;
  ~GzipPress() override {
    if (started_) deflateEnd(&stream_);
  }

  Result<void> take(std::span<const std::uint8_t> piece, More more, const Sink& sink) override {
    stream_.next_in = const_cast<Bytef*>(piece.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): zlib's type
    stream_.avail_in = static_cast<uInt>(piece.size());
    const int flush = more == More::none ? Z_FINISH : Z_NO_FLUSH;
    for (;;) {
      stream_.next_out = buffer_.data();
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      const int end = deflate(&stream_, flush);
      if (end == Z_STREAM_ERROR) return failure("compress", "a layer", "zlib lost its state");
      const std::size_t made = buffer_.size() - stream_.avail_out;
      if (made > 0) TRY(sink(std::span(buffer_.data(), made)));
      if (more == More::none ? end == Z_STREAM_END : stream_.avail_out > 0) return {};
    }
  }

 private:
  z_stream stream_{};
  bool started_ = false;
  std::array<std::uint8_t, 64 << 10> buffer_{};
};

class ZstdPress final : public Press {
 public:
  static Result<std::unique_ptr<Press>> make(int level) {
    auto press = std::make_unique<ZstdPress>();
    if (!press->stream_) return failure("compress", "a layer", "libzstd cannot start: no memory");
    ZSTD_CCtx_setParameter(press->stream_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(press->stream_.get(), ZSTD_c_checksumFlag, 1);
    // Levels above 19 would take windows that engines need not unpack (RFC 8878: 8 MiB).
    if (level > 19) ZSTD_CCtx_setParameter(press->stream_.get(), ZSTD_c_windowLog, 23);
    return press;
  }

  Result<void> take(std::span<const std::uint8_t> piece, More more, const Sink& sink) override {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
      const std::size_t left =
          ZSTD_compressStream2(stream_.get(), &out, &in, more == More::none ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) return failure("compress", "a layer", ZSTD_getErrorName(left));
      if (out.pos > 0) TRY(sink(std::span(buffer_.data(), out.pos)));
      if (more == More::none ? left == 0 : in.pos == in.size) return {};
    }
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype([](ZSTD_CCtx* stream) { ZSTD_freeCCtx(stream); })> stream_{ZSTD_createCCtx()};
  std::array<std::uint8_t, 64 << 10> buffer_{};
};

Result<std::unique_ptr<Press>> make_press(Compression compression, int level) {
  switch (compression) {
    case Compression::none:
      break;
    case Compression::gzip:
      return GzipPress::make(level);
    case Compression::zstd:
      return ZstdPress::make(level);
  }
  return std::make_unique<PlainPress>();
}

}  // namespace

Result<Compression> parse_compression(std::string_view text) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd})
    if (to_string(compression) == text) return compression;
  return failure("read compression", std::string(text), "there is no such compression", "none, gzip or zstd");
}

Levels levels_of(Compression compression) {
  switch (compression) {
    case Compression::none:
      return {.least = 0, .usual = 0, .most = 0};
    case Compression::gzip:
      return {.least = 1, .usual = 6, .most = 9};
    case Compression::zstd:
      break;
  }
  return {.least = 1, .usual = 3, .most = 22};
}

Result<Encoder> Encoder::make(Compression compression, std::optional<int> level, Sink sink) {
  const Levels levels = levels_of(compression);
  const int chosen = level.value_or(levels.usual);
  if (chosen < levels.least || chosen > levels.most)
    return failure("compress at level", std::to_string(chosen),
                   compression == Compression::none
                       ? "nothing is compressed"
                       : fmt::format("{} has levels {} to {}", to_string(compression), levels.least, levels.most));
  return Encoder(TRY(make_press(compression, chosen)), std::move(sink));
}

Encoder::Encoder(std::unique_ptr<Press> press, Sink sink) : press_(std::move(press)), sink_(std::move(sink)) {}
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;
Encoder::~Encoder() = default;

Result<void> Encoder::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const std::size_t taken = std::min(bytes.size(), kPiece - pending_.size());
    pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (pending_.size() < kPiece) return {};
    TRY(press_->take(pending_, Press::More::follows, sink_));
    pending_.clear();
  }
  return {};
}

Result<void> Encoder::finish() { return press_->take(pending_, Press::More::none, sink_); }

}  // namespace frostbyte::oci
