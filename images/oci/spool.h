// An archive as a blob that can be read anywhere: what is compressed or comes through a pipe is first written to a
// file without a name.
#pragma once

#include <string>

#include "images/oci/blob.h"
#include "images/oci/limits.h"

namespace frostbyte::oci {

/// The archive at `path`, uncompressed; "-" is standard input. Errors: as open(2); a folder, a device or a terminal; a
/// named pipe that nobody writes to for ten seconds; a stream that does not begin as an archive does; more bytes than
/// the limits allow; no room for a temporary file.
Result<Blob> open_archive(const std::string& path, const Limits& limits);

}  // namespace frostbyte::oci
