// Any text as each of an image's documents: what is accepted can be used as it stands.
#include <algorithm>

#include "images/oci/manifest.h"
#include "law.h"

namespace {

using frostbyte::fuzz::must;
namespace oci = frostbyte::oci;

void check(const oci::Descriptor& descriptor) {
  must(!descriptor.digest.empty(), "an accepted descriptor has a digest");
  const auto again = oci::Digest::parse(descriptor.digest.text());
  must(again && *again == descriptor.digest, "a digest is what its text says");
  must(descriptor.digest.hex().find_first_not_of("0123456789abcdef") == std::string::npos, "a digest is a file's name");
  must(descriptor.size <= INT64_MAX, "a size is one a file can have");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto index = oci::parse_index(text, "input");
  const auto manifest = oci::parse_manifest(text, "input");
  const auto config = oci::parse_config(text, "input");
  const auto list = oci::parse_archive_list(text, "input");
  if (index) std::ranges::for_each(index->manifests, check);
  if (manifest) {
    check(manifest->config);
    std::ranges::for_each(manifest->layers, check);
  }
  if (config) {
    for (const oci::Digest& id : config->diff_ids) must(!id.empty(), "an accepted diff_id is a digest");
  }
  if (list) {
    for (const oci::ArchivedImage& image : *list) must(!image.config.empty(), "an archived image names its config");
  }
  must(!index || !list, "a document is an object or a list");
  if (index) must(oci::kind_of(text) == oci::Document::index, "what is an index is recognised as one");
  for (const auto& refused : {index ? "-" : index.error().cause, manifest ? "-" : manifest.error().cause,
                              config ? "-" : config.error().cause, list ? "-" : list.error().cause})
    must(!refused.empty(), "a refusal has a cause");
  return 0;
}
