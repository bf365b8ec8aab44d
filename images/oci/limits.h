// How much of an image is read before it is refused. Nothing here is reached by an image that a machine could run.
#pragma once

#include <cstdint>

namespace frostbyte::oci {

struct Limits {
  /// Uncompressed bytes of one image, all layers together.
  std::uint64_t unpacked = 256ULL << 30;
  /// A layer may always unpack to `free_expansion` bytes, and beyond that to `ratio` times its compressed size: a text
  /// compresses tenfold, zeros a thousandfold.
  std::uint64_t ratio = 200;
  std::uint64_t free_expansion = 1ULL << 30;
  /// Entries and folders of one image, all layers together; a million take less than 300 MB of memory.
  std::uint64_t entries = 5'000'000;
  /// Bytes of one path: what open(2) takes (PATH_MAX, without its NUL).
  std::uint64_t path = 4095;
  /// Memory a zstd frame may ask for; the format's own recommendation is 8 MiB, `zstd --ultra --long=31` asks for 2
  /// GiB.
  std::uint64_t window = 512ULL << 20;
  /// Bytes of an index, a manifest or a configuration; registries refuse manifests above 4 MiB.
  std::uint64_t document = 32ULL << 20;
  /// Manifests an index may lead to, nested ones included, and how deeply they nest.
  std::uint64_t manifests = 4096;
  std::uint64_t nesting = 8;
  /// Members of an archive that holds an image: blobs and documents, not files of the image.
  std::uint64_t members = 100'000;
};

}  // namespace frostbyte::oci
