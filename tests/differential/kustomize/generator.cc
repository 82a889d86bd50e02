#include "generator.h"

#include <string_view>

namespace sluice::differential {
namespace {

std::string Indent(const std::string& text, int by) {
  const std::string pad(static_cast<size_t>(by), ' ');
  std::string out;
  bool start = true;
  for (const char c : text) {
    if (start && c != '\n') out += pad;
    start = c == '\n';
    out += c;
  }
  return out;
}

constexpr std::string_view kScalars[] = {
    "a", "web", "x y", "1", "0", "-7", "010", "0x1F", "0o17", "0b11", "1_000", "1.0", "1.50", "1e3", "1e-7", ".5", "-.inf", "1234567.5",
    "12345678901234567", "18446744073709551616", "true", "True", "yes", "no", "on", "off", "y", "n", "null", "~", "\"\"", "''",
    "2020-01-01", "2020-01-01T10:00:00Z", "1:30", "12:30:45", "08", "\"5\"", "'true'", "\"a\\tb\"", "\"a\\nb\"", "'it''s'", "\"é ☃\"",
    "\"\\u0001\"", "a:b", "\"a: b\"", "\"# c\"", "a#b", "\"- x\"", "'*x'", "\"@x\"", "<<", "=", "!!str 5", "!!int \"5\"", "$(V)", "nginx:1.0",
    "\"trailing \"", "\" leading\"", "a-b.c/d", "https://example.com/a?b=c&d=e", "\"<b>&amp;\"", "\"😀\"", "\"a\\u2028b\"", "\"a\\u0085b\"",
    "|\n  line one\n  line two\n", "|-\n  no break\n", "|+\n  keep\n\n", ">\n  folded text\n  goes on\n\n  para\n", "|2\n   indented\n",
    "{}", "[]", "[a, 1]", "{k: v}",
    "a very long text that goes on and on past the eightieth column so that the writer has to fold it somewhere in the middle"};
constexpr std::string_view kTexts[] = {"a", "b", "web", "\"1\"", "\"true\"", "'x y'", "v1.0.0", "\"a=b\"", "\"\""};
constexpr std::string_view kNames[] = {"web", "db", "cache", "api", "job-1", "x", "front", "queue", "auth", "mail", "cron", "log"};
constexpr std::string_view kNamespaces[] = {"default", "prod", "dev", "kube-system"};
constexpr std::string_view kImages[] = {"nginx", "nginx:1.0", "host:5000/a/b:v1", "repo/app@sha256:abcd", "a/b", "nginx:1.0@sha256:ff", "redis"};
constexpr std::string_view kKeys[] = {"a", "b", "a10", "a2", "A", "z.y/x", "x-1", "_u", "k"};

}  // namespace

std::string Generator::Scalar() { return std::string(Pick(kScalars)); }
std::string Generator::Quoted() { return std::string(Pick(kTexts)); }
// Mostly the name of something that is there.
std::string Generator::Name() {
  if (!known_.empty() && Chance(60)) return known_[Below(static_cast<uint32_t>(known_.size()))].second;
  return std::string(Pick(kNames));
}

std::string Generator::Metadata(const std::string& name) {
  std::string out = "metadata:\n  name: " + name + "\n";
  if (Chance(5)) out += "  namespace: " + std::string(Pick(kNamespaces)) + "\n";
  if (Chance(30)) {
    out += "  labels:\n";
    out += "    app: " + name + "\n";
    if (Chance(40)) out += "    " + std::string(Pick(kKeys)) + ": " + Quoted() + "\n";
  }
  if (Chance(30)) {
    out += "  annotations:\n";
    std::string key(Pick(kKeys));
    std::string value = Scalar();
    out += "    " + key + ": " + Indent(value, 4).substr(4) + (value.ends_with('\n') ? "" : "\n");
  }
  if (Chance(8)) out += "  finalizers: [a, b]\n";
  if (Chance(5)) out += "  creationTimestamp: null\n";
  return out;
}

std::string Generator::PodSpec(int indent) {
  std::string out;
  if (Chance(25)) out += "serviceAccountName: " + Name() + "\n";
  if (Chance(20)) out += "imagePullSecrets: [{name: " + Name() + "}]\n";
  out += "containers:\n";
  const uint32_t n = 1 + Below(3);
  for (uint32_t i = 0; i < n; ++i) {
    out += "- name: c" + std::to_string(i) + "\n";
    if (Chance(80)) out += "  image: " + std::string(Pick(kImages)) + "\n";
    if (Chance(40)) {
      out += "  env:\n  - name: A\n    value: " + Quoted() + "\n";
      if (Chance(50)) out += "  - name: B\n    valueFrom: {configMapKeyRef: {name: " + Name() + ", key: k}}\n";
      if (Chance(30)) out += "  - {name: C, valueFrom: {secretKeyRef: {name: " + Name() + ", key: k}}}\n";
      if (Chance(20)) out += "  - {name: D, value: $(V)}\n";
    }
    if (Chance(30)) {
      out += "  ports:\n  - containerPort: 80\n";
      if (Chance(50)) out += "    protocol: TCP\n";
      if (Chance(50)) out += "  - {containerPort: 8080, name: http}\n";
      if (Chance(20)) out += "  - {containerPort: 80, protocol: UDP}\n";
    }
    if (Chance(20)) out += "  args: [--x, " + Quoted() + "]\n";
    if (Chance(20)) out += "  volumeMounts: [{name: v, mountPath: /m}]\n";
    if (Chance(15)) out += "  envFrom: [{configMapRef: {name: " + Name() + "}}, {secretRef: {name: " + Name() + "}}]\n";
  }
  if (Chance(15)) out += "initContainers:\n- {name: i0, image: " + std::string(Pick(kImages)) + "}\n";
  if (Chance(30)) {
    out += "volumes:\n- name: v\n  configMap: {name: " + Name() + "}\n";
    if (Chance(40)) out += "- {name: w, secret: {secretName: " + Name() + "}}\n";
    if (Chance(20)) out += "- {name: e, emptyDir: {}}\n";
  }
  return Indent(out, indent);
}

std::string Generator::Resource(const std::string& name) {
  const std::string meta = Metadata(name);
  switch (Below(17)) {
    case 0:
    case 1: {
      std::string out = "apiVersion: apps/v1\nkind: Deployment\n" + meta + "spec:\n";
      if (Chance(50)) out += "  replicas: " + std::to_string(Below(5)) + "\n";
      if (Chance(40)) out += "  selector:\n    matchLabels: {app: " + name + "}\n";
      out += "  template:\n";
      if (Chance(50)) out += "    metadata:\n      labels: {app: " + name + "}\n";
      return out + "    spec:\n" + PodSpec(6);
    }
    case 2: {
      std::string out = "apiVersion: v1\nkind: Service\n" + meta + "spec:\n";
      if (Chance(60)) out += "  selector: {app: " + name + "}\n";
      out += "  ports:\n  - port: 80\n";
      if (Chance(50)) out += "    protocol: TCP\n    targetPort: http\n";
      if (Chance(30)) out += "  - {port: 443, name: https}\n";
      return out;
    }
    case 3:
    case 4: {
      std::string out = "apiVersion: v1\nkind: ConfigMap\n" + meta + "data:\n";
      const uint32_t n = 1 + Below(4);
      for (uint32_t i = 0; i < n; ++i) {
        std::string value = Scalar();
        out += "  " + std::string(Pick(kKeys)) + std::to_string(i) + ": " + Indent(value, 2).substr(2) + (value.ends_with('\n') ? "" : "\n");
      }
      return out;
    }
    case 5: return "apiVersion: v1\nkind: Secret\n" + meta + "type: Opaque\ndata: {k: YQ==}\n";
    case 6: return "apiVersion: v1\nkind: ServiceAccount\n" + meta + (Chance(40) ? "secrets: [{name: " + Name() + "}]\n" : "");
    case 7:
      return "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n" + meta +
             "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: " + Name() +
             "}\nsubjects:\n- {kind: ServiceAccount, name: " + Name() + (Chance(50) ? ", namespace: default" : "") + "}\n";
    case 8: return "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n" + meta + "rules: [{apiGroups: [''], resources: [secrets], resourceNames: [" + Name() + "], verbs: [get]}]\n";
    case 9:
      return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n" + meta +
             "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: " + Name() +
             "}\nsubjects:\n- {kind: ServiceAccount, name: default, namespace: x}\n- {kind: ServiceAccount, name: " + Name() + ", namespace: default}\n";
    case 10: return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n" + meta + "rules: []\n";
    case 11:
      return "apiVersion: apps/v1\nkind: StatefulSet\n" + meta + "spec:\n  serviceName: " + Name() +
             "\n  volumeClaimTemplates: [{metadata: {name: d}}]\n  template:\n    spec:\n" + PodSpec(6);
    case 12:
      return "apiVersion: batch/v1\nkind: CronJob\n" + meta + "spec:\n  schedule: '* * * * *'\n  jobTemplate:\n    spec:\n      template:\n        spec:\n" + PodSpec(10);
    case 13:
      return "apiVersion: networking.k8s.io/v1\nkind: Ingress\n" + meta +
             "spec:\n  tls: [{secretName: " + Name() + "}]\n  rules:\n  - host: h\n    http: {paths: [{path: /, backend: {service: {name: " + Name() +
             ", port: {number: 80}}}}]}\n";
    case 14: return "apiVersion: example.com/v1\nkind: MyKind\n" + meta + "spec:\n  containers: [{name: a, image: nginx:1.0}]\n  ref: {name: " + Name() + "}\n  n: " + std::string(Pick(kTexts)) + "\n";
    case 15: return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n";
    default:
      return "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n" + meta + "spec: {scaleTargetRef: {kind: Deployment, name: " + Name() + "}}\n";
  }
}

std::string Generator::ResourceFile() {
  std::string out;
  const uint32_t n = 1 + Below(4);
  for (uint32_t i = 0; i < n; ++i) {
    if (i > 0) out += "---\n";
    const std::string name = Chance(90) ? std::string(Pick(kNames)) + std::to_string(known_.size()) : Name();
    const std::string text = Resource(name);
    const size_t kind = text.find("kind: ") + 6;
    known_.emplace_back(text.substr(kind, text.find('\n', kind) - kind), name);
    out += text;
  }
  if (Chance(2)) out += "---\n# nothing\n";
  if (Chance(2)) out += "---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: listed}, data: {a: 1}}\n";
  if (Chance(20) && Chance(2)) out += "---\nkind: ConfigMap\nmetadata: {}\n";
  if (Chance(20) && Chance(2)) out += "---\na: [1\n";
  return out;
}

std::string Generator::TargetText() {
  std::string out = "{";
  if (Chance(60)) out += "kind: " + std::string(Chance(50) ? "Deployment" : Chance(50) ? "ConfigMap" : ".*Set|Service") + ", ";
  if (Chance(40)) out += "name: " + (Chance(50) ? Name() : "w.*") + ", ";
  if (Chance(10)) out += "namespace: default, ";
  if (Chance(10)) out += "labelSelector: app=web, ";
  return out + "}";
}

// The name of an object of that kind, mostly.
std::string Generator::Known(const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& [k, name] : known_) {
    if (k == kind) names.push_back(name);
  }
  if (Chance(3)) return Name();
  if (names.empty()) return "";
  return names[Below(static_cast<uint32_t>(names.size()))];
}

// A name that mostly is not taken.
std::string Generator::Generated() { return Chance(10) ? Name() : "g" + std::to_string(generated_++); }

std::string Generator::StrategicPatch() {
  static constexpr std::string_view kKinds[] = {"ConfigMap", "Deployment", "Deployment", "Deployment", "Service", "Deployment", "MyKind"};
  uint32_t which = Below(7);
  for (int i = 0; i < 20 && !HasKind(std::string(kKinds[which])); ++i) which = Below(7);
  std::string name = Known(std::string(kKinds[which]));
  patched_ = !name.empty();
  if (!patched_) name = "any";
  switch (which) {
    case 0: return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {a0: " + Quoted() + ", new: " + Quoted() + ", b1: null}\n";
    case 1:
      return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "}\nspec:\n  replicas: 7\n  template:\n    spec:\n      containers:\n      - name: c0\n        image: patched\n        env: [{name: Z, value: z}, {name: A, $patch: " +
             std::string(Chance(50) ? "delete" : "merge") + "}]\n      - {name: added, ports: [{containerPort: 80}]}\n";
    case 2: return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "}\n$patch: " + (Chance(90) ? "delete" : "odd") + "\n";
    case 3:
      return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name + "\n  labels: " + (Chance(50) ? "null" : "{x: y}") +
             "\nspec:\n  template:\n    spec:\n      containers:\n      - $patch: replace\n      - {name: only, image: i}\n      volumes: [{name: v, emptyDir: {}}]\n";
    case 4: return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {ports: [{port: 80, protocol: " + (Chance(50) ? "TCP" : "UDP") + ", nodePort: 3}, {port: 9}], selector: {x: y}}\n";
    case 5:
      return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "}\nspec: {template: {spec: {containers: [{name: c1, ports: [{containerPort: 80, protocol: TCP}, {containerPort: 8080, protocol: UDP}], args: [x], $patch: " +
             std::string(Chance(50) ? "replace" : "merge") + "}], imagePullSecrets: [{name: n}], tolerations: [{key: k}]}}}\n";
    default: return "apiVersion: example.com/v1\nkind: MyKind\nmetadata: {name: " + name + ", annotations: {p: q}}\nspec: {containers: [{name: z}], n: 5, ref: {other: 1}}\n";
  }
}

bool Generator::HasKind(const std::string& kind) const {
  for (const auto& entry : known_) {
    if (entry.first == kind) return true;
  }
  return false;
}

std::string Generator::JsonPatch() {
  static constexpr std::string_view kOps[] = {
      "- {op: add, path: /metadata/labels, value: {j: k}}\n", "- {op: replace, path: /metadata/name, value: renamed}\n",
      "- {op: remove, path: /spec/replicas}\n", "- {op: add, path: /spec/template/spec/containers/-, value: {name: jp, image: nginx}}\n",
      "- {op: add, path: /data/j, value: \"1\"}\n", "- {op: add, path: /metadata/annotations, value: {n: \"5\"}}\n",
      "- {op: copy, from: /metadata/name, path: /metadata/copied}\n", "- {op: test, path: /kind, value: Deployment}\n",
      "- {op: replace, path: /spec/template/spec/containers/0/image, value: 'jp:1'}\n", "- {op: add, path: /spec/n, value: 12345678901234567}\n"};
  std::string out(Pick(kOps));
  if (Chance(40)) out += Pick(kOps);
  return out;
}

std::string Generator::Kustomization(int level, const std::vector<std::string>& resources) {
  std::string out;
  if (Chance(30)) out += "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
  if (!resources.empty()) {
    out += "resources:\n";
    for (const std::string& r : resources) out += "- " + r + "\n";
  }
  if (Chance(30)) out += "namespace: " + std::string(Pick(kNamespaces)) + "\n";
  if (Chance(30)) out += "namePrefix: p" + std::to_string(level) + "-\n";
  if (Chance(20)) out += "nameSuffix: -s" + std::to_string(level) + "\n";
  if (Chance(15)) out += "commonLabels: {common: " + Quoted() + "}\n";
  if (Chance(20)) out += std::string("labels:\n- pairs: {l: ") + Quoted() + "}\n" + (Chance(40) ? "  includeSelectors: true\n" : Chance(50) ? "  includeTemplates: true\n" : "");
  if (Chance(20)) out += "commonAnnotations: {note: " + Quoted() + "}\n";
  if (Chance(25)) {
    out += "images:\n- name: nginx\n";
    if (Chance(30)) out += "  newName: other/nginx\n";
    if (Chance(50)) out += "  newTag: \"2\"\n";
    if (Chance(20)) out += "  digest: sha256:00\n";
    if (Chance(20)) out += "  tagSuffix: -rc\n";
  }
  if (Chance(12)) if (HasKind("Deployment")) out += "replicas: [{name: " + Known("Deployment") + ", count: 9}]\n";
  if (Chance(30)) {
    out += "configMapGenerator:\n- name: " + Generated() + "\n  literals: [k=v, " + std::string(Chance(50) ? "x=1" : "'y= z '") + "]\n";
    if (Chance(6)) out += std::string("  behavior: ") + (Chance(60) ? "merge" : Chance(50) ? "replace" : "create") + "\n";
    if (Chance(20)) out += "  options: {disableNameSuffixHash: true, labels: {g: h}}\n";
    if (Chance(10)) out += "  namespace: prod\n";
  }
  if (Chance(20)) out += "secretGenerator:\n- name: " + Generated() + "\n  literals: [pw=" + std::string(60, 'x') + "]\n" + (Chance(30) ? "  type: t\n" : "");
  if (Chance(10)) out += "generatorOptions: {immutable: true, annotations: {o: p}}\n";
  if (Chance(40)) {
    out += "patches:\n";
    const uint32_t n = 1 + Below(2);
    for (uint32_t i = 0; i < n; ++i) {
      const bool json = Chance(25);
      out += "- patch: |-\n" + Indent(json ? JsonPatch() : StrategicPatch(), 4);
      if (json ? !(Chance(20) && Chance(10)) : !patched_ || Chance(45)) out += "  target: " + TargetText() + "\n";
      if (Chance(8)) out += "  options: {allowNameChange: true}\n";
    }
  }
  if (Chance(20) && (HasKind("ConfigMap") || HasKind("Deployment"))) {
    static constexpr std::string_view kSources[] = {"metadata.name", "metadata.name", "kind", "data", "metadata.labels.app", "metadata.namespace"};
    static constexpr std::string_view kTargets[] = {"metadata.labels.r/s", "spec.template.spec.containers.[name=c0].image", "data.new",
                                                    "spec.template.spec.containers.*.env.[name=A].value", "metadata.annotations.q", "spec.replicas"};
    const std::string kind = HasKind("ConfigMap") ? "ConfigMap" : "Deployment";
    out += "replacements:\n- source: {kind: " + kind + ", name: " + Known(kind) + ", fieldPath: " + std::string(Pick(kSources)) + "}\n  targets:\n  - select: " + TargetText() +
           "\n    fieldPaths: ['" + std::string(Pick(kTargets)) + "']\n";
    if (Chance(85)) out += "    options: {create: " + std::string(Chance(85) ? "true" : "false") + (Chance(20) ? ", delimiter: '-', index: 1" : "") + "}\n";
  }
  if (Chance(8) && HasKind("ConfigMap")) out += "vars: [{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: " + Known("ConfigMap") + "}}]\n";
  if (Chance(5)) out += "buildMetadata: [originAnnotations, transformerAnnotations]\n";
  if (Chance(3)) out += "sortOptions: {order: " + std::string(Chance(50) ? "legacy" : "fifo") + "}\n";
  if (Chance(20) && Chance(2)) out += "unknown: 1\n";
  return out;
}

std::string Generator::Level(int level, const std::string& directory) {
  std::vector<std::string> resources;
  const uint32_t files = 1 + Below(2);
  for (uint32_t i = 0; i < files; ++i) {
    const std::string name = "r" + std::to_string(i) + ".yaml";
    files_[directory + "/" + name] = ResourceFile();
    resources.push_back(name);
  }
  if (level > 0) {
    const uint32_t bases = Chance(70) ? 1 : 2;
    for (uint32_t i = 0; i < bases; ++i) {
      const std::string base = directory + "-" + std::to_string(i);
      Level(level - 1, base);
      resources.insert(resources.begin(), "../" + base);
    }
    if (Chance(60)) resources.erase(resources.begin() + bases, resources.end());
  }
  files_[directory + "/kustomization.yaml"] = Kustomization(level, resources);
  return directory;
}

GeneratedCase Generator::Next() {
  files_.clear();
  known_.clear();
  generated_ = 0;
  GeneratedCase out;
  out.path = Level(static_cast<int>(Below(4)), "k");
  out.legacy = Chance(50);
  out.files = std::move(files_);
  return out;
}

}  // namespace sluice::differential
