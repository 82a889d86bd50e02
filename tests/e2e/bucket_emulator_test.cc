// Buckets of Azure and Google Cloud beside emulators that others made: Azurite, which checks keys
// and shared access signatures, and fake-gcs-server. Where one is not installed (Azurite needs npm)
// its tests are skipped; what both do not check is checked header by header in
// lib/bucket/store_test.cc.
#include <gmock/gmock.h>

#include <algorithm>

#include "artifact/unpack.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "io/file_tree.h"
#include "lab.h"
#include "test_support/blob_stores.h"

namespace sluice::e2e {
namespace {

using test_support::Azurite;
using test_support::FakeGcs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

FakeGcs& Google() {
  static FakeGcs server;
  return server;
}
Azurite& Azure() {
  static Azurite server;
  return server;
}

Lab& TheLab() {
  static Lab lab = [] {
    if (FakeGcs::Installed()) setenv("STORAGE_EMULATOR_HOST", Google().address().c_str(), 1);
    return Lab({.controllers = false, .stack = {}, .processes = {"source"}});
  }();
  return lab;
}

class BucketEmulatorTest : public testing::Test {
 protected:
  BucketEmulatorTest() : ns_(TheLab().NewNamespace()) {}
  Ref Source(const std::string& name = "app") const { return {"Bucket", ns_, name}; }
  void Secret(const std::string& name, const std::string& key, const std::string& value) {
    lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: " + name + ", namespace: " + ns_ +
               "}\ndata: {" + key + ": \"" + base::Base64Encode(value) + "\"}\n");
  }
  void Apply(const std::string& more, const std::string& name = "app") {
    lab_.Apply("apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: " + name +
               ", namespace: " + ns_ + "}\nspec:\n  interval: 10m\n  bucketName: " + ns_ + "\n" +
               more);
  }
  static std::string Revision(const Value& source) {
    return Text(source["status"]["artifact"]["revision"]);
  }
  std::shared_ptr<const io::FileTree> Fetch(const Value& source) {
    const std::string bytes =
        lab_.stack().http().Send("GET", Text(source["status"]["artifact"]["url"])).body;
    EXPECT_EQ(base::Digest::Sha256(bytes).ToString(), Text(source["status"]["artifact"]["digest"]));
    auto tree = artifact::UnpackTarGz(bytes);
    EXPECT_TRUE(tree.ok()) << tree.status().message();
    return tree.ok() ? *tree : nullptr;
  }
  Value Poll(const Ref& ref) {
    lab_.RequestReconcile(ref);
    return lab_.WaitFor(ref, "the request was handled", [](const Value& o) {
      return Text(o["status"]["lastHandledReconcileAt"]) ==
             Text(o["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]);
    });
  }
  // The same four steps of every store: first, unchanged, one changed, other patterns.
  template <class Store>
  void FollowsChanges(const Store& store) {
    const Value first = lab_.WaitReady(Source());
    const auto tree = Fetch(first);
    ASSERT_NE(tree, nullptr);
    EXPECT_EQ(*tree->ReadFile("prod/a.yaml"), "a: 1\n");
    EXPECT_EQ(*tree->ReadFile("prod/sub dir/b+ü.yaml"), "b: 1\n");
    EXPECT_FALSE(tree->Stat("dev").ok()) << "the prefix";
    EXPECT_FALSE(tree->Stat("prod/x.log").ok()) << ".sourceignore";
    EXPECT_FALSE(tree->Stat("prod/skip.txt").ok()) << "spec.ignore";
    EXPECT_EQ(Poll(Source())["status"]["artifact"], first["status"]["artifact"]);

    store.Put(ns_, "prod/a.yaml", "a: 2\n");
    store.Delete(ns_, "prod/gone.yaml");
    const Value second = Poll(Source());
    EXPECT_NE(Revision(second), Revision(first));
    const auto now = Fetch(second);
    ASSERT_NE(now, nullptr);
    EXPECT_EQ(*now->ReadFile("prod/a.yaml"), "a: 2\n");
    EXPECT_FALSE(now->Stat("prod/gone.yaml").ok());
    EXPECT_EQ(*now->ReadFile("prod/sub dir/b+ü.yaml"), "b: 1\n");
  }
  template <class Store>
  void Fill(const Store& store) {
    for (const auto& [key, text] :
         std::map<std::string, std::string>{{"prod/a.yaml", "a: 1\n"},
                                            {"prod/sub dir/b+ü.yaml", "b: 1\n"},
                                            {"prod/gone.yaml", "c: 1\n"},
                                            {"dev/a.yaml", "no\n"},
                                            {"prod/x.log", "no\n"},
                                            {"prod/skip.txt", "no\n"},
                                            {".sourceignore", "*.log\n"}}) {
      store.Put(ns_, key, text);
    }
  }
  static constexpr const char* kWanted = "  prefix: prod/\n  ignore: skip.txt\n";

  Lab& lab_ = TheLab();
  const std::string ns_;
};

TEST_F(BucketEmulatorTest, AzureByKeyAndByThePage) {
  if (!Azurite::Installed()) GTEST_SKIP() << "no Azurite: it is installed where npm is";
  Azure().MakeContainer(ns_);
  Fill(Azure());
  Secret("key", "accountKey", Azurite::kKey);
  // What the endpoint's query says goes along: pages of two.
  const std::string endpoint = "  provider: azure\n  endpoint: '" + Azure().endpoint() +
                               "/?maxresults=2'\n  secretRef: {name: key}\n";
  Apply(endpoint + kWanted);
  FollowsChanges(Azure());
  // Unchanged, only pages are read.
  const size_t before = Azure().Requests().size();
  Poll(Source());
  const auto pages = [&] {
    auto asked = Azure().Requests();
    asked.erase(asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(before));
    for (const std::string& line : asked)
      EXPECT_FALSE(base::Contains(line, "/" + ns_ + "/prod")) << line;
    return std::ranges::count_if(
        asked, [](const std::string& line) { return base::Contains(line, "comp=list"); });
  };
  EXPECT_TRUE(Eventually(kSoon, [&] { return pages() >= 2; }))
      << "four objects below the prefix, two a page";
}

TEST_F(BucketEmulatorTest, AzureBySharedAccessSignature) {
  if (!Azurite::Installed()) GTEST_SKIP() << "no Azurite: it is installed where npm is";
  Azure().MakeContainer(ns_);
  Fill(Azure());
  Secret("sas", "sasKey", Azure().Sas());
  Secret("marked", "sasKey", "?" + Azure().Sas());
  const std::string endpoint = "  provider: azure\n  endpoint: " + Azure().endpoint() + "\n";
  Apply(endpoint + "  secretRef: {name: sas}\n" + kWanted);
  Apply(endpoint + "  secretRef: {name: marked}\n" + kWanted, "marked");
  FollowsChanges(Azure());
  lab_.WaitReady(Source("marked"));

  // What is refused, without a word of the secret.
  Secret("wrong-key", "accountKey", base::Base64Encode("c4n4ry"));
  Secret("wrong-sas", "sasKey", base::ReplaceAll(Azure().Sas(), "sp=rl", "sp=rwl"));
  Apply(endpoint + "  secretRef: {name: wrong-key}\n", "wrong-key");
  Apply(endpoint + "  secretRef: {name: wrong-sas}\n", "wrong-sas");
  Apply(endpoint + "  secretRef: {name: sas}\n  bucketName: absent-" + ns_ + "\n", "absent");
  const std::string failed = "failed to confirm existence of '" + ns_ + "' bucket: ";
  for (const std::string name : {"wrong-key", "wrong-sas"}) {
    const std::string message = lab_.WaitFailed(Source(name), "BucketOperationFailed");
    EXPECT_THAT(message, StartsWith(failed)) << name;
    EXPECT_THAT(message, HasSubstr("RESPONSE 403: 403 Forbidden, ERROR CODE: ")) << name;
    EXPECT_THAT(message, testing::Not(HasSubstr("sig="))) << name;
  }
  EXPECT_EQ(lab_.WaitFailed(Source("absent"), "BucketOperationFailed"),
            "bucket 'absent-" + ns_ + "' not found");
}

TEST_F(BucketEmulatorTest, Google) {
  if (!FakeGcs::Installed()) GTEST_SKIP() << "no fake-gcs-server: run tests/controlplane/build";
  const FakeGcs& store = e2e::Google();
  store.MakeBucket(ns_);
  Fill(store);
  // a second page
  for (int i = 0; i < 1001; ++i) store.Put(ns_, "prod/many/" + std::to_string(i) + ".log", "");
  const std::string endpoint = "  provider: gcp\n  endpoint: storage.googleapis.com\n";
  Apply(endpoint + kWanted);
  FollowsChanges(store);
  Apply(endpoint + "  bucketName: absent-" + ns_ + "\n", "absent");
  EXPECT_EQ(lab_.WaitFailed(Source("absent"), "BucketOperationFailed"),
            "bucket 'absent-" + ns_ + "' not found");
}

TEST_F(BucketEmulatorTest, MetricsOfTheTokenCacheAreThereFromTheStart) {
  const std::string metrics = lab_.stack().Metrics("source");
  EXPECT_THAT(metrics, HasSubstr("\ngotk_token_cached_items 0\n"));
  EXPECT_THAT(metrics, HasSubstr("\ngotk_token_cache_evictions_total 0\n"));
}

}  // namespace
}  // namespace sluice::e2e
