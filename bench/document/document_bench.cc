// Speed and memory of lib/document. Paired: each iteration times both sides back to back, so that a
// noisy machine hits both alike; the counters are medians over the iterations. See README.md for
// the aims.
#include <benchmark/benchmark.h>
#include <yaml.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "document/json.h"
#include "document/yaml.h"
#include "inputs.h"

namespace sluice::bench {
namespace {

using document::Arena;
using document::Node;
using document::Value;
using Clock = std::chrono::steady_clock;

double Seconds(Clock::duration d) { return std::chrono::duration<double>(d).count(); }

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// Times two actions in turn and reports how much faster the first is than the second.
template <class A, class B>
void Paired(benchmark::State& state, size_t bytes, A first, B second) {
  std::vector<double> ratios, speeds;
  for (auto _ : state) {
    const auto t0 = Clock::now();
    first();
    const auto t1 = Clock::now();
    second();
    const auto t2 = Clock::now();
    ratios.push_back(Seconds(t2 - t1) / Seconds(t1 - t0));
    speeds.push_back(static_cast<double>(bytes) / 1e6 / Seconds(t1 - t0));
  }
  state.counters["times_as_fast"] = Median(ratios);
  state.counters["MB/s"] = Median(speeds);
}

void BareEvents(const std::string& text) {
  yaml_parser_t parser;
  yaml_parser_initialize(&parser);
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size());
  for (bool done = false; !done;) {
    yaml_event_t event;
    if (yaml_parser_parse(&parser, &event) != 1) break;
    done = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
}

size_t Total(const std::vector<std::string>& texts) {
  size_t bytes = 0;
  for (const auto& text : texts) bytes += text.size();
  return bytes;
}

std::vector<std::string> Texts(const benchmark::State& state) {
  return state.range(0) == 0 ? SmallManifests(300) : std::vector<std::string>{BigCrds(2'700'000)};
}

// Reading into a tree against libyaml's bare events: aim ≥ 0.6.
void BM_ReadTreeVsLibyamlEvents(benchmark::State& state) {
  const auto texts = Texts(state);
  Paired(
      state, Total(texts),
      [&] {
        for (const auto& text : texts) {
          Arena arena;
          benchmark::DoNotOptimize(document::ParseYaml(arena, text));
        }
      },
      [&] {
        for (const auto& text : texts) BareEvents(text);
      });
}
BENCHMARK(BM_ReadTreeVsLibyamlEvents)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->MinTime(2);

// Writing a tree as kustomize prints it, and by v3, against reading it: aim ≥ 2.
void BM_WriteVsRead(benchmark::State& state) {
  const auto texts = Texts(state);
  Arena arena;
  std::vector<Node*> roots;
  for (const auto& text : texts) {
    const auto parsed = document::ParseYaml(arena, text);
    roots.insert(roots.end(), parsed->begin(), parsed->end());
  }
  std::string out;
  Paired(
      state, Total(texts),
      [&] {
        out.clear();
        for (const Node* root : roots) {
          if (state.range(1) == 0) {
            benchmark::DoNotOptimize(document::AppendResourceYaml(out, *root).ok());
          } else {
            out += document::WriteYaml3(*root, {.indent = 2, .compact_sequences = true});
          }
        }
      },
      [&] {
        for (const auto& text : texts) {
          Arena fresh;
          benchmark::DoNotOptimize(document::ParseYaml(fresh, text));
        }
      });
}
BENCHMARK(BM_WriteVsRead)->ArgsProduct({{0, 1}, {0, 1}})->Unit(benchmark::kMillisecond)->MinTime(2);

void BM_WriteValueYaml(benchmark::State& state) {
  const auto texts = Texts(state);
  std::vector<Value> values;
  for (const auto& text : texts) {
    const auto parsed = document::ParseYamlStream(text);
    values.insert(values.end(), parsed->begin(), parsed->end());
  }
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (const Value& value : values) out += document::ToYaml(value);
  }
  state.SetBytesProcessed(static_cast<int64_t>(out.size()) *
                          static_cast<int64_t>(state.iterations()));
}
BENCHMARK(BM_WriteValueYaml)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// Bytes held per byte of text: aim ≤ 6 for both models.
void BM_Memory(benchmark::State& state) {
  const std::string text = BigCrds(2'700'000);
  for (auto _ : state) {
    Arena arena;
    const auto roots = document::ParseYaml(arena, text);
    size_t value_bytes = 0;
    for (const Node* root : *roots) value_bytes += document::ToValue(*root)->HeapBytes();
    state.counters["tree_per_byte"] =
        static_cast<double>(arena.bytes()) / static_cast<double>(text.size());
    state.counters["value_per_byte"] =
        static_cast<double>(value_bytes) / static_cast<double>(text.size());
  }
}
BENCHMARK(BM_Memory)->Unit(benchmark::kMillisecond)->Iterations(1);

void BM_ReadJsonList(benchmark::State& state) {
  const std::string text = ObjectList(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(document::ParseJson(text));
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) *
                          static_cast<int64_t>(state.iterations()));
  state.counters["value_per_byte"] = static_cast<double>(document::ParseJson(text)->HeapBytes()) /
                                     static_cast<double>(text.size());
}
BENCHMARK(BM_ReadJsonList)->Arg(1)->Arg(200)->Unit(benchmark::kMicrosecond);

void BM_WriteJsonList(benchmark::State& state) {
  const auto value = document::ParseJson(ObjectList(static_cast<size_t>(state.range(0))));
  size_t bytes = 0;
  for (auto _ : state) bytes = document::ToJson(*value).size();
  state.SetBytesProcessed(static_cast<int64_t>(bytes) * static_cast<int64_t>(state.iterations()));
}
BENCHMARK(BM_WriteJsonList)->Arg(1)->Arg(200)->Unit(benchmark::kMicrosecond);

void BM_CopyJsonList(benchmark::State& state) {
  const auto value = document::ParseJson(ObjectList(200));
  for (auto _ : state) benchmark::DoNotOptimize(Value(*value));
}
BENCHMARK(BM_CopyJsonList)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sluice::bench

BENCHMARK_MAIN();
