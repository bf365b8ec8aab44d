#include "images/oci/tar_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <optional>

namespace frostbyte::oci {
namespace {

struct FreeArchive {
  void operator()(archive* it) const { archive_write_free(it); }
};
struct FreeEntry {
  void operator()(archive_entry* it) const { archive_entry_free(it); }
};

unsigned file_type(EntryType type) {
  switch (type) {
    case EntryType::folder:
      return AE_IFDIR;
    case EntryType::symlink:
      return AE_IFLNK;
    default:
      return AE_IFREG;
  }
}

bool is_writable(EntryType type) {
  return type == EntryType::file || type == EntryType::folder || type == EntryType::symlink ||
         type == EntryType::hardlink;
}

}  // namespace

struct TarWriter::State {
  Sink sink;
  std::unique_ptr<archive, FreeArchive> tar{archive_write_new()};
  std::unique_ptr<archive_entry, FreeEntry> entry{archive_entry_new()};
  std::string path{};
  std::uint64_t missing = 0;  ///< bytes of the current entry's payload
  std::optional<Error> failed{};

  static la_ssize_t write(archive*, void* raw, const void* data, std::size_t size) {
    auto& self = *static_cast<State*>(raw);
    const auto written = self.sink(std::span(static_cast<const std::uint8_t*>(data), size));
    if (written) return static_cast<la_ssize_t>(size);
    self.failed = written.error();
    return -1;
  }
};

Result<TarWriter> TarWriter::open(Sink sink) {
  auto state = std::make_unique<State>(State{.sink = std::move(sink)});
  if (!state->tar || !state->entry) return failure("write", "a tar archive", "no memory");
  archive* tar = state->tar.get();
  constexpr int kBlock = 64 << 10;
  const bool ready = archive_write_set_format_gnutar(tar) == ARCHIVE_OK &&
                     archive_write_set_bytes_per_block(tar, kBlock) == ARCHIVE_OK &&
                     archive_write_set_bytes_in_last_block(tar, 1) == ARCHIVE_OK &&
                     archive_write_open(tar, state.get(), nullptr, &State::write, nullptr) == ARCHIVE_OK;
  if (!ready) return failure("write", "a tar archive", archive_error_string(tar));
  return TarWriter(std::move(state));
}

TarWriter::TarWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarWriter::TarWriter(TarWriter&&) noexcept = default;
TarWriter& TarWriter::operator=(TarWriter&&) noexcept = default;
TarWriter::~TarWriter() = default;

Failure TarWriter::error() const {
  if (state_->failed) return std::unexpected(*state_->failed);
  const char* text = archive_error_string(state_->tar.get());
  return failure("write to a tar archive", state_->path, text == nullptr ? "for no reason given" : text);
}

Result<void> TarWriter::check_whole() const {
  if (state_->missing == 0) return {};
  return failure("write to a tar archive", state_->path, fmt::format("{} bytes of it are missing", state_->missing),
                 "the file changed while it was read: try again");
}

Result<void> TarWriter::add(const Entry& entry) {
  TRY(check_whole());
  state_->path = entry.path;
  if (!is_writable(entry.type))
    return failure("write to a tar archive", entry.path, "it is a device, a pipe or a socket",
                   "only files, folders and links can be packed");
  archive_entry* it = archive_entry_clear(state_->entry.get());
  archive_entry_set_pathname(it, entry.path.c_str());
  archive_entry_set_filetype(it, file_type(entry.type));
  archive_entry_set_perm(it, entry.mode & 07777U);
  archive_entry_set_uid(it, entry.uid);
  archive_entry_set_gid(it, entry.gid);
  archive_entry_set_mtime(it, entry.mtime, 0);
  if (entry.type == EntryType::symlink) archive_entry_set_symlink(it, entry.target.c_str());
  if (entry.type == EntryType::hardlink) archive_entry_set_hardlink(it, entry.target.c_str());
  state_->missing = entry.type == EntryType::file ? entry.size : 0;
  archive_entry_set_size(it, static_cast<la_int64_t>(state_->missing));
  if (archive_write_header(state_->tar.get(), it) != ARCHIVE_OK) return error();
  return {};
}

Result<void> TarWriter::write(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > state_->missing)
    return failure("write to a tar archive", state_->path, "it has more bytes than its size says",
                   "the file changed while it was read: try again");
  if (!bytes.empty() && archive_write_data(state_->tar.get(), bytes.data(), bytes.size()) < 0) return error();
  state_->missing -= bytes.size();
  return {};
}

Result<void> TarWriter::finish() {
  TRY(check_whole());
  if (archive_write_close(state_->tar.get()) != ARCHIVE_OK) return error();
  return {};
}

}  // namespace frostbyte::oci
