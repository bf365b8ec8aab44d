// Functions that are images: `oci:PATH[:TAG]`, or an archive or a layout by its own path. Unpacked once a run into a
// temporary folder, which goes with this object, and is found by `doctor --clean` when the run was killed.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "images/oci/image.h"
#include "launcher/base/file.h"
#include "launcher/function/function.h"

namespace frostbyte::commands {

bool names_image(const std::string& argument);

/// What an image says of the function in it, and where it was unpacked.
struct ImageFunction {
  function::Function function;
  bool has_workloads = false;  ///< it was packed from a function that serves some
};

class ImageFunctions {
 public:
  /// Errors: as oci::open_image and oci::unpack; a configuration without a command, a program that is not there.
  Result<ImageFunction> load(const std::string& argument);

  /// Nanoseconds it took to unpack the image that this function is in; nothing for any other function.
  [[nodiscard]] std::optional<std::int64_t> unpack_time(const function::Function& function) const;

 private:
  struct Unpacked {
    std::string argument;
    TempDir folder;
    oci::Image image;
    std::int64_t nanoseconds = 0;
  };
  Result<const Unpacked*> unpack(const std::string& argument);
  std::deque<Unpacked> unpacked_;
};

}  // namespace frostbyte::commands
