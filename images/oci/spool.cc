#include "images/oci/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>

#include "images/oci/codec.h"
#include "launcher/base/file.h"

namespace frostbyte::oci {
namespace {

constexpr int kPatienceMs = 10'000;
constexpr std::size_t kTarBlock = 512;
constexpr std::uint64_t kLongestEmptyArchive = 1 << 20;  // tar(1) pads an empty archive to 10 KiB

Result<void> append(const Fd& to, std::span<const std::uint8_t> bytes) {
  auto written = write_all(to.get(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "a temporary file");
  if (!written) written.error().hint = "set TMPDIR to a folder with room, or give the archive uncompressed as a file";
  return written;
}

/// Fills `out` as far as the stream goes.
Result<std::size_t> read_some(int fd, std::span<std::uint8_t> out, const std::string& name) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t n = ::read(fd, out.data() + filled, out.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("read", name);
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
  }
  return filled;
}

/// tar(5): the sum of the header's bytes, its own field taken as blanks, in octal digits; old tars summed signed chars.
bool is_tar_header(std::span<const std::uint8_t> block) {
  constexpr std::size_t kField = 148, kDigits = 8;
  if (block.size() < kTarBlock) return false;
  std::int64_t sum = 0, signed_sum = 0, said = 0;
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    const std::uint8_t byte = i >= kField && i < kField + kDigits ? ' ' : block[i];
    sum += byte;
    signed_sum += static_cast<std::int8_t>(byte);
  }
  for (const std::uint8_t digit : block.subspan(kField, kDigits)) {
    if (digit >= '0' && digit <= '7') said = said * 8 + (digit - '0');
  }
  return said == sum || said == signed_sum;
}

/// A stream is not known to end. What does not begin like an archive is refused before it has filled a disk.
Result<std::uint64_t> most_bytes(std::span<const std::uint8_t> begin, const std::string& name, const Limits& limits) {
  const bool zeros = begin.size() >= kTarBlock && std::ranges::all_of(begin.first(kTarBlock), std::logical_not<>());
  if (zeros) return kLongestEmptyArchive;
  if (recognise(begin) != Compression::none || is_tar_header(begin)) return limits.unpacked;
  return failure("read", name, begin.empty() ? "it is empty" : "it is no tar archive, compressed or not",
                 "give an image as `docker save`, `podman save` or `skopeo copy` write it, or a folder's path");
}

Result<Blob> copy_stream(int fd, const std::string& name, const Limits& limits) {
  std::array<std::uint8_t, 64 << 10> buffer;
  auto file = std::make_shared<Fd>(TRY(unnamed_file()));
  std::uint64_t total = 0;
  std::uint64_t most = 0;
  for (;;) {
    const std::size_t n = TRY(read_some(fd, buffer, name));
    if (total == 0) most = TRY(most_bytes(std::span(buffer).first(n), name, limits));
    if (n == 0) return Blob{.file = std::move(file), .offset = 0, .size = total, .name = name};
    total += n;
    if (total > most)
      return most < limits.unpacked ? failure("read", name, "it begins with zeros, as no archive does")
                                    : failure("read", name, fmt::format("it is larger than {} bytes", most),
                                              "if that is meant, raise --max-unpacked");
    TRY(append(*file, std::span(buffer).first(n)));
  }
}

/// The same bytes without their compression; the blob itself when there is none.
Result<Blob> uncompressed(Blob blob, const Limits& limits) {
  Decoder decoder = TRY(Decoder::open(blob, {}, limits));
  if (decoder.facts().compression == Compression::none) return blob;
  auto file = std::make_shared<Fd>(TRY(unnamed_file()));
  for (;;) {
    const auto piece = TRY(decoder.next());
    if (piece.empty()) break;
    TRY(append(*file, piece));
  }
  return Blob{.file = std::move(file), .offset = 0, .size = decoder.produced(), .name = blob.name};
}

Failure unreadable(mode_t mode, const std::string& name) {
  const std::string_view what = S_ISCHR(mode)    ? "it is a character device"
                                : S_ISBLK(mode)  ? "it is a block device"
                                : S_ISSOCK(mode) ? "it is a socket"
                                : S_ISDIR(mode)  ? "it is a folder"
                                                 : "it is no file";
  return failure("read", name, std::string(what), "name an archive or a folder, or pipe an archive to `-`");
}

/// open(2) would wait for somebody to write to it for ever.
Result<Fd> open_pipe(const std::string& path) {
  Fd fd = TRY(open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  pollfd event{.fd = fd.get(), .events = POLLIN, .revents = 0};
  if (::poll(&event, 1, kPatienceMs) <= 0)
    return failure("read", path, fmt::format("nobody has written to this pipe for {} seconds", kPatienceMs / 1000),
                   "start what writes to it first");
  if (::fcntl(fd.get(), F_SETFL, 0) != 0) return system_failure("read", path);
  return fd;
}

Result<Blob> open_standard_input(const Limits& limits) {
  const std::string name = "standard input";
  struct stat facts{};
  if (::fstat(STDIN_FILENO, &facts) != 0) return system_failure("examine", name);
  if (::isatty(STDIN_FILENO) == 1)
    return failure("read", name, "it is a terminal", "pipe an archive to it: docker save IMAGE | frostbyte audit -");
  if (S_ISFIFO(facts.st_mode) || S_ISSOCK(facts.st_mode)) return copy_stream(STDIN_FILENO, name, limits);
  if (!S_ISREG(facts.st_mode)) return unreadable(facts.st_mode, name);
  Fd same(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!same) return system_failure("read", name);
  return Blob{.file = std::make_shared<const Fd>(std::move(same)),
              .offset = 0,
              .size = static_cast<std::uint64_t>(facts.st_size),
              .name = name};
}

Result<Blob> open_path(const std::string& path, const Limits& limits) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return system_failure("open", path);
  if (S_ISREG(facts.st_mode)) return open_blob(path);
  if (!S_ISFIFO(facts.st_mode)) return unreadable(facts.st_mode, path);
  const Fd pipe = TRY(open_pipe(path));
  return copy_stream(pipe.get(), path, limits);
}

}  // namespace

Result<Blob> open_archive(const std::string& path, const Limits& limits) {
  Blob blob = TRY(path == "-" ? open_standard_input(limits) : open_path(path, limits));
  if (blob.size == 0) return failure("read", blob.name, "it is empty", "save or copy the image again");
  return uncompressed(std::move(blob), limits);
}

}  // namespace frostbyte::oci
