// Seven images whose waste a well-known tool gets wrong, and the traps of the specification: each with the exact bytes.
#include "images/audit/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../image_maker.h"
#include "launcher/base/file.h"

namespace frostbyte::audit {
namespace {

namespace fs = std::filesystem;
using test::gzipped;
using test::LayerBlob;
using test::LayoutMaker;
using test::plain;
using test::TarMaker;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kTenMiB = 10'485'760;
constexpr std::uint64_t kBase = 100;

class AuditTest : public testing::Test {
 protected:
  Audit audit(const std::vector<LayerBlob>& layers, const AuditOptions& options = {}) {
    LayoutMaker maker;
    maker.single(layers);
    const fs::path folder = dir_.path() / std::to_string(++count_);
    maker.write_folder(folder);
    documents_ = maker.documents();
    const auto store = oci::Store::open(folder.string(), {});
    const auto image = oci::open_image(*store, {});
    EXPECT_TRUE(image) << image.error().message();
    auto result = audit_image(*image, options);
    EXPECT_TRUE(result) << result.error().message();
    return std::move(*result);
  }

  static TarMaker base() { return TarMaker().file("base", kBase); }
  static std::uint64_t dead(const Audit& audit, Death death) {
    return audit.account.dead[static_cast<std::size_t>(death)];
  }

  void expect(const Audit& audit, std::uint64_t shipped, std::uint64_t live, Death death, std::uint64_t bytes) {
    EXPECT_EQ(audit.account.shipped, shipped);
    EXPECT_EQ(audit.account.live, live);
    EXPECT_EQ(dead(audit, death), bytes);
    EXPECT_EQ(audit.account.dead_total(), bytes) << "nothing in any other class";
    EXPECT_EQ(shipped, live + audit.account.dead_total());
  }

  TempDir dir_ = std::move(*TempDir::create());
  int count_ = 0;
  std::uint64_t documents_ = 0;
};

// The seven.

TEST_F(AuditTest, AFileShippedTwice_IsDeadOnce) {
  const Audit a =
      audit({plain(base()), plain(TarMaker().file("big", kTenMiB, 'a')), plain(TarMaker().file("big", kTenMiB, 'b'))});
  expect(a, 20'971'620, 10'485'860, Death::overwritten, kTenMiB);
}

TEST_F(AuditTest, AFileRemovedByAWhiteout_IsDead) {
  const Audit a = audit({plain(base()), plain(TarMaker().file("big", kTenMiB)), plain(TarMaker().whiteout(".wh.big"))});
  expect(a, 10'485'860, 100, Death::whiteout, kTenMiB);
}

TEST_F(AuditTest, AFolderRemovedByAWhiteout_IsDeadWithAllInIt) {
  const Audit a = audit(
      {plain(base()), plain(TarMaker().folder("d/").file("d/big", kTenMiB)), plain(TarMaker().whiteout(".wh.d"))});
  expect(a, 10'485'860, 100, Death::whiteout, kTenMiB);
}

TEST_F(AuditTest, AFolderMadeOpaque_LosesWhatLayBelow) {
  const Audit a = audit({plain(base()), plain(TarMaker().folder("d/").file("d/big", kTenMiB)),
                         plain(TarMaker().folder("d/").whiteout("d/.wh..wh..opq"))});
  expect(a, 10'485'860, 100, Death::opaque, kTenMiB);
}

TEST_F(AuditTest, AFileThatGrew_LeavesOnlyItsOldBytesDead) {
  const Audit a = audit({plain(base()), plain(TarMaker().file("f", 1, 'a')), plain(TarMaker().file("f", kTenMiB))});
  expect(a, 10'485'861, 10'485'860, Death::overwritten, 1);
}

TEST_F(AuditTest, ASingleLayer_WastesNothing) {
  const Audit a = audit({plain(TarMaker().file("big", kTenMiB))});
  expect(a, kTenMiB, kTenMiB, Death::overwritten, 0);
}

TEST_F(AuditTest, AWhiteoutOfWhatNeverWas_HidesNothingElse) {
  const Audit a = audit({plain(base()), plain(TarMaker().file("big", kTenMiB, 'a')),
                         plain(TarMaker().whiteout(".wh.never").whiteout("no/.wh.folder").file("big", kTenMiB, 'b'))});
  expect(a, 20'971'620, 10'485'860, Death::overwritten, kTenMiB);
  EXPECT_EQ(a.findings.find("redundant_whiteout")->count, 2U);
}

// O1: types.

TEST_F(AuditTest, AFolderReplacedByAFile_HidesItsSubtree) {
  const Audit a =
      audit({plain(TarMaker().folder("d/").file("d/a", 10).file("d/e/b", 20)), plain(TarMaker().file("d", 5))});
  expect(a, 35, 5, Death::replaced_type, 30);
}

TEST_F(AuditTest, AFileReplacedByAFolder_IsDead) {
  const Audit a = audit({plain(TarMaker().file("d", 30)), plain(TarMaker().folder("d/").file("d/a", 5))});
  expect(a, 35, 5, Death::replaced_type, 30);
}

TEST_F(AuditTest, AFileReplacedByALink_IsDead) {
  const Audit a = audit({plain(TarMaker().file("f", 30)), plain(TarMaker().symlink("f", "elsewhere"))});
  expect(a, 30, 0, Death::replaced_type, 30);
}

TEST_F(AuditTest, AFolderNamedAgain_KeepsWhatIsInIt) {
  const Audit a = audit({plain(TarMaker().folder("d/").file("d/a", 10)), plain(TarMaker().folder("d/", 0700))});
  expect(a, 10, 10, Death::overwritten, 0);
  EXPECT_EQ(a.tree.nodes()[a.tree.find("d")].mode, 0700);
}

TEST_F(AuditTest, AnEntryBelowALinkOfALayerBelow_TakesItsPlaceAndIsReported) {
  const Audit a =
      audit({plain(TarMaker().folder("usr/lib").symlink("lib", "usr/lib")), plain(TarMaker().file("lib/x", 7))});
  expect(a, 7, 7, Death::overwritten, 0);
  EXPECT_THAT(a.findings.find("path_through_link")->text, HasSubstr("'/lib/x' passes through '/lib'"));
}

// O2: what a layer removes is what lies below it, in whatever order it says so.

TEST_F(AuditTest, ASiblingOfAWhiteoutInItsLayer_SurvivesInEitherOrder) {
  for (const TarMaker& upper : {TarMaker().whiteout(".wh.f").file("f", 5), TarMaker().file("f", 5).whiteout(".wh.f")})
    expect(audit({plain(TarMaker().file("f", 30)), plain(upper)}), 35, 5, Death::whiteout, 30);
}

TEST_F(AuditTest, ASiblingOfAnOpaqueMarkInItsLayer_SurvivesInEitherOrder) {
  for (const TarMaker& upper :
       {TarMaker().whiteout("d/.wh..wh..opq").file("d/f", 5), TarMaker().file("d/f", 5).whiteout("d/.wh..wh..opq")})
    expect(audit({plain(TarMaker().file("d/f", 30)), plain(upper)}), 35, 5, Death::opaque, 30);
}

TEST_F(AuditTest, AnOpaqueRoot_RemovesEverythingBelow) {
  const Audit a =
      audit({plain(TarMaker().file("a", 10).file("d/b", 20)), plain(TarMaker().whiteout(".wh..wh..opq").file("c", 1))});
  expect(a, 31, 1, Death::opaque, 30);
}

// O3, O4: odd whiteouts.

TEST_F(AuditTest, BothKindsOfRemovalTogether_CountOnce) {
  const Audit a =
      audit({plain(TarMaker().file("d/f", 30)), plain(TarMaker().whiteout("d/.wh.f").whiteout("d/.wh..wh..opq"))});
  expect(a, 30, 0, Death::opaque, 30);
  EXPECT_EQ(a.findings.find("redundant_whiteout")->count, 1U);
}

TEST_F(AuditTest, AWhiteoutOfNothing_IsInvalidAndRemovesNothing) {
  const Audit a = audit({plain(TarMaker().file("d/f", 30)), plain(TarMaker().whiteout("d/.wh."))});
  expect(a, 30, 30, Death::whiteout, 0);
  EXPECT_EQ(a.findings.find("invalid_whiteout")->severity, oci::Severity::invalid);
}

TEST_F(AuditTest, AufsMetadata_IsNeitherFileNorWhiteout) {
  const Audit a =
      audit({plain(TarMaker().file("f", 30)), plain(TarMaker().folder(".wh..wh.plnk/").whiteout(".wh..wh.aufs"))});
  expect(a, 30, 30, Death::whiteout, 0);
  EXPECT_EQ(a.findings.find("aufs_metadata")->count, 2U);
}

TEST_F(AuditTest, WhiteoutsOfChildrenOfARemovedFolder_AreHarmless) {
  const Audit a = audit({plain(TarMaker().file("d/f", 30).file("d/g", 12)),
                         plain(TarMaker().whiteout(".wh.d").whiteout("d/.wh.f").whiteout("d/.wh.g"))});
  expect(a, 42, 0, Death::whiteout, 42);
}

// O5: duplicates.

TEST_F(AuditTest, APathTwiceInALayer_CountsLast) {
  const Audit a = audit({plain(TarMaker().file("f", 30, 'a').file("./f", 12, 'b'))});
  expect(a, 42, 12, Death::duplicate_in_layer, 30);
  EXPECT_EQ(a.findings.find("duplicate_entry")->count, 1U);
}

// O6, O7: hard links.

TEST_F(AuditTest, HardLinks_ShareTheirBytesEvenIfTheirHeaderHasASize) {
  const Audit a = audit({plain(TarMaker().file("a", 30).hardlink("b", "a").hardlink("c", "./a"))});
  expect(a, 30, 30, Death::overwritten, 0);
  EXPECT_EQ(a.live_files, 1U);
  EXPECT_EQ(a.live_entries, 3U);
}

TEST_F(AuditTest, RemovingOneNameOfAFile_FreesNothing) {
  const std::vector<LayerBlob> lower = {plain(TarMaker().file("a", 30).hardlink("b", "a")),
                                        plain(TarMaker().whiteout(".wh.a"))};
  expect(audit(lower), 30, 30, Death::whiteout, 0);
  std::vector<LayerBlob> all = lower;
  all.push_back(plain(TarMaker().whiteout(".wh.b")));
  const Audit a = audit(all);
  expect(a, 30, 0, Death::whiteout, 30);
  EXPECT_EQ(a.layers[2].removed, 30U) << "the last name's layer made it dead";
  EXPECT_EQ(a.layers[1].removed, 0U);
}

TEST_F(AuditTest, AHardLinkAcrossLayers_ShipsNothingAndIsReported) {
  const Audit a = audit(
      {plain(TarMaker().file("a", 30)), plain(TarMaker().hardlink("b", "a")), plain(TarMaker().whiteout(".wh.a"))});
  expect(a, 30, 30, Death::whiteout, 0);
  EXPECT_NE(a.findings.find("hardlink_across_layers"), nullptr);
}

TEST_F(AuditTest, AHardLinkToNowhere_IsReported) {
  const Audit a = audit({plain(TarMaker().hardlink("b", "nowhere"))});
  expect(a, 0, 0, Death::whiteout, 0);
  EXPECT_THAT(a.findings.find("hardlink_without_target")->text, HasSubstr("'/b' is a hard link to '/nowhere'"));
}

// O8: the same bytes again.

TEST_F(AuditTest, AChmod_IsAMetadataOnlyRewrite) {
  const Audit a = audit({plain(TarMaker().file("f", std::string(30, 'x'), 0644)),
                         plain(TarMaker().file("f", std::string(30, 'x'), 0755, 1000))});
  expect(a, 60, 30, Death::metadata_only, 30);
}

// O9: sparse files.

TEST_F(AuditTest, ASparseFile_CountsWhatIsStored) {
  TarMaker tar;
  const std::string map = std::string("1\n0\n5\n") + std::string(512 - 6, '\0');
  tar.pax({{"GNU.sparse.major", "1"},
           {"GNU.sparse.minor", "0"},
           {"GNU.sparse.name", "sparse"},
           {"GNU.sparse.realsize", "1000000"}});
  tar.header({.name = "GNUSparseFile.0/sparse", .size = 512 + 5}).payload(map + "hello");
  const Audit a = audit({plain(tar)});
  EXPECT_EQ(a.account.shipped, 5U);
  EXPECT_THAT(a.findings.find("sparse")->text, HasSubstr("1000000 bytes with holes, 5 without"));
}

// O10: names.

TEST_F(AuditTest, OneFileUnderManySpellings_IsOneFile) {
  const Audit a =
      audit({plain(TarMaker().file("./a", 1)), plain(TarMaker().file("/a", 2)), plain(TarMaker().file("b/../a", 4)),
             plain(TarMaker().pax({{"path", "a"}}).file("ignored", 8)), plain(TarMaker().file("../a", 16))});
  expect(a, 31, 16, Death::overwritten, 15);
  EXPECT_EQ(a.findings.find("path_escapes")->count, 1U);
}

TEST_F(AuditTest, LongNamesOfPaxAndGnu_AreRead) {
  const std::string pax = std::string(200, 'p') + "/" + std::string(250, 'q');
  const std::string gnu = std::string(180, 'g');
  TarMaker tar;
  tar.pax({{"path", pax}}).file("short", 3);
  tar.header({.type = 'L', .name = "././@LongLink", .size = gnu.size() + 1}).payload(gnu + std::string(1, '\0'));
  tar.file("short", 4);
  const Audit a = audit({plain(tar)});
  EXPECT_EQ(a.account.live, 7U);
  EXPECT_TRUE(a.tree.node_is_live(pax));
  EXPECT_TRUE(a.tree.node_is_live(gnu));
}

TEST_F(AuditTest, NamesAreBytes) {
  const std::string latin = "caf\xe9";
  const std::string utf8 = "caf\xc3\xa9";
  const Audit a = audit({plain(TarMaker()
                                   .file(latin, 1)
                                   .file(utf8, 2)
                                   .pax({{"path", latin + "-pax"}})
                                   .file("x", 4)
                                   .pax({{"path", utf8 + "-pax"}})
                                   .file("x", 8))});
  EXPECT_EQ(a.account.live, 15U);
  for (const std::string& name : {latin, utf8, latin + "-pax", utf8 + "-pax"})
    EXPECT_TRUE(a.tree.node_is_live(name)) << name;
}

TEST_F(AuditTest, SizesInBase256_AndGlobalHeaders_AreRead) {
  TarMaker tar;
  tar.pax({{"comment", "written by git archive"}}, 'g');
  tar.header({.name = "f", .size = 5, .size_field = std::string("\x80\0\0\0\0\0\0\0\0\0\0\5", 12)}).payload("hello");
  expect(audit({plain(tar)}), 5, 5, Death::overwritten, 0);
}

TEST_F(AuditTest, FoldersNobodyNamed_AreThere) {
  const Audit a = audit({plain(TarMaker().file("a/b/c/f", 1))});
  EXPECT_EQ(a.live_entries, 4U);
}

// Sizes.

TEST_F(AuditTest, TheFiveSizes_AreExact) {
  const auto lower = gzipped(TarMaker().file("a", 5000).file("b", 1));
  const auto upper = plain(TarMaker().file("a", 1).hardlink("c", "a"));
  const Audit a = audit({lower, upper});
  EXPECT_EQ(a.transfer, documents_ + lower.blob.size() + upper.blob.size());
  EXPECT_EQ(a.tar, lower.tar.size() + upper.tar.size());
  EXPECT_EQ(a.account.shipped, 5002U);
  EXPECT_EQ(a.account.live, 2U);
  EXPECT_EQ(a.disk, 8192U + 4096 + 4096);
}

TEST_F(AuditTest, ABlobUsedTwice_IsTransferredOnce) {
  const auto layer = gzipped(TarMaker().file("a", 100));
  const Audit a = audit({layer, plain(TarMaker().whiteout(".wh.a")), layer});
  EXPECT_EQ(a.transfer, documents_ + layer.blob.size() + 1536);
  EXPECT_EQ(a.account.shipped, 200U);
  EXPECT_TRUE(a.layers[2].repeated);
}

TEST_F(AuditTest, NothingShipped_IsNoDivisionByZero) {
  const Audit a = audit({plain(TarMaker().folder("d/"))});
  expect(a, 0, 0, Death::overwritten, 0);
}

TEST_F(AuditTest, DeadCompressedBytes_AreExactInAnUncompressedLayer) {
  const Audit a = audit({plain(TarMaker().file("f", 600).file("g", 1)), plain(TarMaker().whiteout(".wh.f"))});
  EXPECT_EQ(a.account.dead_compressed_total(), 512U + 1024U) << "header and payload";
  EXPECT_TRUE(a.account.dead_compressed_exact);
}

TEST_F(AuditTest, DeadCompressedBytes_AreEstimatedInOneGzipMember_AndExactInMany) {
  TarMaker first;
  TarMaker second;
  first.file("f", 60'000, 'a');
  second.file("g", 60'000, 'b');
  const std::string one = test::gzip(first.unfinished());
  const std::string two = test::gzip(second.done());
  const LayerBlob members = {one + two, first.unfinished() + second.done(),
                             "application/vnd.oci.image.layer.v1.tar+gzip"};
  const Audit exact = audit({members, plain(TarMaker().whiteout(".wh.f"))});
  EXPECT_EQ(exact.account.dead_compressed_total(), one.size());
  EXPECT_TRUE(exact.account.dead_compressed_exact);
  const LayerBlob whole = {test::gzip(members.tar), members.tar, members.type};
  const Audit estimated = audit({whole, plain(TarMaker().whiteout(".wh.f"))});
  EXPECT_FALSE(estimated.account.dead_compressed_exact);
  EXPECT_LE(estimated.account.dead_compressed_total(), whole.blob.size());
}

// O19

TEST_F(AuditTest, EStargzFiles_AreCountedAsFormatOverhead) {
  const Audit a = audit({plain(TarMaker().file(".prefetch.landmark", 1).file("f", 10).file("stargz.index.json", 100))});
  EXPECT_EQ(a.format_bytes, 101U);
  EXPECT_EQ(a.account.live, 111U) << "engines that do not know eStargz unpack them";
  EXPECT_EQ(audit({plain(TarMaker().file(".prefetch.landmark", 1))}).format_bytes, 0U);
}

TEST_F(AuditTest, Duplicates_AreAllCopiesButOne) {
  const Audit a =
      audit({plain(TarMaker().file("a", 100, 'q').file("b", 100, 'q').file("c", 100, 'r').hardlink("d", "a")),
             plain(TarMaker().file("e", 100, 'q').file("g", 0).file("h", 0))});
  EXPECT_EQ(a.duplicates, 200U);
}

TEST_F(AuditTest, Explain_TellsWhoWroteAndWhoRemovedAPath) {
  AuditOptions options;
  options.explain = "d/f";
  const Audit a =
      audit({plain(TarMaker().file("d/f", 30)), plain(TarMaker().file("d/f", 31)), plain(TarMaker().whiteout(".wh.d"))},
            options);
  ASSERT_EQ(a.events.size(), 4U);
  EXPECT_EQ(a.events[0].size, 30U);
  EXPECT_EQ(a.events[1].death, Death::overwritten);
  EXPECT_EQ(a.events[3].death, Death::whiteout);
  EXPECT_EQ(a.events[3].by, "d");
  EXPECT_EQ(a.events[3].layer, 2U);
}

TEST_F(AuditTest, AFolder_IsALayerThatNobodyPacked) {
  const fs::path root = dir_.path() / "root";
  test::write(root / "a", std::string(5000, 'x'));
  test::write(root / "d/b", "hello");
  fs::create_hard_link(root / "d/b", root / "c");
  fs::create_symlink("nowhere", root / "link");
  const auto a = audit_folder(root.string(), {});
  ASSERT_TRUE(a) << a.error().message();
  EXPECT_EQ(a->account.live, 5005U);
  EXPECT_EQ(a->disk, 8192U + 4096);
  EXPECT_EQ(a->live_entries, 5U);
  EXPECT_EQ(a->transfer, std::nullopt);
}

TEST_F(AuditTest, Base_SplitsAtTheLayersBothHave) {
  const auto shared = gzipped(TarMaker().file("a", 100));
  const auto own = plain(TarMaker().whiteout(".wh.a").file("b", 10));
  LayoutMaker base_maker;
  base_maker.single({shared}).write_folder(dir_.path() / "base");
  const auto store = oci::Store::open((dir_.path() / "base").string(), {});
  Audit a = audit({shared, own});
  split_at_base(a, *oci::open_image(*store, {}));
  EXPECT_EQ(a.base->layers, 1U);
  EXPECT_TRUE(a.base->whole);
  EXPECT_EQ(a.base->new_transfer, documents_ + own.blob.size());
  EXPECT_EQ(a.base->own.shipped, 10U);
  EXPECT_EQ(a.base->own.dead_total(), 0U) << "what the base shipped is the base's";
  EXPECT_EQ(a.layers[0].account.dead_total(), 100U);
}

}  // namespace
}  // namespace frostbyte::audit
