// How much of a file is in the page cache, and by which means the kernel was asked.
#pragma once

#include <cstdint>
#include <string>

#include "launcher/base/result.h"
#include "launcher/launch/page_cache.h"

namespace frostbyte::launch {

enum class Proof : std::uint8_t { cachestat, mincore };

/// cachestat(2) where the kernel has it and the file's file system keeps the pages in the file's own name; else
/// mincore(2) over a fresh mapping. Overlay file systems keep them in the layer below: there cachestat says 0 whatever
/// is cached.
Proof proof_for(int fd);

/// Of an open regular file. Resident bytes never exceed the size, and equal it exactly when every page is resident.
/// Errors: the kernel refuses to tell (neither owner nor writer of the file).
Result<Residency> residency(int fd, const std::string& path);
/// By one method, whatever the file: the two must agree wherever both can tell.
Result<Residency> residency(int fd, const std::string& path, Proof proof);

}  // namespace frostbyte::launch
