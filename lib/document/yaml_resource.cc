// kustomize's way from a resource's tree to text: go-yaml v3 writes it and reads it back, JSON carries it, go-yaml v2 writes it.
#include "document/yaml.h"

namespace sluice::document {

base::Status AppendResourceYaml(std::string& out, const Node& resource) {
  SLUICE_TRY(const Value value, ToValue(resource));
  return AppendYaml(out, value);
}

}  // namespace sluice::document
