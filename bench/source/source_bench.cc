// What the source process spends on Git, beside `git` itself, paired in one run. Prints one line a
// figure.
//   source_bench artifact [files=50000 [runs=3]]   first artifact and the artifact of a commit that
//   changes one file, beside `git clone --depth 1` and
//                                         `git clone --depth 1` + `tar cz`
//   source_bench paths [files=5000]    two revisions' tables of path digests as their events bring
//   them: reading one, asking whether a path changed source_bench poll [polls=1000] unchanged polls
//   over ten repositories on kept connections: CPU and requests
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "artifact/path_digests.h"
#include "artifact/store.h"
#include "git/repository.h"
#include "git_archive_step.h"
#include "http/client.h"
#include "test_support/git_server.h"

namespace {

using namespace sluice;  // NOLINT: a program of one file
using Clock = std::chrono::steady_clock;
using test_support::GitServer;
using test_support::GitWorkTree;
using test_support::RunCommand;
using test_support::TempDir;

double Ms(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }
double CpuMs() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(u.ru_utime) + ms(u.ru_stime);
}
double Time(const std::function<void()>& fn) {
  const auto begin = Clock::now();
  fn();
  return Ms(Clock::now() - begin);
}
double Median(std::vector<double> v) {
  std::ranges::sort(v);
  return v.empty() ? 0 : v[v.size() / 2];
}
void Must(const base::Status& s) {
  if (s.ok()) return;
  std::fprintf(stderr, "%s\n", s.message().c_str());
  std::exit(1);
}
template <class T>
T Must(base::Result<T> r) {
  if (!r.ok()) Must(r.status());
  return *std::move(r);
}

// Kubernetes-like files, a hundred to a folder.
void FillRepository(GitWorkTree& work, int files) {
  for (int i = 0; i < files; ++i) {
    const std::string n = std::to_string(i);
    work.Write("clusters/c" + std::to_string(i / 5000) + "/apps/a" + std::to_string(i / 100) +
                   "/m" + n + ".yaml",
               "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m" + n + "\n  namespace: ns-" +
                   std::to_string(i % 97) + "\n  labels:\n    app.kubernetes.io/name: m" + n +
                   "\n    app.kubernetes.io/part-of: fleet\ndata:\n  key: \"" +
                   std::to_string(std::hash<int>()(i * 7919) % 1000003) + "\"\n  replicas: \"" +
                   std::to_string(i % 7) + "\"\n  host: m" + n +
                   ".example.com\n  image: registry.example.com/team/m" + n + ":v1." +
                   std::to_string(i % 31) + "\n");
  }
}

// One artifact as the reconciler makes it: listing, fetch, archive, store.
struct Maker {
  explicit Maker(git::RepositoryPool& pool, const std::string& url,
                 artifact::ArtifactStore& artifacts, const std::string& cache)
      : repository(Must(pool.Get(url, {}))), store(artifacts), step(artifacts, cache) {}

  double Make() {
    return Time([&] {
      const auto ctx = observe::Context().WithTimeout(std::chrono::minutes(5));
      const git::ReferenceSpec spec{.branch = "main"};
      const auto t0 = Clock::now();
      const double c0 = CpuMs();
      const auto ref = Must(repository->Resolve(ctx, spec));
      const auto t1 = Clock::now();
      const double c1 = CpuMs();
      const auto session = Must(repository->Checkout(ctx, spec, ref));
      const auto commit = Must(session->ReadCommit(ref.commit));
      const auto t2 = Clock::now();
      const double c2 = CpuMs();
      std::string index;
      const artifact::ObjectDirectory dir{"gitrepository", "bench", "repo"};
      const std::string file = commit.oid.ToString() + ".tar.gz";
      auto made = Must(store.Write(
          dir, file, [&](const artifact::ByteSink& sink) -> base::Result<artifact::ArchiveSummary> {
            SLUICE_TRY(auto r, step.Run({"bench", "repo"}, *session, commit, "",
                                        last ? &*last : nullptr, {}, sink));
            index = std::move(r.index);
            return std::move(r.summary);
          }));
      last = api::Artifact{.path = dir.Path() + "/" + file,
                           .url = "",
                           .revision = "",
                           .digest = made.digest,
                           .last_update_time = ""};
      step.Remember({"bench", "repo"}, *last, index);
      std::printf(
          "  listing %.0f ms (CPU of ours %.1f), fetch and pack index %.0f ms (%.1f), archive %.0f "
          "ms (%.1f), %zu bytes\n",
          Ms(t1 - t0), c1 - c0, Ms(t2 - t1), c2 - c1, Ms(Clock::now() - t2), CpuMs() - c2,
          static_cast<size_t>(made.size));
      std::fflush(stdout);
    });
  }

  std::shared_ptr<git::Repository> repository;
  artifact::ArtifactStore& store;
  source::GitArchiveStep step;
  std::optional<api::Artifact> last;
};

int Artifact(int files, int first_runs) {
  constexpr int kRuns = 5;
  const GitServer server;
  GitWorkTree work(server, "fleet");
  FillRepository(work, files);
  work.CommitAndPush("all");
  const TempDir dir, storage;
  const auto http = Must(http::Client::Create({}));
  const auto store = Must(artifact::ArtifactStore::Open({.root = storage.path(), .advertised = "h"},
                                                        base::SystemClock()));
  const auto clone = [&](const std::string& to) {
    if (!RunCommand({"git", "clone", "-q", "--depth", "1", "-b", "main", work.url(), to}).ok())
      std::exit(1);
  };
  std::vector<double> ours, theirs;
  for (int i = 0; i < first_runs; ++i) {
    theirs.push_back(Time([&] { clone(dir.File("first-" + std::to_string(i))); }));
    const TempDir mirrors;
    const auto fresh = Must(git::MakeRepositoryPool(*http, mirrors.path()));
    Maker maker(*fresh, work.url(), *store, mirrors.File("cache"));
    ours.push_back(maker.Make());
  }
  if (first_runs > 0)
    std::printf(
        "first artifact of %d files: %.0f ms; git clone --depth 1: %.0f ms; ratio %.2f (medians of "
        "%d)\n",
        files, Median(ours), Median(theirs), Median(ours) / Median(theirs), first_runs);

  const TempDir mirrors;
  const auto pool = Must(git::MakeRepositoryPool(*http, mirrors.path()));
  Maker maker(*pool, work.url(), *store, mirrors.File("cache"));
  maker.Make();
  ours.clear();
  theirs.clear();
  for (int i = 0; i < kRuns; ++i) {
    work.Write("clusters/c0/apps/a7/m700.yaml", "changed: \"" + std::to_string(i) + "\"\n");
    work.Git({"commit", "-q", "-a", "-m", "one file"});
    work.Git({"push", "-q", "origin", "main"});
    ours.push_back(maker.Make());
    const std::string to = dir.File("clone-" + std::to_string(i));
    theirs.push_back(Time([&] {
      clone(to);
      if (!RunCommand({"tar", "czf", to + ".tar.gz", "--exclude=.git", "-C", to, "."}).ok())
        std::exit(1);
    }));
  }
  std::printf(
      "artifact of a commit of one file: %.0f ms; git clone --depth 1 + tar cz: %.0f ms; %.1f "
      "times slower (medians of %d)\n",
      Median(ours), Median(theirs), Median(theirs) / Median(ours), kRuns);
  return 0;
}

int Paths(int files) {
  constexpr int kAsked = 1'000'000;
  const auto table = [&](int changed) {
    artifact::PathDigestsBuilder builder;
    for (int i = 0; i < files; ++i) {
      builder.AddFile("apps/a" + std::to_string(i / 10) + "/m" + std::to_string(i) + ".yaml",
                      i == changed ? "new" : "old" + std::to_string(i), false);
    }
    return builder.Build().Encode();
  };
  const auto before = table(-1), after = table(7);
  std::optional<artifact::PathDigests> a, b;
  const double read = Time([&] {
    a = *artifact::PathDigests::Decode(before);
    b = *artifact::PathDigests::Decode(after);
  });
  int same = 0;
  std::vector<std::string> paths;
  for (int i = 0; i < 1000; ++i) paths.push_back("apps/a" + std::to_string(i * files / 10 / 1000));
  const double asked = Time([&] {
    for (int i = 0; i < kAsked; ++i)
      same += a->Same(*b, paths[static_cast<size_t>(i % 1000)]) ? 1 : 0;
  });
  std::printf(
      "path digests of %d files (%zu rows): reading a table %.2f ms; whether a path changed %.2f "
      "us (%d of %d the same)\n",
      files, a->size(), read / 2, asked * 1000 / kAsked, same, kAsked);
  return 0;
}

int Poll(int polls) {
  const GitServer server;
  constexpr int kRepositories = 10;
  const TempDir mirrors;
  const auto http = Must(http::Client::Create({}));
  const auto pool = Must(git::MakeRepositoryPool(*http, mirrors.path()));
  std::vector<std::unique_ptr<GitWorkTree>> trees;
  std::vector<std::shared_ptr<git::Repository>> repositories;
  const auto ctx = observe::Context().WithTimeout(std::chrono::minutes(10));
  const git::ReferenceSpec spec{.branch = "main"};
  for (int i = 0; i < kRepositories; ++i) {
    trees.push_back(std::make_unique<GitWorkTree>(server, "r" + std::to_string(i)));
    trees.back()->Write("a", "1");
    trees.back()->CommitAndPush("one");
    repositories.push_back(Must(pool->Get(trees.back()->url(), {})));
    Must(repositories.back()->Resolve(ctx, spec));
  }
  const double cpu = CpuMs();
  const double wall = Time([&] {
    for (int i = 0; i < polls; ++i)
      Must(repositories[static_cast<size_t>(i % kRepositories)]->Resolve(ctx, spec));
  });
  const double used = CpuMs() - cpu;
  std::printf(
      "%d unchanged polls: %.2f ms of CPU each, %.1f ms of waiting each; a thousand a minute: %.2f "
      "%% of one core\n",
      polls, used / polls, wall / polls, used / polls * 1000 / 60000 * 100);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "artifact";
  const int n = argc > 2 ? std::atoi(argv[2]) : 0;
  if (what == "artifact") return Artifact(n > 0 ? n : 50000, argc > 3 ? std::atoi(argv[3]) : 3);
  if (what == "paths") return Paths(n > 0 ? n : 5000);
  if (what == "poll") return Poll(n > 0 ? n : 1000);
  std::fprintf(stderr, "usage: source_bench artifact|paths|poll [n]\n");
  return 2;
}
