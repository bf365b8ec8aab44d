#include "results/report/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <vector>

namespace frostbyte::report {
namespace {

TEST(Printable, NothingInItDrivesTheTerminal) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m", Charset::unicode), "red");
  EXPECT_EQ(printable("a\x1b]0;title\x07"
                      "b",
                      Charset::unicode),
            "ab");
  EXPECT_EQ(printable("a\x1b]0;title\x1b\\b", Charset::unicode), "ab");
  EXPECT_EQ(printable("a\x1b]0;never ends", Charset::unicode), "a");
  EXPECT_EQ(printable("a\x1b[", Charset::unicode), "a");
  EXPECT_EQ(printable("\x1b"
                      "c",
                      Charset::unicode),
            "?c");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m",
                      Charset::unicode),
            "?31m");
  EXPECT_EQ(printable("two\nlines\r", Charset::unicode), "two lines?");
  EXPECT_EQ(printable("µs", Charset::ascii), "?s");
}

TEST(Printable, HasNoControlCharacterWhateverComes) {
  EXPECT_TRUE(rc::check("no control", [](const std::string& text) {
    for (const char c : printable(text, Charset::unicode)) {
      RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7F);
    }
    for (const char c : printable(text, Charset::ascii)) RC_ASSERT(static_cast<unsigned char>(c) < 0x80);
  }));
}

TEST(Shortened, KeepsToItsWidth) {
  EXPECT_EQ(shortened("cpp-epoll", 9, Charset::unicode), "cpp-epoll");
  EXPECT_EQ(shortened("cpp-epoll", 5, Charset::unicode), "cpp-…");
  EXPECT_EQ(shortened("cpp-epoll", 5, Charset::ascii), "cpp-~");
  EXPECT_EQ(shortened("äöüß", 3, Charset::unicode), "äö…");
  EXPECT_EQ(width_of(shortened("abc", 0, Charset::unicode)), 1u);
}

TEST(Listed, ReadsAsASentenceAndStaysShort) {
  const auto list = [](const std::vector<std::string>& names) { return listed(names); };
  EXPECT_EQ(list({"a"}), "a");
  EXPECT_EQ(list({"a", "b"}), "a and b");
  EXPECT_EQ(list({"a", "b", "c", "d", "e"}), "a, b, c, d and e");
  EXPECT_EQ(list({"a", "b", "c", "d", "e", "f"}), "a, b, c, d and 2 more");
}

}  // namespace
}  // namespace frostbyte::report
