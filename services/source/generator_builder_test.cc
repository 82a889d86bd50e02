#include "generator_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "artifact/archive.h"
#include "artifact/unpack.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"
#include "io/temp_dir.h"

namespace sluice::source {
namespace {

using document::Value;
using testing::ElementsAre;
using testing::HasSubstr;

using Files = std::map<std::string, std::string>;  // "path/" a directory, "!path" executable

std::string TarGz(const Files& files) {
  std::string out;
  artifact::ArchiveWriter writer([&out](std::string_view bytes) {
    out += bytes;
    return base::OkStatus();
  });
  for (const auto& [name, content] : files) {
    const bool executable = name.starts_with('!');
    const base::Status added =
        name.ends_with('/')
            ? writer.AddDirectory(name.substr(0, name.size() - 1))
            : writer.AddFile(executable ? name.substr(1) : name, content, executable);
    EXPECT_TRUE(added.ok()) << added.message();
  }
  EXPECT_TRUE(writer.Finish().ok());
  return out;
}

std::shared_ptr<const io::FileTree> Tree(const Files& files) {
  auto tree = artifact::UnpackTarGz(TarGz(files));
  EXPECT_TRUE(tree.ok()) << tree.status().message();
  return tree.ok() ? *tree : nullptr;
}

// As the fixtures list a tree: "./" first, depth first, directories with a slash, executables with
// '!'.
void List(const io::FileTree& tree, const std::string& folder, std::vector<std::string>& out) {
  const auto entries = tree.ReadDir(folder);
  ASSERT_TRUE(entries.ok());
  for (const auto& e : *entries) {
    const std::string path = folder.empty() ? e.name : folder + "/" + e.name;
    if (e.info.kind == io::FileKind::kDirectory) {
      out.push_back(path + "/");
      List(tree, path, out);
    } else {
      out.push_back((e.info.executable ? "!" : "") + path);
    }
  }
}

class GeneratorBuilderTest : public testing::Test {
 protected:
  GeneratorBuilderTest() : dir_(*io::TempDir::Create(testing::TempDir(), "builder-")) {}

  base::Result<std::shared_ptr<const GeneratedTree>> Build(
      const std::vector<api::CopyOperation>& copy, const SourceTrees& sources,
      const BuildLimits& limits = {}) {
    api::OutputArtifact artifact;
    artifact.name = "app";
    artifact.copy = copy;
    return BuildArtifact({}, artifact, sources, dir_.fs(), limits);
  }
  std::string ErrorOf(const std::vector<api::CopyOperation>& copy, const SourceTrees& sources,
                      const BuildLimits& limits = {}) {
    const auto built = Build(copy, sources, limits);
    return built.ok() ? "" : built.status().message();
  }

  const io::TempDir dir_;
};

std::vector<api::CopyOperation> OperationsOf(const Value& copy) {
  Value object = Value::Object();
  object.Mutable("spec").Set("artifacts",
                             Value::Array({Value::Object({{"name", "app"}, {"copy", copy}})}));
  return api::GeneratorSpec::From(object).artifacts.at(0).copy;
}

// What the operating system says of a path differs in its first words; a cap of ours may come
// first.
bool SameError(const std::string& ours, const std::string& flux) {
  if (ours == flux) return true;
  const auto kind = [](const std::string& message) -> std::string_view {
    for (const std::string_view k :
         {"path escapes from parent", "not a directory", "is a directory",
          "requires gzip-compressed body", "is a symlink, which is not allowed",
          "cannot unmarshal YAML document"}) {
      if (base::Contains(message, k)) return k;
    }
    return "";
  };
  // Flux leaves its folder where it unpacks; we do not.
  if (base::Contains(ours, "path escapes from parent") &&
      (flux.empty() || base::Contains(flux, "failed to extract tarball")))
    return true;
  return !kind(ours).empty() && kind(ours) == kind(flux);
}

TEST_F(GeneratorBuilderTest, CopiesAsSourceWatcherDoes) {
  std::ifstream in(SLUICE_TESTDATA "/source-watcher-2.2.1/copy.json");
  const auto fixture = document::ParseJson(std::string(std::istreambuf_iterator<char>(in), {}));
  ASSERT_TRUE(fixture.ok()) << fixture.status().message();
  SourceTrees sources;
  for (const auto& [alias, files] : (*fixture)["sources"].members()) {
    Files decoded;
    for (const auto& [path, content] : files.members())
      decoded[path] = base::Base64Decode(content.AsString()).value_or("");
    sources[alias] = Tree(decoded);
  }
  ASSERT_GT((*fixture)["cases"].size(), 600u);
  for (const Value& c : (*fixture)["cases"].items()) {
    SCOPED_TRACE(document::ToJson(c["copy"]));
    const auto built = Build(OperationsOf(c["copy"]), sources);
    const std::string want(c["error"].AsString());
    if (!built.ok() || !want.empty()) {
      const std::string got = built.ok() ? "" : built.status().message();
      EXPECT_TRUE(SameError(got, want.empty() ? "" : "failed to apply copy operations: " + want))
          << "flux: " << want << "\nours: " << got;
      continue;
    }
    std::vector<std::string> files{"./"}, wanted;
    List(**built, "", files);
    for (const Value& f : c["files"].items()) wanted.emplace_back(f.AsString());
    std::ranges::sort(files);
    std::ranges::sort(wanted);
    EXPECT_EQ(files, wanted);
    for (const auto& [path, text] : c["merged"].members()) {
      EXPECT_EQ((*built)->ReadFile(base::TrimPrefix(path, "!"), 1 << 20).value_or("?"),
                text.AsString())
          << path;
    }
    EXPECT_EQ(ArtifactFileName("app", **built).value_or("?"),
              base::Cat(c["hash"].AsString(), ".tar.gz"));
  }
}

TEST_F(GeneratorBuilderTest, LeavesItsRootNowhere) {
  const SourceTrees sources = {
      {"repo",
       Tree({{"a.yaml", "a: 1\n"}, {"d/b.yaml", "b: 2\n"}, {"c.tgz", TarGz({{"x", "1"}})}})}};
  for (const std::string to : {"@artifact/../x", "@artifact//etc/x", "@artifact/a/../../x",
                               "@artifact/..", "@artifact/../"}) {
    for (const std::string from : {"@repo/a.yaml", "@repo/d", "@repo/*.yaml", "@repo/c.tgz"}) {
      SCOPED_TRACE(from + " to " + to);
      const bool extract = from.ends_with(".tgz");
      api::CopyOperation op{
          from, to, {}, extract ? api::CopyStrategy::kExtract : api::CopyStrategy::kOverwrite};
      EXPECT_THAT(ErrorOf({op}, sources), HasSubstr("path escapes from parent"));
      op.strategy = api::CopyStrategy::kMerge;
      EXPECT_THAT(ErrorOf({op}, sources), HasSubstr("path escapes from parent"));
    }
  }
  for (const std::string from : {"@repo/../a.yaml", "@repo//etc/passwd", "@repo/.."}) {
    EXPECT_THAT(ErrorOf({{from, "@artifact/", {}}}, sources), HasSubstr("path escapes from parent"))
        << from;
  }
}

// Names inside a tarball that climb, links, bombs and tarballs without end.
TEST_F(GeneratorBuilderTest, RefusesHostileTarballs) {
  const auto extract = [&](const std::string& tarball, const BuildLimits& limits = {}) {
    return ErrorOf({{"@repo/*.tgz", "@artifact/x", {}, api::CopyStrategy::kExtract}},
                   {{"repo", Tree({{"e.tgz", tarball}})}}, limits);
  };
  EXPECT_EQ(extract(TarGz({{"x", "1"}})), "");
  EXPECT_THAT(extract("no gzip"), HasSubstr("requires gzip-compressed body"));
  EXPECT_NE(extract(TarGz({{"x", std::string(1 << 20, '0')}}), {.max_tarball = 64 << 10}), "");
  // Each fits, all together do not.
  const std::string piece = TarGz({{"x", std::string(40'000, 'x')}});
  const SourceTrees many = {{"repo", Tree({{"1.tgz", piece}, {"2.tgz", piece}, {"3.tgz", piece}})}};
  EXPECT_NE(ErrorOf({{"@repo/*.tgz", "@artifact/", {}, api::CopyStrategy::kExtract}}, many,
                    {.max_extracted = 100'000}),
            "");
}

TEST_F(GeneratorBuilderTest, StopsWithItsContext) {
  std::stop_source stop;
  stop.request_stop();
  api::OutputArtifact artifact;
  artifact.copy = {{"@repo/**", "@artifact/", {}}};
  const auto built = BuildArtifact(observe::Context().WithStop(stop.get_token()), artifact,
                                   {{"repo", Tree({{"a", "1"}})}}, dir_.fs());
  EXPECT_EQ(built.status().code(), base::StatusCode::kCancelled);
}

TEST_F(GeneratorBuilderTest, OptionalOperationsMayMatchNothing) {
  const SourceTrees sources = {{"repo", Tree({{"a.md", "1"}})}};
  for (const std::string from : {"@repo/nope", "@repo/*.yaml", "@repo/*.md"}) {
    api::CopyOperation op{from, "@artifact/", {"*.md"}};
    op.optional = true;
    EXPECT_EQ(ErrorOf({op}, sources), "") << from;
  }
}

TEST_F(GeneratorBuilderTest, NamesFilesWithoutNewlines) {
  EXPECT_EQ(ArtifactFileName("app", *io::MakeMemoryTree({{"a\nb", "1"}})).status().message(),
            "failed to hash staging dir: filenames with newlines are not supported");
}

struct PatternCase {
  std::string pattern, name;
  std::vector<std::string> want;  // "artifact from to label=value…"
  std::string error;
};

TEST_F(GeneratorBuilderTest, FindsDirectoriesByPattern) {
  const SourceTrees sources = {{"repo", Tree({{"apps/Auth/envs/prod/k.yaml", "1"},
                                              {"apps/Auth/envs/dev/k.yaml", "1"},
                                              {"apps/web/envs/prod/k.yaml", "1"},
                                              {"apps/web/readme", "1"},
                                              {"x-1-2/f", "1"},
                                              {"case/A/f", "1"},
                                              {"case/a/f", "1"},
                                              {"bad/.h/f", "1"}})}};
  const PatternCase cases[] = {
      {"@repo/apps/{app}/envs/{env}",
       "{app}-{env}",
       {"auth-dev @repo/Auth/** app=auth env=dev", "auth-prod @repo/Auth/** app=auth env=prod",
        "web-prod @repo/web/** app=web env=prod"},
       ""},
      {"@repo/apps/{app}",
       "{app}",
       {"auth @repo/Auth/** app=auth", "web @repo/web/** app=web"},
       ""},
      {"@repo/x-{app}-{b}", "{app}.{b}", {"1.2 @repo/1/** app=1 b=2"}, ""},
      {"@repo/none/{app}", "{app}", {}, ""},
      {"@repo/apps/{app}/", "{app}", {}, ""},
      {"@other/{app}",
       "{app}",
       {},
       R"(pathPattern "@other/{app}": source alias other not found in local sources)"},
      {"repo", "{app}", {}, "invalid pathPattern format: repo"},
      {"@repo/{app",
       "{app}",
       {},
       R"(pathPattern "@repo/{app": invalid capture starting at offset 0: missing closing brace)"},
      {"@repo/app}",
       "{app}",
       {},
       R"(pathPattern "@repo/app}": invalid capture ending at offset 3: missing opening brace)"},
      {"@repo/{}", "{app}", {}, R"(pathPattern "@repo/{}": empty capture variable)"},
      {"@repo/{a-b}",
       "{app}",
       {},
       R"(pathPattern "@repo/{a-b}": capture variable "a-b" must be a valid capture name matching [A-Za-z_][A-Za-z0-9_]*)"},
      {"@repo/{app}/{app}",
       "{app}",
       {},
       R"(pathPattern "@repo/{app}/{app}": duplicate capture variable "app")"},
      {"@repo/{_app}",
       "{_app}",
       {},
       R"(pathPattern "@repo/{_app}": capture variable "_app" is not a valid Kubernetes label key: name part must consist)"},
      {"@repo/bad/{app}",
       "{app}",
       {},
       R"(pathPattern "@repo/bad/{app}": captured value ".h" for variable "app" is not a valid Kubernetes label value: a valid label must be)"},
      {"@repo/case/{app}",
       "{app}",
       {},
       R"(pathPattern "@repo/case/{app}": directories "case/A" and "case/a" both resolve to artifact name "a")"},
      {"@repo/apps/{app}",
       "fixed",
       {},
       R"(pathPattern "@repo/apps/{app}": directories "apps/Auth" and "apps/web" both resolve to artifact name "fixed")"},
      {"@repo/apps/{app}",
       "{nope}",
       {},
       R"(pathPattern "@repo/apps/{app}": failed to render artifact {nope} for match apps/Auth: invalid template "{nope}": capture variable "nope" is not defined by pathPattern)"},
      {"@repo/apps/{app}",
       "{app",
       {},
       R"(failed to render artifact {app for match apps/Auth: invalid template "{app": capture starting at offset 0 is missing closing brace)"},
      {"@repo/apps/{app}",
       "x}",
       {},
       R"(invalid template "x}": capture ending at offset 1 is missing opening brace)"},
      {"@repo/apps/{app}",
       "-{app}",
       {},
       R"(pathPattern "@repo/apps/{app}": rendered artifact name "-auth" is not a valid Kubernetes object name: a lowercase)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.pattern + " " + c.name);
    api::GeneratorSpec spec;
    spec.path_pattern = c.pattern;
    api::OutputArtifact artifact;
    artifact.name = c.name;
    if (base::Contains(c.pattern, "{app}") && c.error.empty())
      artifact.copy = {{"@repo/{app}/**", "@artifact/", {}}};
    spec.artifacts = {artifact};
    const auto got = ExpandPathPattern(spec, sources);
    if (!c.error.empty()) {
      EXPECT_EQ(got.status().code(), base::StatusCode::kInvalidArgument);
      EXPECT_THAT(got.status().message(), HasSubstr(c.error));
      continue;
    }
    ASSERT_TRUE(got.ok()) << got.status().message();
    std::vector<std::string> found;
    for (const auto& a : *got) {
      std::string text = a.name + " " + a.copy.at(0).from;
      for (const auto& [k, v] : a.labels) text += " " + k + "=" + v;
      found.push_back(text);
    }
    EXPECT_EQ(found, c.want);
  }
}

// A part of many captures has many ways to be cut: dead ends are met once.
TEST_F(GeneratorBuilderTest, PathPatternsTakeBoundedTime) {
  std::string pattern = "@repo/";
  for (int i = 0; i < 30; ++i) pattern += "{a" + std::to_string(i) + "}x";
  api::GeneratorSpec spec;
  spec.path_pattern = pattern + "y";
  spec.artifacts.resize(1);
  const auto got = ExpandPathPattern(spec, {{"repo", Tree({{std::string(90, 'x') + "/f", "1"}})}});
  ASSERT_TRUE(got.ok()) << got.status().message();
  EXPECT_TRUE(got->empty());
}

}  // namespace
}  // namespace sluice::source
