// Puts layers together to an image and writes it: as an OCI layout in a folder, or as one archive that is both an OCI
// layout and what `docker load` reads. Whole or not at all; the same image gives the same bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "images/oci/layer_writer.h"
#include "images/oci/manifest.h"

namespace frostbyte::oci {

struct ImageSpec {
  Platform platform{};
  std::vector<std::string> entrypoint{};
  std::vector<std::string> environment{};  ///< NAME=VALUE
  std::string working_folder{};
  std::vector<std::string> exposed_ports{};  ///< "8080/tcp"
  std::map<std::string, std::string> labels{};
  std::string repository{};  ///< "cpp-epoll"
  std::string tag{};         ///< "static"
  std::int64_t epoch = 0;    ///< when it says it was made, seconds
};

/// An image whose documents are written and whose layers lie in temporary files.
struct WrittenImage {
  std::vector<WrittenLayer> layers{};
  std::string config{}, manifest{}, index{}, archive_list{};  ///< documents, as they are written
  Digest config_digest{}, digest{};                           ///< digest: the manifest's, the image's name
  std::int64_t epoch = 0;
  /// Manifest, configuration and layers, each blob once: what is pulled where nothing is cached.
  [[nodiscard]] std::uint64_t transfer() const;
};

WrittenImage compose(const ImageSpec& spec, std::vector<WrittenLayer> layers);

enum class IfThere : std::uint8_t { refuse, replace };

/// A folder. What is there is replaced only if it is an OCI layout or an empty folder. Errors: something is there; as
/// open(2), write(2), rename(2).
Result<void> write_layout(const WrittenImage& image, const std::string& folder, IfThere if_there);

/// A tar archive. Errors: likewise.
Result<void> write_archive(const WrittenImage& image, const std::string& path, IfThere if_there);
/// The same into a pipe or a file that is open.
Result<void> write_archive(const WrittenImage& image, int fd, const std::string& name);

}  // namespace frostbyte::oci
