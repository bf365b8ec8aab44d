// Writes a tar archive, by libarchive: GNU's format, which keeps names as the bytes they are, in any locale, and has no
// room for access and change times, names of users or of this host.
#pragma once

#include <memory>
#include <span>

#include "images/oci/encoder.h"
#include "images/oci/tar.h"

struct archive;

namespace frostbyte::oci {

class TarWriter {
 public:
  /// `sink` must stay callable as long as the writer lives.
  static Result<TarWriter> open(Sink sink);
  TarWriter(TarWriter&&) noexcept;
  TarWriter& operator=(TarWriter&&) noexcept;
  ~TarWriter();

  /// Its payload, `entry.size` bytes of it, follows by write(). Errors: what the format cannot say; those of the sink.
  Result<void> add(const Entry& entry);
  /// Errors: more bytes than the entry has; those of the sink.
  Result<void> write(std::span<const std::uint8_t> bytes);
  /// The end mark. Errors: an entry whose payload is not whole; those of the sink.
  Result<void> finish();

 private:
  struct State;
  explicit TarWriter(std::unique_ptr<State> state);
  [[nodiscard]] Failure error() const;
  [[nodiscard]] Result<void> check_whole() const;
  std::unique_ptr<State> state_;
};

}  // namespace frostbyte::oci
