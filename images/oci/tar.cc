#include "images/oci/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace frostbyte::oci {
namespace {

EntryType type_of(archive_entry* entry) {
  if (::archive_entry_hardlink(entry) != nullptr) return EntryType::hardlink;
  switch (::archive_entry_filetype(entry)) {
    case AE_IFREG:
      return EntryType::file;
    case AE_IFLNK:
      return EntryType::symlink;
    case AE_IFDIR:
      return EntryType::folder;
    case AE_IFCHR:
      return EntryType::character_device;
    case AE_IFBLK:
      return EntryType::block_device;
    case AE_IFIFO:
      return EntryType::fifo;
    default:
      return EntryType::other;
  }
}

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

void describe(archive_entry* from, Entry& entry) {
  entry.type = type_of(from);
  entry.path = text_or_empty(::archive_entry_pathname(from));
  entry.target.clear();
  if (entry.type == EntryType::hardlink) entry.target = text_or_empty(::archive_entry_hardlink(from));
  if (entry.type == EntryType::symlink) entry.target = text_or_empty(::archive_entry_symlink(from));
  entry.mode = ::archive_entry_mode(from) & 07777;
  entry.uid = ::archive_entry_uid(from);
  entry.gid = ::archive_entry_gid(from);
  entry.mtime = ::archive_entry_mtime(from);
  const std::int64_t size = ::archive_entry_size(from);
  entry.size = size > 0 ? static_cast<std::uint64_t>(size) : 0;
  entry.sparse = ::archive_entry_sparse_count(from) > 0;
}

}  // namespace

struct TarReader::State {
  TarSource source;
  std::unique_ptr<archive, decltype([](archive* a) { ::archive_read_free(a); })> handle{::archive_read_new()};
  std::optional<Error> source_error{};
  Entry entry{};
  Findings findings{};
  std::uint64_t position = 0;

  static la_ssize_t read(archive* handle, void* self, const void** bytes) {
    State& state = *static_cast<State*>(self);
    auto piece = state.source.read();
    if (!piece) {
      ::archive_set_error(handle, EIO, "its source failed");
      state.source_error = std::move(piece.error());
      return -1;
    }
    *bytes = piece->data();
    return static_cast<la_ssize_t>(piece->size());
  }

  static la_int64_t skip(archive*, void* self, la_int64_t wanted) {
    State& state = *static_cast<State*>(self);
    return state.source.skip ? static_cast<la_int64_t>(state.source.skip(static_cast<std::uint64_t>(wanted))) : 0;
  }
};

TarReader::TarReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarReader::TarReader(TarReader&&) noexcept = default;
TarReader& TarReader::operator=(TarReader&&) noexcept = default;
TarReader::~TarReader() = default;

Result<TarReader> TarReader::open(TarSource source) {
  TarReader reader(std::make_unique<State>(State{.source = std::move(source)}));
  archive* handle = reader.state_->handle.get();
  ::archive_read_support_format_tar(handle);
  ::archive_read_support_format_empty(handle);
  if (reader.state_->source.skip) ::archive_read_set_skip_callback(handle, State::skip);
  ::archive_read_set_read_callback(handle, State::read);
  ::archive_read_set_callback_data(handle, reader.state_.get());
  if (::archive_read_open1(handle) != ARCHIVE_OK) return reader.error();
  return reader;
}

Failure TarReader::error() const {
  if (state_->source_error) return std::unexpected(*state_->source_error);
  const char* text = ::archive_error_string(state_->handle.get());
  return failure("read tar archive", state_->source.name, text == nullptr ? "it is damaged" : text,
                 "fetch or build the image again");
}

/// libarchive goes on after a warning, with a name it could not convert as it stands, which is what we want, but also
/// with a size that cannot be, as if it were 0.
Result<void> TarReader::heed_warning() {
  const std::string text = text_or_empty(::archive_error_string(state_->handle.get()));
  if (text.find("negative size") != std::string::npos) return error();
  if (text.find("can't be converted") == std::string::npos)
    state_->findings.add(Severity::warning, "tar", "'" + state_->entry.path + "': " + text);
  return {};
}

Result<const Entry*> TarReader::next() {
  archive_entry* from = nullptr;
  const int status = ::archive_read_next_header(state_->handle.get(), &from);
  state_->position = static_cast<std::uint64_t>(::archive_read_header_position(state_->handle.get()));
  if (status == ARCHIVE_EOF) return nullptr;
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return error();
  describe(from, state_->entry);
  state_->entry.position = state_->position;
  if (status == ARCHIVE_WARN) TRY(heed_warning());
  return &state_->entry;
}

Result<TarReader::Piece> TarReader::read() {
  const void* bytes = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  // A sparse file may give an empty block for a hole at its end, and still end after it.
  for (;;) {
    const int status = ::archive_read_data_block(state_->handle.get(), &bytes, &size, &offset);
    if (status == ARCHIVE_EOF) return Piece{};
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return error();
    if (size > 0) break;
  }
  // A damaged map of holes may put data where the file is said to have ended.
  const Entry& entry = state_->entry;
  if (offset < 0 || static_cast<std::uint64_t>(offset) > entry.size ||
      size > entry.size - static_cast<std::uint64_t>(offset))
    return failure("read tar archive", state_->source.name, "'" + entry.path + "': its data reach beyond its size",
                   "fetch or build the image again");
  return Piece{.bytes = {static_cast<const std::uint8_t*>(bytes), size}, .offset = static_cast<std::uint64_t>(offset)};
}

std::uint64_t TarReader::position() const { return state_->position; }

const Findings& TarReader::findings() const { return state_->findings; }

}  // namespace frostbyte::oci
