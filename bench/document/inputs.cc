#include "inputs.h"

#include <array>
#include <string_view>

namespace sluice::bench {
namespace {

constexpr std::array<std::string_view, 8> kSentences = {
    "Specifies the desired state of the object as seen by its controller.",
    "If unset, the default is used, which depends on the 'mode' above: see the user guide.",
    "A list of references, each of which must name an object in the same namespace.",
    "May match selectors of other objects; must be a DNS_LABEL and unique within the list.",
    "Deprecated: use the field of the same name in the status instead, it is kept for old clients.",
    "Represents a time span in the format of Go's durations (for example \"1h30m\").",
    "Cannot be updated once set. More info: https://example.com/docs/concepts/objects/#labels",
    "The value zero means delete immediately; negative values are treated as one."};

class CrdWriter {
 public:
  void Document(size_t number) {
    const std::string kind = "Widget" + std::to_string(number);
    out +=
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  "
        "annotations:\n"
        "    controller-gen.kubebuilder.io/version: v0.16.1\n  name: widget" +
        std::to_string(number) +
        "s.example.com\n"
        "spec:\n  group: example.com\n  names:\n    kind: " +
        kind + "\n    listKind: " + kind + "List\n    plural: widget" + std::to_string(number) +
        "s\n  scope: Namespaced\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n";
    Schema(8, 5);
    out += "    served: true\n    storage: true\n    subresources:\n      status: {}\n";
  }
  std::string out;

 private:
  void Line(size_t indent, std::string_view text) {
    out.append(indent, ' ').append(text).append("\n");
  }

  void Description(size_t indent) {
    const size_t lines = 1 + seed_ % 4;
    Line(indent, lines > 1
                     ? "description: |-"
                     : std::string("description: ") + std::string(kSentences[Next() % 2 * 2]));
    for (size_t i = 0; lines > 1 && i < lines; ++i)
      Line(indent + 2, kSentences[Next() % kSentences.size()]);
  }

  void Schema(size_t indent, size_t depth) {
    Description(indent);
    Line(indent, "properties:");
    const size_t fields = 3 + Next() % 3;
    for (size_t i = 0; i < fields; ++i) {
      constexpr std::array<std::string_view, 6> kNames = {
          "matchLabels", "name", "topologyKey", "periodSeconds", "valueFrom", "namespace"};
      Line(indent + 2, std::string(kNames[Next() % kNames.size()]) + std::to_string(i) + ":");
      if (depth > 0 && i % 2 == 0) {
        Schema(indent + 4, depth - 1);
      } else {
        Description(indent + 4);
        Line(indent + 4, i % 3 == 0 ? "format: int32" : "maxLength: 253");
        Line(indent + 4, i % 3 == 0 ? "type: integer" : "type: string");
      }
    }
    Line(indent, "required:");
    Line(indent, "- name");
    Line(indent, "type: object");
  }

  size_t Next() { return seed_ = (seed_ * 1103515245 + 12345) % 2147483648; }
  size_t seed_ = 42;
};

}  // namespace

std::string BigCrds(size_t bytes) {
  CrdWriter writer;
  for (size_t i = 0; writer.out.size() < bytes; ++i) {
    if (i > 0) writer.out += "---\n";
    writer.Document(i);
  }
  return writer.out;
}

std::vector<std::string> SmallManifests(size_t n) {
  std::vector<std::string> all;
  for (size_t i = 0; i < n; ++i) {
    const std::string name = "app-" + std::to_string(i);
    all.push_back("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name +
                  "\n  namespace: team-a\n  labels:\n    app.kubernetes.io/name: " + name +
                  "\n    app.kubernetes.io/part-of: shop\nspec:\n  replicas: 3\n  selector:\n    "
                  "matchLabels:\n      app: " +
                  name + "\n  template:\n    metadata:\n      labels:\n        app: " + name +
                  "\n    spec:\n      containers:\n      - name: main\n        image: "
                  "registry.example.com/shop/" +
                  name +
                  ":v1.2.3\n        args: [\"--port=8080\", '--verbose']\n        env:\n        - "
                  "name: LOG_LEVEL\n          value: \"info\"\n        - name: "
                  "REGION\n          value: eu-west-1\n        ports:\n        - containerPort: "
                  "8080\n          name: http\n        resources:\n          "
                  "limits:\n            cpu: 500m\n            memory: 256Mi\n          "
                  "requests:\n            cpu: 100m\n            memory: 64Mi\n");
    all.push_back("apiVersion: v1\nkind: Service\nmetadata:\n  name: " + name +
                  "\nspec:\n  ports:\n  - port: 80\n    targetPort: http\n  selector:\n    app: " +
                  name + "\n");
    all.push_back(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name +
        "-settings\ndata:\n  settings.ini: |\n    [server]\n    port = 8080\n    "
        "workers = 4\n\n    [cache]\n    size = 64MB\n  FEATURE_X: \"true\"\n  TIMEOUT: 30s\n");
  }
  return all;
}

std::string ObjectList(size_t n) {
  std::string out =
      R"({"kind":"DeploymentList","apiVersion":"apps/v1","metadata":{"resourceVersion":"123456"},"items":[)";
  for (size_t i = 0; i < n; ++i) {
    const std::string name = "app-" + std::to_string(i);
    if (i > 0) out += ',';
    out +=
        R"({"metadata":{"name":")" + name +
        R"(","namespace":"team-a","uid":"4bd1cf2e-5a5c-4d0e-9a52-8f1f0f5d)" +
        std::to_string(1000 + i) +
        R"(","resourceVersion":"12345","generation":2,"creationTimestamp":"2026-01-02T03:04:05Z","labels":{"app":")" +
        name +
        R"(","app.kubernetes.io/part-of":"shop"},"annotations":{"deployment.kubernetes.io/revision":"2"},"managedFields":[{"manager":"kustomize-controller","operation":"Apply","apiVersion":"apps/v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{"f:app":{},"f:app.kubernetes.io/part-of":{}}},"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"main\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}}}}}]},"spec":{"replicas":3,"selector":{"matchLabels":{"app":")" +
        name + R"("}},"template":{"metadata":{"creationTimestamp":null,"labels":{"app":")" + name +
        R"("}},"spec":{"containers":[{"name":"main","image":"registry.example.com/shop/)" + name +
        R"(:v1.2.3","ports":[{"containerPort":8080,"protocol":"TCP"}],"resources":{"limits":{"cpu":"500m","memory":"256Mi"}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},"revisionHistoryLimit":10,"progressDeadlineSeconds":600},"status":{"observedGeneration":2,"replicas":3,"updatedReplicas":3,"readyReplicas":3,"availableReplicas":3,"conditions":[{"type":"Available","status":"True","lastUpdateTime":"2026-01-02T03:04:05Z","lastTransitionTime":"2026-01-02T03:04:05Z","reason":"MinimumReplicasAvailable","message":"Deployment has minimum availability."}]}})";
  }
  return out + "]}";
}

}  // namespace sluice::bench
