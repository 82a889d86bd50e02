#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace sluice::base {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return InvalidArgument("odd");
  return n / 2;
}
Result<int> Quarter(int n) {
  SLUICE_TRY(const int half, Half(n));
  SLUICE_TRY(auto quarter, Half(half).Wrap("second half"));
  return quarter;
}
Status CheckEven(int n) {
  SLUICE_TRY(Half(n));
  return {};
}

TEST(StatusTest, WrapsAsGo) {
  EXPECT_EQ(NotFound("no such file").Wrap("open a").Wrap("load").message(),
            "load: open a: no such file");
  EXPECT_TRUE(OkStatus().Wrap("x").ok());
  EXPECT_EQ(NotFound("a").Wrap("b").code(), StatusCode::kNotFound);
}

TEST(StatusTest, TryPassesValuesAndErrors) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status().message(), "second half: odd");
  EXPECT_TRUE(CheckEven(2).ok());
  EXPECT_EQ(CheckEven(3).message(), "odd");
}

TEST(StatusTest, ResultHoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> r = std::make_unique<int>(3);
  const std::unique_ptr<int> p = *std::move(r);
  EXPECT_EQ(*p, 3);
  EXPECT_FALSE(Result<int>(OkStatus()).ok());
}

}  // namespace
}  // namespace sluice::base
