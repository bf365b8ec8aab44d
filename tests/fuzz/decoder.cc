// Any bytes as a compressed stream: what comes out is bounded by the limits, its places never fall, and all of the
// input is accounted for.
#include "images/oci/decoder.h"

#include "artifact.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using frostbyte::fuzz::kSmall;
  using frostbyte::fuzz::must;
  namespace oci = frostbyte::oci;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto decoder = oci::Decoder::open(frostbyte::fuzz::blob_of(text), {}, kSmall);
  must(decoder.has_value(), "the first bytes can be read");
  std::uint64_t produced = 0, place = 0;
  for (;;) {
    const auto piece = decoder->next();
    if (!piece) {
      must(!piece.error().cause.empty(), "a refusal has a cause");
      return 0;
    }
    if (piece->empty()) break;
    produced += piece->size();
    must(produced == decoder->produced(), "pieces sum to what was produced");
    must(produced <= kSmall.free_expansion + kSmall.ratio * (size + 1), "an expansion stays in its limits");
    const std::uint64_t in = decoder->attribution().at(produced).in;
    must(in >= place && in <= size, "compressed places never fall, and lie in the input");
    place = in;
  }
  const oci::StreamFacts& facts = decoder->facts();
  must(facts.compression != oci::Compression::none || produced == size, "what is not compressed stays");
  must(facts.skippable + facts.padding + facts.garbage <= size, "what holds no data lies in the input");
  must(decoder->attribution().at(produced).in == size, "all of the input is accounted for");
  return 0;
}
