// Any bytes as an image: the books balance whatever they hold. The first byte says how the bytes are meant: as an
// archive as it stands, or, so that no digest stands in the fuzzer's way, as layers, cut where the text "|CUT|" stands.
#include "images/oci/image.h"

#include "artifact.h"
#include "images/audit/audit.h"

namespace {

using frostbyte::fuzz::blob_of;
using frostbyte::fuzz::kSmall;
using frostbyte::fuzz::must;
namespace audit = frostbyte::audit;
namespace oci = frostbyte::oci;

void check(const audit::Account& account) {
  must(account.shipped == account.live + account.dead_total(), "shipped = live + dead");
}

void check(const audit::Audit& result) {
  check(result.account);
  std::uint64_t shipped = 0, live = 0, dead = 0, tar = 0, entries = 0, removed = 0, own = 0;
  for (const audit::LayerAudit& layer : result.layers) {
    check(layer.account);
    shipped += layer.account.shipped, live += layer.account.live, dead += layer.account.dead_total();
    tar += layer.tar, entries += layer.entries, removed += layer.removed;
    must(layer.account.dead_compressed_total() <= layer.blob, "dead compressed bytes lie in their layer");
  }
  must(shipped == result.account.shipped && live == result.account.live && dead == result.account.dead_total(),
       "layers sum to the image");
  must(tar == *result.tar && shipped <= tar, "payloads lie in the archives");
  must(entries == result.entries, "entries sum");
  std::uint64_t live_files = 0;
  for (const audit::File& file : result.tree.files()) {
    live_files += file.live() ? 1 : 0;
    if (!file.live() && file.killer == file.layer) own += file.size;
  }
  must(removed + own == dead, "every dead byte has one layer that made it so");
  must(live_files == result.live_files && result.live_files <= result.live_entries, "live files are entries");
  must(result.duplicates <= result.account.live, "duplicates live");
  must(result.account.shipped <= result.disk, "blocks are not smaller than what they hold");
}

void audit_layers(std::string_view text) {
  constexpr std::string_view kCut = "|CUT|";
  oci::Image image{.name = "input"};
  for (bool more = true; more && image.layers.size() < 8;) {
    const std::size_t end = text.find(kCut);
    more = end != std::string_view::npos;
    image.layers.push_back({.blob = blob_of(text.substr(0, end))});
    if (more) text.remove_prefix(end + kCut.size());
  }
  const auto result = audit::audit_image(image, {.scan = {.limits = kSmall, .threads = 1}, .explain = "a/b"});
  if (result) check(*result);
}

void audit_archive(std::string_view text) {
  const oci::Blob archive = blob_of(text);
  const auto store = oci::Store::open("/proc/self/fd/" + std::to_string(archive.file->get()), kSmall);
  if (!store) return;
  const auto image = oci::open_image(*store, {.limits = kSmall});
  if (!image) return;
  for (const oci::Layer& layer : image->layers)
    must(layer.blob.offset + layer.blob.size <= store->archive().size, "layers lie in the archive");
  const auto result = audit::audit_image(*image, {.scan = {.limits = kSmall, .threads = 1}});
  if (result) check(*result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = frostbyte::fuzz::read_input(data, size);
  if (input.piece % 2 == 0) {
    audit_layers(input.text);
  } else {
    audit_archive(input.text);
  }
  return 0;
}
