// Any bytes as a /metrics page, in both formats: read or refused with a line, and what was read can be measured.
#include "launcher/scrape/exposition.h"

#include "launcher/scrape/window.h"
#include "law.h"

namespace {

using namespace frostbyte::scrape;

void read(std::string_view text, Format format) {
  using frostbyte::fuzz::must;
  auto page = parse_exposition(text, format);
  if (!page) return must(!page.error().cause.empty(), "a refusal has a cause");
  for (const Family& family : page->families())
    for (const Sample& sample : family.samples)
      must(sample.name.starts_with(family.name), "a sample is named after its family");
  const auto chosen = choose({}, *page);
  if (!chosen) return;
  const Page whole{.exposition = std::move(*page), .at = frostbyte::Instant(std::chrono::seconds(2))};
  const Page before{.exposition = whole.exposition, .at = frostbyte::Instant(std::chrono::seconds(1))};
  const Figures figures = measure(before, whole, *chosen);
  must(!figures.values.contains("scrape.throughput") || figures.values.at("scrape.throughput") == 0,
       "a page minus itself is nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = frostbyte::fuzz::read_input(data, size);
  read(input.text, Format::prometheus);
  read(input.text, Format::openmetrics);
  return 0;
}
