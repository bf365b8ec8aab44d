// Content digests as OCI writes them, "sha256:9f86d0…", and the hashing that makes them.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "launcher/base/result.h"

namespace frostbyte::oci {

enum class Algorithm : std::uint8_t { sha256, sha512 };
std::string_view to_string(Algorithm algorithm);

/// A digest of a known algorithm and of the length it has: whoever holds one may use it as a file's name.
class Digest {
 public:
  Digest() = default;  ///< no digest
  /// "ALGORITHM:HEX". Errors: another algorithm, digits that are not lower-case hexadecimal, another length.
  static Result<Digest> parse(std::string_view text);

  [[nodiscard]] bool empty() const { return hex_.empty(); }
  [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
  [[nodiscard]] const std::string& hex() const { return hex_; }
  [[nodiscard]] std::string text() const;   ///< "sha256:9f86d0…"; empty without a digest
  [[nodiscard]] std::string brief() const;  ///< its first twelve digits, for people
  auto operator<=>(const Digest&) const = default;

 private:
  friend class Hasher;
  Digest(Algorithm algorithm, std::string hex) : algorithm_(algorithm), hex_(std::move(hex)) {}
  Algorithm algorithm_ = Algorithm::sha256;
  std::string hex_;
};

/// Hashes a stream piece by piece.
class Hasher {
 public:
  explicit Hasher(Algorithm algorithm = Algorithm::sha256);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  void update(std::span<const std::uint8_t> bytes);
  void update(std::string_view bytes);
  /// Of everything so far; the hasher then starts anew. Empty, which equals no digest, where libcrypto failed: for want
  /// of memory, or because its provider has no SHA-2.
  Digest finish();

 private:
  struct Context;
  Algorithm algorithm_;
  std::unique_ptr<Context> context_;
};

Digest digest_of(std::string_view bytes, Algorithm algorithm = Algorithm::sha256);

}  // namespace frostbyte::oci
