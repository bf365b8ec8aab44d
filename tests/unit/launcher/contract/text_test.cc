#include "launcher/contract/text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace frostbyte::contract {
namespace {

TEST(Base64, KnowsTheVectorsOfTheStandard) {  // RFC 4648 §10
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, RoundTripsAnyBytes) {
  EXPECT_TRUE(rc::check("decode(encode(x)) = x", [] {
    const auto bytes = *rc::gen::arbitrary<std::string>();
    const std::string text = base64_encode(bytes);
    RC_ASSERT(base64_decode(text) == bytes);
    RC_ASSERT(base64_decode(text.substr(0, text.find('='))) == bytes);
  }));
}

TEST(Base64, RefusesWhatIsNoBase64) {
  for (const char* text : {"a", "abcde", "ab=c", "a===", "====", "Zm9\n", "Zm 9", "Zm9v=", "-_-_"}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

TEST(IsUtf8, FollowsTheTableOfTheStandard) {
  for (const char* text :
       {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << excerpt(text);
  }
  for (const char* text : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                           "\xf4\x90\x80\x80", "\xff", "\xe2\x82", "a\xc3(b"}) {
    EXPECT_FALSE(is_utf8(text)) << excerpt(text);
  }
}

TEST(Excerpt, IsPrintableAndBounded) {
  EXPECT_EQ(excerpt("a\x1b[31m\xff"), "a\\x1b[31m\\xff");
  EXPECT_EQ(excerpt("abcdef", 3), "abc…");
  EXPECT_EQ(excerpt("abc", 3), "abc");
}

}  // namespace
}  // namespace frostbyte::contract
