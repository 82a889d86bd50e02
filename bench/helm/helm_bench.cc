// In process: rendering a chart again with other values, and decoding a release record. The chart
// (a .tgz) is the argument that is no flag.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>

#include "helm/loader.h"
#include "helm/release_record.h"
#include "helm/render.h"

namespace {

using namespace sluice;

std::string chart_path;  // set by main before any benchmark

std::unique_ptr<helm::Chart> LoadBenchChart() {
  std::ifstream file(chart_path, std::ios::binary);
  auto chart = helm::LoadArchive({std::istreambuf_iterator<char>(file), {}});
  if (!chart.ok()) return nullptr;
  return *std::move(chart);
}

void RenderAgain(benchmark::State& state) {
  const auto chart = LoadBenchChart();
  if (chart == nullptr)
    return state.SkipWithError("no chart (.tgz) was given, or it does not load");
  helm::ParseCache cache;
  const auto capabilities = helm::Capabilities::Default(helm::HelmVersion::kV4);
  const helm::RenderOptions options{.engine = {.cache = &cache}};
  int64_t i = 0;
  for (auto _ : state) {
    const auto values = document::Value::Object({{"replicaCount", ++i % 9}});
    auto rendered = helm::RenderRelease(*chart, values, {.name = "r", .namespace_ = "n"},
                                        capabilities, options);
    if (!rendered.ok()) return state.SkipWithError(rendered.status().message().c_str());
    benchmark::DoNotOptimize(rendered->manifest);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(RenderAgain)->Unit(benchmark::kMicrosecond);

// A record like a release's: manifests that repeat much, templates in base64.
void DecodeRecord(benchmark::State& state) {
  std::string manifest;
  while (manifest.size() < 700'000) {
    manifest +=
        "---\n# Source: c/templates/" + std::to_string(manifest.size()) +
        ".yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  key: \"value\"\n";
  }
  auto content = std::make_shared<helm::ChartFiles>();
  for (int i = 0; i < 20; ++i)
    content->templates.push_back(
        {"templates/" + std::to_string(i), helm::SharedText(manifest.substr(0, 10'000))});
  auto chart = std::make_shared<helm::Chart>();
  chart->set_content(content);
  const helm::ReleaseRecord record{
      .name = "r", .chart = chart, .manifest = manifest, .version = 1, .namespace_ = "n"};
  const size_t size = helm::RecordToJson(record, helm::HelmVersion::kV4).size();
  const std::string encoded = helm::EncodeRecord(record, helm::HelmVersion::kV4);
  for (auto _ : state) benchmark::DoNotOptimize(helm::DecodeRecord(encoded));
  state.SetBytesProcessed(static_cast<int64_t>(size) * state.iterations());
}
BENCHMARK(DecodeRecord)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc > 1) chart_path = argv[1];
  benchmark::RunSpecifiedBenchmarks();
}
