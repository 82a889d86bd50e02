// Which API groups Kubernetes itself serves: their manifests pass through typed structs in Flux.
// Pure.
#pragma once

#include <string_view>

#include "document/value.h"

namespace sluice::apply {

bool IsBuiltInGroup(std::string_view group);

// The fields that "…: field not declared in schema" names in an API server's answer, removed from
// `object`, as a typed struct would have dropped them. False: the message named none that was
// there.
bool DropUndeclaredFields(document::Value& object, std::string_view message);

}  // namespace sluice::apply
