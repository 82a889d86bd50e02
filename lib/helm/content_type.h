// What bytes seem to be, as Go's http.DetectContentType says.
#pragma once

#include <string_view>

namespace sluice::helm {

std::string_view DetectContentType(std::string_view head);

}  // namespace sluice::helm
