#include "images/audit/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "../image_maker.h"
#include "images/audit/content.h"
#include "launcher/base/file.h"

namespace frostbyte::audit {
namespace {

namespace fs = std::filesystem;
using test::gzipped;
using test::LayerBlob;
using test::LayoutMaker;
using test::plain;
using test::TarMaker;
using testing::ElementsAre;
using testing::IsEmpty;

/// An image on disk, audited; its layers can be read again.
class ListingTest : public testing::Test {
 protected:
  const Audit& audit(const std::vector<LayerBlob>& layers) {
    LayoutMaker maker;
    maker.single(layers).write_folder(dir_.path() / "image");
    image_ = *oci::open_image(*oci::Store::open((dir_.path() / "image").string(), {}), {});
    auto result = audit_image(image_, {});
    EXPECT_TRUE(result) << result.error().message();
    audit_ = std::move(*result);
    return audit_;
  }

  std::map<std::string, std::string> contents(const std::function<bool(std::string_view)>& beginning = {}) {
    std::map<std::string, std::string> found;
    const auto read = read_contents({.image = &image_}, audit_.tree,
                                    {.file = [](FileId) { return true; },
                                     .beginning = beginning,
                                     .receive =
                                         [&](FileId id, std::vector<char> content) {
                                           found[audit_.tree.path(audit_.tree.files()[id].node)] =
                                               std::string(content.begin(), content.end());
                                         }});
    EXPECT_TRUE(read) << read.error().message();
    return found;
  }

  TempDir dir_ = std::move(*TempDir::create());
  oci::Image image_;
  Audit audit_;
};

std::vector<std::string> paths_of(const std::vector<ListedFile>& files) {
  std::vector<std::string> paths;
  for (const ListedFile& file : files) paths.push_back(file.path);
  return paths;
}

TEST_F(ListingTest, LargestFiles_AreLiveOnes_LargestFirst_HardLinksOnce) {
  const Audit& a = audit({plain(TarMaker().file("z", 30).file("gone", 99).file("a", 30).hardlink("b", "a")),
                          plain(TarMaker().whiteout(".wh.gone").file("small", 1))});
  EXPECT_THAT(paths_of(largest_files(a.tree, 10)), ElementsAre("a", "z", "small"));
  EXPECT_THAT(paths_of(largest_files(a.tree, 1)).size(), 1U);
}

TEST_F(ListingTest, DeadFiles_AreNamedAsTheyWereShipped) {
  const Audit& a =
      audit({plain(TarMaker().file("d/x", 30).file("f", 40)), plain(TarMaker().whiteout(".wh.d").file("f", 1))});
  EXPECT_THAT(paths_of(dead_files(a.tree, 10)), ElementsAre("f", "d/x"));
}

TEST_F(ListingTest, DuplicateGroups_WasteAllCopiesButOne_AndSumToTheFigure) {
  const Audit& a =
      audit({plain(TarMaker().file("a", 100, 'q').file("b", 100, 'q').file("c", 10, 'r').hardlink("d", "a")),
             plain(TarMaker().file("e", 100, 'q').file("g", 10, 'r').file("h", 0).file("i", 0))});
  const auto groups = duplicate_groups(a.tree, 10);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_THAT(groups[0].paths, ElementsAre("a", "b", "e"));
  EXPECT_EQ(groups[0].wasted() + groups[1].wasted(), a.duplicates);
}

TEST_F(ListingTest, PrivilegedFiles_LeaveStickyFoldersOut) {
  TarMaker tar;
  tar.folder("tmp/", 01777).folder("open/", 0777).file("su", "x", 04755).file("both", "x", 06755).file("w", "x", 0666);
  std::vector<std::string> found;
  for (const Privileged& one : privileged_files(audit({plain(tar)}).tree))
    found.push_back(one.path + " " + std::string(to_string(one.privilege)));
  EXPECT_THAT(found, ElementsAre("both setuid", "both setgid", "open world-writable", "su setuid", "w world-writable"));
}

TEST_F(ListingTest, Places_FoldChainsOfFolders_AndSumUpWhatIsSmall) {
  const Audit& a = audit(
      {plain(TarMaker().file("usr/lib/x/big", 900).file("usr/lib/x/s1", 3).file("usr/lib/x/s2", 4).file("etc/a", 93))});
  std::vector<std::string> found;
  for (const Place& place : places(a.tree, 0.05))
    found.push_back(std::to_string(place.depth) + place.path + " " + std::to_string(place.bytes));
  EXPECT_THAT(found, ElementsAre("0/usr/lib/x/ 907", "1/usr/lib/x/big 900", "1/usr/lib/x/(2 smaller) 7", "0/etc/a 93"));
}

TEST_F(ListingTest, Places_OfAnEmptyImage_AreNone) {
  EXPECT_THAT(places(audit({plain(TarMaker())}).tree, 0.05), IsEmpty());
}

TEST_F(ListingTest, Contents_AreThoseOfTheLiveFiles_WhateverLayerShippedThem) {
  audit({gzipped(TarMaker().file("d/a", "one").file("gone", "x").file("kept", "k").hardlink("also", "kept")),
         plain(TarMaker().whiteout(".wh.gone").whiteout(".wh.kept").file("./d/a", "two").file("/b", "three"))});
  EXPECT_EQ(contents(), (std::map<std::string, std::string>{{"d/a", "two"}, {"kept", "k"}, {"b", "three"}}));
}

TEST_F(ListingTest, Contents_AreChosenByTheirBeginning) {
  audit({plain(TarMaker().file("a", "\177ELF...").file("b", "text").file("c", ""))});
  const auto found = contents([](std::string_view bytes) { return bytes.starts_with("\177ELF"); });
  EXPECT_THAT(found, testing::Contains(testing::Key("a")));
  EXPECT_THAT(found, testing::Not(testing::Contains(testing::Key("b"))));
}

TEST_F(ListingTest, Follow_WalksSymbolicLinks_AndEndsInCircles) {
  const Audit& a = audit({plain(TarMaker()
                                    .file("usr/bin/env", "x")
                                    .symlink("bin", "usr/bin")
                                    .symlink("usr/bin/e2", "../bin/./env")
                                    .symlink("abs", "/bin/e2")
                                    .symlink("l1", "l2")
                                    .symlink("l2", "l1")
                                    .symlink("up", "../../../usr/bin/env"))});
  const NodeId env = a.tree.find("usr/bin/env");
  for (const char* path : {"/usr/bin/env", "bin/env", "/bin/e2", "abs", "/up", "//bin//./env"})
    EXPECT_EQ(follow(a.tree, path), env) << path;
  for (const char* path : {"l1", "nothing", "bin/none"}) EXPECT_EQ(follow(a.tree, path), kNone) << path;
}

}  // namespace
}  // namespace frostbyte::audit
