#include "helm/render.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>
#include <thread>

#include "helm/loader.h"
#include "helm/values.h"

namespace sluice::helm {
namespace {

constexpr std::string_view kChartYaml = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

std::unique_ptr<Chart> Load(std::vector<std::pair<std::string, std::string>> files) {
  std::vector<File> all = {{"Chart.yaml", SharedText(std::string(kChartYaml))}};
  for (auto& [name, text] : files) all.push_back({name, SharedText(text)});
  auto chart = LoadFiles(std::move(all));
  EXPECT_TRUE(chart.ok()) << chart.status().message();
  return *std::move(chart);
}

base::Result<RenderedRelease> Render(const Chart& chart, std::string_view values,
                                     RenderOptions options = {}, RenderFailure* failure = nullptr) {
  const auto parsed = ParseValues(values, options.engine.version);
  return RenderRelease(chart, *parsed, {.name = "r", .namespace_ = "n"},
                       Capabilities::Default(options.engine.version), options, failure);
}

TEST(RenderTest, MakesManifestHooksAndNotes) {
  const auto chart =
      Load({{"templates/b.yaml", "kind: Service\nmetadata: {name: {{ .Values.x }}}\n"},
            {"templates/a.yaml", "kind: Job\nmetadata: {annotations: {helm.sh/hook: test}}\n"},
            {"templates/NOTES.txt", "hello {{ .Release.Name }}"},
            {"templates/_p.tpl", "{{ define \"p\" }}{{ end }}"}});
  const auto v4 = Render(*chart, "x: 1");
  ASSERT_TRUE(v4.ok()) << v4.status().message();
  EXPECT_EQ(v4->manifest,
            "---\n# Source: c/templates/b.yaml\nkind: Service\nmetadata: {name: 1}\n\n");
  EXPECT_EQ(v4->notes, "hello r");
  ASSERT_EQ(v4->hooks.size(), 1u);
  const auto v3 = Render(*chart, "x: 1", {.engine = {.version = HelmVersion::kV3}});
  EXPECT_EQ(v3->manifest,
            "---\n# Source: c/templates/b.yaml\nkind: Service\nmetadata: {name: 1}\n");
}

TEST(RenderTest, TellsErrorsAsEachHelmDoes) {
  const struct {
    std::string text, v3, v4;
  } cases[] = {
      {"{{ required \"need\" .Values.x }}", "execution error at (c/templates/a.yaml:1:3): need",
       "execution error at (c/templates/a.yaml:1:3): need"},
      {"{{ .Values.x.y }}",
       "template: c/templates/a.yaml:1:10: executing \"c/templates/a.yaml\" at <.Values.x.y>: nil "
       "pointer evaluating interface {}.y",
       "c/templates/a.yaml:1:10\n  executing \"c/templates/a.yaml\" at <.Values.x.y>:\n    nil "
       "pointer evaluating interface {}.y"},
      {"{{ nope }}", "parse error at (c/templates/a.yaml:1): function \"nope\" not defined",
       "parse error at (c/templates/a.yaml:1): function \"nope\" not defined"},
      {"- a",
       "YAML parse error on c/templates/a.yaml: error unmarshaling JSON: while decoding JSON: "
       "json: cannot unmarshal array into Go value of "
       "type releaseutil.SimpleHead",
       "YAML parse error on c/templates/a.yaml: error unmarshaling JSON: while decoding JSON: "
       "json: cannot unmarshal array into Go value of type "
       "util.SimpleHead"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto chart = Load({{"templates/a.yaml", c.text}});
    EXPECT_EQ(Render(*chart, "", {.engine = {.version = HelmVersion::kV3}}).status().message(),
              c.v3);
    EXPECT_EQ(Render(*chart, "").status().message(), c.v4);
  }
}

// Whoever checks the schema, and whenever: what is told is the same, and the schema's word comes
// before the templates'.
TEST(RenderTest, SchemasAreCheckedBesideTemplates) {
  const auto chart = Load({{"values.schema.json", R"({"properties":{"x":{"type":"number"}}})"},
                           {"templates/a.yaml",
                            "{{ if eq .Values.x 2.0 }}{{ fail \"two\" }}{{ else if kindIs "
                            "\"string\" .Values.x }}{{ fail \"text\" }}{{ end }}a: 1"}});
  std::vector<std::function<void()>> late;
  std::vector<std::jthread> threads;
  const std::pair<std::string, Beside> ways[] = {
      {"before", nullptr},
      {"at once", [](const std::function<void()>& work) { work(); }},
      {"by nobody", [](const std::function<void()>&) {}},
      {"too late", [&](std::function<void()> work) { late.push_back(std::move(work)); }},
      {"by a thread", [&](std::function<void()> work) { threads.emplace_back(std::move(work)); }},
  };
  for (const auto& [name, beside] : ways) {
    SCOPED_TRACE(name);
    const RenderOptions options{.beside = beside};
    EXPECT_EQ(Render(*chart, "x: 1", options)->manifest,
              "---\n# Source: c/templates/a.yaml\na: 1\n");
    RenderFailure failure;
    EXPECT_EQ(Render(*chart, "x: 2", options, &failure).status().message(),
              "execution error at (c/templates/a.yaml:1:28): two");
    EXPECT_TRUE(failure.rendering);
    failure = {};
    EXPECT_EQ(Render(*chart, "x: text", options, &failure).status().message(),
              "values don't meet the specifications of the schema(s) in the following "
              "chart(s):\nc:\n- at '/x': got string, want number\n");
    EXPECT_FALSE(failure.rendering);
  }
  for (const auto& work : late) work();  // finds it done
}

// Chart content is hostile: each of these ends, in an error.
// Go's named type of .Values is lost where a function takes a map[string]interface {}, and only
// there.
TEST(RenderTest, ValuesHaveTheirNamedType) {
  const struct {
    std::string text, want;
  } cases[] = {
      {"typeOf .Values", "common.Values"},
      {"typeOf .", "common.Values"},
      {"typeOf (set .Values \"n\" 1)", "map[string]interface {}"},
      {"typeOf (merge .Values (dict))", "map[string]interface {}"},
      {"typeOf (deepCopy .Values)", "common.Values"},
      {"typeOf (deepCopy .Values.AsMap)", "map[string]interface {}"},
      {"typeOf (omit .Values \"a\")", "map[string]interface {}"},
      {"typeOf (list .Values | first)", "common.Values"},
      {"typeOf .Values.m", "map[string]interface {}"},
      {"typeOf (.Values.Table \"m\")", "common.Values"},
      {"typeOf (default 1 .Values)", "common.Values"},
      {"deepEqual .Values .Values.AsMap", "false"},
      {"deepEqual (set .Values \"n\" 1) .Values.AsMap", "true"},
      {"dig \"a\" 0 .Values.AsMap", "1"},
      {"set .Values.AsMap \"n\" 1 | len | eq (len .Values)", "true"},
      {"printf \"%T %T\" .Template (set .Template \"n\" 1)",
       "common.Values map[string]interface {}"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto chart = Load(
        {{"values.yaml", "a: 1\nm: {x: 1}\n"}, {"templates/NOTES.txt", "{{ " + c.text + " }}"}});
    const auto rendered = Render(*chart, "");
    ASSERT_TRUE(rendered.ok()) << rendered.status().message();
    EXPECT_EQ(rendered->notes, c.want);
  }
}

// Sanitizers make frames several times as large: what nests to a limit of Helm's needs more stack
// than a thread has by default.
constexpr size_t kStack = size_t{64} << 20;

void OnLargeStack(const std::function<void()>& work) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStack), 0);
  pthread_t thread;
  const auto run = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&work)),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(RenderTest, HostileTemplatesAreErrors) {
  const struct {
    std::string text, part;
    bool to_the_limit = false;
  } cases[] = {
      {"{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
       "nested reference name: a", true},
      {"{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
       "exceeded maximum template depth"},
      {"{{ tpl \"{{ tpl .t . }}\" (dict \"t\" \"{{ tpl .t . }}\") }}", "tpl"},
      {"{{ range until 1000000000 }}x{{ end }}", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto chart = Load({{"templates/a.yaml", c.text}});
    RenderOptions options;
    options.engine.limits.max_steps = 2'000'000;
    const auto fails = [&] {
      const auto rendered = Render(*chart, "", options);
      ASSERT_FALSE(rendered.ok());
      EXPECT_NE(rendered.status().message().find(c.part), std::string::npos)
          << rendered.status().message();
    };
    if (!c.to_the_limit) {
      fails();
      continue;
    }
    EXPECT_FALSE(Render(*chart, "", options).ok()) << "on the stack of any thread";
    options.engine.limits.max_stack = kStack - kStack / 4;
    OnLargeStack(fails);
  }
}

TEST(RenderTest, PostRendererSeesWhatEachHelmGivesIt) {
  const auto chart =
      Load({{"templates/a.yaml", "kind: A\n"},
            {"templates/h.yaml", "kind: H\nmetadata: {annotations: {helm.sh/hook: test}}\n"}});
  std::string seen;
  RenderOptions options{
      .post_renderer = [&](std::string_view documents) -> base::Result<std::string> {
        seen = documents;
        return std::string(documents) + "---\nkind: New\n";
      }};
  const auto v4 = Render(*chart, "", options);
  ASSERT_TRUE(v4.ok()) << v4.status().message();
  EXPECT_NE(seen.find("postrenderer.helm.sh/postrender-filename: 'c/templates/h.yaml'"),
            std::string::npos)
      << seen;
  EXPECT_NE(v4->manifest.find("# Source: generated-by-postrender-2.yaml"), std::string::npos)
      << v4->manifest;
  EXPECT_EQ(v4->hooks.size(), 1u);
  options.engine.version = HelmVersion::kV3;
  ASSERT_TRUE(Render(*chart, "", options).ok());
  EXPECT_EQ(seen, "---\n# Source: c/templates/a.yaml\nkind: A\n");
}

TEST(RenderTest, ParsedTemplatesAreShared) {
  const auto chart = Load({{"templates/a.yaml", "a: {{ .Values.x }}"}});
  ParseCache cache;
  for (const std::string x : {"1", "2"}) {
    const auto rendered = Render(*chart, "x: " + x, {.engine = {.cache = &cache}});
    ASSERT_TRUE(rendered.ok());
    EXPECT_EQ(rendered->manifests[0].content, "a: " + x);
  }
  EXPECT_EQ(cache.bytes(), chart->templates()[0].data.size());
}

TEST(RenderTest, ParsesAheadWhatARenderNeeds) {
  const auto chart =
      Load({{"templates/a.yaml", "a: {{ .Values.x }}"}, {"templates/b.yaml", "b: {{ .Values"}});
  ParseCache cache;
  ParseAhead(*chart, HelmVersion::kV4, cache, {});
  // the other does not parse: the render says so
  EXPECT_EQ(cache.bytes(), chart->templates()[0].data.size());
  EXPECT_EQ(TemplateBytes(*chart),
            chart->templates()[0].data.size() + chart->templates()[1].data.size());
  const auto rendered = Render(*chart, "x: 1", {.engine = {.cache = &cache}});
  EXPECT_FALSE(rendered.ok());
  EXPECT_EQ(rendered.status().message(), Render(*chart, "x: 1").status().message());
}

TEST(RenderTest, LookupAsksItsSource) {
  class Source final : public LookupSource {
    base::Result<document::Value> Lookup(std::string_view api, std::string_view kind,
                                         std::string_view ns, std::string_view name) override {
      return document::Value::Object(
          {{"seen", std::string(api) + kind.data()[0] + std::string(ns) + std::string(name)}});
    }
  } source;
  const auto chart =
      Load({{"templates/a.yaml", "a: {{ (lookup \"v1\" \"Secret\" \"n\" \"s\").seen }}"}});
  EXPECT_EQ(Render(*chart, "", {.engine = {.lookup = &source}})->manifests[0].content, "a: v1Sns");
  EXPECT_EQ(Render(*chart, "")->manifests[0].content, "a: ");
}

}  // namespace
}  // namespace sluice::helm
