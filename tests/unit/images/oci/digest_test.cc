#include "images/oci/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck.h>

namespace frostbyte::oci {
namespace {

using testing::HasSubstr;

TEST(Digest, OfNothingAndOfAbc_AreThePublishedOnes) {
  EXPECT_EQ(digest_of("").text(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of("abc").text(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of("abc", Algorithm::sha512).hex().substr(0, 16), "ddaf35a193617aba");
}

TEST(Digest, DoesNotDependOnThePieces) {
  EXPECT_TRUE(rc::check([](const std::string& a, const std::string& b) {
    Hasher hasher;
    hasher.update(a);
    hasher.update(b);
    const Digest first = hasher.finish();
    hasher.update(a + b);
    return first == digest_of(a + b) && hasher.finish() == first;
  }));
}

TEST(Digest, ReadsBackWhatItWrote) {
  const Digest digest = digest_of("frostbyte");
  EXPECT_EQ(Digest::parse(digest.text()).value(), digest);
}

TEST(Digest, RefusesWhatCouldBeAPath) {
  for (const std::string& text :
       {std::string("sha256:../../etc/passwd"), "sha256:" + std::string(63, 'a'), "sha256:" + std::string(64, 'A'),
        "sha256:" + std::string(63, 'a') + "/", std::string("sha256:")}) {
    const auto parsed = Digest::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message(), HasSubstr("64 lower-case hexadecimal digits"));
  }
  for (const char* text : {"", "sha256", "md5:d41d8cd98f00b204e9800998ecf8427e"})
    EXPECT_THAT(Digest::parse(text).error().message(), HasSubstr("it is not sha256:"));
}

}  // namespace
}  // namespace frostbyte::oci
