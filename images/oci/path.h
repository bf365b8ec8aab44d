// Paths of layers: one spelling each, never outside the root.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace frostbyte::oci {

struct LayerPath {
  std::string path;      ///< "usr/bin/env": no leading or trailing slash, no "." or ".."; empty for the root
  bool escapes = false;  ///< as written it leads outside; engines refuse it or, as here, stop at the root
};

/// "./a//b/" is "a/b", "/a" is "a", "a/../b" is "b", "../a" is "a".
LayerPath canonical_path(std::string_view text);

/// The order in which layers are written: a folder before what is in it, all of that before the folder's next
/// neighbour.
struct PathOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

/// What a layer's entry says by its name.
enum class Mark : std::uint8_t {
  none,      ///< an ordinary entry
  whiteout,  ///< ".wh.NAME": NAME of the layers below is gone
  opaque,    ///< ".wh..wh..opq": everything in this folder of the layers below is gone
  other,     ///< other names with ".wh..wh.", which aufs left behind
  invalid,   ///< ".wh." alone
};
struct Marked {
  Mark mark = Mark::none;
  std::string path;  ///< what is marked: the path that is gone, the folder that is opaque; else the entry's own
};
Marked read_mark(std::string_view canonical);

}  // namespace frostbyte::oci
