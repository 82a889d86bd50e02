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
  std::string Scalar();      // odd ones among them, as YAML
  std::string Quoted();      // surely a text
  std::string Name();
  std::string Metadata(const std::string& name);
  std::string PodSpec(int indent);
  std::string Resource(const std::string& name);
  std::string ResourceFile();
  std::string StrategicPatch();
  std::string Known(const std::string& kind);
  std::string Generated();
  bool HasKind(const std::string& kind) const;
  std::string JsonPatch();
  std::string Kustomization(int level, const std::vector<std::string>& resources);
  std::string Level(int level, const std::string& directory);  // fills files_; returns the directory
  std::string TargetText();

  std::mt19937_64 random_;
  std::map<std::string, std::string> files_;
  std::vector<std::pair<std::string, std::string>> known_;  // kind, name
  int generated_ = 0;
  bool patched_ = false;  // the last strategic patch names an object
};

}  // namespace sluice::differential
