// Every kind of source × every fault of a network and a server: nothing is published half, the
// artifact of before stays served and says so, the message is Flux's, and when the fault has gone
// the object recovers by itself. Kinds: faulty_source.h; faults: tests/support/faults.py.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>

#include "artifact/path_digests.h"
#include "artifact_files.h"
#include "base/encoding.h"
#include "bus/source.h"
#include "faulty_source.h"
#include "observe/mutex.h"
#include "test_support/scripted_server.h"
#include "test_support/ssh_server.h"

namespace sluice::e2e {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

struct Cell {
  std::string reason, says;  // of FetchFailed
};
using Row = std::map<std::string, Cell>;  // by kind

// What each fault looks like from outside. A kind that a row leaves out has no such fault; the
// reasons stand beside.
const std::vector<std::pair<std::string, Row>>& Matrix();

class SourceMatrixTest : public testing::TestWithParam<FaultyKind> {
 protected:
  SourceMatrixTest() : ns_(TheLab().NewNamespace()) {}
  ~SourceMatrixTest() override {
    if (source_ == nullptr) return;
    lab_.Delete(source_->ref());
    EXPECT_TRUE(lab_.WaitGone(source_->ref()));
  }
  void Make(FaultySource::Setup setup) {
    source_ = GetParam().make(lab_, ns_, setup);
    published_ = source_->Push(n_);
  }
  void ExpectReady(const std::string& revision) {
    const Value object = lab_.WaitReady(source_->ref(), revision);
    EXPECT_TRUE(ConditionOf(object, "FetchFailed").is_null());
    EXPECT_TRUE(ConditionOf(object, "Reconciling").is_null());
    published_ = revision;
    ExpectPublished(object);
  }
  // The artifact of before is named, served, and whole.
  void ExpectPublished(const Value& object) {
    EXPECT_THAT(Text(object.At({"status", "artifact", "revision"})), HasSubstr(published_));
    ArtifactBytes(lab_, object);
  }
  // Files of the object, but for locks.
  std::set<std::string> Stored() const {
    std::string kind = source_->ref().kind;
    for (char& c : kind) c = static_cast<char>(std::tolower(c));
    std::set<std::string> out;
    for (const auto& e : fs::directory_iterator(fs::path(TheLab().stack().StorageFolder()) / kind /
                                                ns_ / source_->ref().name)) {
      if (e.is_regular_file() && e.path().extension() != ".lock") out.insert(e.path().filename());
    }
    return out;
  }
  // Asked now, the object fails so.
  void ExpectFailure(const Cell& cell) {
    const Ref ref = source_->ref();
    const std::set<std::string> before = Stored();
    lab_.RequestReconcile(ref);
    const Value object = lab_.WaitFor(ref, "failed: " + cell.says, [&](const Value& o) {
      return Text(ConditionOf(o, "FetchFailed")["message"]).find(cell.says) != std::string::npos &&
             Text(ConditionOf(o, "Ready")["status"]) == "False";
    });
    EXPECT_EQ(Text(ConditionOf(object, "FetchFailed")["reason"]), cell.reason);
    EXPECT_EQ(Text(ConditionOf(object, "Ready")["reason"]), cell.reason);
    EXPECT_EQ(Text(ConditionOf(object, "Ready")["message"]),
              Text(ConditionOf(object, "FetchFailed")["message"]));
    EXPECT_EQ(Text(ConditionOf(object, "Reconciling")["reason"]), "ProgressingWithRetry");
    EXPECT_EQ(Text(ConditionOf(object, "ArtifactInStorage")["status"]), "True");
    ExpectPublished(object);
    const std::set<std::string> after = Stored();
    EXPECT_TRUE(std::ranges::includes(before, after)) << "nothing half made is left";
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
  std::unique_ptr<FaultySource> source_;
  std::string published_;
  int n_ = 1;
};

TEST_P(SourceMatrixTest, EachFaultLeavesTheOldArtifactAndIsForgiven) {
  Make({});
  source_->Apply();
  ExpectReady(published_);
  for (const auto& [fault, row] : Matrix()) {
    const auto cell = row.find(GetParam().name);
    if (cell == row.end()) continue;
    SCOPED_TRACE(fault);
    source_->proxy().SetFault(
        fault, std::isdigit(fault[0]) != 0 ? source_->Everything() : source_->Payloads());
    const std::string next = source_->Push(++n_);
    ExpectFailure(cell->second);
    source_->proxy().SetFault("");
    ExpectReady(next);
  }
}

// A chart of an index has its repository's credentials and certificates.
class SourceLoginTest : public SourceMatrixTest {};
class SourceCertificateTest : public SourceMatrixTest {};
class SourceHostKeyTest : public SourceMatrixTest {};

TEST_P(SourceLoginTest, OtherCredentialsAreTakenUpByThemselves) {
  Make({.tls = false, .auth = true});
  source_->SetCredentials(true);
  source_->Apply();
  ExpectReady(published_);
  const std::string next = source_->Push(++n_);
  source_->SetCredentials(false);
  const Row refused = {
      {"GitHttp", {"GitOperationFailed", "authentication required"}},
      {"GitSsh",
       {"GitOperationFailed",
        "ssh: unable to authenticate, attempted methods [none publickey], no supported methods "
        "remain"}},
      {"OCIRepository", {"OCIArtifactPullFailed", "UNAUTHORIZED: authentication required"}},
      {"HelmRepository", {"Failed", " : 401 Unauthorized"}},
      {"HelmChartOci",
       {"Unknown", "unknown build error: failed to authenticate with the Helm repository: "}},
      {"Bucket",
       {"BucketOperationFailed",
        "failed to confirm existence of '" + ns_ + "' bucket: Access Denied."}},
  };
  ExpectFailure(refused.at(GetParam().name));
  source_->SetCredentials(true);
  ExpectReady(next);
}

TEST_P(SourceCertificateTest, AnotherCertificateIsRefusedUntilItIsTrusted) {
  const auto ours = test_support::MakeAuthority("ours"),
             stranger = test_support::MakeAuthority("stranger");
  const auto show = [&](const test_support::Certificate& certificate) {
    auto rules = source_->proxy().rules();
    rules.tls = certificate;
    source_->proxy().Set(std::move(rules));
  };
  const auto good = test_support::IssueCertificate(ours, "host", "IP:127.0.0.1"),
             bad = test_support::IssueCertificate(stranger, "host", "IP:127.0.0.1"),
             misnamed = test_support::IssueCertificate(ours, "host", "DNS:elsewhere.example.com");
  Make({.tls = true, .auth = false});
  show(good);
  source_->Trust(ours);
  source_->Apply();
  ExpectReady(published_);
  const std::string reason = GetParam().name.starts_with("Git")   ? "GitOperationFailed"
                             : GetParam().name == "OCIRepository" ? "OCIArtifactPullFailed"
                             : GetParam().name == "Bucket"        ? "BucketOperationFailed"
                             : GetParam().name == "HelmRepository"
                                 ? "Failed"
                                 // taken for a failed authentication, as in Flux
                                 : "Unknown";
  const std::string before = published_, next = source_->Push(++n_);
  show(bad);
  ExpectFailure({reason, "x509: certificate signed by unknown authority"});
  show(misnamed);
  ExpectFailure({reason, "x509: "});
  show(good);
  ExpectReady(next);
  // The other authority is trusted from now on, and alone.
  show(bad);
  source_->Trust(stranger);
  const std::string last = source_->Push(++n_);
  lab_.RequestReconcile(source_->ref());
  ExpectReady(last);
  show(good);
  ExpectFailure({reason, "x509: certificate signed by unknown authority"});
}

// Another host behind the same name.
TEST_P(SourceHostKeyTest, AnotherHostKeyIsRefused) {
  Make({});
  source_->Apply();
  ExpectReady(published_);
  const test_support::SshServer other;
  const std::string home = source_->proxy().rules().upstream, next = source_->Push(++n_);
  source_->proxy().SetUpstream(other.address());
  ExpectFailure({"GitOperationFailed", ".git': ssh: handshake failed: knownhosts: key mismatch"});
  source_->proxy().SetUpstream(home);
  ExpectReady(next);
}

// A token that the host takes no longer, though it was to last: another one is asked for, and
// nobody need know.
TEST(GitTokenTest, ARefusedTokenOfAGithubAppIsMadeAnew) {
  Lab& lab = TheLab();
  const std::string ns = lab.NewNamespace();
  GitWorkTree tree(lab.git(), ns);
  const std::string first = tree.CommitAndPush("one"), address = lab.git().Url("x").substr(7),
                    path = "/" + ns + ".git";
  std::atomic<int> given = 0;
  test_support::ScriptedServer api([&given](const std::string& head) {
    if (!head.starts_with("POST /app/installations/2/access_tokens "))
      return test_support::Http(404, "{}");
    return test_support::Http(201, R"({"token":"t-)" + std::to_string(++given) +
                                       R"(","expires_at":"2099-01-01T00:00:00Z"})");
  });
  test_support::FaultProxy proxy;
  const auto accept = [&](int token) {
    test_support::FaultProxy::Rules rules;
    rules.upstream = address.substr(0, address.find('/'));
    rules.authorization =
        "Basic " + base::Base64Encode("x-access-token:t-" + std::to_string(token));
    proxy.Set(std::move(rules));
  };
  const test_support::TempDir keys;
  ASSERT_TRUE(test_support::RunCommand(
                  {"ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", keys.File("app")})
                  .ok());
  lab.Apply(Secret(ns, "app",
                   {{"githubAppID", "1"},
                    {"githubAppInstallationID", "2"},
                    {"githubAppPrivateKey", test_support::ReadFile(keys.File("app"))},
                    {"githubAppBaseURL", "http://" + api.address()}}));
  accept(1);
  const Ref ref{"GitRepository", ns, "repo"};
  lab.Apply(GitRepository(ns, "repo", "http://" + proxy.address() + path,
                          "  ref: {branch: main}\n  provider: github\n  secretRef: {name: app}\n"));
  lab.WaitReady(ref, first);
  const std::string second = tree.CommitAndPush("two");
  lab.RequestReconcile(ref);
  lab.WaitReady(ref, second);
  EXPECT_EQ(given, 1) << "one token serves until it ends";
  accept(2);
  const std::string third = tree.CommitAndPush("three");
  lab.RequestReconcile(ref);
  const Value healed = lab.WaitReady(ref, third);
  EXPECT_EQ(given, 2);
  EXPECT_TRUE(ConditionOf(healed, "FetchFailed").is_null());
}

// What the bus says of an artifact is what a consumer would find in it: the digest of each path,
// where an artifact is a tree of files.
class SourceEventTest : public SourceMatrixTest {
 protected:
  SourceEventTest()
      : bus_(*bus::Bus::Start({.role = bus::Role::kKustomize, .keys_dir = "", .log = {}})) {
    client_ = bus::SourceClient::Create(*bus_, {}, [this](const bus::RevisionEvent& event) {
      const observe::MutexLock lock(mu_);
      if (event.source.ns == ns_) events_[event.source.kind] = event;
    });
    client_->SetEndpoints(
        {"ipc://" + fs::path(lab_.stack().StorageFolder()).parent_path().string() + "/source.bus"});
  }
  ~SourceEventTest() override { client_.reset(); }
  // The event that names this artifact.
  bus::RevisionEvent EventOf(const Value& object) {
    bus::RevisionEvent event;
    EXPECT_TRUE(Eventually(kSoon, [&] {
      const observe::MutexLock lock(mu_);
      event = events_[source_->ref().kind];
      return event.digest == Text(object.At({"status", "artifact", "digest"}));
    }));
    return event;
  }

  observe::Mutex mu_;
  std::map<std::string, bus::RevisionEvent> events_ SLUICE_GUARDED_BY(mu_);
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<bus::SourceClient> client_;
};

TEST_P(SourceEventTest, CarriesTheDigestOfEachPath) {
  EXPECT_TRUE(Eventually(kSoon, [&] { return client_->connected(); }));
  Make({});
  source_->Apply();
  std::string before;
  for (int i = 0; i < 2; ++i) {
    const Value object = lab_.WaitReady(source_->ref(), published_);
    const bus::RevisionEvent event = EventOf(object);
    EXPECT_EQ(event.revision, Text(object.At({"status", "artifact", "revision"})));
    if (source_->ref().kind.starts_with("Helm")) {
      EXPECT_TRUE(event.path_table.empty()) << "an index or a chart is read whole";
    } else {
      const auto found = artifact::PathDigests::FromTree(*ArtifactFiles(lab_, object));
      ASSERT_TRUE(found.ok());
      EXPECT_EQ(event.path_table, found->Encode());
      EXPECT_NE(event.path_table, before);
      before = event.path_table;
    }
    published_ = source_->Push(++n_);
    lab_.RequestReconcile(source_->ref());
  }
  lab_.WaitReady(source_->ref(), published_);
}

std::vector<FaultyKind> KindsBut(const std::set<std::string>& others) {
  std::vector<FaultyKind> out = FaultyKinds();
  std::erase_if(out, [&](const FaultyKind& kind) { return others.contains(kind.name); });
  return out;
}
std::string NameOf(const testing::TestParamInfo<FaultyKind>& kind) { return kind.param.name; }
INSTANTIATE_TEST_SUITE_P(Kinds, SourceMatrixTest, testing::ValuesIn(FaultyKinds()), NameOf);
INSTANTIATE_TEST_SUITE_P(Kinds, SourceEventTest, testing::ValuesIn(FaultyKinds()), NameOf);
INSTANTIATE_TEST_SUITE_P(Kinds, SourceLoginTest, testing::ValuesIn(KindsBut({"HelmChart"})),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Kinds, SourceCertificateTest,
                         testing::ValuesIn(KindsBut({"GitSsh", "HelmChart"})), NameOf);
INSTANTIATE_TEST_SUITE_P(Kinds, SourceHostKeyTest, testing::Values(FaultyKinds().at(1)), NameOf);

const std::vector<std::pair<std::string, Row>>& Matrix() {
  static const std::string kGit = "GitOperationFailed", kOci = "OCIArtifactPullFailed",
                           kLayer = "OCIArtifactLayerOperationFailed", kIndex = "Failed",
                           kChart = "ChartPullError", kBucket = "BucketOperationFailed";
  static const std::string
      index = "failed to fetch Helm repository index: failed to cache index to temporary file: ",
      chart = "chart pull error: failed to download chart for remote reference: ",
      layer = "failed to extract layer contents from artifact: ",
      late =
          "context deadline exceeded (Client.Timeout or context cancellation while reading body)",
      requesting = "/info/refs?service=git-upload-pack\" status code: ";
  // Git over SSH has no statuses, no length and no checks but SSH's own. OCI layers are resumed
  // where they were cut (lib/oci/fault_test.cc); there is nothing to tell a shorter or other index
  // or object by. A Bucket takes an object that is not found for one that is gone.
  static const std::vector<std::pair<std::string, Row>> matrix = {
      {"401",
       {{"GitHttp", {kGit, "': authentication required"}},
        {"OCIRepository", {kOci, "manifests/latest: unexpected status code 401 Unauthorized"}},
        {"HelmRepository", {kIndex, "index.yaml : 401 Unauthorized"}},
        {"HelmChart",
         {"Unknown", "unknown build error: failed to authenticate with the Helm repository: " +
                         chart + "failed to fetch http://127.0.0.1:"}},
        {"HelmChartOci",
         {"Unknown", "unknown build error: failed to authenticate with the Helm repository: "}},
        {"Bucket", {kBucket, "' bucket: 401 Unauthorized"}}}},
      {"403",
       {{"GitHttp", {kGit, "': authorization failed"}},
        {"OCIRepository", {kOci, "manifests/latest: unexpected status code 403 Forbidden"}},
        {"HelmRepository", {kIndex, "index.yaml : 403 Forbidden"}},
        {"HelmChart", {kChart, ".tgz : 403 Forbidden"}},
        {"HelmChartOci", {kChart, "403"}},
        {"Bucket", {kBucket, "' bucket: Access Denied."}}}},
      {"404",
       {{"GitHttp", {kGit, "': repository not found"}},
        {"OCIRepository", {kOci, "manifests/latest: unexpected status code 404 Not Found"}},
        {"HelmRepository", {kIndex, "index.yaml : 404 Not Found"}},
        {"HelmChart", {kChart, ".tgz : 404 Not Found"}},
        {"HelmChartOci", {kChart, "404"}}}},
      {"429",
       {{"GitHttp", {kGit, requesting + "429"}},
        {"OCIRepository", {kOci, "manifests/latest: unexpected status code 429 Too Many Requests"}},
        {"HelmRepository", {kIndex, "index.yaml : 429 Too Many Requests"}},
        {"HelmChart", {kChart, ".tgz : 429 Too Many Requests"}},
        {"HelmChartOci", {kChart, "429"}},
        {"Bucket", {kBucket, "failed to confirm existence of '"}}}},
      {"500",
       {{"GitHttp", {kGit, requesting + "500"}},
        {"OCIRepository",
         {kOci, "manifests/latest: unexpected status code 500 Internal Server Error"}},
        {"HelmRepository", {kIndex, "index.yaml : 500 Internal Server Error"}},
        {"HelmChart", {kChart, ".tgz : 500 Internal Server Error"}},
        {"HelmChartOci", {kChart, "500"}},
        {"Bucket", {kBucket, "failed to confirm existence of '"}}}},
      {"503",
       {{"GitHttp", {kGit, requesting + "503"}},
        {"OCIRepository",
         {kOci, "manifests/latest: unexpected status code 503 Service Unavailable"}},
        {"HelmRepository", {kIndex, "index.yaml : 503 Service Unavailable"}},
        {"HelmChart", {kChart, ".tgz : 503 Service Unavailable"}},
        {"HelmChartOci", {kChart, "503"}},
        {"Bucket", {kBucket, "failed to confirm existence of '"}}}},
      {"drop",
       {{"GitHttp", {kGit, ".git': unexpected EOF"}},
        {"OCIRepository",
         {kLayer, "failed to extract the first layer from artifact: unexpected EOF"}},
        {"HelmRepository", {kIndex, index + "unexpected EOF"}},
        {"HelmChart", {kChart, chart + "unexpected EOF"}},
        {"HelmChartOci", {kChart, "unexpected EOF"}},
        {"Bucket", {kBucket, "failed to get 'noise' object: unexpected EOF"}}}},
      {"cut",
       {{"GitHttp", {kGit, ".git': unexpected EOF"}},
        {"GitSsh", {kGit, ".git': unexpected EOF"}},
        {"HelmRepository", {kIndex, index + "unexpected EOF"}},
        {"HelmChart", {kChart, chart + "unexpected EOF"}},
        {"Bucket", {kBucket, "failed to get 'noise' object: unexpected EOF"}}}},
      {"short",
       {{"GitHttp", {kGit, ".git': unexpected EOF"}},
        {"OCIRepository", {kLayer, "does not match expected size"}},
        {"HelmRepository",
         {"IndexationFailed",
          "failed to load Helm repository from index YAML: failed to load index: "}},
        {"HelmChart",
         {kChart,
          "chart pull error: failed to load chart metadata from written chart: unexpected EOF"}},
        {"HelmChartOci", {kChart, "failed to get 'oci://"}}}},
      {"flip",
       {{"GitHttp", {kGit, ".git': invalid pack: "}},
        {"GitSsh", {kGit, ".git': unexpected EOF"}},
        {"OCIRepository", {kLayer, layer + "gzip: "}},
        {"HelmChart",
         {kChart, "chart pull error: failed to load chart metadata from written chart: gzip: "}},
        {"HelmChartOci", {kChart, "failed to get 'oci://"}}}},
      {"slow",
       {{"GitHttp", {kGit, ".git': context deadline exceeded"}},
        {"GitSsh", {kGit, ".git': ssh: handshake failed: context deadline exceeded"}},
        {"OCIRepository", {kLayer, layer + "context deadline exceeded"}},
        {"HelmRepository", {kIndex, index + late}},
        {"HelmChart", {kChart, chart + late}},
        {"HelmChartOci", {kChart, "context deadline exceeded"}},
        {"Bucket", {kBucket, "failed to get 'noise' object: context deadline exceeded"}}}},
      {"refuse", {{"GitSsh", {kGit, ".git': ssh: handshake failed: "}}}},
  };
  return matrix;
}

}  // namespace
}  // namespace sluice::e2e
