#include "functions_paths.h"

#include <string>
#include <string_view>
#include <vector>

#include "go_strings.h"

namespace sluice::gotemplate::internal {
namespace {

// path.Clean: no empty and "." elements, ".." applied where something stands before it.
std::string Clean(std::string_view path) {
  if (path.empty()) return ".";
  const bool rooted = path[0] == '/';
  std::vector<std::string_view> kept;
  for (const std::string_view part : SplitParts(path, "/", -1)) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!rooted) {
      kept.push_back(part);
    }
  }
  std::string out = rooted ? "/" : "";
  for (size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) out += '/';
    out += kept[i];
  }
  return out.empty() ? "." : out;
}

}  // namespace

base::Result<Value> PathBase(Call& call) {
  std::string_view path = call[0].text();
  if (path.empty()) return Value::String(".");
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return Value::String("/");
  const size_t slash = path.rfind('/');
  return Value::String(slash == path.npos ? path : path.substr(slash + 1));
}

base::Result<Value> PathDir(Call& call) {
  const std::string_view path = call[0].text();
  const size_t slash = path.rfind('/');
  return call.String(Clean(slash == path.npos ? std::string_view() : path.substr(0, slash + 1)));
}

base::Result<Value> PathClean(Call& call) { return call.String(Clean(call[0].text())); }

base::Result<Value> PathExt(Call& call) {
  const std::string_view path = call[0].text();
  const size_t at = path.find_last_of("./");
  return Value::String(at == path.npos || path[at] == '/' ? std::string_view() : path.substr(at));
}

base::Result<Value> PathIsAbs(Call& call) { return Value::Bool(call[0].text().starts_with('/')); }

}  // namespace sluice::gotemplate::internal
