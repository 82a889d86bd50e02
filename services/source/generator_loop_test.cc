#include "generator_loop.h"

#include <gtest/gtest.h>

#include <map>

#include "base/time.h"

namespace sluice::source {
namespace {

// "x<a,b" makes x of the ExternalArtifacts a and b; several, separated by spaces, are one
// generator.
api::GeneratorSpec SpecOf(const std::string& text) {
  api::GeneratorSpec spec;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string one = text.substr(at, end - at);
    at = end + 1;
    const size_t cut = one.find('<');
    api::OutputArtifact output;
    output.name = one.substr(0, cut);
    for (size_t i = cut + 1; cut != one.npos && i < one.size(); i += 2) {
      const std::string name(1, one[i]);
      spec.sources.push_back({});
      spec.sources.back().alias = spec.sources.back().name = name;
      spec.sources.back().kind = "ExternalArtifact";
      output.copy.push_back({});
      output.copy.back().from = "@" + name + "/**";
    }
    spec.artifacts.push_back(std::move(output));
  }
  return spec;
}

TEST(GeneratorLoopTest, FindsTheWayBack) {
  const struct {
    std::string own;
    std::vector<std::string> others;
    std::string message;
  } cases[] = {
      {"x", {}, ""},
      {"x<a", {"a"}, ""},
      {"x<x", {}, "artifact 'x' is made of itself"},
      {"x<a", {"a<x"}, "artifact 'x' is made of itself (by way of 'a')"},
      {"x<a", {"a<b", "b<c", "c<x"}, "artifact 'x' is made of itself (by way of 'a', 'b', 'c')"},
      {"x<a y", {"a<y"}, ""},  // y goes into a, a into x: no loop, though both are of one generator
      {"x<a y<x", {"a<y"}, "artifact 'x' is made of itself (by way of 'a', 'y')"},
      {"x<a", {"a<b", "b<a"}, ""},  // others' loop, which is theirs to mend
      {"x<a,b", {"a<c", "b<c", "c"}, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.own);
    const api::GeneratorSpec own = SpecOf(c.own);
    std::map<std::string, api::GeneratorSpec> owners;
    for (const auto& o : own.artifacts) owners[o.name] = own;
    for (const std::string& other : c.others) owners[other.substr(0, 1)] = SpecOf(other);
    const std::string circle =
        FindCircle(own, "ns", own.artifacts, [&](const kube::ObjectKey& key) {
          const auto owner = owners.find(key.name);
          return owner == owners.end() ? std::vector<kube::ObjectKey>()
                                       : ArtifactsBehind(owner->second, key.ns, key.name);
        });
    EXPECT_EQ(circle, c.message);
  }
}

TEST(CirclePaceTest, PausesGrowUntilItComesToRest) {
  using std::chrono::seconds;
  CirclePace pace(seconds(5), seconds(30));
  base::Time now = base::FromUnixSeconds(1000);
  EXPECT_EQ(pace.Wait("u", now), base::Duration::zero());
  for (const int want : {5, 10, 20, 30, 30}) {
    pace.Built("u", true, now);
    EXPECT_EQ(pace.Wait("u", now), seconds(want));
    EXPECT_EQ(pace.Wait("u", now + seconds(1)), seconds(want - 1));
    EXPECT_EQ(pace.Wait("other", now), base::Duration::zero());
    now += seconds(want);
    EXPECT_EQ(pace.Wait("u", now), base::Duration::zero());
  }
  pace.Built("u", false, now);  // it is no circle any more
  EXPECT_EQ(pace.Wait("u", now), base::Duration::zero());
  pace.Built("u", true, now);
  EXPECT_EQ(pace.Wait("u", now), seconds(5));
  pace.Forget("u");
  EXPECT_EQ(pace.Wait("u", now), base::Duration::zero());
}

}  // namespace
}  // namespace sluice::source
