#include "event_text.h"

#include "base/strings.h"

namespace sluice::notify {

std::string ObjectTitle(const api::Event& e) {
  return base::Cat(base::ToLower(e.involved_object.kind), "/", e.involved_object.name, ".",
                   e.involved_object.ns);
}

std::string ObjectPath(const api::Event& e) {
  return base::Cat(e.involved_object.kind, "/", e.involved_object.ns, "/", e.involved_object.name);
}

std::string GroupPrefix(const api::Event& e) {
  const auto& version = e.involved_object.api_version;
  const size_t slash = version.find('/');
  return slash == version.npos ? "/" : version.substr(0, slash + 1);
}

}  // namespace sluice::notify
