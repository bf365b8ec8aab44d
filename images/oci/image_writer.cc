#include "images/oci/image_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "images/oci/tar_writer.h"
#include "launcher/base/file.h"

namespace frostbyte::oci {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLayoutText = R"({"imageLayoutVersion":"1.0.0"})";

/// A file of the layout: a document or a blob.
struct File {
  std::string name;
  std::string_view text{};
  const Blob* blob = nullptr;
  [[nodiscard]] std::uint64_t size() const { return blob == nullptr ? text.size() : blob->size; }
};

/// By name, each once.
std::map<std::string, File> files_of(const WrittenImage& image) {
  std::map<std::string, File> files;
  const auto add = [&](File file) { files.emplace(file.name, std::move(file)); };
  add({.name = "oci-layout", .text = kLayoutText});
  add({.name = "index.json", .text = image.index});
  add({.name = "blobs/sha256/" + image.config_digest.hex(), .text = image.config});
  add({.name = "blobs/sha256/" + image.digest.hex(), .text = image.manifest});
  for (const WrittenLayer& layer : image.layers)
    add({.name = "blobs/sha256/" + layer.digest.hex(), .blob = &layer.blob});
  return files;
}

Result<void> each_piece(const File& file, const Sink& sink) {
  if (file.blob == nullptr)
    return sink(std::span(reinterpret_cast<const std::uint8_t*>(file.text.data()), file.text.size()));
  BlobReader reader(*file.blob, {});
  std::vector<std::uint8_t> buffer(256 << 10);
  for (;;) {
    const std::size_t size = TRY(reader.read(buffer));
    if (size == 0) return {};
    TRY(sink(std::span(buffer.data(), size)));
  }
}

Result<void> write_span(int fd, std::span<const std::uint8_t> bytes, const std::string& name) {
  return write_all(fd, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name);
}

Result<void> flush(int fd, const std::string& name) {
  return ::fsync(fd) == 0 ? Result<void>() : system_failure("flush", name);
}

Failure in_the_way(const std::string& path, const std::string& what) {
  return failure("write image", path, what, "name another place with -o, or say --overwrite");
}

bool is_layout_or_empty(const std::string& folder) {
  std::error_code error;
  return fs::exists(fs::path(folder) / "oci-layout", error) || (fs::is_empty(folder, error) && !error);
}

/// What may be done to what is at `path`.
Result<void> check_place(const std::string& path, IfThere if_there, fs::file_type expected) {
  std::error_code error;
  const fs::file_type found = fs::symlink_status(path, error).type();
  if (found == fs::file_type::not_found) return {};
  if (if_there == IfThere::refuse) return in_the_way(path, "it is there already");
  if (found != expected)
    return failure("write image", path, "something else than an image is there", "name another place with -o");
  if (expected == fs::file_type::directory && !is_layout_or_empty(path))
    return failure("write image", path, "the folder there is no OCI layout, and is not replaced by one",
                   "name another place with -o");
  return {};
}

Result<void> write_file(const fs::path& path, const File& file) {
  const Fd fd = TRY(open_file(path.string(), O_WRONLY | O_CREAT | O_EXCL, 0644));
  if (::fchmod(fd.get(), 0644) != 0) return system_failure("set the mode of", path.string());
  TRY(each_piece(file, [&](auto bytes) { return write_span(fd.get(), bytes, path.string()); }));
  return flush(fd.get(), path.string());
}

Result<void> make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0755) != 0 || ::chmod(path.c_str(), 0755) != 0)
    return system_failure("create folder", path.string());
  return {};
}

Result<void> fill_folder(const WrittenImage& image, const fs::path& folder) {
  if (::chmod(folder.c_str(), 0755) != 0) return system_failure("set the mode of", folder.string());
  TRY(make_folder(folder / "blobs"));
  TRY(make_folder(folder / "blobs/sha256"));
  for (const auto& [name, file] : files_of(image)) TRY(write_file(folder / name, file));
  return {};
}

/// Puts `made` where `path` is; what was there before is gone afterwards.
Result<void> put_in_place(const std::string& made, const std::string& path) {
  if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EEXIST && errno != EINVAL) return system_failure("rename to", path);
  if (::rename(made.c_str(), path.c_str()) == 0) return {};  // an empty folder, or a file system without the flag
  if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) != 0)
    return system_failure("exchange with", path);
  std::error_code ignored;
  fs::remove_all(made, ignored);
  return {};
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

Result<void> write_layout(const WrittenImage& image, const std::string& folder, IfThere if_there) {
  const std::string path = without_slash(folder);
  TRY(check_place(path, if_there, fs::file_type::directory));
  std::string made = path + ".XXXXXX";
  if (::mkdtemp(made.data()) == nullptr) return system_failure("create a folder beside", path);
  Result<void> written = fill_folder(image, made);
  // Looked at again: with `refuse` nothing that came meanwhile is replaced.
  if (written) written = check_place(path, if_there, fs::file_type::directory);
  if (written) written = put_in_place(made, path);
  std::error_code ignored;
  if (!written) fs::remove_all(made, ignored);
  return written;
}

Result<void> write_archive(const WrittenImage& image, int fd, const std::string& name) {
  TarWriter tar = TRY(TarWriter::open([&](auto bytes) { return write_span(fd, bytes, name); }));
  std::map<std::string, File> files = files_of(image);
  files.emplace("manifest.json", File{.name = "manifest.json", .text = image.archive_list});
  Entry entry{.type = EntryType::folder, .mode = 0755, .mtime = image.epoch};
  for (const char* folder : {"blobs", "blobs/sha256"}) {
    entry.path = folder;
    TRY(tar.add(entry));
  }
  entry.type = EntryType::file;
  entry.mode = 0644;
  for (const auto& [path, file] : files) {
    entry.path = path;
    entry.size = file.size();
    TRY(tar.add(entry));
    TRY(each_piece(file, [&](auto bytes) { return tar.write(bytes); }));
  }
  return tar.finish();
}

Result<void> write_archive(const WrittenImage& image, const std::string& path, IfThere if_there) {
  TRY(check_place(path, if_there, fs::file_type::regular));
  std::string made = path + ".XXXXXX";
  const Fd fd(::mkostemp(made.data(), O_CLOEXEC));
  if (!fd) return system_failure("create a file beside", path);
  const auto written = [&]() -> Result<void> {
    TRY(write_archive(image, fd.get(), made));
    if (::fchmod(fd.get(), 0644) != 0) return system_failure("set the mode of", made);
    TRY(flush(fd.get(), made));
    const unsigned flags = if_there == IfThere::refuse ? RENAME_NOREPLACE : 0;
    if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, path.c_str(), flags) == 0) return {};
    if (errno == EEXIST) return in_the_way(path, "it is there already");
    if (errno == EINVAL && ::rename(made.c_str(), path.c_str()) == 0) return {};
    return system_failure("rename to", path);
  }();
  if (!written) ::unlink(made.c_str());
  return written;
}

}  // namespace frostbyte::oci
