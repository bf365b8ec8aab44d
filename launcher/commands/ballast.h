// Memory that the launcher holds for no use: tests show by it that the launcher's size is in no figure.
#pragma once

#include <string_view>

#include "launcher/base/result.h"
#include "launcher/base/units.h"

namespace frostbyte::commands {

/// Resident private memory, for the life of the object.
class Ballast {
 public:
  /// Errors: not a size; the memory cannot be had. Empty text is no ballast.
  static Result<Ballast> hold(std::string_view size);
  Ballast(Ballast&& other) noexcept;
  Ballast& operator=(Ballast&&) = delete;
  ~Ballast();

 private:
  Ballast(void* start, Bytes size) : start_(start), size_(size) {}
  void* start_;
  Bytes size_;
};

}  // namespace frostbyte::commands
