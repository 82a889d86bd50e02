// Parsing and executing a template that looks as charts do: helpers by include, toYaml | nindent,
// ranges over maps.
#include <benchmark/benchmark.h>

#include <string>

#include "document/json.h"
#include "gotemplate/template.h"

namespace sluice::gotemplate {
namespace {

constexpr std::string_view kTemplate = R"({{- define "name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "labels" -}}
app.kubernetes.io/name: {{ include "name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- if .Chart.AppVersion }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}
{{- end -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "name" . }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  {{- if not .Values.hpa.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  template:
    metadata:
      annotations:
        {{- range $key, $value := .Values.podAnnotations }}
        {{ $key }}: {{ $value | quote }}
        {{- end }}
    spec:
      {{- with .Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          args:
          {{- range .Values.args }}
            - {{ . }}
          {{- end }}
          {{- if and .Values.tls.enabled (eq .Values.tls.mode "strict") }}
            - --tls
          {{- else if or .Values.tls.port (gt (int .Values.replicaCount) 1) }}
            - --port={{ .Values.tls.port | default 8443 }}
          {{- end }}
          env:
          {{- range $name, $value := .Values.env }}
            - name: {{ $name | upper | replace "-" "_" }}
              value: {{ printf "%v" $value | quote }}
          {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
)";

constexpr std::string_view kData =
    R"({"Chart": {"Name": "podinfo", "AppVersion": "6.7.1"}, "Release": {"Name": "demo"},
"Values": {"replicaCount": 2.0, "hpa": {"enabled": false}, "nameOverride": "", "image": {"repository": "ghcr.io/x/podinfo", "tag": "6.7.1"},
"podAnnotations": {"a": "1", "b": "2", "prometheus.io/scrape": "true"}, "securityContext": {"runAsUser": 1000.0, "fsGroup": 1000.0},
"args": ["--level=info", "--random=false", "--port=9898"], "tls": {"enabled": false, "mode": "strict", "port": 8443.0},
"env": {"one": "1", "two-b": true, "three": 3.5, "four": "x", "five": "y"},
"resources": {"limits": {"cpu": "100m", "memory": "128Mi"}, "requests": {"cpu": "1m", "memory": "16Mi"}}}})";

base::Result<Value> Include(Call& call) {
  std::string out;
  SLUICE_TRY(
      call.execution.ExecuteTemplate(call.execution.templates(), call[0].text(), call[1], out));
  return call.String(out);
}

constexpr Function kExtra[] = {{"include", "SA>S", Include}};
constexpr FunctionTable kFunctions(kExtra);

void Parse(benchmark::State& state) {
  for (auto _ : state) {
    auto parsed = ParsedText::Parse("t", std::string(kTemplate), kFunctions);
    if (!parsed.ok()) state.SkipWithError(parsed.status().message().c_str());
    benchmark::DoNotOptimize(parsed);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kTemplate.size()));
}
BENCHMARK(Parse);

void RunTemplate(benchmark::State& state, std::string_view text) {
  const auto parsed = ParsedText::Parse("t", std::string(text), kFunctions);
  const auto data = document::ParseJson(kData);
  if (!parsed.ok() || !data.ok()) return state.SkipWithError("input");
  TemplateSet set;
  set.Add(*parsed);
  size_t bytes = 0;
  for (auto _ : state) {
    Heap heap;
    std::string out;
    const auto status =
        Execute(set, "t", FromDocument(heap, *data), heap, {.missing_key = MissingKey::kZero}, out);
    if (!status.ok()) return state.SkipWithError(status.message().c_str());
    bytes += out.size();
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}

void ExecuteDeployment(benchmark::State& state) { RunTemplate(state, kTemplate); }
BENCHMARK(ExecuteDeployment);

void ExecuteFields(benchmark::State& state) {
  RunTemplate(state, "{{range 1000}}{{$.Values.image.tag}}{{end}}");
}
BENCHMARK(ExecuteFields);

void ExecuteCalls(benchmark::State& state) {
  RunTemplate(state,
              "{{range $i := 1000}}{{if and (gt $i 10) (lt $i 900)}}{{add $i 1}}{{end}}{{end}}");
}
BENCHMARK(ExecuteCalls);

}  // namespace
}  // namespace sluice::gotemplate

BENCHMARK_MAIN();
