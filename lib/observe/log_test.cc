#include "observe/log.h"

#include <gtest/gtest.h>

#include "observe/memory_sink.h"

namespace sluice::observe {
namespace {

TEST(LogTest, RendersTheFieldsOfKubernetesControllers) {
  auto sink = std::make_shared<MemorySink>();
  const Logger log = Logger(sink).Named("a").Named("b").With(
      {{"controller", "gitrepository"}, {"GitRepository", ObjectRef{"app", "flux-system"}}});
  log.Info("stored", {{"revision", "main@sha1:1"}, {"size", 7}, {"ok", true}});
  log.Error(base::NotFound("secrets \"x\" not found"), "Reconciler error");
  const auto lines = sink->lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(
      lines[0],
      R"({"level":"info","ts":"","logger":"a.b","msg":"stored","controller":"gitrepository",)"
      R"("GitRepository":{"name":"app","namespace":"flux-system"},"revision":"main@sha1:1","size":7,"ok":true})");
  EXPECT_NE(lines[1].find(R"("error":"secrets \"x\" not found")"), std::string::npos);
}

TEST(LogTest, ControlBytesAreEscaped) {
  auto sink = std::make_shared<MemorySink>();
  Logger(sink).Info(std::string("a\nb\x01\"\\", 6));
  EXPECT_EQ(sink->lines().at(0), R"({"level":"info","ts":"","msg":"a\nb\u0001\"\\"})");
}

TEST(LogTest, BytesThatAreNoTextDoNotSpoilTheLine) {
  auto sink = std::make_shared<MemorySink>();
  Logger(sink).Info("a\xff<é>");
  EXPECT_EQ(sink->lines().at(0), R"({"level":"info","ts":"","msg":"a\ufffd<é>"})");
}

TEST(LogTest, BelowTheLevelNothingIsWritten) {
  auto sink = std::make_shared<MemorySink>(LogLevel::kError);
  const Logger log(sink);
  log.Info("no");
  EXPECT_FALSE(log.Enabled(LogLevel::kDebug));
  EXPECT_TRUE(sink->lines().empty());
  EXPECT_FALSE(Logger().Enabled(LogLevel::kError));
}

TEST(LogTest, ParsesLevels) {
  for (const char* ok : {"trace", "debug", "info", "error"})
    EXPECT_TRUE(ParseLogLevel(ok).ok()) << ok;
  for (const char* bad : {"", "warn", "INFO"}) EXPECT_FALSE(ParseLogLevel(bad).ok()) << bad;
}

}  // namespace
}  // namespace sluice::observe
