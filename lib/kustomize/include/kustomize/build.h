// Build: what `kustomize build` (v5.8.1) prints, computed from a FileTree. Equal to the peer in
// output, warnings and errors, byte for byte. Pure: files come through the tree, remote bases and
// Helm charts through callbacks; nothing else is read, nothing is written. All functions are
// thread-safe; any number of builds may run at once, sharing one BaseCache.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/node.h"
#include "document/value.h"
#include "io/file_tree.h"

namespace sluice::kustomize {

// One question a build asked the tree. A later revision of the tree that answers all of them alike
// gives the same build.
struct Input {
  enum class What : uint8_t {
    kFile,       // its bytes were read
    kDirectory,  // it was found to be a directory
    kListing,    // its entries were listed (recursively walked directories give one Input each)
    kMissing,    // nothing was there
  };
  What what = What::kFile;
  std::string path;  // relative to the tree's root, cleaned, links as written

  friend auto operator<=>(const Input&, const Input&) = default;
};

// Parsed base files, immutable, keyed by content: two builds (of two overlays, two revisions, two
// Kustomizations) that read the same bytes share one parsed tree. Bounded: the least recently used
// files are dropped. Thread-safe.
class BaseCache {
 public:
  explicit BaseCache(uint64_t max_bytes = 32 << 20);  // of source text
  ~BaseCache();
  BaseCache(const BaseCache&) = delete;
  BaseCache& operator=(const BaseCache&) = delete;

  struct Stats {
    uint64_t hits = 0, misses = 0, files = 0, bytes = 0;
  };
  Stats stats() const;
  void Clear();

 private:
  friend class CacheAccess;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

enum class LoadRestriction : uint8_t { kRootOnly, kNone };

// The order of the output when the kustomization has no sortOptions.
enum class Reorder : uint8_t {
  kInput,        // Flux: as accumulated
  kLegacy,       // `--reorder legacy`
  kNone,         // `--reorder none`
  kUnspecified,  // the CLI without the flag: legacy unless sortOptions is set
};

// A remote base taken apart as kustomize does (spec §4.4).
struct RemoteBase {
  std::string url;   // as written
  std::string repo;  // what `git fetch` is given
  std::string ref;   // "" = HEAD
  std::string path;  // inside the repository
  bool submodules = true;
  std::string timeout = "27s";  // a Go duration
};
struct RemoteTree {
  std::shared_ptr<const io::FileTree> tree;
  std::string display_root;  // absolute
};

struct HelmChart {
  std::string root;       // of the kustomization, relative to the tree
  std::string directory;  // of the chart, absolute
  // YAML: the chart's or the entry's file, and what stands inline, merged as the entry says
  std::string values;
  std::vector<std::string> more_values;  // further files, absolute; they win over `values`
  // one helmCharts entry, with the globals' chartHome and configHome
  document::Value entry;
  std::vector<std::string> api_versions;  // of the caller's options
  std::string kube_version;
};

// One run of a KRM function.
struct FunctionRun {
  std::string path;  // relative to the directory, or a bare name that $PATH knows
  std::vector<std::string> args;
  std::vector<std::string> environment;  // "KEY=value", added to the caller's own
  std::string directory;                 // of the kustomization, absolute
  std::string input;                     // a ResourceList
};
struct FunctionAnswer {
  std::string output;
  std::string failure;  // "" where it ended well, else in Go's words: "exit status 1"
};

struct BuildOptions {
  LoadRestriction load_restriction = LoadRestriction::kRootOnly;
  Reorder reorder = Reorder::kInput;
  bool managed_by_label = false;
  // KRM functions are loaded, and where exec is enabled too their programs run, through
  // run_function. Without exec they change nothing; containers are refused in the words of the
  // peer.
  bool enable_plugins = false, enable_exec = false, function_network = false;
  std::vector<std::string> function_env;  // "KEY=value", over the functions' own
  std::function<base::Result<FunctionAnswer>(const FunctionRun&)> run_function;
  // Flux preloads the built-in schema, so that a custom `openapi.path` adds to it; kustomize itself
  // replaces it.
  bool openapi_adds = false;

  // Unknown fields of the top file are dropped rather than refused, as Flux drops them when it
  // rewrites that file.
  bool lenient = false;
  std::vector<Input> more_inputs;  // the caller read these too: they join the output's

  // What messages print for the tree's root: an absolute path without trailing slash, "" for "/".
  std::string display_root;
  // Given: what the user wrote for `path`, for messages about it.
  std::string display_path;

  // Files that stand in the tree only for this build: path → bytes. They win over the tree's own.
  std::map<std::string, std::string> overlay;

  // Unset: remote bases, http files and charts are refused. fetch_file fails with kUnavailable and
  // "HTTP Error: status code 404 (Not Found)" where the server answered so: the URL may be a
  // repository's.
  std::function<base::Result<RemoteTree>(const RemoteBase&)> fetch_base;
  std::function<base::Result<std::string>(const std::string& url)> fetch_file;
  bool enable_helm = false;
  std::string helm_command = "helm";
  std::vector<std::string> helm_api_versions;
  std::string helm_kube_version;
  std::function<base::Result<std::string>(const io::FileTree&, const HelmChart&)> inflate_chart;

  // Told every warning at once, even where the build fails later.
  std::function<void(std::string_view)> on_warning;

  BaseCache* cache = nullptr;  // outlives the build; null: nothing is shared
};

struct ObjectId {
  std::string api_version, kind, name, ns;  // ns as written, "" if none
  bool cluster_scoped = false;              // as far as the engine's schema knows the type
};

// The objects of a build. Owns everything it hands out; immutable, so thread-safe.
class BuildOutput {
 public:
  BuildOutput();
  BuildOutput(BuildOutput&&) noexcept;
  BuildOutput& operator=(BuildOutput&&) noexcept;
  ~BuildOutput();

  size_t size() const;
  // a mapping, as edited; what is printed follows ToValue's typing
  const document::Node& node(size_t i) const;
  ObjectId id(size_t i) const;
  // The object as data, typed as the printed YAML reads: what an applier sends.
  document::Value ToValue(size_t i) const;
  std::string ToYaml(size_t i) const;  // one document, without separator
  std::string ToYaml() const;          // what kustomize prints: all documents, joined by "---\n"

  const std::vector<std::string>& warnings() const;  // lines for stderr, in the order of the peer
  const std::vector<Input>& inputs() const;          // sorted, without repetition

  struct Impl;
  explicit BuildOutput(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// Builds the kustomization in directory `path` ("" is the tree's root). The error's message is the
// peer's, without "Error: ".
base::Result<BuildOutput> Build(const io::FileTree& tree, std::string_view path,
                                const BuildOptions& options);

}  // namespace sluice::kustomize
