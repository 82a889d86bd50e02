#include "watch_events.h"

#include "base/strings.h"
#include "document/json.h"
#include "kube/object.h"

namespace sluice::kube {

bool LineSplitter::Feed(std::string_view bytes,
                        const std::function<void(std::string_view)>& on_line) {
  while (!bytes.empty()) {
    const size_t newline = bytes.find('\n');
    if (partial_.size() + std::min(newline, bytes.size()) > max_line_) {
      Reset();
      return false;
    }
    if (newline == bytes.npos) {
      partial_ += bytes;
      return true;
    }
    if (partial_.empty()) {
      on_line(bytes.substr(0, newline));
    } else {
      std::string line = std::move(partial_);
      partial_.clear();
      line += bytes.substr(0, newline);
      on_line(line);
    }
    bytes.remove_prefix(newline + 1);
  }
  return true;
}

base::Result<WatchEvent> ParseWatchEvent(std::string_view line) {
  SLUICE_TRY(document::Value parsed, document::ParseJson(line));
  using Type = WatchEvent::Type;
  constexpr struct {
    std::string_view name;
    Type type;
  } kTypes[] = {{"ADDED", Type::kAdded},
                {"MODIFIED", Type::kModified},
                {"DELETED", Type::kDeleted},
                {"BOOKMARK", Type::kBookmark},
                {"ERROR", Type::kError}};
  const auto name = parsed["type"].AsString();
  for (const auto& t : kTypes) {
    if (t.name != name) continue;
    document::Value* object = parsed.Find("object");
    if (object == nullptr || !object->is_object())
      return base::InvalidArgument("watch event without an object");
    WatchEvent event{t.type, std::move(*object), false};
    const bool has_name = !event.object["metadata"]["name"].AsString().empty();
    if (!has_name && t.type != Type::kBookmark && t.type != Type::kError) {
      return base::InvalidArgument("watch event of an object without a name");
    }
    event.initial_events_end = t.type == Type::kBookmark &&
                               AnnotationOf(event.object, "k8s.io/initial-events-end") == "true";
    return event;
  }
  return base::InvalidArgument(
      base::Cat("unknown watch event type ", base::QuoteGo(name.substr(0, 64))));
}

}  // namespace sluice::kube
