#include "artifact_server.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "artifact/archive.h"
#include "artifact/unpack.h"
#include "base/fake_clock.h"
#include "http/client.h"
#include "io/temp_dir.h"

namespace sluice::source {
namespace {

TEST(ArtifactServerTest, ServesArtifactsRangesAndReadiness) {
  const auto dir = *io::TempDir::Create(::testing::TempDir(), "served-");
  base::FakeClock clock;
  artifact::StoreOptions options;
  options.root = dir.path();
  options.advertised = "h";
  const auto store = *artifact::ArtifactStore::Open(options, clock);
  const auto summary =
      store->Write({"gitrepository", "n", "o"}, "a.tar.gz", [](artifact::ByteSink sink) {
        return artifact::ArchiveTree(*io::MakeMemoryTree({{"f", "1"}}), nullptr, std::move(sink));
      });
  ASSERT_TRUE(summary.ok());
  // From before the start: nobody has read it yet.
  std::filesystem::copy_file(dir.path() + "/gitrepository/n/o/a.tar.gz",
                             dir.path() + "/gitrepository/n/o/old.tar.gz");
  bool ready = false, vouched = false;
  ArtifactServer server(
      *store, "127.0.0.1:0", [&] { return ready; },
      [&](std::string_view path) { return vouched && path == "gitrepository/n/o/old.tar.gz"; }, {});
  ASSERT_TRUE(server.Start().ok());
  const auto client = *http::Client::Create({});
  const auto get = [&](const std::string& path, http::Headers headers = {}) {
    http::Request r;
    r.url = "http://" + server.address() + path;
    r.headers = std::move(headers);
    r.accept_gzip = false;
    return *client->Do(observe::Context().WithTimeout(std::chrono::seconds(10)), std::move(r));
  };
  auto answer = get("/gitrepository/n/o/a.tar.gz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(artifact::VerifyDigest(answer.body, summary->digest).ok());
  EXPECT_EQ(answer.headers.Get("ETag"), "\"" + summary->digest + "\"");
  const std::string whole = answer.body;
  answer = get("/gitrepository/n/o/a.tar.gz", {{"Range", "bytes=5-9"}});
  EXPECT_EQ(answer.status, 206);
  EXPECT_EQ(answer.body, whole.substr(5, 5));
  EXPECT_EQ(get("/").status, 200);
  EXPECT_EQ(get("/gitrepository/n/o/b.tar.gz").status, 503);
  EXPECT_EQ(get("/gitrepository/n/o/old.tar.gz").status, 503);
  vouched = true;
  EXPECT_EQ(get("/gitrepository/n/o/old.tar.gz").status, 200);
  ready = true;
  vouched = false;
  EXPECT_EQ(get("/gitrepository/n/o/old.tar.gz").status, 200) << "kept by retention";
  EXPECT_EQ(get("/gitrepository/n/o/b.tar.gz").status, 404);
  EXPECT_EQ(get("/gitrepository/%2e%2e/%2e%2e/etc/passwd").status, 404);
  server.Stop();
}

}  // namespace
}  // namespace sluice::source
