#include "images/pack/image.h"

#include <charconv>
#include <cstdlib>

namespace frostbyte::pack {
namespace {

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// 9999-12-31: what RFC 3339 can still write with four digits.
constexpr std::int64_t kLastSecond = 253'402'300'799;

}  // namespace

Result<oci::WrittenImage> pack_image(const Description& description, const Base& base, const PackOptions& options) {
  Placed placed = TRY(place(description.subject, base, options.libraries));
  oci::WrittenLayer own = TRY(placed.contents.write(options.layer));
  own.created_by = "frostbyte pack " + description.subject.name;
  std::vector<oci::WrittenLayer> layers;
  if (base.layer) layers.push_back(*base.layer);
  layers.push_back(std::move(own));
  oci::ImageSpec spec{.platform = std::move(placed.platform),
                      .entrypoint = std::move(placed.command),
                      .environment = {std::string("PATH=") + kPath},
                      .working_folder = std::move(placed.working_folder),
                      .exposed_ports = description.exposed_ports,
                      .labels = description.labels,
                      .repository = description.repository,
                      .tag = description.tag,
                      .epoch = options.layer.epoch};
  for (const auto& [name, value] : description.environment) spec.environment.push_back(name + "=" + value);
  return oci::compose(spec, std::move(layers));
}

Result<oci::WrittenImage> pack_base(const Base& base, const PackOptions& options) {
  if (!base.layer)
    return failure("pack", base.name, "the recipe puts nothing into an image", "name a function to pack with it");
  return oci::compose({.platform = {.os = "linux", .architecture = "amd64", .variant = ""},
                       .environment = {std::string("PATH=") + kPath},
                       .repository = base.name,
                       .tag = "base",
                       .epoch = options.layer.epoch},
                      {*base.layer});
}

Result<std::int64_t> source_date_epoch() {
  const char* set = std::getenv("SOURCE_DATE_EPOCH");
  if (set == nullptr || *set == '\0') return 0;
  const std::string_view text = set;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size() && seconds >= 0 && seconds <= kLastSecond)
    return seconds;
  return failure("read SOURCE_DATE_EPOCH", set, "it is no number of seconds from 1970 to 9999",
                 "export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)");
}

}  // namespace frostbyte::pack
