// Patches: strategic merges, JSON patches, by field and by file.
#include <string_view>

#include "generator.h"

namespace sluice::differential {

std::string Generator::TargetText() {
  std::string out = "{";
  if (Chance(60))
    out += "kind: " +
           std::string(Chance(50)   ? "Deployment"
                       : Chance(50) ? "ConfigMap"
                                    : ".*Set|Service") +
           ", ";
  if (Chance(40)) out += "name: " + (Chance(50) ? Name() : Chance(80) ? "w.*" : "^w|x$") + ", ";
  if (Chance(10)) out += "namespace: default, ";
  if (Chance(5)) out += Chance(50) ? "group: apps, " : "version: v1, ";
  if (Chance(10))
    out += std::string("labelSelector: '") +
           (Chance(60)   ? "app=web"
            : Chance(50) ? "app in (web, db),!z"
                         : "app,app!=x") +
           "', ";
  if (Chance(5)) out += "annotationSelector: 'a', ";
  return out + "}";
}

std::string Generator::StrategicPatch() {
  static constexpr std::string_view kKinds[] = {
      "ConfigMap", "Deployment", "Deployment", "Deployment", "Service", "Deployment", "MyKind"};
  uint32_t which = Below(7);
  for (int i = 0; i < 20 && !HasKind(std::string(kKinds[which])); ++i) which = Below(7);
  std::string name = Known(std::string(kKinds[which]));
  patched_ = !name.empty();
  if (!patched_) name = "any";
  switch (which) {
    case 0:
      return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name +
             "}\ndata: {a0: " + Quoted() + ", new: " + Quoted() + ", b1: null}\n";
    case 1:
      return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name +
             "}\nspec:\n  replicas: 7\n  template:\n    spec:\n      containers:\n      - name: "
             "c0\n        image: patched\n        env: [{name: Z, value: z}, {name: A, $patch: " +
             std::string(Chance(50) ? "delete" : "merge") +
             "}]\n      - {name: added, ports: [{containerPort: 80}]}\n";
    case 2:
      if (patched_)
        std::erase_if(known_,
                      [&](const auto& k) { return k.first == "Deployment" && k.second == name; });
      return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name +
             "}\n$patch: " + (Chance(97) ? "delete" : "odd") + "\n";
    case 3:
      return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name +
             "\n  labels: " + (Chance(50) ? "null" : "{x: y}") +
             "\nspec:\n  template:\n    spec:\n      containers:\n      - $patch: replace\n      - "
             "{name: only, image: i}\n      volumes: [{name: v, emptyDir: {}}]\n";
    case 4:
      return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name +
             "}\nspec: {ports: [{port: 80, protocol: " + (Chance(50) ? "TCP" : "UDP") +
             ", nodePort: 3}, {port: 9}], selector: {x: y}}\n";
    case 5:
      return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name +
             "}\nspec: {template: {spec: {containers: [{name: c1, ports: [{containerPort: 80, "
             "protocol: TCP}, {containerPort: 8080, protocol: UDP}], args: [x], $patch: " +
             std::string(Chance(50) ? "replace" : "merge") +
             "}], imagePullSecrets: [{name: n}], tolerations: [{key: k}]}}}\n";
    default:
      return "apiVersion: example.com/v1\nkind: MyKind\nmetadata: {name: " + name +
             ", annotations: {p: q}}\nspec: {containers: [{name: z}], n: 5, ref: {other: 1}}\n";
  }
}

// Mostly operations that any object, or the one that is known to be there, can take.
std::string Generator::JsonPatch() {
  static constexpr std::string_view kOps[] = {
      "- {op: add, path: /metadata/labels, value: {j: k}}\n",
      "- {op: replace, path: /metadata/name, value: renamed}\n",
      "- {op: remove, path: /spec/replicas}\n",
      "- {op: add, path: /spec/template/spec/containers/-, value: {name: jp, image: nginx}}\n",
      "- {op: add, path: /data/j, value: \"1\"}\n",
      "- {op: add, path: /metadata/annotations, value: {n: \"5\"}}\n",
      "- {op: copy, from: /metadata/name, path: /metadata/copied}\n",
      "- {op: test, path: /kind, value: Deployment}\n",
      "- {op: replace, path: /spec/template/spec/containers/0/image, value: 'jp:1'}\n",
      "- {op: add, path: /spec/n, value: 12345678901234567}\n"};
  static constexpr std::string_view kSafe[] = {
      "- {op: add, path: /metadata/labels, value: {j: k}}\n",
      "- {op: add, path: /metadata/annotations, value: {n: \"5\", 'a/b': c}}\n",
      "- {op: copy, from: /metadata/name, path: /metadata/copied}\n",
      "- {op: add, path: /x, value: [1, 1.0, 1.5e10, null, true, 'y', {a: b}]}\n",
      "- {op: add, path: /x~1y, value: 0x10}\n",
      "- {op: test, path: /metadata/missing, value: null}\n",
      "- {op: add, path: /x, value: {l: [a]}}\n- {op: add, path: /x/l/-, value: 010}\n- {op: move, "
      "from: /x/l, path: /x/m}\n",
      "- {op: replace, path: /metadata/name, value: renamed}\n"};
  std::string out(Chance(75) ? Pick(kSafe) : Pick(kOps));
  if (Chance(30)) out += Pick(kSafe);
  if (Chance(15))
    return "[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"j\": \"1\"}}]\n";
  return out;
}

std::string Generator::Patches(const std::string& directory) {
  std::string out = "patches:\n";
  const uint32_t n = 1 + Below(3);
  for (uint32_t i = 0; i < n; ++i) {
    const bool json = Chance(25);
    std::string text = json ? JsonPatch() : StrategicPatch();
    const bool targeted = json ? !(Chance(2)) : !patched_ || Chance(35);
    if (!json && !targeted && Chance(8)) {
      std::string more = StrategicPatch();
      if (patched_) text += "---\n" + more;
    }
    if (Chance(15)) {
      const std::string file = "patch" + std::to_string(i) + ".yaml";
      files_[directory + "/" + file] = text;
      out += "- path: " + file + "\n";
    } else {
      out += "- patch: |-\n" + Indent(text, 4);
    }
    if (targeted) out += "  target: " + TargetText() + "\n";
    if (Chance(8)) out += "  options: {allowNameChange: true}\n";
    // A generated object whose kind a patch changes is named by the peer after its parser's nodes,
    // line numbers included.
    if (generated_ == 0 && Chance(2)) out += "  options: {allowKindChange: true}\n";
  }
  return out;
}

// The deprecated fields.
std::string Generator::OldPatches(const std::string& directory) {
  std::string out;
  if (Chance(60)) {
    std::string text = StrategicPatch();
    if (patched_) {
      if (Chance(40)) {
        files_[directory + "/merge.yaml"] = text;
        out += "patchesStrategicMerge: [merge.yaml]\n";
      } else {
        out += "patchesStrategicMerge:\n- |-\n" + Indent(text, 2);
      }
    }
  }
  if (Chance(50)) {
    static constexpr std::string_view kKinds[] = {"ConfigMap", "Deployment", "Service"};
    const std::string kind(Pick(kKinds));
    const std::string name = Known(kind);
    if (!name.empty()) {
      out += "patchesJson6902:\n- target: {version: v1, kind: " + kind + ", name: " + name +
             (kind == "Deployment" ? ", group: apps" : "") + "}\n  patch: |-\n" +
             Indent(JsonPatch(), 4);
    }
  }
  return out;
}

}  // namespace sluice::differential
