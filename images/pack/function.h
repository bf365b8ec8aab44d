// A function as it lies in an image: its folder at /function, where launches have it too, and how it is started there.
// What its program is started with (interpreter, libraries) must be in the image; what is not is named.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "images/oci/manifest.h"
#include "images/pack/base.h"
#include "images/pack/contents.h"

namespace frostbyte::pack {

struct Subject {
  std::string name;
  std::filesystem::path folder;      ///< all of it goes into the image; empty: the program alone
  std::filesystem::path program;     ///< on this host, absolute
  std::vector<std::string> command;  ///< argv; a first word with a '/' is relative to the folder
};

enum class Libraries : std::uint8_t { refuse, copy };

struct Placed {
  Contents contents;  ///< what is laid over the base
  std::vector<std::string> command;
  std::string working_folder;
  oci::Platform platform;
};

/// `base` must outlive the result. Errors: the program is not there, or no program; the base lacks what starts it.
Result<Placed> place(const Subject& subject, const Base& base, Libraries libraries);

}  // namespace frostbyte::pack
