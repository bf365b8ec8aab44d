// One image, found in whatever it is kept in, its documents read and verified: the layers are named but not yet read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "images/oci/finding.h"
#include "images/oci/layer_reader.h"
#include "images/oci/limits.h"
#include "images/oci/manifest.h"
#include "images/oci/store.h"

namespace frostbyte::oci {

enum class Form : std::uint8_t {
  oci_layout,       ///< oci-layout, index.json, blobs/
  docker_archive,   ///< manifest.json and <id>/layer.tar, as `docker save` wrote before 25 and podman does
  docker_layout,    ///< both, as `docker save` writes since 25, with or without containerd's store
  folder_of_blobs,  ///< manifest.json and blobs beside it, as `skopeo copy … dir:` writes
  root_archive,     ///< no image: a tar archive of a root file system, as `docker export` writes
};
std::string_view to_string(Form form);

struct OpenOptions {
  std::optional<Platform> platform{};
  std::string reference{};  ///< tag or name, where the store holds several images; empty: there must be one
  Limits limits{};
};

struct Image {
  std::string name;  ///< where it was found
  Form form = Form::oci_layout;
  std::vector<std::string> tags{};
  Digest digest{};                   ///< of the manifest; empty where there is none
  std::uint64_t manifest_bytes = 0;  ///< 0 likewise
  std::uint64_t config_bytes = 0;
  Config config{};
  std::vector<Layer> layers{};  ///< base first: the manifest's order, never the store's
  Findings findings{};
};

/// Whether a folder holds an image rather than a root file system.
bool holds_image(const Store& store);

/// Errors: no image, several images and none chosen, none for the platform; a missing document or layer, a size or
/// digest that is not what the image says, another number of layers than of diff_ids; indexes nested too deeply.
Result<Image> open_image(const Store& store, const OpenOptions& options);

}  // namespace frostbyte::oci
