#include "images/oci/blob.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "launcher/base/file.h"

namespace frostbyte::oci {

Result<Blob> open_blob(const std::string& path) {
  auto file = std::make_shared<Fd>(TRY(open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)));
  struct stat facts{};
  if (::fstat(file->get(), &facts) != 0) return system_failure("examine", path);
  if (!S_ISREG(facts.st_mode)) return failure("read", path, "it is not a regular file");
  return Blob{.file = std::move(file), .offset = 0, .size = static_cast<std::uint64_t>(facts.st_size), .name = path};
}

Result<Fd> unnamed_file() {
  const std::string folder = temporary_base().string();
  if (Fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)); fd) return fd;
  std::string path = folder + "/frostbyte-spool-XXXXXX";  // not every file system has O_TMPFILE
  Fd fd(::mkostemp(path.data(), O_CLOEXEC));
  if (!fd) return system_failure("create a temporary file in", folder, "set TMPDIR to a folder with room");
  ::unlink(path.c_str());
  return fd;
}

BlobReader::BlobReader(Blob blob, Digest expected) : blob_(std::move(blob)), expected_(std::move(expected)) {
  if (!expected_.empty()) hasher_.emplace(expected_.algorithm());
}

Result<std::size_t> BlobReader::read(std::span<std::uint8_t> out) {
  std::size_t filled = 0;
  const std::size_t wanted = std::min<std::uint64_t>(out.size(), blob_.size - position_);
  while (filled < wanted) {
    const ssize_t n = ::pread(blob_.file->get(), out.data() + filled, wanted - filled,
                              static_cast<off_t>(blob_.offset + position_ + filled));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("read", blob_.name);
    if (n == 0)
      return failure("read", blob_.name, fmt::format("it ends after {} of {} bytes", position_ + filled, blob_.size),
                     "the file is truncated: fetch or build the image again");
    filled += static_cast<std::size_t>(n);
  }
  if (hasher_) hasher_->update(out.first(filled));
  position_ += filled;
  return filled;
}

Result<void> BlobReader::verify() {
  if (!hasher_) return {};
  const Digest found = hasher_->finish();
  if (found == expected_) return {};
  return failure("verify", blob_.name, fmt::format("its digest is {}, not {}", found.text(), expected_.text()),
                 "the image is damaged: fetch or build it again");
}

Result<std::string> read_blob(const Blob& blob, const Digest& expected, std::uint64_t limit) {
  if (blob.size > limit) return failure("read", blob.name, fmt::format("larger than {} bytes", limit));
  std::string data(blob.size, '\0');
  BlobReader reader(blob, expected);
  TRY(reader.read(std::span(reinterpret_cast<std::uint8_t*>(data.data()), data.size())));
  TRY(reader.verify());
  return data;
}

}  // namespace frostbyte::oci
