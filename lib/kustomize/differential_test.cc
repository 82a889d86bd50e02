// What the differential test found, each reduced to a row; `want` is the peer's output, or its
// error.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "kustomize/build.h"

namespace sluice::kustomize {
namespace {

constexpr char kResource[] =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, annotations: {b: 010}, labels: {a: b}}\n";

struct Row {
  std::string name;
  std::map<std::string, std::string> files;
  std::string want;
};

const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = {
      {"a null in patchesStrategicMerge removes no labels",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatchesStrategicMerge: ['{apiVersion: v1, kind: ConfigMap, "
         "metadata: {name: x, labels: null}}']\n"},
        {"r.yaml", kResource}},
       "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    b: \"010\"\n  labels:\n    "
       "a: b\n  name: x\n"},
      {"a version that is not there becomes null in a targeted patch",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatches: [{target: {}, patch: '{kind: B, metadata: {name: y}}'}]\n"},
        {"r.yaml", "kind: A\nmetadata: {name: x}\n"}},
       "apiVersion: null\nkind: A\nmetadata:\n  name: x\n"},
      {"recording a transformation makes texts of annotations, recording a file does not",
       {{"kustomization.yaml",
         "resources: [r.yaml]\nbuildMetadata: [managedByLabel]\nnamePrefix: p-\npatches: [{target: "
         "{}, patch: '- {op: copy, from: "
         "/metadata/name, path: /metadata/copied}'}]\n"},
        {"r.yaml", kResource}},
       "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    b: \"8\"\n  copied: x\n  "
       "labels:\n    a: b\n    "
       "app.kubernetes.io/managed-by: kustomize-v5.8.1\n  name: p-x\n"},
      {"a transformation recorded before a JSON patch keeps the text",
       {{"kustomization.yaml",
         "resources: [r.yaml]\nbuildMetadata: [managedByLabel]\npatches: [{target: {}, patch: "
         "'{kind: B, metadata: {name: y}}'}, "
         "{target: {}, patch: '- {op: copy, from: /metadata/name, path: /metadata/copied}'}]\n"},
        {"r.yaml", kResource}},
       "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    b: \"010\"\n  copied: x\n  "
       "labels:\n    a: b\n    "
       "app.kubernetes.io/managed-by: kustomize-v5.8.1\n  name: x\n"},
      {"a component that makes two ids equal is refused where it is merged",
       {{"kustomization.yaml", "resources: [r.yaml]\ncomponents: [c]\n"},
        {"r.yaml",
         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\napiVersion: v1\nkind: "
         "ConfigMap\nmetadata: {name: y}\n"},
        {"c/kustomization.yaml",
         "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{target: {kind: "
         "ConfigMap}, patch: '- {op: replace, "
         "path: /metadata/name, value: z}'}]\n"}},
       "error: accumulating components: accumulateDirectory: \"recursed merging from path '/c': "
       "may not add resource with an already "
       "registered id: ConfigMap.v1.[noGrp]/z.[noNs]\""},
      {"times in a dump are Go's",
       {{"kustomization.yaml", "resources: [r.yaml]\n"},
        {"r.yaml",
         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: .inf, t: 2020-01-02, u: "
         "2020-12-01T10:00:00.5+01:00}\n"}},
       "error: map[string]interface {}{\"apiVersion\":\"v1\", \"data\":map[string]interface "
       "{}{\"a\":+Inf, \"t\":time.Date(2020, "
       "time.January, 2, 0, 0, 0, 0, time.UTC), \"u\":time.Date(2020, time.December, 1, 10, 0, 0, "
       "500000000, time.Location(\"\"))}, "
       "\"kind\":\"ConfigMap\", \"metadata\":map[string]interface {}{\"name\":\"x\"}}: json: "
       "unsupported value: +Inf"},
      {"a null that a merge keeps stays one for vars",
       {{"kustomization.yaml",
         "resources: [r.yaml]\nconfigurations: [c.yaml]\nvars: [{name: V, objref: {apiVersion: v1, "
         "kind: ConfigMap, name: x}}]\n"
         "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}'}]\n"},
        {"c.yaml", "varReference: [{path: data, kind: ConfigMap}]\n"},
        {"r.yaml",
         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: ~, b: null, v: $(V)}\n"}},
       "apiVersion: v1\ndata:\n  a: null\n  b: null\n  v: x\nkind: ConfigMap\nmetadata:\n  name: "
       "x\n"},
      {"two equal ids at the end are refused whatever the order",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatches: [{target: {}, patch: '- {op: replace, path: "
         "/metadata/name, value: z}'}]\n"},
        {"r.yaml",
         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\napiVersion: v1\nkind: "
         "ConfigMap\nmetadata: {name: y}\n"}},
       "error: may not add resource with an already registered id: ConfigMap.v1.[noGrp]/z.[noNs]"},
      {"a referrer's namespace is an original one where anything was in it",
       {{"kustomization.yaml", "resources: [b, r.yaml]\nnamespace: default\nnamePrefix: p-\n"},
        {"b/kustomization.yaml", "resources: [a.yaml]\n"},
        {"b/a.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: dev}\n"},
        {"r.yaml",
         "kind: Job\nmetadata: {name: j}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: "
         "ClusterRoleBinding\nmetadata: {name: "
         "r}\nsubjects: [{kind: ServiceAccount, name: a, namespace: default}]\n"}},
       "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: p-a\n  namespace: "
       "default\n---\nkind: Job\nmetadata:\n  name: p-j\n  "
       "namespace: default\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: "
       "ClusterRoleBinding\nmetadata:\n  name: p-r\n"
       "subjects:\n- kind: ServiceAccount\n  name: a\n  namespace: default\n"},
      {"large numbers are hashed as floats",
       {{"kustomization.yaml",
         "configMapGenerator: [{name: g}]\nresources: [r.yaml]\nreplacements: [{source: {kind: A, "
         "fieldPath: data}, targets: [{select: "
         "{kind: ConfigMap}, fieldPaths: [data.new], options: {create: true}}]}]\n"},
        {"r.yaml", "kind: A\nmetadata: {name: a}\ndata: {a: 12345678901234567}\n"}},
       "data:\n  a: 12345678901234567\nkind: A\nmetadata:\n  name: a\n---\napiVersion: v1\ndata:\n "
       " new:\n    a: 12345678901234567\nkind: ConfigMap\nmetadata:\n  name: g-4g8ch6g684\n"},
      {"nulls among data are empty texts for a generator that merges",
       {{"kustomization.yaml",
         "resources: [b]\nconfigMapGenerator: [{name: x, behavior: merge, literals: "
         "[k=v]}]\ngeneratorOptions: "
         "{disableNameSuffixHash: true}\n"},
        {"b/kustomization.yaml", "resources: [r.yaml]\n"},
        {"b/r.yaml",
         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {l: null}}\ndata: {a: null, "
         "b: ~, c: ''}\n"}},
       "apiVersion: v1\ndata:\n  a: \"\"\n  b: \"\"\n  c: \"\"\n  k: v\nkind: "
       "ConfigMap\nmetadata:\n  labels:\n    l: \"null\"\n  name: x\n"},
      {"a merge quotes untagged numbers, and an empty scalar in a flow collection is a text",
       {{"kustomization.yaml",
         "resources: [b, c]\npatches: [{target: {name: a-1}, patch: '{kind: A, metadata: {name: "
         "y}}'}]\n"},
        {"b/kustomization.yaml",
         "resources: [r.yaml]\nreplacements: [{source: {kind: A, name: a-1, options: {delimiter: "
         "'-', index: 1}}, targets: [{select: "
         "{kind: A}, fieldPaths: [spec.n], options: {create: true}}]}]\n"},
        {"b/r.yaml",
         "apiVersion: v1\nkind: A\nmetadata: {name: a-1}\n---\napiVersion: v1\nkind: A\nmetadata: "
         "{name: b}\n"},
        {"c/kustomization.yaml",
         "resources: [r.yaml]\nreplacements: [{source: {kind: C, name: c, fieldPath: data}, "
         "targets: [{select: {kind: C}, fieldPaths: "
         "[spec.n]}]}]\n"},
        {"c/r.yaml",
         "{apiVersion: v1, kind: C, metadata: {name: c}, data: {x: y}, spec: {n: "
         "}}\n---\napiVersion: v1\nkind: C\nmetadata: "
         "{name: d}\nspec:\n  n:\n"}},
       "apiVersion: v1\nkind: A\nmetadata:\n  name: a-1\nspec:\n  \"n\": \"1\"\n---\napiVersion: "
       "v1\nkind: A\nmetadata:\n  name: b\nspec:\n  \"n\": 1\n---\napiVersion: v1\ndata:\n  x: "
       "\"y\"\nkind: C\nmetadata:\n  name: c\nspec:\n  \"n\": \"\"\n---\napiVersion: v1\nkind: "
       "C\nmetadata:\n  name: d\nspec:\n  \"n\": null\n"},
      {"a targeted patch meets whoever has the id of what it selects",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatches: [{target: {kind: A}, patch: '- {op: replace, path: "
         "/metadata/name, value: z}'}, {target: {name: x}, "
         "patch: '{kind: A, metadata: {name: q}}', options: {allowNameChange: true}}]\n"},
        {"r.yaml",
         "apiVersion: v1\nkind: A\nmetadata: {name: x}\n---\napiVersion: v1\nkind: A\nmetadata: "
         "{name: y}\n"}},
       "error: may not add resource with an already registered id: A.v1.[noGrp]/q.[noNs]"},
      {"a text that begins with a line break survives a JSON patch in a list",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatches: [{target: {kind: A}, patch: '- {op: add, path: /spec/b, "
         "value: 1}'}]\n"},
        {"r.yaml",
         "apiVersion: v1\nkind: A\nmetadata: {name: x}\nspec:\n  a:\n  - args:\n    - |-\n\n      "
         "x\n        y\n    - z\n"}},
       "apiVersion: v1\nkind: A\nmetadata:\n  name: x\nspec:\n  a:\n  - args:\n    - |2-\n\n      "
       "x\n        y\n    - z\n  b: 1\n"},
      {"a folded block gains breaks on its way through a JSON patch",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatches: [{target: {kind: A}, patch: '- {op: add, path: /b, value: "
         "1}'}]\n"},
        {"r.yaml",
         "apiVersion: v1\nkind: A\nmetadata: {name: x}\nspec:\n  s: >\n    a\n\n      b\n\n    "
         "c\n"}},
       "apiVersion: v1\nb: 1\nkind: A\nmetadata:\n  name: x\nspec:\n  s: |\n    a\n\n\n      b\n\n "
       "   c\n"},
      {"a folded block is hashed as it is printed",
       {{"kustomization.yaml",
         "configMapGenerator: [{name: x, literals: [a=b]}]\npatches: [{patch: \"apiVersion: "
         "v1\\nkind: ConfigMap\\nmetadata: {name: "
         "x}\\ndata:\\n  s: >\\n    a\\n\\n      b\\n\\n    c\\n\"}]\n"}},
       "apiVersion: v1\ndata:\n  a: b\n  s: |-\n    a\n\n\n      b\n\n    c\nkind: "
       "ConfigMap\nmetadata:\n  name: x-htt4tkm2cb\n"},
      {"several patches with a target are refused before the target is looked at",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatches: [{target: {name: '['}, patch: \"{kind: A, metadata: {name: "
         "x}}\\n---\\n{kind: A, metadata: {name: "
         "x}}\"}]\n"},
        {"r.yaml", kResource}},
       "error: Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set "
       "`patches.target` field: [patch: \"{kind: A, "
       "metadata: {name: x}}\\n---\\n{kind: A, metadata: {name: x}}\"]"},
      {"the name of a subject is a scalar",
       {{"kustomization.yaml", "resources: [r.yaml]\nnamespace: q\n"},
        {"r.yaml",
         "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: "
         "x}\nsubjects: [{kind: User, name: {}}]\n"}},
       "error: setting namespace on (cluster)role binding subjects: looking up name on "
       "(cluster)role binding subject: wrong node kind: "
       "expected ScalarNode but got MappingNode: node contents:\n{}\n"},
      {"options make texts of a patch's annotations",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: "
         "{name: x, annotations: {b: "
         "{c: d}, n: null}}}', options: {allowKindChange: true}}]\n"},
        {"r.yaml", kResource}},
       "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    b: \"\"\n    \"n\": "
       "\"null\"\n  labels:\n    a: b\n  name: x\n"},
      {"what a JSON patch leaves is sorted and quoted as data",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatches: [{target: {kind: A}, patch: '- {op: add, path: /spec, "
         "value: [{z: yes, name: n, a: \"1:30\"}]}'}]\n"
         "replacements: [{source: {kind: A, name: x, fieldPath: kind}, targets: [{select: {kind: "
         "A}, fieldPaths: [spec.new]}]}]\n"},
        {"r.yaml", "apiVersion: v1\nkind: A\nmetadata: {name: x}\n"}},
       "error: unable to find field \"spec.new\" in replacement target: wrong node kind: expected "
       "MappingNode but got SequenceNode: node "
       "contents:\n- a: \"1:30\"\n  name: false\n  z: true\n"},
      {"an element without merge keys is taken for the last one, where there are two keys",
       {{"kustomization.yaml",
         "resources: [r.yaml]\npatches: [{patch: '{apiVersion: v1, kind: Service, metadata: {name: "
         "x}, spec: {ports: [{port: "
         "null, targetPort: 1}]}}'}]\n"},
        {"r.yaml",
         "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{name: a, port: 80}, "
         "{name: b, port: 90}, {name: c, port: 70}]}\n"}},
       "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n  ports:\n  - name: c\n    "
       "port: 70\n  - name: a\n    port: 80\n  - name: b\n    port: 90\n"},
      {"an element's index is no field of a map",
       {{"kustomization.yaml",
         "resources: [r.yaml]\ntransformers: ['{apiVersion: builtin, kind: LabelTransformer, "
         "metadata: {name: t}, labels: {l: v}, fieldSpecs: "
         "[{path: spec/a/0/labels}]}']\n"},
        {"r.yaml", "apiVersion: v1\nkind: A\nmetadata: {name: x}\nspec: {a: [{b: c}]}\n"}},
       "error: considering field 'spec/a/0/labels' of object A.v1.[noGrp]/x.[noNs]: visit "
       "traversal on path: [0 labels]: fieldName: 0: wrong "
       "node kind: expected SequenceNode but got MappingNode: node contents:\n{b: c}\n"},
      {"labels in a message are sorted by key",
       {{"kustomization.yaml", "resources: [r.yaml]\n"},
        {"r.yaml", "apiVersion: v1\nkind: A\nmetadata: {labels: {a.b: x, a: y}}\n"}},
       "error: accumulating resources: accumulation err='accumulating resources from 'r.yaml': "
       "missing metadata.name in object {{v1 A} {{ } "
       "map[a:y a.b:x] map[]}}': must build at directory: '/r.yaml': file is not directory"},
      {"a list of annotations is read in pairs",
       {{"kustomization.yaml", "resources: [r.yaml]\n"},
        {"r.yaml",
         "apiVersion: v1\nkind: A\nmetadata: {name: x, annotations: [a, b, c, "
         "d]}\n---\napiVersion: v1\nkind: A\nmetadata: {name: y, "
         "annotations: []}\n"}},
       "apiVersion: v1\nkind: A\nmetadata:\n  annotations:\n    a: b\n    c: d\n  name: "
       "x\n---\napiVersion: v1\nkind: A\nmetadata:\n  name: \"y\"\n"},
  };
  return rows;
}

TEST(DifferentialTest, RowsAreEqual) {
  for (const Row& row : Rows()) {
    SCOPED_TRACE(row.name);
    const auto tree = io::MakeMemoryTree(row.files);
    const auto built = Build(*tree, "", {});
    EXPECT_EQ(built.ok() ? built->ToYaml() : "error: " + built.status().message(), row.want);
  }
}

}  // namespace
}  // namespace sluice::kustomize
