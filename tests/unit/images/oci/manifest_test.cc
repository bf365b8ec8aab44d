#include "images/oci/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frostbyte::oci {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string descriptor(const std::string& size) {
  return R"({"mediaType":"x","digest":")" + kDigest + R"(","size":)" + size + "}";
}

std::string manifest(const std::string& config, const std::string& layers) {
  return R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + layers + "]}";
}

std::string problem(const std::string& json) {
  const auto parsed = parse_manifest(json, "doc");
  return parsed ? "" : parsed.error().message();
}

TEST(Manifest, KeepsTheOrderOfLayers) {
  const auto parsed = parse_manifest(manifest(descriptor("2"), descriptor("7") + "," + descriptor("5")), "doc");
  ASSERT_TRUE(parsed);
  ASSERT_THAT(parsed->layers, SizeIs(2));
  EXPECT_EQ(parsed->layers[0].size, 7U);
  EXPECT_EQ(parsed->layers[1].size, 5U);
  EXPECT_EQ(parsed->config.digest.text(), kDigest);
}

TEST(Manifest, RefusesSizesNoBlobCanHave) {
  for (const char* size : {"-1", "9223372036854775808", "1e30", "\"7\"", "1.5"})
    EXPECT_THAT(problem(manifest(descriptor(size), "")), HasSubstr("which no blob can have")) << size;
  EXPECT_THAT(problem(manifest(R"({"digest":")" + kDigest + "\"}", "")), HasSubstr("a descriptor has no size"));
}

TEST(Manifest, RefusesWhatIsNoManifest) {
  EXPECT_THAT(problem("{"), HasSubstr("it is not JSON"));
  EXPECT_THAT(problem(std::string(100'000, '[')), HasSubstr("it is not JSON, or nested too deeply"));
  EXPECT_THAT(problem(R"({"layers":7,"config":)" + descriptor("1") + "}"), HasSubstr("layers is not a list"));
  EXPECT_THAT(problem(R"({"layers":[]})"), HasSubstr("a descriptor is not an object"));
  EXPECT_THAT(problem(R"({"schemaVersion":1,"fsLayers":[]})"), HasSubstr("schema version 1"));
  EXPECT_THAT(problem(manifest(R"({"digest":"sha256:..","size":1})", "")), HasSubstr("hexadecimal"));
}

TEST(Index, ReadsPlatformsAndAnnotations) {
  const auto parsed = parse_index(R"({"manifests":[{"digest":")" + kDigest +
                                      R"(","size":3,"platform":{"os":"linux","architecture":"arm","variant":"v7"},
    "annotations":{"org.opencontainers.image.ref.name":"latest","odd":7}}]})",
                                  "index");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->manifests[0].platform->text(), "linux/arm/v7");
  EXPECT_EQ(parsed->manifests[0].annotations.at(std::string(annotation::kRefName)), "latest");
  EXPECT_THAT(parse_index("{}", "index").error().message(), HasSubstr("it lists no manifests"));
}

TEST(Config, ReadsWhatStartsAFunction) {
  const auto parsed = parse_config(R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[")" +
                                       kDigest + R"("]},"history":[{"created_by":"a","empty_layer":true},{}],
    "config":{"Entrypoint":["/f"],"Cmd":["-v"],"Env":["A=b"],"User":"9","WorkingDir":"/w"}})",
                                   "config");
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->argv(), ElementsAre("/f", "-v"));
  EXPECT_THAT(parsed->environment, ElementsAre("A=b"));
  EXPECT_THAT(parsed->diff_ids, SizeIs(1));
  EXPECT_TRUE(parsed->history[0].empty_layer);
  EXPECT_FALSE(parsed->history[1].empty_layer);
}

TEST(Config, LivesWithNullWhereListsAreOptional) {
  const auto parsed =
      parse_config(R"({"rootfs":{"diff_ids":null},"config":{"Cmd":null,"Env":null},"history":null})", "c");
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_THAT(parsed->argv(), SizeIs(0));
}

TEST(ArchiveList, ReadsEveryImage) {
  const auto parsed = parse_archive_list(R"([{"Config":"c.json","RepoTags":["a:1"],"Layers":["x/layer.tar"]}])", "m");
  ASSERT_TRUE(parsed);
  EXPECT_THAT((*parsed)[0].layers, ElementsAre("x/layer.tar"));
  EXPECT_THAT(parse_archive_list("{}", "m").error().message(), HasSubstr("it is not a list of images"));
  EXPECT_THAT(parse_archive_list("[{}]", "m").error().message(), HasSubstr("names no configuration"));
}

TEST(Platform, IsTwoOrThreeParts) {
  EXPECT_EQ(parse_platform("linux/arm64/v8")->text(), "linux/arm64/v8");
  for (const char* text : {"linux", "linux/", "/amd64", "a/b/c/d", ""})
    EXPECT_THAT(parse_platform(text).error().message(), HasSubstr("OS/ARCHITECTURE")) << text;
}

TEST(KindOf, GoesByMembers) {
  EXPECT_EQ(kind_of(R"({"mediaType":"x","manifests":[]})"), Document::index);
  EXPECT_EQ(kind_of(R"({"config":{},"layers":[]})"), Document::manifest);
  EXPECT_EQ(kind_of("[]"), Document::other);
  EXPECT_EQ(kind_of("\xff"), Document::other);
}

}  // namespace
}  // namespace frostbyte::oci
