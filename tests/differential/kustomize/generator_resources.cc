// The objects that kustomizations are made of.
#include <string_view>

#include "generator.h"

namespace sluice::differential {
namespace {

constexpr std::string_view kScalars[] = {
    "a",
    "web",
    "x y",
    "1",
    "0",
    "-7",
    "010",
    "0x1F",
    "0o17",
    "0b11",
    "1_000",
    "1.0",
    "1.50",
    "1e3",
    "1e-7",
    ".5",
    "-.inf",
    "1234567.5",
    "12345678901234567",
    "18446744073709551616",
    "true",
    "True",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "null",
    "~",
    "\"\"",
    "''",
    "2020-01-01",
    "2020-01-01T10:00:00Z",
    "1:30",
    "12:30:45",
    "08",
    "\"5\"",
    "'true'",
    "\"a\\tb\"",
    "\"a\\nb\"",
    "'it''s'",
    "\"é ☃\"",
    "\"\\u0001\"",
    "a:b",
    "\"a: b\"",
    "\"# c\"",
    "a#b",
    "\"- x\"",
    "'*x'",
    "\"@x\"",
    "<<",
    "=",
    "!!str 5",
    "!!int \"5\"",
    "$(V)",
    "nginx:1.0",
    "\"trailing \"",
    "\" leading\"",
    "a-b.c/d",
    "https://example.com/a?b=c&d=e",
    "\"<b>&amp;\"",
    "\"😀\"",
    "\"a\\u2028b\"",
    "\"a\\u0085b\"",
    "|\n  line one\n  line two\n",
    "|-\n  no break\n",
    "|+\n  keep\n\n",
    ">\n  folded text\n  goes on\n\n  para\n",
    "|2\n   indented\n",
    "{}",
    "[]",
    "[a, 1]",
    "{k: v}",
    "a very long text that goes on and on past the eightieth column so that the writer has to fold "
    "it somewhere in the middle"};
constexpr std::string_view kTexts[] = {"a",     "b",      "web",     "\"1\"", "\"true\"",
                                       "'x y'", "v1.0.0", "\"a=b\"", "\"\""};
constexpr std::string_view kNames[] = {"web",   "db",    "cache", "api",  "job-1", "x",
                                       "front", "queue", "auth",  "mail", "cron",  "log"};
constexpr std::string_view kNamespaces[] = {"default", "prod", "dev", "kube-system"};
constexpr std::string_view kImages[] = {
    "nginx", "nginx:1.0", "host:5000/a/b:v1", "repo/app@sha256:abcd", "a/b", "nginx:1.0@sha256:ff",
    "redis"};
constexpr std::string_view kKeys[] = {"a", "b", "a10", "a2", "A", "z.y/x", "x-1", "_u", "k"};

}  // namespace

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

std::string Generator::Scalar() { return std::string(Pick(kScalars)); }
std::string Generator::Image() { return std::string(Pick(kImages)); }
std::string Generator::Quoted() { return std::string(Pick(kTexts)); }
// Mostly the name of something that is there.
std::string Generator::Name() {
  if (!known_.empty() && Chance(75))
    return known_[Below(static_cast<uint32_t>(known_.size()))].second;
  return std::string(Pick(kNames));
}

std::string Generator::Metadata(const std::string& name) {
  std::string out = "metadata:\n  name: " + name + "\n";
  if (Chance(5)) out += "  namespace: " + std::string(Pick(kNamespaces)) + "\n";
  if (Chance(30)) {
    out += "  labels:\n    app: " + name + "\n";
    if (Chance(40)) out += "    " + std::string(Pick(kKeys)) + ": " + Quoted() + "\n";
  }
  if (Chance(30)) {
    const std::string key(Pick(kKeys));
    const std::string value = Scalar();
    out += "  annotations:\n    " + key + ": " + Indent(value, 4).substr(4) +
           (value.ends_with('\n') ? "" : "\n");
  }
  if (Chance(8)) out += "  finalizers: [a, b]\n";
  if (Chance(5)) out += "  creationTimestamp: null\n";
  if (Chance(2))
    out += "  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: " + Name() + ", uid: u}]\n";
  return out;
}

std::string Generator::Container(const std::string& name) {
  std::string out = "- name: " + name + "\n";
  if (Chance(80)) out += "  image: " + Image() + "\n";
  if (Chance(40)) {
    out += "  env:\n  - name: A\n    value: " + Quoted() + "\n";
    if (Chance(50))
      out += "  - name: B\n    valueFrom: {configMapKeyRef: {name: " + Name() + ", key: k}}\n";
    if (Chance(30))
      out += "  - {name: C, valueFrom: {secretKeyRef: {name: " + Name() + ", key: k}}}\n";
    if (Chance(20)) out += "  - {name: D, value: $(V)}\n";
    if (Chance(10)) out += "  - name: A\n    value: twice\n";
  }
  if (Chance(30)) {
    out += "  ports:\n  - containerPort: 80\n";
    if (Chance(50)) out += "    protocol: TCP\n";
    if (Chance(50)) out += "  - {containerPort: 8080, name: http}\n";
    if (Chance(20)) out += "  - {containerPort: 80, protocol: UDP}\n";
  }
  if (Chance(20)) out += "  args: [--x, " + Quoted() + "]\n";
  if (Chance(20))
    out += "  volumeMounts: [{name: v, mountPath: /m}, {name: v, mountPath: /n, subPath: s}]\n";
  if (Chance(15))
    out += "  envFrom: [{configMapRef: {name: " + Name() + "}}, {secretRef: {name: " + Name() +
           "}}]\n";
  if (Chance(8)) out += "  resources: {limits: {cpu: 1, memory: 1Gi}}\n";
  if (Chance(4))
    out +=
        "  livenessProbe: {httpGet: {path: /, port: http, httpHeaders: [{name: H, value: "
        "\"1\"}]}}\n";
  return out;
}

std::string Generator::PodSpec(int indent) {
  std::string out;
  if (Chance(25)) out += "serviceAccountName: " + Name() + "\n";
  if (Chance(20)) out += "imagePullSecrets: [{name: " + Name() + "}]\n";
  out += "containers:\n";
  const uint32_t n = 1 + Below(3);
  for (uint32_t i = 0; i < n; ++i) out += Container("c" + std::to_string(i));
  if (Chance(15)) out += "initContainers:\n- {name: i0, image: " + Image() + "}\n";
  if (Chance(30)) {
    out += "volumes:\n- name: v\n  configMap: {name: " + Name() + "}\n";
    if (Chance(40)) out += "- {name: w, secret: {secretName: " + Name() + "}}\n";
    if (Chance(20)) out += "- {name: e, emptyDir: {}}\n";
    if (Chance(15))
      out += "- name: p\n  projected: {sources: [{configMap: {name: " + Name() +
             "}}, {secret: {name: " + Name() + "}}]}\n";
    if (Chance(10)) out += "- {name: c, persistentVolumeClaim: {claimName: " + Name() + "}}\n";
  }
  if (Chance(6))
    out +=
        "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
        "[{topologyKey: t, labelSelector: {matchLabels: {app: x}}}]}}\n";
  if (Chance(6))
    out +=
        "topologySpreadConstraints: [{maxSkew: 1, topologyKey: t, labelSelector: {matchLabels: "
        "{app: x}}}]\n";
  if (Chance(5)) out += "tolerations: [{key: k, operator: Exists}, {key: l}]\n";
  if (Chance(5)) out += "hostAliases: [{ip: 1.2.3.4, hostnames: [a]}]\n";
  return Indent(out, indent);
}

std::string Generator::Workload(const std::string& name, const std::string& meta) {
  switch (Below(5)) {
    case 0:
      return "apiVersion: apps/v1\nkind: StatefulSet\n" + meta + "spec:\n  serviceName: " + Name() +
             "\n  volumeClaimTemplates: [{metadata: {name: d}}]\n  template:\n    spec:\n" +
             PodSpec(6);
    case 1:
      return "apiVersion: batch/v1\nkind: CronJob\n" + meta +
             "spec:\n  schedule: '* * * * *'\n  jobTemplate:\n    spec:\n      template:\n        "
             "spec:\n" +
             PodSpec(10);
    case 2:
      if (Chance(40))
        return "apiVersion: batch/v1\nkind: Job\n" + meta + "spec:\n  template:\n    spec:\n" +
               PodSpec(6);
      if (Chance(40)) return "apiVersion: v1\nkind: Pod\n" + meta + "spec:\n" + PodSpec(2);
      [[fallthrough]];
    default: {
      std::string out = std::string("apiVersion: apps/v1\nkind: ") +
                        (Chance(90) ? "Deployment" : "DaemonSet") + "\n" + meta + "spec:\n";
      if (Chance(50)) out += "  replicas: " + std::to_string(Below(5)) + "\n";
      if (Chance(40)) out += "  selector:\n    matchLabels: {app: " + name + "}\n";
      out += "  template:\n";
      if (Chance(50)) out += "    metadata:\n      labels: {app: " + name + "}\n";
      return out + "    spec:\n" + PodSpec(6);
    }
  }
}

std::string Generator::Other(const std::string& name, const std::string& meta) {
  constexpr std::string_view kRbac = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ";
  switch (Below(14)) {
    case 0:
      return "apiVersion: v1\nkind: Secret\n" + meta + "type: Opaque\ndata: {k: YQ==}\n";
    case 1:
      return "apiVersion: v1\nkind: ServiceAccount\n" + meta +
             (Chance(40) ? "secrets: [{name: " + Name() + "}]\n" : "");
    case 2:
      return std::string(kRbac) + "RoleBinding\n" + meta +
             "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: " + Name() +
             "}\nsubjects:\n- {kind: ServiceAccount, name: " + Name() +
             (Chance(50) ? ", namespace: default" : "") + "}\n";
    case 3:
      return std::string(kRbac) + "Role\n" + meta +
             "rules: [{apiGroups: [''], resources: [secrets], resourceNames: [" + Name() +
             "], verbs: [get]}]\n";
    case 4:
      return std::string(kRbac) + "ClusterRoleBinding\n" + meta +
             "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: " + Name() +
             "}\nsubjects:\n- {kind: ServiceAccount, name: default, namespace: x}\n- {kind: "
             "ServiceAccount, name: " +
             Name() + ", namespace: default}\n";
    case 5:
      return std::string(kRbac) + "ClusterRole\n" + meta +
             (Chance(50) ? "rules: []\n"
                         : "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\n");
    case 6:
      return "apiVersion: networking.k8s.io/v1\nkind: Ingress\n" + meta +
             "spec:\n  tls: [{secretName: " + Name() +
             "}]\n  rules:\n  - host: h\n    http: {paths: [{path: /, backend: {service: {name: " +
             Name() + ", port: {number: 80}}}}]}\n";
    case 7:
      return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + (Chance(15) ? "prod" : name) +
             "}\n";
    case 8:
      return "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n" + meta +
             "spec: {scaleTargetRef: {kind: Deployment, name: " + Name() + "}}\n";
    case 9:
      return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" + meta +
             "spec:\n  podSelector: {matchLabels: {app: x}}\n  ingress: [{from: [{podSelector: "
             "{matchLabels: {a: b}}}]}]\n";
    case 10:
      return "apiVersion: policy/v1\nkind: PodDisruptionBudget\n" + meta +
             "spec: {minAvailable: 1, selector: {matchLabels: {app: x}}}\n";
    case 11:
      return "apiVersion: v1\nkind: PersistentVolumeClaim\n" + meta +
             "spec: {volumeName: " + Name() + ", storageClassName: " + Name() + "}\n";
    default:
      return "apiVersion: example.com/v1\nkind: MyKind\n" + meta +
             "spec:\n  containers: [{name: a, image: nginx:1.0}]\n  ref: {name: " + Name() +
             "}\n  n: " + Quoted() + "\n  list: [a, " + Quoted() + "]\n";
  }
}

std::string Generator::Resource(const std::string& name) {
  const std::string meta = Metadata(name);
  const uint32_t which = Below(20);
  if (which < 7) return Workload(name, meta);
  if (which < 9) {
    std::string out = "apiVersion: v1\nkind: Service\n" + meta + "spec:\n";
    if (Chance(60)) out += "  selector: {app: " + name + "}\n";
    out += "  ports:\n  - port: 80\n";
    if (Chance(50)) out += "    protocol: TCP\n    targetPort: http\n";
    if (Chance(30)) out += "  - {port: 443, name: https}\n";
    return out;
  }
  if (which >= 13) return Other(name, meta);
  std::string out = "apiVersion: v1\nkind: ConfigMap\n" + meta + "data:\n";
  const uint32_t n = 1 + Below(4);
  for (uint32_t i = 0; i < n; ++i) {
    const std::string value = Scalar();
    out += "  " + std::string(Pick(kKeys)) + std::to_string(i) + ": " + Indent(value, 2).substr(2) +
           (value.ends_with('\n') ? "" : "\n");
  }
  return out;
}

// Anchors, merge keys, comments, lists, flow style, odd separators; seldom something that fails.
std::string Generator::OddDocument() {
  const std::string name = "odd" + std::to_string(names_++);
  const std::string head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n";
  switch (Below(16)) {
    case 0:
      return "# nothing\n";
    case 1:
      return "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: "
             "{name: " +
             name + "}, data: {a: 1}}\n";
    case 2:
      return head + "data: &d\n  a: " + Scalar() + "\nbinaryData: *d\n";
    case 3:
      return "x: &x {a: b, c: d}\n" + head + "data:\n  <<: *x\n  c: own\n";
    case 4:
      return "# head\n" + head + "# before\ndata: # after\n  a: b # line\n  # foot\n";
    case 5:
      return "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"" +
             name + "\"}, \"data\": {\"a\": \"1\"}}\n";
    case 6:
      return head + "data:\n  a: 1\n  a: 2\n";
    case 7:
      return head + "data:\r\n  a: b\r\n  c: |\r\n    x\r\n    y\r\n";
    case 8:
      return head + "data:\n  ? a\n  : b\n  ? \"c d\"\n  : e\n";
    case 9:
      return head + "data:\n  " + std::string(140, 'k') + ": v\n";
    case 10:
      return head + "data: {1: a, true: b}\n";
    case 11:
      return "apiVersion: example.com/v1\nkind: FooList\nmetadata: {name: " + name +
             "}\nitems:\n- " + Indent(head, 2).substr(2);
    case 12:
      return head + "data:\n  x: &a 1\n  y: *a\n---\n" +
             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b" + name +
             "}\ndata: {k: 'x'}\n...\nignored: 1\n";
    case 13:
      return head + "data:\n  nested: {a: [1, {b: c}], d: " + Quoted() +
             "}\n  seq:\n  - - a\n    - b\n  - c: d\n    e: f\n";
    case 14:
      return Chance(40) ? "kind: ConfigMap\nmetadata: {}\n" : head;
    default:
      return Chance(40) ? "a: [1\n" : head + "immutable: true\n";
  }
}

std::string Generator::ResourceFile() {
  std::string out;
  if (Chance(3)) out += "---\n";
  const uint32_t n = 1 + Below(4);
  for (uint32_t i = 0; i < n; ++i) {
    if (i > 0) out += Chance(95) ? "---\n" : "--- # c\n";
    std::string name = std::string(Pick(kNames)) + std::to_string(names_++);
    if (Chance(2)) name = Name();
    const std::string text = Resource(name);
    const size_t kind = text.find("kind: ") + 6;
    known_.emplace_back(text.substr(kind, text.find('\n', kind) - kind), name);
    out += text;
  }
  if (Chance(10)) out += "---\n" + OddDocument();
  return out;
}

}  // namespace sluice::differential
