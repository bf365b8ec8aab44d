#include "images/oci/digest.h"

#include <openssl/evp.h>

#include <array>

namespace frostbyte::oci {
namespace {

const EVP_MD* evp_of(Algorithm algorithm) { return algorithm == Algorithm::sha256 ? EVP_sha256() : EVP_sha512(); }

std::size_t digits_of(Algorithm algorithm) { return algorithm == Algorithm::sha256 ? 64 : 128; }

std::string hexadecimal(std::span<const unsigned char> bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// then.

}  // namespace

std::string_view to_string(Algorithm algorithm) { return algorithm == Algorithm::sha256 ? "sha256" : "sha512"; }

Result<Digest> Digest::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos || (name != "sha256" && name != "sha512"))
    return failure("read digest", std::string(text.substr(0, 160)), "it is not sha256:… or sha512:…");
  const Algorithm algorithm = name == "sha256" ? Algorithm::sha256 : Algorithm::sha512;
  const std::string_view hex = text.substr(colon + 1);
  if (hex.size() != digits_of(algorithm) || hex.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return failure("read digest", std::string(text.substr(0, 160)),
                   "it does not have " + std::to_string(digits_of(algorithm)) + " lower-case hexadecimal digits");
  return Digest(algorithm, std::string(hex));
}

std::string Digest::text() const { return empty() ? "" : std::string(to_string(algorithm_)) + ":" + hex_; }

std::string Digest::brief() const { return hex_.substr(0, 12); }

struct Hasher::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  bool good = false;
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
};

Hasher::Hasher(Algorithm algorithm) : algorithm_(algorithm), context_(std::make_unique<Context>()) {
  context_->good = EVP_DigestInit_ex(context_->evp, evp_of(algorithm_), nullptr) == 1;
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::uint8_t> bytes) {
  context_->good = context_->good && EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1;
}

void Hasher::update(std::string_view bytes) {
  update(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

Digest Hasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  const bool good = context_->good && EVP_DigestFinal_ex(context_->evp, bytes.data(), &size) == 1;
  context_->good = EVP_DigestInit_ex(context_->evp, evp_of(algorithm_), nullptr) == 1;
  if (!good) return {};
  return {algorithm_, hexadecimal(std::span(bytes).first(size))};
}

Digest digest_of(std::string_view bytes, Algorithm algorithm) {
  Hasher hasher(algorithm);
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace frostbyte::oci
