// Any stream of bytes: lines, events, store; kstatus of whatever objects come out.
#include "kube/kstatus.h"
#include "store.h"
#include "watch_events.h"

using namespace sluice::kube;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  LineSplitter lines(4096);
  ObjectStore store;
  (void)lines.Feed({reinterpret_cast<const char*>(data), size}, [&](std::string_view line) {
    auto event = ParseWatchEvent(line);
    if (!event.ok()) return;
    (void)ComputeStatus(event->object, {});
    (void)ComputeJobStatus(event->object);
    if (event->type == WatchEvent::Type::kDeleted)
      (void)store.Remove(std::move(event->object));
    else
      (void)store.Put(std::move(event->object));
  });
  return 0;
}
