// JSON Pointer (RFC 6901), JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386) on Value. Pure,
// thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"

namespace sluice::document {

base::Result<std::vector<std::string>> ParsePointer(std::string_view pointer);
std::string EscapePointerToken(std::string_view token);
void AppendPointerToken(std::string& pointer,
                        std::string_view token);  // "/" and the token, escaped
// null: not there or malformed
const Value* FindPointer(const Value& root, std::string_view pointer);
bool RemovePointer(Value& root, std::string_view pointer);  // false: was not there

// Errors in the words of evanphx/json-patch, which Kubernetes tools print. All or nothing.
base::Status ApplyJsonPatch(Value& target, const Value& operations);
// of a value that is given away: nothing is copied
base::Result<Value> JsonPatched(Value target, const Value& operations);

void ApplyMergePatch(Value& target, const Value& patch);
// The merge patch that turns `from` into `to`: an empty object where objects are equal. Nulls
// inside `to` can not be said (RFC 7386).
Value MakeMergePatch(const Value& from, const Value& to);

}  // namespace sluice::document
