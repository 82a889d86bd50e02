// Line 1: a copy's source path, 2: its destination, 3: an exclude pattern, 4: a path pattern, 5: an
// artifact's name. Copying ends, does not crash and stays below its root.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/strings.h"
#include "generator_builder.h"
#include "generator_glob.h"

namespace {

using sluice::source::SourceTrees;

const SourceTrees& Trees() {
  static const SourceTrees trees = {{"a", sluice::io::MakeMemoryTree({{"x.yaml", "a: 1\n"},
                                                                      {"d/y.yaml", "a: {b: 1}\n"},
                                                                      {"d/e/z.md", "z"},
                                                                      {"f-g/h", "h"},
                                                                      {"[k]/{l}", "l"}})}};
  return trees;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto spool = sluice::io::RootedFs::Open("/tmp");
  const auto lines =
      sluice::base::SplitN(std::string_view(reinterpret_cast<const char*>(data), size), "\n", 5);
  if (!spool.ok() || lines.size() < 5) return 0;
  sluice::api::CopyOperation op;
  op.from = lines[0];
  op.to = lines[1];
  if (!lines[2].empty()) op.exclude = {std::string(lines[2])};
  sluice::api::GeneratorSpec spec;
  spec.path_pattern = lines[3];
  spec.artifacts.resize(1);
  spec.artifacts[0].name = lines[4].substr(0, 300);
  for (const auto strategy :
       {sluice::api::CopyStrategy::kOverwrite, sluice::api::CopyStrategy::kMerge}) {
    op.strategy = strategy;
    spec.artifacts[0].copy.push_back(op);
  }
  const auto built = sluice::source::BuildArtifact({}, spec.artifacts[0], Trees(), *spool);
  if (built.ok()) static_cast<void>(sluice::source::ArtifactFileName("a", **built));
  static_cast<void>(sluice::source::ExpandPathPattern(spec, Trees()));
  static_cast<void>(sluice::source::GlobDoubleStar(*Trees().at("a"), lines[0]));
  return 0;
}
