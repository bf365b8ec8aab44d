// Reads all layers of an image at once, one thread a layer and processor, each layer once from its beginning to its
// end. Internal to images/audit.
#pragma once

#include <cstdint>
#include <vector>

#include "images/audit/record.h"
#include "images/oci/image.h"

namespace frostbyte::audit {

struct Scan {
  RecordList records{};
  oci::LayerFacts facts{};
  oci::Findings findings{};
  std::uint64_t entries = 0;
  std::uint64_t format_bytes = 0;             ///< payload of files that only a layer's format needs (eStargz)
  std::vector<std::uint64_t> recompressed{};  ///< bytes at each of the levels asked for
};

struct ScanOptions {
  oci::Limits limits{};
  std::vector<int> zstd_levels{};  ///< what the layers would weigh as zstd at these levels
  unsigned threads = 0;            ///< 0: as many as there are processors
};

/// In the order of the layers. Errors: those of the first layer, counted from the base, that has any.
Result<std::vector<Scan>> scan_layers(const std::vector<oci::Layer>& layers, const ScanOptions& options);

}  // namespace frostbyte::audit
