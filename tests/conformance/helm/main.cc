// conformance-helm --cases DIR [--group NAME] [--case NAME] [--mode v3|v4]: runs the recorded cases
// of Helm 3 and Helm 4 and prints each that differs with its first differing line, then for each
// group how many passed, and last "N passed, N failed, N skipped".
#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "base/strings.h"
#include "document/json.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

namespace fs = std::filesystem;
using base::Cat;
using base::Result;
using document::Value;
using helm::HelmVersion;

// One a line, sorted.
constexpr Family (*kFamilies[])() = {
    &ChartDirFamily,  //
    &ChartFamily,     //
    &EngineFamily,    //
    &IndexFamily,     //
    &ManifestFamily,  //
    &SchemaFamily,    //
    &SemVerFamily,    //
    &TemplateFamily,  //
    &ValuesFamily,    //
};

struct Options {
  fs::path cases;
  std::string group, only;
  bool v3 = true, v4 = true;
};

// "line 3: want "a", got "b"", or nothing where both are equal.
std::string FirstDifference(std::string_view want, std::string_view got) {
  if (want == got) return "";
  const auto a = base::Split(want, "\n"), b = base::Split(got, "\n");
  size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  const auto line = [&](const auto& lines) {
    return i < lines.size() ? base::QuoteGo(lines[i]) : std::string("(end)");
  };
  return Cat("line ", std::to_string(i + 1), ": want ", line(a), ", got ", line(b));
}

std::string Printed(const Value& v) {
  return v.is_string() ? std::string(v.AsString())
                       : document::ToJson(v, {.escape_html = false, .indent = 1});
}

std::string CheckValue(const Value& want, const Value& got) {
  if (want.is_string() && got.is_string()) {
    // Bytes that are not UTF-8 were recorded as U+FFFD.
    if (document::ToJson(want) == document::ToJson(got)) return "";
    return FirstDifference(want.AsString(), got.AsString());
  }
  if (want.kind() != got.kind() && (want.is_string() || got.is_string()))
    return FirstDifference(Printed(want), Printed(got) + " (other type)");
  return FirstDifference(Printed(want), Printed(got));
}

struct Tally {
  size_t passed = 0, failed = 0, skipped = 0;
  size_t texts = 0, equal_texts = 0;  // error texts, loose ones included
};

// The lines as a set. Names within a line ("additional properties 'a', 'b' not allowed") come in
// the order of the same Go map.
std::string SortedLines(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : base::Split(text, "\n")) {
    const size_t first = line.find('\'', line.find(": ")), last = line.rfind('\'');
    if (first == line.npos || last <= first) {
      lines.emplace_back(line);
      continue;
    }
    auto names = base::Split(line.substr(first, last + 1 - first), ", ");
    std::ranges::sort(names);
    lines.push_back(Cat(line.substr(0, first), base::Join(names, ", "), line.substr(last + 1)));
  }
  std::ranges::sort(lines);
  return base::Join(lines, "\n");
}

// A loose text must be the same up to the last "error calling <fn>: ".
std::string_view LoosePrefix(std::string_view text) {
  constexpr std::string_view kCalling = "error calling ";
  const size_t at = text.rfind(kCalling);
  if (at == text.npos) return "";
  const size_t end = text.find(": ", at + kCalling.size());
  return text.substr(0, end == text.npos ? text.size() : end + 2);
}

std::string CheckError(const Value& json, std::string_view want, std::string_view got,
                       Tally& tally) {
  ++tally.texts;
  const bool equal =
      json["errorLinesUnordered"].AsBool() ? SortedLines(want) == SortedLines(got) : want == got;
  if (equal) ++tally.equal_texts;
  if (equal || (json["errorText"].AsString() == "loose" && got.starts_with(LoosePrefix(want))))
    return "";
  return Cat("error: ", FirstDifference(want, got));
}

std::string RunOnce(const Op& op, const Case& c, Tally& tally) {
  const Value& own = c.json[c.version == HelmVersion::kV3 ? "v3" : "v4"];
  const Value& expected = own.is_object() ? own : c.json;
  const Result<Value> got = op.run(c);
  if (const Value* want = expected.Find("error")) {
    if (got.ok())
      return Cat("want error ", base::QuoteGo(want->AsString()), ", got ",
                 base::QuoteGo(Printed(*got)));
    return CheckError(c.json, want->AsString(), got.status().message(), tally);
  }
  if (!got.ok()) return Cat("failed: ", got.status().message());
  return CheckValue(expected["expect"], *got);
}

class Runner {
 public:
  explicit Runner(Options options) : options_(std::move(options)) {
    for (const auto& family : kFamilies) {
      for (const Op& op : family().ops) ops_.emplace(op.name, &op);
    }
    auto common = document::ParseJson(ReadFile(options_.cases / "cases" / "_common-data.json"));
    if (common.ok()) common_ = *std::move(common);
  }

  int Run() {
    std::map<std::string, fs::path> files;
    for (const auto& entry : fs::directory_iterator(options_.cases / "cases")) {
      const std::string file = entry.path().filename().string();
      if (!file.starts_with('_')) files.emplace(file.substr(0, file.find('.')), entry.path());
    }
    for (const auto& [group, path] : files) {
      if (!Wanted(group)) continue;
      const auto cases = document::ParseJson(ReadFile(path));
      if (!cases.ok()) {
        std::cout << "FAIL " << path.string() << ": " << cases.status().message() << "\n";
        ++tallies_[group].failed;
        continue;
      }
      for (const Value& c : cases->items()) RunCase(group, c);
    }
    for (const auto& family : kFamilies) {
      const auto discover = family().discover;
      if (discover == nullptr) continue;
      for (const Value& c : discover(options_.cases)) {
        const std::string group(c["name"].AsString().substr(0, c["name"].AsString().find('/')));
        if (Wanted(group)) RunCase(group, c);
      }
    }
    return Report();
  }

 private:
  bool Wanted(const std::string& group) const {
    return options_.group.empty() || options_.group == group;
  }

  void RunCase(const std::string& group, const Value& json) {
    const std::string_view name = json["name"].AsString();
    if (!options_.only.empty() && name != options_.only) return;
    Tally& tally = tallies_[group];
    const auto op = ops_.find(json["op"].AsString());
    if (op == ops_.end() || json.Find("incomplete") != nullptr) {
      if (op != ops_.end())
        std::cout << "SKIP " << name << " " << json["incomplete"].AsString() << "\n";
      ++tally.skipped;
      return;
    }
    bool good = true;
    for (const HelmVersion version : {HelmVersion::kV3, HelmVersion::kV4}) {
      const bool v3 = version == HelmVersion::kV3;
      if (!(v3 ? options_.v3 : options_.v4)) continue;
      // A case of the one version only (charts, release records) says so by "only".
      if (json["only"].is_string() && json["only"].AsString() != (v3 ? "v3" : "v4")) continue;
      const std::string wrong =
          RunOnce(*op->second, {name, json, common_, options_.cases, version}, tally);
      if (wrong.empty()) continue;
      good = false;
      std::cout << "FAIL " << name << " [" << (v3 ? "v3" : "v4") << "] " << wrong << "\n";
    }
    ++(good ? tally.passed : tally.failed);
  }

  int Report() const {
    Tally all;
    for (const auto& [group, t] : tallies_) {
      if (t.passed + t.failed > 0)
        std::cout << group << ": " << t.passed << " passed, " << t.failed << " failed\n";
      all.passed += t.passed, all.failed += t.failed, all.skipped += t.skipped;
      all.texts += t.texts, all.equal_texts += t.equal_texts;
    }
    if (all.texts > 0)
      std::cout << "error texts equal: " << all.equal_texts << " of " << all.texts << "\n";
    std::cout << all.passed << " passed, " << all.failed << " failed, " << all.skipped
              << " skipped\n";
    return all.failed == 0 ? 0 : 1;
  }

  Options options_;
  std::map<std::string_view, const Op*, std::less<>> ops_;
  Value common_;
  std::map<std::string, Tally> tallies_;
};

std::optional<Options> ParseArgs(const std::vector<std::string>& args) {
  Options options;
  for (size_t i = 0; i + 1 < args.size(); i += 2) {
    if (args[i] == "--cases")
      options.cases = args[i + 1];
    else if (args[i] == "--group")
      options.group = args[i + 1];
    else if (args[i] == "--case")
      options.only = args[i + 1];
    else if (args[i] == "--mode")
      options.v3 = args[i + 1] != "v4", options.v4 = args[i + 1] != "v3";
    else
      return std::nullopt;
  }
  if (options.cases.empty() || args.size() % 2 != 0) return std::nullopt;
  return options;
}

}  // namespace
}  // namespace sluice::conformance

int main(int argc, char** argv) {
  using namespace sluice::conformance;
  auto options = ParseArgs({argv + 1, argv + argc});
  if (!options) {
    std::cerr
        << "usage: conformance-helm --cases DIR [--group NAME] [--case NAME] [--mode v3|v4]\n";
    return 2;
  }
  return Runner(*std::move(options)).Run();
}
