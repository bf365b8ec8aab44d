// Unpacks an image into a folder as a container engine would, and trusts nothing in it: every path is resolved by the
// kernel below that folder (openat2, RESOLVE_IN_ROOT), every size and count has a limit, and what an honest image never
// holds is refused by name.
//
//   refused     a path or a hard link that leads out of the root, a path through a link of the same layer or one that
//               leads nowhere, a path that a layer gives two types, a hard link to nothing, an invalid whiteout, paths
//               longer than PATH_MAX, everything beyond Limits
//   left out    devices and pipes: a launch has devices of its own, and a device 0:0 would hide files of an overlay
//   taken off   set-user-ID and set-group-ID: a folder for temporary files is no place for them
//   kept        content, links (absolute ones lead inside the root), modes, times, and, as root, owners
#pragma once

#include <cstdint>
#include <string>

#include "images/oci/finding.h"
#include "images/oci/image.h"

namespace frostbyte::oci {

struct Unpacked {
  std::uint64_t entries = 0;  ///< of all layers
  std::uint64_t bytes = 0;    ///< of files, as written
  Findings findings{};        ///< what was left out or taken off
};

/// `folder` must exist and be empty. After an error what was unpacked so far is still there. Errors: those above, those
/// of LayerReader, of the file system.
Result<Unpacked> unpack(const Image& image, const std::string& folder, const Limits& limits);

}  // namespace frostbyte::oci
