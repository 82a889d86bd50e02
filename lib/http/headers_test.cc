#include "http/headers.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

TEST(HeadersTest, NamesIgnoreCaseAndSetReplacesEveryField) {
  Headers h{{"Accept", "a"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(h.Get("accept"), "a");
  EXPECT_EQ(h.Get("X"), "1");
  h.Set("x", "3");
  EXPECT_EQ(h.fields().size(), 2u);
  EXPECT_EQ(h.Get("X"), "3");
  EXPECT_TRUE(h.Erase("ACCEPT"));
  EXPECT_FALSE(h.Has("Accept"));
}

TEST(HeadersTest, ControlBytesAreInvalid) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(Headers::IsValid("X-A", "plain\ttext"));
  for (const auto value : {"a\r\nb"sv, "a\nb"sv, "a\0b"sv, "\x7f"sv})
    EXPECT_FALSE(Headers::IsValid("X", value));
  for (const auto name : {""sv, "a b"sv, "a:"sv, "a\r"sv, "\xc3\xa9"sv})
    EXPECT_FALSE(Headers::IsValid(name, "v"));
}

}  // namespace
}  // namespace sluice::http
