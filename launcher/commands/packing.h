// From a function as frostbyte knows it to what an image says of it, and back: the labels by which a packed image can
// be swept like the function it was made of.
#pragma once

#include "images/pack/image.h"
#include "launcher/function/function.h"

namespace frostbyte::commands {

namespace image_label {
inline constexpr std::string_view kName = "frostbyte.name";
inline constexpr std::string_view kRecipe = "frostbyte.recipe";
inline constexpr std::string_view kContract = "frostbyte.contract";  ///< separated by commas
inline constexpr std::string_view kServes = "frostbyte.serves";      ///< likewise
inline constexpr std::string_view kLabel = "frostbyte.label.";       ///< and the label's name
}  // namespace image_label

/// Where a function listens that is told by PORT.
inline constexpr std::uint16_t kImagePort = 8080;

/// `recipe` names the base in labels and tag.
pack::Description describe(const function::Function& function, const std::string& recipe);

}  // namespace frostbyte::commands
