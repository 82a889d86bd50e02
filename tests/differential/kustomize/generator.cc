#include "generator.h"

#include <string_view>

namespace sluice::differential {
namespace {

constexpr std::string_view kNamespaces[] = {"default", "prod", "dev", "kube-system"};

std::string Entry(const std::string& text) { return "- |-\n" + Indent(text, 2); }

}  // namespace

bool Generator::HasKind(const std::string& kind) const {
  for (const auto& entry : known_) {
    if (entry.first == kind) return true;
  }
  return false;
}

std::string Generator::Known(const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& [k, name] : known_) {
    if (k == kind) names.push_back(name);
  }
  if (Chance(1)) return Name();
  if (names.empty()) return "";
  return names[Below(static_cast<uint32_t>(names.size()))];
}

// A name that mostly is not taken.
std::string Generator::Generated() {
  ++generated_;
  return Chance(3) ? Name() : "g" + std::to_string(generated_ - 1);
}

std::string Generator::Names(int level) {
  std::string out;
  if (Chance(30)) out += "namespace: " + std::string(Pick(kNamespaces)) + "\n";
  if (Chance(30)) out += "namePrefix: p" + std::to_string(level) + "-\n";
  if (Chance(20)) out += "nameSuffix: -s" + std::to_string(level) + "\n";
  if (Chance(25)) {
    out += "images:\n- name: " + std::string(Chance(80) ? "nginx" : "host:5000/a/b") + "\n";
    if (Chance(30)) out += "  newName: other/nginx\n";
    if (Chance(50)) out += "  newTag: \"2\"\n";
    if (Chance(20)) out += "  digest: sha256:00\n";
    if (Chance(20)) out += "  tagSuffix: -rc\n";
    if (Chance(20)) out += "- {name: '.*/b', newTag: v9}\n";
  }
  if (Chance(12)) {
    const std::string kind = Chance(70) ? "Deployment" : "StatefulSet";
    if (const std::string name = Known(kind); !name.empty())
      out += "replicas: [{name: " + name + ", count: 9}]\n";
  }
  return out;
}

std::string Generator::LabelFields() {
  std::string out;
  if (Chance(15)) out += "commonLabels: {common: " + Quoted() + "}\n";
  if (Chance(20)) {
    out += "labels:\n- pairs: {l: " + Quoted() + "}\n";
    if (Chance(40)) out += "  includeSelectors: true\n";
    if (Chance(30)) out += "  includeTemplates: true\n";
    if (Chance(15)) out += "  fields: [{path: spec/extra/labels, create: true, kind: MyKind}]\n";
    if (Chance(20)) out += "- pairs: {m: b, o: c}\n";
  }
  if (Chance(20)) out += "commonAnnotations: {note: " + Quoted() + "}\n";
  return out;
}

std::string Generator::KeyValueGenerators(const std::string& directory) {
  std::string out;
  if (Chance(30)) {
    const std::string name = Generated();
    out += "configMapGenerator:\n- name: " + name + "\n  literals: [k=v, " +
           std::string(Chance(50) ? "x=1" : "'y= z '") + "]\n";
    known_.emplace_back("Generated", name);
    if (Chance(15)) {
      files_[directory + "/data.txt"] = Chance(50) ? "line\nother: [\n" : "tab\tend ";
      out += std::string("  files: [data.txt, 'named=data.txt']\n");
    }
    if (Chance(10)) {
      files_[directory + "/vars.env"] = "# c\nA=1\n\nB = x y \nC=\n";
      out += "  envs: [vars.env]\n";
    }
    if (Chance(4))
      out += std::string("  behavior: ") +
             (Chance(60)   ? "merge"
              : Chance(50) ? "replace"
                           : "create") +
             "\n";
    if (Chance(20)) out += "  options: {disableNameSuffixHash: true, labels: {g: h}}\n";
    if (Chance(10)) out += "  namespace: prod\n";
  }
  if (Chance(8)) {
    std::string name = Known("Generated");
    if (!name.empty()) {
      out += out.empty() ? "configMapGenerator:\n" : "";
      out += "- name: " + name + "\n  behavior: " + (Chance(70) ? "merge" : "replace") +
             "\n  literals: [k=new, more=1]\n";
    }
  }
  if (Chance(20)) {
    out += "secretGenerator:\n- name: " + Generated() +
           "\n  literals: [pw=" + std::string(Below(120), 'x') + "]\n" +
           (Chance(30) ? "  type: t\n" : "");
  }
  if (Chance(10)) out += "generatorOptions: {immutable: true, annotations: {o: p}}\n";
  return out;
}

std::string Generator::Replacements(const std::string& directory) {
  static constexpr std::string_view kSources[] = {
      "metadata.name", "metadata.name", "kind", "data", "metadata.labels.app", "apiVersion"};
  static constexpr std::string_view kTargets[] = {
      "metadata.labels.r/s",
      "spec.template.spec.containers.[name=c0].image",
      "data.new",
      "spec.template.spec.containers.*.env.[name=A].value",
      "metadata.annotations.q",
      "spec.replicas",
      "metadata.annotations.a/b",
      "spec.template.spec.containers.0.name"};
  std::string out;
  if (Chance(20) && (HasKind("ConfigMap") || HasKind("Deployment"))) {
    const std::string kind = HasKind("ConfigMap") ? "ConfigMap" : "Deployment";
    std::string one = "source: {kind: " + kind + ", name: " + Known(kind);
    if (Chance(85)) one += ", fieldPath: " + std::string(Pick(kSources));
    if (Chance(8)) one += ", options: {delimiter: '-', index: " + std::to_string(Below(2)) + "}";
    one += "}\ntargets:\n- select: " + TargetText() + "\n  fieldPaths: ['" +
           std::string(Pick(kTargets)) + "']\n";
    if (Chance(15)) one += "  reject: [{name: " + Name() + "}]\n";
    if (Chance(90))
      one +=
          "  options: {create: " + std::string(Chance(93) ? "true" : "false") +
          (Chance(15) ? ", delimiter: '-', index: " + std::to_string(static_cast<int>(Below(4)) - 1)
                      : "") +
          "}\n";
    if (Chance(15)) {
      files_[directory + "/replacement.yaml"] = one;
      out += "replacements: [{path: replacement.yaml}]\n";
    } else {
      out += "replacements:\n- " + Indent(one, 2).substr(2);
    }
  }
  if (Chance(8) && HasKind("ConfigMap")) {
    out +=
        "vars: [{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: " + Known("ConfigMap") +
        "}" + (Chance(20) ? ", fieldref: {fieldPath: kind}" : "") + "}]\n";
  }
  return out;
}

std::string Generator::Plugins(const std::string& directory) {
  const std::string head = "apiVersion: builtin\nkind: ";
  const std::string meta = "metadata: {name: plugin}\n";
  std::string text;
  switch (Below(9)) {
    case 0:
      text = "LabelTransformer\n" + meta + "labels: {t: " + Quoted() +
             "}\nfieldSpecs: [{path: metadata/labels, create: true}]\n";
      break;
    case 1:
      text = "AnnotationsTransformer\n" + meta + "annotations: {t: " + Quoted() +
             "}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n";
      break;
    case 2:
      text = std::string(Chance(50) ? "PrefixTransformer\n" : "PrefixSuffixTransformer\n") + meta +
             "prefix: tp-\nfieldSpecs: [{path: metadata/name}]\n";
      break;
    case 3:
      text = "SuffixTransformer\n" + meta +
             "suffix: -ts\nfieldSpecs: [{path: metadata/name, kind: Deployment}]\n";
      break;
    case 4:
      text = "NamespaceTransformer\nmetadata: {name: plugin, namespace: tns}\n" +
             std::string(Chance(50) ? "unsetOnly: true\n" : "") +
             (Chance(50) ? "setRoleBindingSubjects: allServiceAccounts\n" : "") +
             "fieldSpecs: [{path: metadata/namespace, create: true}]\n";
      break;
    case 5:
      text = "ImageTagTransformer\n" + meta +
             "imageTag: {name: nginx, newTag: t9}\nfieldSpecs: [{path: 'spec/containers[]/image', "
             "kind: MyKind}]\n";
      break;
    case 6: {
      const std::string name = Known("Deployment");
      if (name.empty()) return "";
      text = "ReplicaCountTransformer\n" + meta + "replica: {name: " + name +
             ", count: 3}\nfieldSpecs: [{path: spec/replicas, create: true, kind: Deployment}]\n";
      break;
    }
    case 7:
      text = "PatchTransformer\n" + meta +
             "patch: '- {op: add, path: /metadata/labels, value: {p: \"1\"}}'\ntarget: {kind: "
             "ConfigMap}\n";
      break;
    default:
      return "generators:\n" +
             Entry(head + std::string(Chance(50) ? "ConfigMapGenerator" : "SecretGenerator") +
                   "\nmetadata: {name: " + Generated() + "}\nliterals: [a=b]\n");
  }
  if (Chance(30)) {
    files_[directory + "/plugin.yaml"] = head + text;
    return "transformers: [plugin.yaml]\n";
  }
  return "transformers:\n" + Entry(head + text);
}

std::string Generator::Configurations(const std::string& directory) {
  static constexpr std::string_view kFiles[] = {
      "nameReference:\n- kind: ConfigMap\n  version: v1\n  fieldSpecs: [{kind: MyKind, path: "
      "spec/ref/name}]\n",
      "namePrefix: [{path: spec/n, kind: MyKind}]\n",
      "images: [{path: spec/containers/image, kind: MyKind}]\n",
      "commonLabels: [{path: spec/sel, create: true, kind: MyKind}]\n",
      "varReference: [{path: data, kind: ConfigMap}]\n",
      "namespace: [{path: spec/ns, create: true, kind: MyKind}]\nreplicas: [{path: spec/count, "
      "create: true, kind: MyKind}]\n",
      "commonAnnotations: [{path: spec/ann, create: true, group: example.com}]\nnameSuffix: "
      "[{path: metadata/alias, create: false}]\n"};
  files_[directory + "/config.yaml"] = Pick(kFiles);
  return "configurations: [config.yaml]\n";
}

std::string Generator::Components(const std::string& directory) {
  const std::string name = directory + "-c";
  std::string text =
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" + LabelFields();
  // before its patches, which must know whether there is a generated object
  if (Chance(40)) text += KeyValueGenerators(name);
  if (Chance(40)) text += Patches(name);
  if (Chance(20)) text += Names(9);
  if (Chance(20)) text += Replacements(name);
  if (Chance(30)) {
    files_[name + "/added.yaml"] = ResourceFile();
    text += "resources: [added.yaml]\n";
  }
  files_[name + "/kustomization.yaml"] = text;
  return "components: [../" + name + "]\n";
}

std::string Generator::Options() {
  std::string out;
  if (Chance(5))
    out += "buildMetadata: [originAnnotations, transformerAnnotations]\n";
  else if (Chance(2))
    out += "buildMetadata: [managedByLabel]\n";
  if (Chance(3))
    out += "sortOptions: {order: " + std::string(Chance(50) ? "legacy" : "fifo") + "}\n";
  else if (Chance(2))
    out +=
        "sortOptions: {order: legacy, legacySortOptions: {orderFirst: [ConfigMap, Deployment], "
        "orderLast: [Service]}}\n";
  if (Chance(20) && Chance(2)) out += "unknown: 1\n";
  return out;
}

std::string Generator::Kustomization(int level, const std::string& directory,
                                     const std::vector<std::string>& resources) {
  std::string out;
  if (Chance(30)) out += "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
  if (!resources.empty()) {
    out += "resources:\n";
    for (const std::string& r : resources) out += "- " + r + "\n";
  }
  out += Names(level) + LabelFields() + KeyValueGenerators(directory);
  if (Chance(8)) out += Plugins(directory);
  if (Chance(8)) out += Components(directory);
  if (Chance(40)) out += Patches(directory);
  if (Chance(5)) out += OldPatches(directory);
  out += Replacements(directory);
  if (Chance(5)) out += Configurations(directory);
  return out + Options();
}

void Generator::Level(int level, const std::string& directory) {
  std::vector<std::string> resources;
  known_.clear();
  decltype(known_) seen;  // of the bases, one of which does not see the other
  if (level > 0) {
    const uint32_t bases = Chance(70) ? 1 : 2;
    for (uint32_t i = 0; i < bases; ++i) {
      const std::string base = directory + "-" + std::to_string(i);
      Level(level - 1, base);
      seen.insert(seen.end(), known_.begin(), known_.end());
      known_.clear();
      resources.push_back("../" + base);
    }
  }
  known_ = std::move(seen);
  if (level == 0 || Chance(40)) {
    const uint32_t files = 1 + Below(2);
    for (uint32_t i = 0; i < files; ++i) {
      const std::string name = "r" + std::to_string(i) + ".yaml";
      files_[directory + "/" + name] = ResourceFile();
      resources.push_back(name);
    }
  }
  files_[directory + "/kustomization.yaml"] = Kustomization(level, directory, resources);
}

GeneratedCase Generator::Next() {
  files_.clear();
  known_.clear();
  generated_ = names_ = 0;
  GeneratedCase out;
  out.path = "k";
  Level(static_cast<int>(Below(4)), out.path);
  out.legacy = Chance(50);
  out.files = std::move(files_);
  return out;
}

}  // namespace sluice::differential
