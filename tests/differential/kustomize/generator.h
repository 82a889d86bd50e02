// Random kustomizations: valid ones and slightly invalid ones, the same for the same seed.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace sluice::differential {

struct GeneratedCase {
  std::map<std::string, std::string> files;
  std::string path;  // of the kustomization to build
  bool legacy = false;
};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}
  GeneratedCase Next();

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  bool Chance(uint32_t percent) { return Below(100) < percent; }
  template <class T, size_t N>
  const T& Pick(const T (&list)[N]) {
    return list[Below(static_cast<uint32_t>(N))];
  }
  // generator_resources.cc
  std::string Scalar();  // odd ones among them, as YAML
  std::string Quoted();  // surely a text
  std::string Name();
  std::string Metadata(const std::string& name);
  std::string Container(const std::string& name);
  std::string PodSpec(int indent);
  std::string Resource(const std::string& name);
  std::string Workload(const std::string& name, const std::string& meta);
  std::string Other(const std::string& name, const std::string& meta);
  std::string ResourceFile();
  std::string OddDocument();

  // generator_patches.cc
  std::string TargetText();
  std::string StrategicPatch();
  std::string JsonPatch();
  std::string Patches(const std::string& directory);
  std::string OldPatches(const std::string& directory);

  // generator.cc
  std::string Known(const std::string& kind);  // the name of an object of that kind that is in
                                               // sight, mostly; "": there is none
  bool HasKind(const std::string& kind) const;
  std::string Generated();
  std::string Image();
  std::string Names(int level);
  std::string LabelFields();
  std::string KeyValueGenerators(const std::string& directory);
  std::string Replacements(const std::string& directory);
  std::string Plugins(const std::string& directory);
  std::string Configurations(const std::string& directory);
  std::string Components(const std::string& directory);
  std::string Options();
  std::string Kustomization(int level, const std::string& directory,
                            const std::vector<std::string>& resources);
  // Fills files_; known_ becomes what can be seen from there.
  void Level(int level, const std::string& directory);

  std::mt19937_64 random_;
  std::map<std::string, std::string> files_;
  std::vector<std::pair<std::string, std::string>> known_;  // kind, name
  int generated_ = 0, names_ = 0;
  bool patched_ = false;  // the last strategic patch names an object
};

// Every line that is not empty, moved right.
std::string Indent(const std::string& text, int by);

}  // namespace sluice::differential
