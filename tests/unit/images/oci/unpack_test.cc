// Hostile and honest layers on a real disk: what is refused is refused by name, and nothing is ever written outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "../image_maker.h"
#include "images/oci/unpack.h"
#include "launcher/base/file.h"

namespace frostbyte::oci {
namespace {

namespace fs = std::filesystem;
using test::TarMaker;
using ::testing::HasSubstr;

class Unpack : public ::testing::Test {
 protected:
  /// A folder to unpack into, beside which nothing may appear or change.
  Unpack() {
    fs::create_directories(root());
    test::write(outside() / "secret", "untouched");
  }
  [[nodiscard]] fs::path root() const { return place_.path() / "root"; }
  [[nodiscard]] fs::path outside() const { return place_.path() / "outside"; }

  Result<Unpacked> unpack(const std::vector<TarMaker>& layers, const Limits& limits = {}) {
    std::vector<test::LayerBlob> blobs;
    for (const TarMaker& layer : layers) blobs.push_back(test::gzipped(layer));
    test::LayoutMaker layout;
    layout.single(blobs).write_folder(place_.path() / "image");
    const Store store = Store::open((place_.path() / "image").string(), limits).value();
    return oci::unpack(open_image(store, {.limits = limits}).value(), root().string(), limits);
  }
  std::string refusal(const std::vector<TarMaker>& layers, const Limits& limits = {}) {
    const auto done = unpack(layers, limits);
    return done ? "it was unpacked" : done.error().message();
  }
  void TearDown() override {
    EXPECT_EQ(read_file(outside() / "secret").value_or("gone"), "untouched");
    EXPECT_EQ(std::distance(fs::directory_iterator(outside()), fs::directory_iterator()), 1);
    for (const auto& entry : fs::directory_iterator(place_.path()))
      EXPECT_THAT(entry.path().filename().string(), ::testing::AnyOf("root", "outside", "image"));
  }
  std::string content(const std::string& path) { return read_file(root() / path).value_or("missing"); }

  TempDir place_ = TempDir::create().value();
};

TEST_F(Unpack, GivesWhatTheLayersSay) {
  const auto done =
      unpack({TarMaker().folder("d", 0750).file("d/a", "one", 0755).symlink("l", "d/a").hardlink("h", "d/a"),
              TarMaker().file("d/a", "two").file("new/deep/b", "three")});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(content("d/a"), "two");
  EXPECT_EQ(content("h"), "one");
  EXPECT_EQ(content("new/deep/b"), "three");
  EXPECT_EQ(fs::read_symlink(root() / "l"), "d/a");
  EXPECT_EQ(fs::status(root() / "d").permissions(), fs::perms(0750));
  EXPECT_EQ(done->entries, 6);
  EXPECT_EQ(done->bytes, 11);
}

TEST_F(Unpack, WhiteoutsTakeAwayWhatLayersBelowBroughtAndNothingElse) {
  const auto done = unpack({TarMaker().file("gone", "x").file("d/low", "x").file("o/low", "x").file("o/s/low", "x"),
                            TarMaker()
                                .file("d/mine", "y")
                                .whiteout(".wh.gone")
                                .whiteout(".wh.d")
                                .file("o/mine", "y")
                                .whiteout("o/.wh..wh..opq")
                                .file("o/s/mine", "y")
                                .whiteout(".wh.never-there")
                                .whiteout("no/folder/.wh.x")});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_FALSE(fs::exists(root() / "gone"));
  EXPECT_FALSE(fs::exists(root() / "d/low"));
  EXPECT_FALSE(fs::exists(root() / "o/low"));
  EXPECT_FALSE(fs::exists(root() / "o/s/low"));
  EXPECT_FALSE(fs::exists(root() / "no"));
  EXPECT_EQ(content("d/mine") + content("o/mine") + content("o/s/mine"), "yyy");
}

TEST_F(Unpack, ReplacesTypesBetweenLayers) {
  const auto done =
      unpack({TarMaker().folder("a").file("a/b", "x").file("f", "x").symlink("l", "a"),
              TarMaker().file("a", "now a file").folder("f").file("f/x", "y").folder("l").file("l/y", "z")});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(content("a"), "now a file");
  EXPECT_EQ(content("f/x"), "y");
  EXPECT_FALSE(fs::is_symlink(root() / "l"));
}

TEST_F(Unpack, LinksOfLowerLayersLeadInsideTheRoot) {
  const auto done = unpack({TarMaker().folder("usr/lib").symlink("lib", "/usr/lib").symlink("up", "../../../../usr"),
                            TarMaker().file("lib/x", "1").file("up/y", "2")});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(content("usr/lib/x") + content("usr/y"), "12");
}

TEST_F(Unpack, RefusesPathsThatLeadOut) {
  EXPECT_THAT(refusal({TarMaker().file("../outside/secret", "x")}), HasSubstr("leads out of the image"));
  EXPECT_THAT(refusal({TarMaker().file("a/../../outside/secret", "x")}), HasSubstr("leads out of the image"));
  EXPECT_THAT(refusal({TarMaker().whiteout("../outside/.wh.secret")}), HasSubstr("leads out of the image"));
}

TEST_F(Unpack, AbsolutePathsAreBelowTheRoot) {
  ASSERT_TRUE(unpack({TarMaker().file((outside() / "secret").string(), "x")}));
  EXPECT_EQ(content(outside().string().substr(1) + "/secret"), "x");
}

TEST_F(Unpack, RefusesToWriteThroughALinkOfTheSameLayer) {
  EXPECT_THAT(refusal({TarMaker().symlink("l", outside().string()).file("l/secret", "x")}),
              HasSubstr("through a link of the same layer"));
  EXPECT_THAT(refusal({TarMaker().symlink("l", "../outside").whiteout("l/.wh.secret")}),
              HasSubstr("through a link of the same layer"));
}

TEST_F(Unpack, RefusesToWriteThroughALinkToNowhere) {
  EXPECT_THAT(refusal({TarMaker().symlink("l", outside().string()), TarMaker().file("l/secret", "x")}),
              HasSubstr("through a link to nowhere"));
}

TEST_F(Unpack, AnOpaqueMarkThroughALinkEmptiesNothingOutside) {
  const auto done = unpack({TarMaker().symlink("l", outside().string()), TarMaker().whiteout("l/.wh..wh..opq")});
  EXPECT_TRUE(done) << done.error().message();
}

TEST_F(Unpack, AFileOverALinkReplacesTheLink) {
  ASSERT_TRUE(unpack({TarMaker().symlink("l", (outside() / "secret").string()), TarMaker().file("l", "mine")}));
  EXPECT_EQ(content("l"), "mine");
}

TEST_F(Unpack, RefusesHardLinksOutOfTheRootAndToNothing) {
  EXPECT_THAT(refusal({TarMaker().hardlink("h", "../outside/secret")}), HasSubstr("out of the image"));
  EXPECT_THAT(refusal({TarMaker().hardlink("h", (outside() / "secret").string())}), HasSubstr("which is not there"));
  EXPECT_THAT(refusal({TarMaker().symlink("l", outside().string()).hardlink("h", "l/secret")}),
              HasSubstr("through a link of the same layer"));
  EXPECT_THAT(refusal({TarMaker().symlink("k", outside().string()), TarMaker().hardlink("h", "k/secret")}),
              HasSubstr("which is not there"));
}

TEST_F(Unpack, RefusesOnePathAsTwoThings) {
  EXPECT_THAT(refusal({TarMaker().folder("a").symlink("a", "/")}), HasSubstr("twice, as different things"));
  EXPECT_THAT(refusal({TarMaker().file("b", "x").folder("b")}), HasSubstr("twice, as different things"));
  EXPECT_THAT(refusal({TarMaker().file("c", "x").file("c/d", "x")}), HasSubstr("through a file of the same layer"));
}

TEST_F(Unpack, TheLastOfSeveralFilesOfOneNameStays) {
  ASSERT_TRUE(unpack({TarMaker().file("a", "first").file("a", "last")}));
  EXPECT_EQ(content("a"), "last");
}

TEST_F(Unpack, LeavesDevicesOutAndTakesSetIdOff) {
  const auto done = unpack(
      {TarMaker().header({.type = '3', .name = "null"}).header({.type = '6', .name = "pipe"}).file("su", "x", 06755)});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_FALSE(fs::exists(root() / "null"));
  EXPECT_FALSE(fs::exists(root() / "pipe"));
  EXPECT_EQ(done->findings.find("device_left_out")->count, 2);
  EXPECT_EQ(fs::status(root() / "su").permissions(), fs::perms(0755));
  EXPECT_THAT(done->findings.find("set_id_taken_off")->text, HasSubstr("su"));
}

TEST_F(Unpack, KeepsOwnersAsRoot) {
  const auto done = unpack({TarMaker().file("a", "x", 0600, 1234)});
  ASSERT_TRUE(done) << done.error().message();
  struct stat facts{};
  ASSERT_EQ(::stat((root() / "a").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, ::geteuid() == 0 ? 1234 : ::geteuid());
  EXPECT_EQ(done->findings.find("owner_not_kept") == nullptr, ::geteuid() == 0);
}

TEST_F(Unpack, HasLimits) {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "a/";
  EXPECT_THAT(refusal({TarMaker().pax({{"path", deep + "f"}}).file("f", "x")}), HasSubstr("more than 4095"));
  EXPECT_THAT(refusal({TarMaker().file("a", "x").file("b", "x").file("c", "x")}, {.entries = 2}),
              HasSubstr("more than 2 entries"));
  EXPECT_THAT(refusal({TarMaker().file("a", 60'000)}, {.unpacked = 50'000}), HasSubstr("50000"));
  EXPECT_THAT(refusal({TarMaker().file("a", 4'000'000, '\0')}, {.ratio = 20, .free_expansion = 1'000'000}),
              HasSubstr("times"));
}

TEST_F(Unpack, AHugeHoleCountsAsWhatItWouldBe) {
  // GNU.sparse 1.0: a map of one empty region, and a size of 1 PiB
  const std::string map = "0\n";
  const TarMaker tar = TarMaker()
                           .pax({{"GNU.sparse.major", "1"},
                                 {"GNU.sparse.minor", "0"},
                                 {"GNU.sparse.name", "hole"},
                                 {"GNU.sparse.realsize", "1125899906842624"}})
                           .file("GNUSparseFile.0/hole", map + std::string(510, '\0'));
  EXPECT_THAT(refusal({tar}), HasSubstr("unpacks to more than"));
}

TEST_F(Unpack, ThousandsOfNestedFoldersAreUnpackedAndRemoved) {
  std::string deep;
  for (int i = 0; i < 2'000; ++i) deep += "a/";
  ASSERT_TRUE(unpack({TarMaker().pax({{"path", deep + "f"}}).file("f", "x"), TarMaker().whiteout(".wh.a")}));
  EXPECT_FALSE(fs::exists(root() / "a"));
}

}  // namespace
}  // namespace frostbyte::oci
