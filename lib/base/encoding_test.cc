#include "base/encoding.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

TEST(EncodingTest, Base64RoundTrips) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
      {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(Base64Encode(bytes), text);
    EXPECT_EQ(*Base64Decode(text), bytes);
    EXPECT_EQ(*Base64UrlDecode(Base64UrlEncode(bytes)), bytes);
  }
  EXPECT_EQ(*Base64Decode("Zm9v\nYg==\n"), "foob");
  EXPECT_EQ(Base64UrlEncode("\xff\xfe"), "__4");
}

TEST(EncodingTest, Base64ErrorsInGosWords) {
  const std::pair<std::string, std::string> cases[] = {
      {"!", "0"},   {"Zm9vY", "4"}, {"Zm9v!", "4"}, {"Z===", "1"},
      {"Zg=", "3"}, {"Zg==x", "4"}, {"Zg=x", "2"}};
  for (const auto& [text, at] : cases) {
    EXPECT_EQ(Base64Decode(text).status().message(), "illegal base64 data at input byte " + at)
        << text;
  }
}

TEST(EncodingTest, HexAndPercent) {
  EXPECT_EQ(HexEncode(std::string("\x00\xff", 2)), "00ff");
  EXPECT_EQ(*HexDecode("00Ff"), std::string("\x00\xff", 2));
  EXPECT_FALSE(HexDecode("0").ok());
  EXPECT_FALSE(HexDecode("0g").ok());
  EXPECT_EQ(PercentEncode("a b/ü", "/"), "a%20b/%C3%BC");
}

TEST(EncodingTest, Base32) {
  const struct {
    std::string_view bytes, text;
  } cases[] = {{"", ""},
               {"f", "MY======"},
               {"fo", "MZXQ===="},
               {"foo", "MZXW6==="},
               {"foob", "MZXW6YQ="},
               {"fooba", "MZXW6YTB"},
               {"coffee", "MNXWMZTFMU======"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.bytes);
    EXPECT_EQ(Base32Encode(c.bytes), c.text);
    EXPECT_EQ(Base32Decode(c.text).value(), c.bytes);
  }
  EXPECT_EQ(Base32Decode("MZXW\r\n6YTB").value(), "fooba");
  const struct {
    std::string_view text;
    int at;
  } bad[] = {{"bad!", 0},     {"!!!!", 0},     {"A", 0},        {"MY=====", 7},  {"MZXW6YTBM", 8},
             {"M=======", 1}, {"MZX=====", 3}, {"MZXWx===", 4}, {"AA==A===", 3}, {"=", 0}};
  for (const auto& c : bad) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Base32Decode(c.text).status().message(),
              "illegal base32 data at input byte " + std::to_string(c.at));
  }
}

}  // namespace
}  // namespace sluice::base
