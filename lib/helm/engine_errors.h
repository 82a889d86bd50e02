// Errors of templates as Helm tells them. Internal. Spec: helm-engine 4.2.
#pragma once

#include <string_view>

#include "base/status.h"
#include "gotemplate/template.h"
#include "helm/version.h"

namespace sluice::helm {

base::Status RewriteParseError(std::string_view file, const base::Status& error);
base::Status RewriteExecuteError(std::string_view file, const gotemplate::ExecuteError& error,
                                 HelmVersion version);

}  // namespace sluice::helm
