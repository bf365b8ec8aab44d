// What is written reads back as it was: the same entries, the same sums, the same digests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <map>

#include "images/oci/image.h"
#include "images/oci/image_writer.h"
#include "images/oci/path.h"
#include "launcher/base/file.h"

namespace frostbyte::oci {
namespace {

using ::testing::HasSubstr;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Result<WrittenLayer> write(const std::map<std::string, std::string, PathOrder>& files, const LayerOptions& options) {
  LayerWriter layer = TRY(LayerWriter::open(options));
  for (const auto& [path, data] : files) {
    TRY(layer.add({.path = path, .mode = 0644, .size = data.size()}));
    TRY(layer.write(bytes_of(data)));
  }
  return layer.finish();
}

std::map<std::string, std::string, PathOrder> read_back(const Layer& layer) {
  std::map<std::string, std::string, PathOrder> files;
  auto reader = LayerReader::open(layer, Limits{});
  EXPECT_TRUE(reader) << reader.error().message();
  for (;;) {
    const auto entry = reader->next();
    EXPECT_TRUE(entry) << entry.error().message();
    if (!entry || *entry == nullptr) break;
    std::string& data = files[(*entry)->path];
    for (auto piece = reader->read(); piece && !piece->bytes.empty(); piece = reader->read())
      data.append(reinterpret_cast<const char*>(piece->bytes.data()), piece->bytes.size());
  }
  const auto facts = reader->finish();
  EXPECT_TRUE(facts) << facts.error().message();
  return files;
}

TEST(ImageWriter, WhatIsWrittenReadsBackWhateverTheCompression) {
  rc::check([] {
    const auto names = *rc::gen::container<std::vector<std::string>>(
        rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abz-. \xc3\xa4")))));
    std::map<std::string, std::string, PathOrder> files;
    for (const std::string& name : names)
      files["d/" + name + "x"] = std::string(*rc::gen::inRange(0, 200'000), *rc::gen::arbitrary<char>());
    const auto compression = *rc::gen::element(Compression::none, Compression::gzip, Compression::zstd);
    const auto written = write(files, {.compression = compression, .epoch = 7});
    RC_ASSERT(written.has_value());

    const WrittenImage image = compose({.platform = {"linux", "amd64", ""}, .repository = "r", .tag = "t"}, {*written});
    const auto folder = TempDir::create();
    const std::string archive = (folder->path() / "i.tar").string();
    const std::string layout = (folder->path() / "i").string();
    RC_ASSERT(write_archive(image, archive, IfThere::refuse).has_value());
    RC_ASSERT(write_layout(image, layout, IfThere::refuse).has_value());
    for (const std::string& path : {archive, layout}) {
      const auto store = Store::open(path, Limits{});
      RC_ASSERT(store.has_value());
      const auto read = open_image(*store, {});
      RC_ASSERT(read.has_value());
      RC_ASSERT(read->digest == image.digest);
      RC_ASSERT(read->manifest_bytes + read->config_bytes + read->layers.at(0).blob.size == image.transfer());
      RC_ASSERT(read_back(read->layers.at(0)) == files);
    }
  });
}

TEST(ImageWriter, TheSameBytesInAnyPiecesGiveTheSameLayer) {
  std::string data;
  for (int i = 0; i < 300'000; ++i) data += static_cast<char>(i * i >> 7);
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    std::string expected;
    for (const std::size_t step : {data.size(), std::size_t{1}, std::size_t{1000}, std::size_t{65'537}}) {
      std::string out;
      auto encoder = Encoder::make(compression, std::nullopt, [&](auto piece) -> Result<void> {
        out.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return {};
      });
      for (std::size_t at = 0; at < data.size(); at += step)
        ASSERT_TRUE(encoder->write(bytes_of(data).subspan(at, std::min(step, data.size() - at))));
      ASSERT_TRUE(encoder->finish());
      if (expected.empty()) expected = out;
      EXPECT_EQ(out, expected) << to_string(compression) << " in pieces of " << step;
    }
  }
}

TEST(LayerWriter, RefusesWhatIsOutOfOrderTwiceOrNotWhole) {
  auto layer = LayerWriter::open({});
  ASSERT_TRUE(layer->add({.path = "b", .type = EntryType::folder}));
  ASSERT_TRUE(layer->add({.path = "b/c", .size = 3}));
  EXPECT_THAT(layer->write(bytes_of("four")).error().cause, HasSubstr("more bytes than its size says"));
  EXPECT_THAT(layer->add({.path = "b/d"}).error().cause, HasSubstr("3 bytes of it are missing"));
  ASSERT_TRUE(layer->write(bytes_of("abc")));
  EXPECT_THAT(layer->add({.path = "a"}).error().cause, HasSubstr("does not come after"));
  EXPECT_THAT(layer->add({.path = "b/c"}).error().cause, HasSubstr("does not come after"));
}

TEST(LayerWriter, RefusesDevices) {
  auto layer = LayerWriter::open({});
  EXPECT_THAT(layer->add({.path = "null", .type = EntryType::character_device}).error().cause, HasSubstr("device"));
}

TEST(PathOrder, PutsAFoldersContentBeforeItsNextNeighbour) {
  EXPECT_TRUE(PathOrder()("a", "a/b"));
  EXPECT_TRUE(PathOrder()("a/b", "a-b"));
  EXPECT_TRUE(PathOrder()("a/z", "a\x01"));
  EXPECT_TRUE(PathOrder()("a", "\xc3\xa4"));
  EXPECT_FALSE(PathOrder()("a", "a"));
}

TEST(Encoder, RefusesLevelsThereAreNot) {
  EXPECT_THAT(Encoder::make(Compression::gzip, 0, {}).error().cause, HasSubstr("levels 1 to 9"));
  EXPECT_THAT(Encoder::make(Compression::zstd, 23, {}).error().cause, HasSubstr("levels 1 to 22"));
  EXPECT_THAT(Encoder::make(Compression::none, 3, {}).error().cause, HasSubstr("nothing is compressed"));
}

}  // namespace
}  // namespace frostbyte::oci
