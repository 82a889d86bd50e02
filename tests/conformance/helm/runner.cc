#include "runner.h"

#include <zlib.h>

#include <memory>

namespace sluice::conformance {
namespace {

void IntsToDoubles(document::Value& v) {
  if (v.is_number() && v.kind() != document::Value::Kind::kDouble)
    v = document::Value(v.AsDouble());
  if (v.is_array()) {
    for (document::Value& item : v.mutable_items()) IntsToDoubles(item);
  }
  for (const auto& [key, unused] : v.members()) IntsToDoubles(*v.Find(key));
}

}  // namespace

std::vector<std::string> Case::Texts(std::string_view key) const {
  std::vector<std::string> out;
  for (const document::Value& item : json[key].items()) out.emplace_back(item.AsString());
  return out;
}

document::Value Case::AsHelmNumbers(std::string_view key) const {
  document::Value v = json[key];
  if (json["numbers"].AsString() != "int64") IntsToDoubles(v);
  return v;
}

document::Value Case::Data() const {
  if (Text("dataRef") != "common") return AsHelmNumbers("data");
  document::Value v = common;
  if (json["numbers"].AsString() != "int64") IntsToDoubles(v);
  return v;
}

std::string ReadFile(const std::filesystem::path& path) {
  // gzread passes text that is not compressed through.
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose);
  std::string out;
  if (file == nullptr) return out;
  char buffer[1 << 16];
  for (int n = 0; (n = gzread(file.get(), buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<size_t>(n));
  return out;
}

}  // namespace sluice::conformance
