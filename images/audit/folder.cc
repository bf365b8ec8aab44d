// A plain folder as if it were one layer. Links are never followed, other file systems not left out: what is there
// counts, as it would if the folder were packed.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <map>
#include <memory>

#include "images/audit/books.h"

namespace frostbyte::audit {
namespace {

using oci::EntryType;

struct Name {
  std::string name;
  struct stat facts;
};

EntryType type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return EntryType::file;
    case S_IFDIR:
      return EntryType::folder;
    case S_IFLNK:
      return EntryType::symlink;
    case S_IFCHR:
      return EntryType::character_device;
    case S_IFBLK:
      return EntryType::block_device;
    case S_IFIFO:
      return EntryType::fifo;
    default:
      return EntryType::other;
  }
}

class FolderWalk {
 public:
  FolderWalk(std::string root, const oci::Limits& limits) : root_(std::move(root)), limits_(limits) {}

  /// Folders wait in a list, not on the stack: depth costs no recursion.
  Result<RecordList> walk() {
    waiting_.push_back("");
    while (!waiting_.empty()) {
      const std::string folder = std::move(waiting_.back());
      waiting_.pop_back();
      TRY(visit(folder));
    }
    return std::move(records_);
  }

 private:
  [[nodiscard]] std::string full(const std::string& path) const { return path.empty() ? root_ : root_ + "/" + path; }

  Result<std::vector<Name>> list(const std::string& folder) const {
    const Fd fd = TRY(open_file(full(folder), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    const std::unique_ptr<DIR, decltype([](DIR* d) { ::closedir(d); })> stream(
        ::fdopendir(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)));
    if (!stream) return system_failure("list", full(folder));
    std::vector<Name> names;
    for (errno = 0; const dirent* entry = ::readdir(stream.get()); errno = 0) {
      Name name{.name = entry->d_name, .facts = {}};
      if (name.name == "." || name.name == "..") continue;
      if (::fstatat(fd.get(), entry->d_name, &name.facts, AT_SYMLINK_NOFOLLOW) != 0)
        return system_failure("examine", full(folder) + "/" + name.name);
      names.push_back(std::move(name));
    }
    if (errno != 0) return system_failure("list", full(folder));
    std::ranges::sort(names, {}, &Name::name);
    return names;
  }

  Result<void> visit(const std::string& folder) {
    const std::vector<Name> names = TRY(list(folder));
    for (const Name& name : names) {
      if (records_.size() >= limits_.entries)
        return failure("read folder", root_, fmt::format("it has more than {} entries", limits_.entries),
                       "raise --max-entries");
      const std::string path = folder.empty() ? name.name : folder + "/" + name.name;
      if (path.size() > limits_.path)
        return failure(
            "read folder", root_,
            fmt::format("a path in it has {} bytes; no engine can unpack more than {}", path.size(), limits_.path));
      TRY(add(path, name.facts));
      if (S_ISDIR(name.facts.st_mode)) waiting_.push_back(path);
    }
    return {};
  }

  Result<void> add(const std::string& path, const struct stat& facts) {
    Record record{.uid = facts.st_uid,
                  .gid = facts.st_gid,
                  .mode = static_cast<std::uint16_t>(facts.st_mode & 07777),
                  .type = type_of(facts.st_mode)};
    std::string target;
    if (record.type == EntryType::file) {
      if (facts.st_nlink > 1) {
        const auto [known, first] = linked_.try_emplace({facts.st_dev, facts.st_ino}, path);
        if (!first) {
          record.type = EntryType::hardlink;
          target = known->second;
        }
      }
      if (record.type == EntryType::file) TRY(read(path, record));
    }
    if (record.type == EntryType::symlink) target = TRY(read_link(path, facts));
    records_.add(record, path, target);
    return {};
  }

  Result<std::string> read_link(const std::string& path, const struct stat& facts) const {
    std::string target(static_cast<std::size_t>(facts.st_size) + 1, '\0');
    const ssize_t n = ::readlink(full(path).c_str(), target.data(), target.size());
    if (n < 0) return system_failure("read link", full(path));
    target.resize(static_cast<std::size_t>(n));
    return target;
  }

  Result<void> read(const std::string& path, Record& record) {
    const Fd fd = TRY(open_file(full(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    XXH3_128bits_reset(hash_.get());
    for (;;) {
      const ssize_t n = ::read(fd.get(), buffer_.data(), buffer_.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_failure("read", full(path));
      if (n == 0) break;
      XXH3_128bits_update(hash_.get(), buffer_.data(), static_cast<std::size_t>(n));
      record.size += static_cast<std::uint64_t>(n);
    }
    const XXH128_hash_t hash = XXH3_128bits_digest(hash_.get());
    record.content = {.low = hash.low64, .high = hash.high64};
    return {};
  }

  std::string root_;
  const oci::Limits& limits_;
  RecordList records_;
  std::vector<std::string> waiting_;
  std::map<std::pair<dev_t, ino_t>, std::string> linked_;
  std::vector<char> buffer_ = std::vector<char>(256 << 10);
  std::unique_ptr<XXH3_state_t, decltype([](XXH3_state_t* state) { XXH3_freeState(state); })> hash_{XXH3_createState()};
};

}  // namespace

Result<Audit> audit_folder(const std::string& path, const AuditOptions& options) {
  std::vector<Scan> scans(1);
  scans[0].records = TRY(FolderWalk(path, options.scan.limits).walk());
  scans[0].entries = scans[0].records.size();
  Audit audit{.name = path, .kind = Kind::root_folder, .form = "folder"};
  keep_accounts(audit, {oci::Layer{}}, scans, options);
  return audit;
}

}  // namespace frostbyte::audit
