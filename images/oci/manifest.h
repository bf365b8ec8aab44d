// The documents of an image: index, manifest, configuration, and what refers from one to the other. Parsed from any
// bytes; what the specification leaves optional is optional here.
// Not here: where the documents lie (store.h) and which of several images is meant (image.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "images/oci/digest.h"
#include "launcher/base/result.h"

namespace frostbyte::oci {

namespace media_type {
inline constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kEmpty = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view kLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kDockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
}  // namespace media_type

namespace annotation {
inline constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";
inline constexpr std::string_view kImageName = "io.containerd.image.name";
inline constexpr std::string_view kReferenceType = "vnd.docker.reference.type";
}  // namespace annotation

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;
  [[nodiscard]] std::string text() const;  ///< "linux/arm64/v8"
  auto operator<=>(const Platform&) const = default;
};
/// "os/architecture[/variant]". Errors: fewer or more parts, an empty one.
Result<Platform> parse_platform(std::string_view text);

using Annotations = std::map<std::string, std::string>;

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;  ///< bytes of the blob
  std::optional<Platform> platform{};
  std::string artifact_type{};
  Annotations annotations{};
};

struct Index {
  std::vector<Descriptor> manifests;
};

struct Manifest {
  std::string media_type;     ///< may be empty
  std::string artifact_type;  ///< not empty: something else than an image
  Descriptor config;
  std::vector<Descriptor> layers;  ///< base first
};

/// One step of an image's making.
struct History {
  std::string created_by;
  bool empty_layer = false;
};

struct Config {
  Platform platform;
  std::vector<Digest> diff_ids;  ///< of the uncompressed layers, base first
  std::vector<History> history;
  std::vector<std::string> entrypoint, command, environment;
  std::string user, working_folder;
  std::vector<std::string> exposed_ports;  ///< "8080/tcp", sorted
  std::map<std::string, std::string> labels;
  [[nodiscard]] std::vector<std::string> argv() const;  ///< entrypoint, then command
};

/// One image of a docker-archive's manifest.json.
struct ArchivedImage {
  std::string config;  ///< path in the archive
  std::vector<std::string> tags;
  std::vector<std::string> layers;  ///< paths, base first
};

// Errors of all of these: not JSON, a member of another type than it must have, a negative or overflowing size, a
// digest of no known form. `subject` names the document in errors.
Result<Index> parse_index(std::string_view json, const std::string& subject);
Result<Manifest> parse_manifest(std::string_view json, const std::string& subject);
Result<Config> parse_config(std::string_view json, const std::string& subject);
Result<std::vector<ArchivedImage>> parse_archive_list(std::string_view json, const std::string& subject);

/// What a document is, by its members: mediaType is optional, and tools write the wrong one.
enum class Document : std::uint8_t { index, manifest, other };
Document kind_of(std::string_view json);

}  // namespace frostbyte::oci
