// kustomize-differential --oracle PROGRAM [--seed N] [--cases N] [--keep DIR]: builds random
// kustomizations with the engine and with the real one (oracle/, a Go program that speaks JSON
// lines) and compares. Both fail or both print the same; error texts are counted apart.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/strings.h"
#include "document/json.h"
#include "generator.h"
#include "io/file_tree.h"
#include "kustomize/build.h"
#include "oracle.h"

namespace sluice::differential {
namespace {

using document::Value;

// Pointers differ from run to run.
std::string WithoutPointers(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (!out.ends_with("0x")) continue;
    while (i + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[i + 1]))) ++i;
  }
  return std::string(base::TrimSpace(out));
}

struct Counts {
  size_t equal = 0, both_failed = 0, same_text = 0, different = 0;
};

void Keep(const std::filesystem::path& directory, const GeneratedCase& c, std::string_view want,
          std::string_view got) {
  for (const auto& [name, text] : c.files) {
    std::filesystem::create_directories((directory / name).parent_path());
    std::ofstream(directory / name) << text;
  }
  std::ofstream(directory / "want.txt") << want;
  std::ofstream(directory / "got.txt") << got;
}

int Main(int argc, char** argv) {
  std::string oracle_program, keep;
  uint64_t seed = 1;
  size_t cases = 2000;
  bool print_errors = false;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--oracle")
      oracle_program = argv[i + 1];
    else if (flag == "--seed")
      seed = base::ParseUint64(argv[i + 1]).value_or(1);
    else if (flag == "--cases")
      cases = base::ParseUint64(argv[i + 1]).value_or(2000);
    else if (flag == "--keep")
      keep = argv[i + 1];
    else if (flag == "--print-errors")
      print_errors = std::string_view(argv[i + 1]) == "1";
  }
  if (oracle_program.empty()) {
    std::cerr
        << "usage: kustomize-differential --oracle PROGRAM [--seed N] [--cases N] [--keep DIR]\n";
    return 2;
  }
  Oracle oracle(oracle_program);
  Counts counts;
  for (size_t i = 0; i < cases; ++i) {
    const GeneratedCase c = Generator(seed + i).Next();
    Value files = Value::Object();
    for (const auto& [name, text] : c.files) files.Set(name, text);
    const Value answer = oracle.Ask(
        Value::Object({{"files", std::move(files)}, {"path", c.path}, {"legacy", c.legacy}}));
    kustomize::BuildOptions options;
    options.reorder = c.legacy ? kustomize::Reorder::kLegacy : kustomize::Reorder::kNone;
    const auto tree = io::MakeMemoryTree(c.files);
    const auto built = kustomize::Build(*tree, c.path, options);
    const std::string got = built.ok() ? built->ToYaml() : "Error: " + built.status().message();
    const std::string_view error = answer["error"].AsString();
    const std::string want =
        error.empty() ? std::string(answer["yaml"].AsString()) : base::Cat("Error: ", error);
    if (!error.empty() && !built.ok()) {
      ++counts.both_failed;
      if (print_errors) std::cout << error << "\n";
      const bool same = WithoutPointers(want) == WithoutPointers(got);
      counts.same_text += same;
      if (!same && !answer["died"].AsBool() && !keep.empty())
        Keep(std::filesystem::path(keep) / base::Cat("text-", std::to_string(seed + i)), c, want,
             got);
    } else if (want == got) {
      ++counts.equal;
    } else {
      ++counts.different;
      std::cout << "DIFFERENT seed " << seed + i << std::endl;
      if (!keep.empty()) Keep(std::filesystem::path(keep) / std::to_string(seed + i), c, want, got);
    }
  }
  std::cout << counts.equal << " equal, " << counts.both_failed << " failed on both sides ("
            << counts.same_text << " in the same words), " << counts.different << " different, "
            << oracle.deaths() << " killed the peer\n";
  return counts.different == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sluice::differential

int main(int argc, char** argv) { return sluice::differential::Main(argc, argv); }
