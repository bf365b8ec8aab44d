// What a stream would weigh if it were compressed otherwise. Internal to images/audit.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

struct ZSTD_CCtx_s;

namespace frostbyte::audit {

class Recompressor {
 public:
  /// zstd at `level`, one frame, as `zstd -LEVEL` writes a stream of unknown length.
  explicit Recompressor(int level);
  void feed(std::span<const std::uint8_t> bytes);
  /// Bytes in all.
  std::uint64_t finish();

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* stream) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> stream_;
  std::unique_ptr<std::uint8_t[]> scratch_;
  std::uint64_t written_ = 0;
};

}  // namespace frostbyte::audit
