#include "results/record/digest.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

namespace frostbyte::record {

Digest::Digest() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();  // as any allocation of this size would
  XXH3_64bits_reset(state_.get());
}

void Digest::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

void Digest::add_line(std::string_view line) {
  XXH3_64bits_update(state_.get(), line.data(), line.size());
  XXH3_64bits_update(state_.get(), "\n", 1);
}

std::string Digest::text() const { return fmt::format("xxh3:{:016x}", XXH3_64bits_digest(state_.get())); }

}  // namespace frostbyte::record
