// What a tree becomes where go-yaml v3 writes it and reads it again, as kustomize does on its way
// to JSON and back. Pure, thread-safe.
#pragma once

#include "base/status.h"
#include "document/node.h"
#include "document/value.h"
#include "document/yaml.h"

namespace sluice::document {

// As FromValue() (yaml.h), but with the styles that go-yaml v3 would choose, and numbers typed by
// their text. Fails where its text would not read: "yaml: line 2: found a tab character where an
// indentation space is expected".
base::Result<Node*> FromValueAsWritten(Arena& arena, const Value& value);

// As ToValue() (yaml.h) of the tree's text: folded blocks may gain line breaks, texts that begin
// with a tab may not read.
base::Result<Value> ToValueAsWritten(const Node& node, const ToValueOptions& options = {});

}  // namespace sluice::document
