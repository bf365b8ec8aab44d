// Which of the images of a layout is meant. Internal to images/oci.
#pragma once

#include <string>
#include <vector>

#include "images/oci/image.h"

namespace frostbyte::oci {

/// The path of a blob in a layout.
std::string blob_path(const Digest& digest);

/// A blob that must be there, of the size its descriptor says. Errors: missing, another size.
Result<Blob> find_blob(const Store& store, const Descriptor& descriptor);

/// A document that must be there, verified.
Result<std::string> read_document(const Store& store, const Descriptor& descriptor, const Limits& limits);

struct Selected {
  Descriptor descriptor{};
  Manifest manifest{};
  std::vector<std::string> tags{};
};

/// Descends from index.json. Attestations and artifacts that are no images are passed over, as are images whose
/// manifest is not in this store (an index may list other platforms' without bringing them). Errors: as open_image.
Result<Selected> select_image(const Store& store, const OpenOptions& options, Findings& findings);

}  // namespace frostbyte::oci
