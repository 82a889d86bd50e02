// gotemplate-differential --oracle PROGRAM --oracle3 PROGRAM [--seed N] [--cases N] [--keep FILE]
// [--focus FUNCTION]: runs random templates over random values here and in the real engines
// (oracle/, a Go program that speaks JSON lines, built for Helm 4 and 3). Both fail or both print
// the same; error texts are counted apart.
#include <fstream>
#include <iostream>
#include <map>

#include "../../conformance/helm/placeholders.h"
#include "../kustomize/oracle.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "document/json.h"
#include "generator.h"
#include "gotemplate/template.h"

namespace sluice::differential {
namespace {

using document::Value;
using gotemplate::HelmVersion;

class World final : public gotemplate::Environment {
 public:
  explicit World(HelmVersion helm) : helm_(helm) {}
  HelmVersion helm() const override { return helm_; }

 private:
  HelmVersion helm_;
};

// What does not fit an int64 is a float64 to every decoder that Helm uses.
void LargeToDoubles(Value& v) {
  if (v.kind() == Value::Kind::kUint) v = Value(v.AsDouble());
  if (v.is_array()) {
    for (Value& item : v.mutable_items()) LargeToDoubles(item);
  }
  for (const auto& [key, unused] : v.members()) LargeToDoubles(*v.Find(key));
}

void IntsToDoubles(Value& v) {
  if (v.is_number()) v = Value(v.AsDouble());
  if (v.is_array()) {
    for (Value& item : v.mutable_items()) IntsToDoubles(item);
  }
  for (const auto& [key, unused] : v.members()) IntsToDoubles(*v.Find(key));
}

base::Result<std::string> RunHere(const GeneratedCase& c) {
  const HelmVersion helm = c.helm == 3 ? HelmVersion::k3 : HelmVersion::k4;
  SLUICE_TRY(auto parsed,
             gotemplate::ParsedText::Parse("t", c.text, conformance::PlaceholderFunctions(helm)));
  gotemplate::TemplateSet set;
  set.Add(std::move(parsed));
  World world(helm);
  gotemplate::ExecuteOptions options;
  options.environment = &world;
  options.limits.max_output = 1 << 20;
  options.missing_key = c.missing_key == "zero"    ? gotemplate::MissingKey::kZero
                        : c.missing_key == "error" ? gotemplate::MissingKey::kError
                                                   : gotemplate::MissingKey::kDefault;
  Value data = c.data;
  LargeToDoubles(data);
  if (!c.int64) IntsToDoubles(data);
  gotemplate::Heap heap;
  std::string out;
  SLUICE_TRY(
      gotemplate::Execute(set, "t", gotemplate::FromDocument(heap, data), heap, options, out));
  return out;
}

struct Counts {
  size_t equal = 0, both_failed = 0, same_text = 0, different = 0;
};

// The peer's text went through JSON, which has no bytes that are not UTF-8.
bool Same(std::string_view want, std::string_view got) {
  if (want == got) return true;
  std::string valid;
  for (size_t i = 0; i < got.size();) {
    const base::Rune rune = base::DecodeRune(got, i);
    base::AppendRune(valid, rune.code);
    i += rune.size;
  }
  return want == valid;
}

int Main(int argc, char** argv) {
  std::string program, program3, keep, focus;
  uint64_t seed = 1;
  size_t cases = 5000;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--oracle")
      program = argv[i + 1];
    else if (flag == "--oracle3")
      program3 = argv[i + 1];
    else if (flag == "--seed")
      seed = base::ParseUint64(argv[i + 1]).value_or(1);
    else if (flag == "--cases")
      cases = base::ParseUint64(argv[i + 1]).value_or(5000);
    else if (flag == "--focus")
      focus = argv[i + 1];
    else if (flag == "--keep")
      keep = argv[i + 1];
  }
  if (program.empty() || program3.empty()) {
    std::cerr << "usage: gotemplate-differential --oracle PROGRAM --oracle3 PROGRAM [--seed N] "
                 "[--cases N] [--keep FILE] [--focus FUNCTION]\n";
    return 2;
  }
  Oracle oracle(program), oracle3(program3);
  Counts counts;
  std::ofstream kept(keep);
  const auto report = [&](std::string_view what, uint64_t at, const GeneratedCase& c,
                          std::string_view want, std::string_view got) {
    const Value line = Value::Object({{"what", what},
                                      {"seed", at},
                                      {"template", c.text},
                                      {"want", want},
                                      {"got", got},
                                      {"missingkey", c.missing_key},
                                      {"helm", int64_t{c.helm}},
                                      {"int64", c.int64},
                                      {"data", c.data}});
    if (!keep.empty()) kept << document::ToJson(line) << "\n";
  };
  for (size_t i = 0; i < cases; ++i) {
    GeneratedCase c = Generator(seed + i, focus).Next();
    // as the peer reads it
    if (auto data = document::ParseJson(document::ToJson(c.data)); data.ok())
      c.data = *std::move(data);
    const Value answer = (c.helm == 3 ? oracle3 : oracle)
                             .Ask(Value::Object({{"template", c.text},
                                                 {"data", c.data},
                                                 {"missingkey", c.missing_key},
                                                 {"int64", c.int64}}));
    if (answer["died"].AsBool()) continue;  // such as a map that holds itself, printed
    // an address within the peer
    if (base::Contains(answer["text"].AsString(), "(*time.Location=&{")) continue;
    const auto here = RunHere(c);
    const std::string_view error = answer["error"].AsString(), text = answer["text"].AsString();
    const std::string got = here.ok() ? *here : "Error: " + here.status().message();
    if (!error.empty() && !here.ok()) {
      ++counts.both_failed;
      const bool same = Same(error, here.status().message());
      counts.same_text += same;
      if (!same) report("text", seed + i, c, error, here.status().message());
    } else if (error.empty() && here.ok() && Same(text, *here)) {
      ++counts.equal;
    } else {
      ++counts.different;
      report("different", seed + i, c,
             error.empty() ? std::string(text) : base::Cat("Error: ", error), got);
      if (keep.empty()) std::cout << "DIFFERENT seed " << seed + i << std::endl;
    }
  }
  std::cout << counts.equal << " equal, " << counts.both_failed << " failed on both sides ("
            << counts.same_text << " in the same words), " << counts.different << " different, "
            << oracle.deaths() + oracle3.deaths() << " killed the peer\n";
  return counts.different == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sluice::differential

int main(int argc, char** argv) { return sluice::differential::Main(argc, argv); }
