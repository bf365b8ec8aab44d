// A blob as it lies on disk: a whole file, or a range of an archive. Several threads may read one blob.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "images/oci/digest.h"
#include "launcher/base/fd.h"

namespace frostbyte::oci {

struct Blob {
  std::shared_ptr<const Fd> file{};
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string name{};  ///< for errors: a path, or PATH(MEMBER)
};

/// The whole of a regular file. Errors: as open(2); not a regular file.
Result<Blob> open_blob(const std::string& path);

/// A temporary file that nobody else can name, and that is gone with its descriptor, however this process ends.
Result<Fd> unnamed_file();

/// Reads a blob from its beginning, hashing it on the way where there is a digest to compare with. Bytes are read with
/// pread(2), never mapped: a file cut short meanwhile must not raise SIGBUS.
class BlobReader {
 public:
  BlobReader(Blob blob, Digest expected);

  /// Fills `out` as far as the blob goes; 0 at its end. Errors: the file ends before the blob does; as read(2).
  Result<std::size_t> read(std::span<std::uint8_t> out);
  /// To be called at the end. Errors: the digest of what was read is not the expected one.
  Result<void> verify();

  [[nodiscard]] const Blob& blob() const { return blob_; }

 private:
  Blob blob_;
  Digest expected_;
  std::optional<Hasher> hasher_;
  std::uint64_t position_ = 0;
};

/// A whole small blob. Errors: larger than `limit`; as BlobReader.
Result<std::string> read_blob(const Blob& blob, const Digest& expected, std::uint64_t limit);

}  // namespace frostbyte::oci
