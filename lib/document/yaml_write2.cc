// go-yaml v2's encoder on plain data, behind sigs.k8s.io/yaml's detour over JSON text.
#include <string>

#include "document/yaml.h"
#include "document/yaml_emitter.h"

namespace sluice::document {
namespace {

using base::Status;

Status WriteDocument(std::string& out, const Value& value) {
  YamlEmitter emitter(out);
  SLUICE_TRY(emitter.Data(value, false));
  emitter.End();
  return {};
}

}  // namespace

Status AppendYaml(std::string& out, const Value& value) {
  const size_t before = out.size();
  std::string piece;
  std::string& target = before == 0 ? out : piece;  // columns count from a line's start
  Status status = WriteDocument(target, value);
  if (!status.ok()) {
    out.resize(before);
  } else if (&target != &out) {
    out += piece;
  }
  return status;
}

std::string ToYaml(const Value& value) {
  std::string out;
  if (!AppendYaml(out, value).ok()) out.clear();
  return out;
}

}  // namespace sluice::document
