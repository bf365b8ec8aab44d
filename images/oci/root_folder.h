// File operations below one folder, as if it were "/": links lead wherever they lead inside it, and nowhere else.
// Internal to images/oci.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launcher/base/fd.h"

namespace frostbyte::oci {

class RootFolder {
 public:
  /// Errors: as open(2); a kernel without openat2 (before 5.6).
  static Result<RootFolder> open(const std::string& folder);

  struct Place {
    int folder = -1;  ///< holds it; valid until the next call of at()
    std::string name;
    std::string path;  ///< canonical, for errors
  };
  /// Where a canonical path is to be made: its folder, with those above it made where they are missing. Errors: a part
  /// of it is no folder, or a link that leads nowhere.
  Result<Place> at(const std::string& path);

  /// What is at a place, links not followed; nothing when there is nothing.
  [[nodiscard]] static std::optional<struct stat> look(const Place& place);
  /// Removes what is there with all that is in it. Errors: as unlinkat(2).
  static Result<void> remove(const Place& place);
  /// The folder at a path, opened for reading; nothing when there is none.
  [[nodiscard]] Result<std::optional<Fd>> find_folder(const std::string& path) const;
  /// Sets modes and times of a folder that was made here.
  Result<void> finish_folder(const std::string& path, std::uint32_t mode, std::int64_t mtime) const;

 private:
  explicit RootFolder(Fd root) : root_(std::move(root)) {}
  [[nodiscard]] int open_inside(const std::string& path, int flags) const;
  Result<Fd> make_folders(const std::string& path) const;

  Fd root_;
  std::string last_;  ///< the folder that `last_folder_` is: entries come folder by folder
  Fd last_folder_;
};

/// Names in an open folder. Errors: as readdir(3).
Result<std::vector<std::string>> names_in_folder(int folder, const std::string& path);

/// Removes a name of an open folder, with all that is below it. Errors: as unlinkat(2).
Result<void> remove_name(int folder, const std::string& name, const std::string& path);

}  // namespace frostbyte::oci
