// From a function and a base to an image: two layers, the base's and the function's, and the documents.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "images/oci/image_writer.h"
#include "images/pack/function.h"

namespace frostbyte::pack {

struct Description {
  Subject subject;
  std::vector<std::pair<std::string, std::string>> environment;  ///< PATH is added
  std::vector<std::string> exposed_ports;
  std::map<std::string, std::string> labels;
  std::string repository;
  std::string tag;
};

struct PackOptions {
  oci::LayerOptions layer{};
  Libraries libraries = Libraries::refuse;
};

/// Errors: as place(); a file that cannot be read or changes meanwhile.
Result<oci::WrittenImage> pack_image(const Description& description, const Base& base, const PackOptions& options);

/// The base alone, as an image to build on. Errors: it has no layer.
Result<oci::WrittenImage> pack_base(const Base& base, const PackOptions& options);

/// $SOURCE_DATE_EPOCH, 0 without it. Errors: no number of seconds.
Result<std::int64_t> source_date_epoch();

}  // namespace frostbyte::pack
