// Any body as an event: what is accepted can be cleaned, keyed, combined and turned into every
// payload.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dedupe.h"
#include "document/json.h"
#include "metadata.h"
#include "payload.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const auto json =
      document::ParseJson({reinterpret_cast<const char*>(data), size}, {.max_depth = 32});
  if (!json.ok()) return 0;
  auto event = api::EventFromValue(*json);
  if (!event.ok()) return 0;
  notify::CleanMetadata(*event);
  SLUICE_CHECK(notify::DedupeKey(*event).size() == 64);
  event->metadata = notify::CombineMetadata(*event, {}).metadata;
  notify::ProviderConfig config;
  config.address = "http://127.0.0.1/hook";
  config.token = base::SecretString("t");
  for (const char* type : {"slack", "discord", "generic", "generic-hmac"}) {
    config.type = type;
    const auto payload = notify::MakePayload(config, *event);
    SLUICE_CHECK(payload.ok() && document::ParseJson(payload->request.body).ok());
  }
  return 0;
}
