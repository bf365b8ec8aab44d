// The exact accounts of an image: what is shipped, what of it lives, and what became of the rest.
//
//   shipped = live + dead,   dead = the sum of its six classes
//
// in bytes, for the image, for every layer and for every folder, whatever the input. METHOD.md defines each quantity.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "images/audit/merge.h"
#include "images/audit/scan.h"
#include "images/audit/tree.h"
#include "images/oci/image.h"

namespace frostbyte::audit {

/// Bytes of payload by what became of them.
struct Account {
  std::uint64_t shipped = 0;
  std::uint64_t live = 0;
  std::array<std::uint64_t, kDeaths> dead{};             ///< by Death
  std::array<std::uint64_t, kDeaths> dead_compressed{};  ///< what those files take of the compressed layers
  bool dead_compressed_exact = true;
  [[nodiscard]] std::uint64_t dead_total() const;
  [[nodiscard]] std::uint64_t dead_compressed_total() const;
  void add(const File& file);
  void add(const Account& other);
};

struct LayerAudit {
  oci::Digest digest{};
  oci::Digest diff_id{};
  std::string created_by{};
  oci::StreamFacts stream{};
  std::uint64_t blob = 0;  ///< compressed bytes
  std::uint64_t tar = 0;   ///< uncompressed bytes
  std::uint64_t entries = 0;
  Account account{};          ///< of what this layer shipped
  std::uint64_t removed = 0;  ///< bytes of layers below that this layer made dead
  bool in_base = false;       ///< belongs to the base image
  bool repeated = false;      ///< the same blob as a layer below: transferred once
};

/// Given an image to build on.
struct BaseSplit {
  std::string name{};
  std::size_t layers = 0;          ///< that both have in common, from the bottom
  bool whole = false;              ///< all of the base's layers are there
  std::uint64_t new_transfer = 0;  ///< to be pulled where the base has been pulled
  Account own{};                   ///< of the layers above the base
};

struct WhatIf {
  std::string name{};  ///< "zstd_19"
  std::uint64_t transfer = 0;
};

enum class Kind : std::uint8_t { image, root_archive, root_folder };

struct Audit {
  std::string name{};
  Kind kind = Kind::image;
  std::string form{};
  std::string platform{};
  std::vector<std::string> tags{};
  oci::Digest digest{};
  std::optional<std::uint64_t> transfer{};  ///< absent for a folder, which nothing has packed
  std::optional<std::uint64_t> tar{};       ///< absent likewise
  std::uint64_t disk = 0;                   ///< shipped files, each rounded up to blocks of 4 KiB
  std::uint64_t documents = 0;              ///< manifest and configuration, part of transfer
  std::uint64_t format_bytes = 0;           ///< shipped files that only eStargz needs
  std::uint64_t duplicates = 0;             ///< live bytes that are there more than once, but for one copy each
  Account account{};
  std::uint64_t entries = 0;
  std::uint64_t live_files = 0;    ///< files, hard links counted once
  std::uint64_t live_entries = 0;  ///< files, links, folders, devices
  std::vector<LayerAudit> layers{};
  std::optional<BaseSplit> base{};
  std::vector<WhatIf> what_if{};
  oci::Findings findings{};
  std::vector<Event> events{};  ///< of the explained path
  Tree tree{};
};

struct AuditOptions {
  ScanOptions scan{};
  std::string explain{};  ///< canonical path; empty: none
};

/// Errors: as scan_layers.
Result<Audit> audit_image(const oci::Image& image, const AuditOptions& options);

/// A folder as one layer that nobody packed. Errors: a file or folder in it cannot be read.
Result<Audit> audit_folder(const std::string& path, const AuditOptions& options);

/// Splits `audit` at the layers it shares with `base`, whose layers have not been read.
void split_at_base(Audit& audit, const oci::Image& base);

}  // namespace frostbyte::audit
