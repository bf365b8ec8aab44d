// The entries of a tar archive, one after the other, by libarchive. Names stay the bytes they are in the archive.
// Not here: what an entry means in a layer (layer_reader.h, images/audit).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "images/oci/finding.h"
#include "launcher/base/result.h"

struct archive;
struct archive_entry;

namespace frostbyte::oci {

enum class EntryType : std::uint8_t { file, hardlink, symlink, folder, character_device, block_device, fifo, other };

struct Entry {
  std::string path{};    ///< as it stands in the archive
  std::string target{};  ///< of a symbolic or hard link
  EntryType type = EntryType::file;
  std::uint32_t mode = 0;  ///< permission bits, with set-user-id and its kin
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  std::int64_t mtime = 0;
  std::uint64_t size = 0;      ///< logical bytes, as the header says; of a sparse file, holes included
  std::uint64_t position = 0;  ///< of its first header in the archive
  bool sparse = false;
};

/// Where the archive's bytes come from. `skip` may pass over fewer bytes than asked for, none among them.
struct TarSource {
  std::string name;  ///< for errors
  std::function<Result<std::span<const std::uint8_t>>()> read;
  std::function<std::uint64_t(std::uint64_t)> skip{};
};

class TarReader {
 public:
  /// `source.read` must stay callable as long as the reader lives.
  static Result<TarReader> open(TarSource source);
  TarReader(TarReader&&) noexcept;
  TarReader& operator=(TarReader&&) noexcept;
  ~TarReader();

  /// Null at the archive's end. The entry is valid until the next call. Errors: not a tar archive, damaged, truncated,
  /// a size that cannot be; those of the source.
  Result<const Entry*> next();

  /// The next piece of the current entry's payload, valid until the next call of anything here; empty at its end.
  /// Holes of a sparse file are passed over: `offset` is where the piece lies in the file.
  struct Piece {
    std::span<const std::uint8_t> bytes{};
    std::uint64_t offset = 0;
  };
  Result<Piece> read();

  /// Bytes of the archive before the entry that next() gave last, or, after the last one, before its end mark.
  [[nodiscard]] std::uint64_t position() const;

  /// What libarchive had to put up with.
  [[nodiscard]] const Findings& findings() const;

 private:
  struct State;
  explicit TarReader(std::unique_ptr<State> state);
  [[nodiscard]] Failure error() const;
  [[nodiscard]] Result<void> heed_warning();

  std::unique_ptr<State> state_;
};

}  // namespace frostbyte::oci
