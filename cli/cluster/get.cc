#include <algorithm>

#include "cluster/commands.h"
#include "cluster/table.h"

namespace sluice::cli {
namespace {

using document::Value;

Row HeaderOf(const KindInfo& kind, const GetFlags& flags) {
  if (!flags.header) return {};
  Row header;
  if (flags.ns.empty()) header.push_back("Namespace");
  header.push_back("Name");
  if (kind.revision != KindInfo::Revision::kNone) header.push_back("Revision");
  if (kind.gvk.kind != "Provider") header.push_back("Suspended");
  header.insert(header.end(), {"Ready", "Message"});
  return header;
}

Row RowOf(const KindInfo& kind, const GetFlags& flags, const std::string& prefix,
          const Value& object) {
  const auto shown = [&](const std::string& text) {
    return kind.shorten ? ShortenDigests(text) : text;
  };
  const kube::ObjectKey key = kube::KeyOf(object);
  const Condition ready = ReadyOf(kind, object);
  Row row;
  if (flags.ns.empty()) row.push_back(key.ns);
  row.push_back(prefix + key.name);
  if (kind.revision != KindInfo::Revision::kNone) row.push_back(shown(RevisionOf(kind, object)));
  if (kind.gvk.kind != "Provider")
    row.push_back(object["spec"]["suspend"].AsBool() ? "True" : "False");
  row.insert(row.end(), {ready.status, shown(ready.message)});
  return row;
}

base::Result<std::vector<Row>> Rows(Session& session, const KindInfo& kind, const GetFlags& flags,
                                    const std::string& prefix) {
  kube::ListOptions list;
  list.ns = flags.ns;
  if (!flags.name.empty()) list.field_selector = "metadata.name=" + flags.name;
  SLUICE_TRY(auto objects, session.client().List(session.context(), kind.gvk, list));
  std::ranges::sort(objects, {}, [](const Value& object) { return kube::KeyOf(object); });
  std::vector<Row> rows;
  for (const Value& object : objects) rows.push_back(RowOf(kind, flags, prefix, object));
  return rows;
}

}  // namespace

int Get(Session& session, const Output& output, const KindInfo& kind, const GetFlags& flags) {
  auto rows = Rows(session, kind, flags, "");
  if (!rows.ok()) return output.Failure(rows.status().message());
  if (rows->empty()) {
    const std::string where = flags.ns.empty() ? "any namespace" : "\"" + flags.ns + "\" namespace";
    return output.Failure(flags.name.empty() ? "no " + kind.gvk.kind + " objects found in " + where
                                             : kind.gvk.kind + " object '" + flags.name +
                                                   "' not found in " + where);
  }
  PrintTable(output.out, HeaderOf(kind, flags), *rows);
  return 0;
}

int GetAll(Session& session, const Output& output, const GetFlags& flags) {
  for (const KindInfo& kind : Kinds()) {
    std::string prefix = kind.gvk.kind + "/";
    std::ranges::transform(prefix, prefix.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto rows = Rows(session, kind, flags, prefix);
    if (!rows.ok()) {
      if (rows.status().code() != base::StatusCode::kNotFound)
        output.Failure(rows.status().message());
      continue;  // a kind that is not installed is no error, nor does one kind stop the rest
    }
    if (rows->empty()) continue;
    PrintTable(output.out, HeaderOf(kind, flags), *rows);
    output.out << '\n';
  }
  return 0;
}

}  // namespace sluice::cli
