#include "http/status_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::http {

std::string_view StatusText(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 32> kTexts{
      {{200, "OK"},
       {201, "Created"},
       {202, "Accepted"},
       {204, "No Content"},
       {206, "Partial Content"},
       {301, "Moved Permanently"},
       {302, "Found"},
       {303, "See Other"},
       {304, "Not Modified"},
       {307, "Temporary Redirect"},
       {308, "Permanent Redirect"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {402, "Payment Required"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {406, "Not Acceptable"},
       {407, "Proxy Authentication Required"},
       {408, "Request Timeout"},
       {409, "Conflict"},
       {410, "Gone"},
       {412, "Precondition Failed"},
       {416, "Requested Range Not Satisfiable"},
       {418, "I'm a teapot"},
       {421, "Misdirected Request"},
       {429, "Too Many Requests"},
       {500, "Internal Server Error"},
       {501, "Not Implemented"},
       {502, "Bad Gateway"},
       {503, "Service Unavailable"},
       {504, "Gateway Timeout"}}};
  const auto* it = std::ranges::find(kTexts, status, &std::pair<int, std::string_view>::first);
  return it == kTexts.end() ? "" : it->second;
}

}  // namespace sluice::http
