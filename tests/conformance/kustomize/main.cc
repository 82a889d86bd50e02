// conformance-kustomize --cases DIR [--level 1|2] [--filter TEXT]: runs recorded kustomize builds
// through the engine and prints each case that differs with its first differing line, and last "N
// passed, N failed, N skipped".
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "base/strings.h"
#include "build_flags.h"
#include "disk.h"
#include "document/json.h"
#include "helm_charts.h"
#include "io/file_tree.h"
#include "kustomize/build.h"
#include "unpack.h"

namespace sluice::conformance {
namespace {

namespace fs = std::filesystem;
using base::Cat;
using base::Result;
using base::Status;
using document::Value;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream out;
  out << file.rdbuf();
  return std::move(out).str();
}

Result<std::string> ReadExpected(const fs::path& path) {
  if (path.extension() == ".gz") return ReadGzip(path);
  return ReadFile(path);
}

std::vector<std::string> Strings(const Value& list) {
  std::vector<std::string> out;
  for (const Value& item : list.items()) out.emplace_back(item.AsString());
  return out;
}

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

struct Outcome {
  Status status;
  std::string yaml;
  std::vector<std::string> warnings;
};

Outcome Run(const fs::path& root, const std::string& path, const std::vector<std::string>& flags) {
  cli::BuildCommand command;
  if (const Status s = cli::ParseBuildFlags(flags, "", command); !s.ok()) return {s, "", {}};
  Outcome outcome;
  const auto tree = cli::OpenDisk();
  kustomize::BuildOptions& options = command.options;
  options.display_path = path;
  options.inflate_chart = [](const io::FileTree&, const kustomize::HelmChart& chart) {
    return cli::InflateChart(chart, fs::temp_directory_path());
  };
  options.on_warning = [&](std::string_view w) { outcome.warnings.emplace_back(w); };
  auto built = kustomize::Build(*tree, io::JoinPath(root.string(), path).substr(1), options);
  if (built.ok())
    outcome.yaml = built->ToYaml();
  else
    outcome.status = built.status();
  return outcome;
}

// Without the time stamp of a log line.
std::string StripStamp(std::string_view line) {
  constexpr std::string_view kShape = "0000/00/00 00:00:00 ";
  if (line.size() < kShape.size()) return std::string(line);
  for (size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = line[i] >= '0' && line[i] <= '9';
    if (kShape[i] == '0' ? !digit : line[i] != kShape[i]) return std::string(line);
  }
  return std::string(line.substr(kShape.size()));
}

std::set<std::string> Lines(const std::vector<std::string>& texts) {
  std::set<std::string> lines;
  for (const std::string& text : texts) {
    for (const std::string_view line : base::Split(text, "\n")) {
      if (!line.empty()) lines.insert(StripStamp(line));
    }
  }
  return lines;
}

class Case {
 public:
  Case(fs::path directory, fs::path root, int level)
      : directory_(std::move(directory)), root_(std::move(root)), level_(level) {}

  // What is wrong; "" = nothing.
  std::string Check() {
    auto parsed = document::ParseJson(ReadFile(directory_ / "case.json"));
    if (!parsed.ok()) return parsed.status().message();
    case_ = *std::move(parsed);
    if (Status s = Unpack(); !s.ok()) return s.message();
    const Outcome outcome = Run(root_, Path(), Strings(case_["flags"]));
    if (case_["expect"].AsString() == "error") return CheckError(outcome);
    if (!outcome.status.ok()) return Cat("failed: ", outcome.status.message());
    std::string wrong = CheckOutput(case_["expected"], outcome);
    if (wrong.empty()) wrong = CheckWarnings(outcome);
    for (const Value& alt : case_["alt"].items()) {
      if (!wrong.empty()) break;
      wrong = CheckOutput(alt["expected"], Run(root_, Path(), Strings(alt["flags"])));
      if (!wrong.empty()) wrong = Cat("(", base::Join(Strings(alt["flags"]), " "), ") ", wrong);
    }
    return wrong;
  }

 private:
  std::string Path() const { return std::string(case_["path"].AsString()); }

  Status Unpack() {
    std::error_code error;
    if (fs::exists(directory_ / "input.tar.gz")) {
      SLUICE_TRY(UnpackTar(directory_ / "input.tar.gz", root_));
      for (const auto& entry : fs::directory_iterator(root_ / "input"))
        fs::rename(entry.path(), root_ / entry.path().filename(), error);
    } else if (fs::exists(directory_ / "input")) {
      fs::copy(directory_ / "input", root_,
               fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
    }
    if (!case_["pathMissing"].AsBool()) fs::create_directories(root_ / Path(), error);
    return {};
  }

  std::string CheckOutput(const Value& expected, const Outcome& outcome) const {
    if (!outcome.status.ok()) return Cat("failed: ", outcome.status.message());
    const auto want = ReadExpected(directory_ / std::string(expected.AsString()));
    if (!want.ok()) return want.status().message();
    return FirstDifference(*want, outcome.yaml);
  }

  std::string CheckWarnings(const Outcome& outcome) const {
    const std::string_view file = case_["stderr"].AsString();
    const auto want =
        file.empty() ? std::set<std::string>() : Lines({ReadFile(directory_ / std::string(file))});
    const auto got = Lines(outcome.warnings);
    if (want == got) return "";
    return Cat("stderr: want ", base::Join(want, " | "), ", got ", base::Join(got, " | "));
  }

  std::string CheckError(const Outcome& outcome) const {
    if (outcome.status.ok()) return "built, but must fail";
    if (level_ < 2 || case_["messageUnstable"].AsBool()) return "";
    std::string want = ReadFile(directory_ / std::string(case_["expected"].AsString()));
    std::string got = base::ReplaceAll(outcome.status.message(), root_.string(), "${ROOT}");
    while (want.ends_with('\n')) want.pop_back();
    while (got.ends_with('\n')) got.pop_back();
    // Up to the first pointer only the peer knows.
    const size_t pointer = want.find("0xADDR");
    if (pointer != want.npos) {
      want.resize(pointer);
      got.resize(std::min(got.size(), pointer));
    }
    return FirstDifference(want, got);
  }

  fs::path directory_, root_;
  int level_;
  Value case_;
};

int Main(int argc, char** argv) {
  fs::path cases;
  std::string filter;
  int level = 2;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--cases")
      cases = argv[i + 1];
    else if (flag == "--filter")
      filter = argv[i + 1];
    else if (flag == "--level")
      level = std::string_view(argv[i + 1]) == "1" ? 1 : 2;
  }
  if (cases.empty()) {
    std::cerr << "usage: conformance-kustomize --cases DIR [--level 1|2] [--filter TEXT]\n";
    return 2;
  }
  if (fs::exists(cases / "cases")) cases /= "cases";
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(cases)) {
    if (fs::exists(entry.path() / "case.json") &&
        entry.path().string().find(filter) != std::string::npos)
      all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  std::string pattern =
      (fs::canonical(fs::temp_directory_path()) / "kustomize-cases-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return 2;
  size_t passed = 0, failed = 0;
  const size_t skipped = 0;
  for (const fs::path& directory : all) {
    const std::string name = directory.filename().string();
    const fs::path root = fs::path(pattern) / name;
    fs::create_directories(root);
    const std::string wrong = Case(directory, root, level).Check();
    if (wrong.empty()) {
      ++passed;
    } else {
      ++failed;
      std::cout << "FAIL " << name << ": " << wrong << "\n";
    }
  }
  std::error_code error;
  fs::remove_all(pattern, error);
  std::cout << passed << " passed, " << failed << " failed, " << skipped << " skipped\n";
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sluice::conformance

int main(int argc, char** argv) { return sluice::conformance::Main(argc, argv); }
