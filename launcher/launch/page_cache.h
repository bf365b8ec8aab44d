// Puts a function's own files into, or out of, the page cache and proves it: fsync, posix_fadvise, then cachestat(2)
// (Linux 6.5) or mincore(2). Needs no privilege.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/base/units.h"

namespace frostbyte::launch {

struct Residency {
  Bytes resident;
  Bytes total;
};

/// The function's own files: the program, regular files in its folder (bounded count and depth), and, for a dynamic
/// ELF, its interpreter and the libraries it needs, found as the dynamic loader would (DT_RUNPATH, ld.so.cache by
/// `ldconfig -p` semantics). The last two are `shared`: other processes keep them mapped, they cannot be evicted, and
/// they are named.
struct FileSet {
  std::vector<std::filesystem::path> own;
  std::vector<std::filesystem::path> shared;
};
Result<FileSet> files_of(const std::filesystem::path& program, const std::filesystem::path& folder);

class PageCache {
 public:
  explicit PageCache(FileSet files);
  /// Once, before the first cold launch: fsync, because a dirty page cannot be evicted.
  Result<void> flush();
  /// Evicts the own files. Errors: a file still has resident pages afterwards (it is mapped by a live process, or on
  /// tmpfs).
  Result<Residency> evict();
  /// Reads everything in and proves it.
  Result<Residency> warm();
  /// Shared files with resident pages: "resident, not evicted".
  [[nodiscard]] std::vector<std::filesystem::path> resident_shared() const;
  /// "cachestat" or "mincore".
  [[nodiscard]] static std::string proof_method();

 private:
  FileSet files_;
};

}  // namespace frostbyte::launch
