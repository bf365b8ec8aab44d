#include "images/audit/recompress.h"

#include <zstd.h>

namespace frostbyte::audit {
namespace {

constexpr std::size_t kScratch = 256 << 10;

}  // namespace

void Recompressor::Free::operator()(ZSTD_CCtx_s* stream) const { ::ZSTD_freeCCtx(stream); }

Recompressor::Recompressor(int level)
    : stream_(::ZSTD_createCCtx()), scratch_(std::make_unique_for_overwrite<std::uint8_t[]>(kScratch)) {
  ::ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_compressionLevel, level);
  ::ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1);
}

void Recompressor::feed(std::span<const std::uint8_t> bytes) {
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  while (in.pos < in.size) {
    ZSTD_outBuffer out{scratch_.get(), kScratch, 0};
    ::ZSTD_compressStream2(stream_.get(), &out, &in, ZSTD_e_continue);
    written_ += out.pos;
  }
}

std::uint64_t Recompressor::finish() {
  for (;;) {
    ZSTD_inBuffer in{nullptr, 0, 0};
    ZSTD_outBuffer out{scratch_.get(), kScratch, 0};
    const std::size_t left = ::ZSTD_compressStream2(stream_.get(), &out, &in, ZSTD_e_end);
    written_ += out.pos;
    if (left == 0 || ::ZSTD_isError(left) != 0) return written_;
  }
}

}  // namespace frostbyte::audit
