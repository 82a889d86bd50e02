// Data as a tree that go-yaml v3 has written and read again, as kustomize makes one of JSON. Pure, thread-safe.
#pragma once

#include "base/status.h"
#include "document/node.h"
#include "document/value.h"

namespace sluice::document {

// As FromValue() (yaml.h), but with the styles that go-yaml v3 would choose, and numbers typed by their text. Fails where its text would not
// read: "yaml: line 2: found a tab character where an indentation space is expected".
base::Result<Node*> FromValueAsWritten(Arena& arena, const Value& value);

}  // namespace sluice::document
