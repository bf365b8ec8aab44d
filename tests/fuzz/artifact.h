// Inputs as the blobs that images/oci reads, in memory, and limits small enough that an input which reaches them costs
// nothing.
#pragma once

#include <sys/mman.h>

#include <memory>
#include <string_view>

#include "images/oci/blob.h"
#include "images/oci/limits.h"
#include "launcher/base/file.h"
#include "law.h"

namespace frostbyte::fuzz {

inline constexpr oci::Limits kSmall = {.unpacked = 32 << 20,
                                       .ratio = 20,
                                       .free_expansion = 4 << 20,
                                       .entries = 20'000,
                                       .window = 8 << 20,
                                       .document = 1 << 20,
                                       .manifests = 64,
                                       .members = 1000};

inline oci::Blob blob_of(std::string_view bytes) {
  auto file = std::make_shared<Fd>(::memfd_create("input", MFD_CLOEXEC));
  must(file->get() >= 0 && write_all(file->get(), bytes, "input").has_value(), "there is memory for the input");
  return {.file = std::move(file), .offset = 0, .size = bytes.size(), .name = "input"};
}

}  // namespace frostbyte::fuzz
