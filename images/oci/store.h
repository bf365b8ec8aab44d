// The files an image is kept in: a folder, or a tar archive, which is never unpacked: its members are ranges of it.
// Archives that are compressed or come through a pipe are first written to a file without a name.
// Not here: what the files mean (image.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "images/oci/blob.h"
#include "images/oci/limits.h"
#include "images/oci/tar.h"

namespace frostbyte::oci {

class Store {
 public:
  /// A folder or a tar archive; "-" is standard input. Errors: neither; as open_archive;
  /// more members than the limits allow.
  static Result<Store> open(const std::string& path, const Limits& limits);

  [[nodiscard]] bool is_folder() const { return !archive_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The archive itself; only without is_folder().
  [[nodiscard]] const Blob& archive() const { return archive_->blob; }

  /// The file of this name, through links inside an archive; nothing when there is none. Errors: a name that leads out
  /// of the store, links in a circle, not a regular file.
  [[nodiscard]] Result<std::optional<Blob>> find(const std::string& name) const;

  /// Names and sizes of what stands directly in a folder of the store.
  [[nodiscard]] std::map<std::string, std::uint64_t> list(const std::string& folder) const;

 private:
  struct Member {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string link{};  ///< canonical path of what it leads to; empty for a file
  };
  struct Archive {
    Blob blob;
    std::map<std::string, Member, std::less<>> members{};
  };
  [[nodiscard]] Result<std::optional<Blob>> find_member(std::string name) const;
  [[nodiscard]] Result<std::optional<Blob>> find_file(const std::string& name) const;
  static Result<Archive> index_archive(Blob blob, const Limits& limits);
  static void add_member(Archive& archive, const Entry& entry, std::uint64_t end);

  std::string name_;
  std::shared_ptr<const Archive> archive_;  ///< null for a folder
};

}  // namespace frostbyte::oci
