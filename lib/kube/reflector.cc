#include "reflector.h"

#include <algorithm>

#include "api_error.h"
#include "base/clock.h"
#include "base/strings.h"
#include "document/json.h"
#include "rest_path.h"

namespace sluice::kube {
namespace {

constexpr std::string_view kPartialObject =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
constexpr std::string_view kPartialList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
constexpr auto kFirstDelay = std::chrono::milliseconds(200);
constexpr auto kLongestDelay = std::chrono::milliseconds(30000);
constexpr auto kSettled = std::chrono::seconds(1);  // a watch that lived so long was no failure
constexpr auto kGrace = std::chrono::seconds(30);
constexpr auto kListTimeout = std::chrono::minutes(5);
constexpr size_t kPage = 250;
constexpr size_t kMaxList = 512u << 20;

// 5 to 10 minutes, as client-go: all watches of a process do not end together.
std::chrono::seconds WatchTimeout() {
  return std::chrono::seconds(static_cast<int>(300 + 300 * base::SystemRandom().NextUnit()));
}

}  // namespace

Reflector::Reflector(Client& client, InformerOptions options, observe::Logger log)
    : client_(client),
      options_(std::move(options)),
      log_(log.With({{"kind", options_.gvk.kind}, {"apiVersion", options_.gvk.ApiVersion()}})) {}

void Reflector::Begin() {
  if (stopped_) return;
  if (mapped_) return Next();
  client_.StartMapping({}, options_.gvk,
                       [weak = weak_from_this()](base::Result<Client::Mapping> mapping) {
                         const auto self = weak.lock();
                         if (!self || self->stopped_) return;
                         if (!mapping.ok()) return self->Retry(mapping.status());
                         self->mapping_ = *std::move(mapping);
                         self->mapped_ = true;
                         self->Next();
                       });
}

void Reflector::Stop() {
  stopped_ = true;
  if (call_) call_->Cancel();
  call_.reset();
}

void Reflector::Next() {
  if (stopped_) return;
  if (filling_) seen_.clear();
  if (filling_ && !streams_first_state_) return OpenList("");
  OpenWatch();
}

std::string Reflector::CollectionUrl(const std::string& query) const {
  return CollectionPath(options_.gvk, mapping_, options_.ns) + query;
}

void Reflector::OpenWatch() {
  Query query;
  const auto lifetime = WatchTimeout();
  query.Add("watch", "1")
      .Add("allowWatchBookmarks", "true")
      .Add("timeoutSeconds", std::to_string(lifetime.count()));
  query.Add("labelSelector", options_.label_selector).Add("fieldSelector", options_.field_selector);
  if (filling_)
    query.Add("sendInitialEvents", "true").Add("resourceVersionMatch", "NotOlderThan");
  else
    query.Add("resourceVersion", version_);
  lines_.Reset();
  stream_error_ = {};
  opened_at_ = Clock::now();
  http::Callbacks callbacks;
  callbacks.on_head = [weak = weak_from_this()](const http::ResponseHead&) {
    if (const auto self = weak.lock(); self && !self->filling_) self->Works();
  };
  callbacks.on_data = [weak = weak_from_this()](std::string_view chunk) {
    const auto self = weak.lock();
    if (!self || self->stopped_) return http::Flow::kStop;
    const bool fits = self->lines_.Feed(chunk, [&](std::string_view line) { self->OnLine(line); });
    if (!fits) self->stream_error_ = base::ResourceExhausted("watch event is too large");
    return self->stream_error_.ok() ? http::Flow::kContinue : http::Flow::kStop;
  };
  callbacks.on_done = [weak = weak_from_this()](base::Result<http::ResponseHead> head) {
    if (const auto self = weak.lock()) self->WatchEnded(std::move(head));
  };
  const std::string accept =
      options_.metadata_only ? base::Cat(kPartialObject, ",application/json") : "application/json";
  // The server ends the watch; should it forget, or something between us hold a dead connection
  // open, we do.
  const auto ctx = observe::Context().WithTimeout(lifetime + kGrace);
  call_ = client_.StartStream(ctx, CollectionUrl(query.text()), accept, std::move(callbacks));
}

// One poisoned line must not stop the rest.
void Reflector::OnLine(std::string_view line) {
  if (line.empty() || !stream_error_.ok()) return;
  try {
    auto event = ParseWatchEvent(line);
    if (event.ok())
      Handle(*std::move(event));
    else
      log_.Error(event.status(), "cannot read a watch event");
  } catch (const std::exception& e) {
    log_.Error(base::Internal(e.what()), "cannot handle a watch event");
  }
}

void Reflector::Handle(WatchEvent event) {
  using Type = WatchEvent::Type;
  if (event.type == Type::kError) return HandleError(event.object);
  const std::string version(ResourceVersionOf(event.object));
  switch (event.type) {
    case Type::kAdded:
    case Type::kModified:
      Take(std::move(event.object));
      break;
    case Type::kDeleted: {
      if (!Reduce(event.object)) break;
      if (const auto change = store_.Remove(std::move(event.object))) Dispatch(*change);
      break;
    }
    case Type::kBookmark:
      if (event.initial_events_end && filling_) FirstStateComplete(version);
      break;
    case Type::kError:
      break;
  }
  if (!filling_ && !version.empty()) version_ = version;
}

void Reflector::HandleError(const document::Value& status) {
  const auto code = status["code"].AsInt(500);
  stream_error_ = {CodeOf(code, status["reason"].AsString()),
                   std::string(status["message"].AsString("watch failed"))};
}

bool Reflector::Reduce(document::Value& object) const {
  // metadata only comes as PartialObjectMetadata
  object.Set("apiVersion", options_.gvk.ApiVersion());
  object.Set("kind", options_.gvk.kind);
  try {
    if (options_.project) options_.project(object);
  } catch (...) {
    log_.Error(base::Internal("exception in a projection"), "object is left out",
               {{"name", KeyOf(object).ToString()}});
    return false;
  }
  if (auto* metadata = object.Find("metadata")) metadata->Erase("managedFields");
  return true;
}

void Reflector::Take(document::Value object) {
  if (filling_) seen_.insert(KeyOf(object));
  if (!Reduce(object)) return;
  if (const auto change = store_.Put(std::move(object))) Dispatch(*change);
}

void Reflector::Observe(document::Value object) {
  if (KeyOf(object).name.empty() || !Reduce(object)) return;
  (void)store_.Put(std::move(object));
}

void Reflector::Dispatch(const InformerEvent& event) {
  for (const auto& handler : handlers_) {
    try {
      handler(event);
    } catch (...) {
      log_.Error(base::Internal("exception in a handler"), "watch event is lost to a handler",
                 {{"name", KeyOf(*event.object).ToString()}});
    }
  }
}

void Reflector::FirstStateComplete(std::string version) {
  filling_ = false;
  version_ = std::move(version);
  for (const auto& event : store_.RemoveAllBut(seen_, version_)) Dispatch(event);
  std::unordered_set<ObjectKey>().swap(seen_);
  failures_ = 0;
  observe::MutexLock lock(mu_);
  synced_ = true;
  last_error_ = {};
  changed_.notify_all();
}

void Reflector::Works() {
  observe::MutexLock lock(mu_);
  last_error_ = {};
}

void Reflector::StartOver() {
  filling_ = true;
  version_.clear();
}

void Reflector::WatchEnded(base::Result<http::ResponseHead> head) {
  if (stopped_) return;
  call_.reset();
  base::Status status = head.ok() ? stream_error_ : head.status();
  const bool was_filling = filling_;
  if (status.code() == base::StatusCode::kDataLoss) {  // 410: the version is too old to resume from
    StartOver();
    if (!was_filling) return Next();
  }
  if (status.code() == base::StatusCode::kInvalidArgument && was_filling && streams_first_state_) {
    streams_first_state_ = false;  // an API server before WatchList
    return Next();
  }
  if (status.code() == base::StatusCode::kInvalidArgument) StartOver();
  // the CRD went away, or its versions changed
  if (status.code() == base::StatusCode::kNotFound) mapped_ = false;
  const bool settled = Clock::now() - opened_at_ >= kSettled;
  if (settled) failures_ = 0;
  if (status.ok() && settled) return Next();
  if (status.ok()) status = base::Unavailable("watch ended early");
  Retry(status);
}

void Reflector::OpenList(const std::string& continue_token) {
  Query query;
  query.Add("limit", std::to_string(kPage));
  query.Add("labelSelector", options_.label_selector).Add("fieldSelector", options_.field_selector);
  query.Add("continue", continue_token);
  list_body_.clear();
  http::Callbacks callbacks;
  callbacks.on_data = [weak = weak_from_this()](std::string_view chunk) {
    const auto self = weak.lock();
    if (!self || self->stopped_ || self->list_body_.size() > kMaxList) return http::Flow::kStop;
    self->list_body_ += chunk;
    return http::Flow::kContinue;
  };
  callbacks.on_done = [weak = weak_from_this()](base::Result<http::ResponseHead> head) {
    if (const auto self = weak.lock()) self->ListEnded(std::move(head));
  };
  const std::string accept =
      options_.metadata_only ? base::Cat(kPartialList, ",application/json") : "application/json";
  const auto ctx = observe::Context().WithTimeout(kListTimeout);
  call_ = client_.StartStream(ctx, CollectionUrl(query.text()), accept, std::move(callbacks));
}

void Reflector::ListEnded(base::Result<http::ResponseHead> head) {
  if (stopped_) return;
  call_.reset();
  if (!head.ok()) {
    if (head.status().code() == base::StatusCode::kNotFound) mapped_ = false;
    return Retry(head.status());  // a page that expired (410) starts the list over, too
  }
  auto list = document::ParseJson(list_body_);
  std::string().swap(list_body_);
  if (!list.ok()) return Retry(list.status());
  if (auto* items = list->Find("items"); items != nullptr && items->is_array()) {
    for (auto& item : items->mutable_items()) Take(std::move(item));
  }
  const std::string next((*list)["metadata"]["continue"].AsString());
  if (!next.empty()) return OpenList(next);
  FirstStateComplete(std::string((*list)["metadata"]["resourceVersion"].AsString()));
  OpenWatch();
}

void Reflector::Retry(const base::Status& why) {
  bool news = false;
  {
    observe::MutexLock lock(mu_);
    news = !(last_error_ == why);
    last_error_ = why;
  }
  if (news) log_.Error(why, "watch failed, trying again");
  const double factor =
      static_cast<double>(1 << std::min(failures_++, 10)) * (0.5 + base::SystemRandom().NextUnit());
  const auto delay = std::min(
      kLongestDelay, std::chrono::duration_cast<std::chrono::milliseconds>(kFirstDelay * factor));
  client_.transport().PostAfter(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Begin();
  });
}

bool Reflector::Synced() const {
  observe::MutexLock lock(mu_);
  return synced_;
}

base::Status Reflector::LastError() const {
  observe::MutexLock lock(mu_);
  return last_error_;
}

base::Status Reflector::WaitSynced(const observe::Context& ctx) const {
  observe::MutexLock lock(mu_);
  const auto until = Clock::now() + ctx.Remaining(std::chrono::hours(24 * 365));
  if (changed_.wait_until(mu_, ctx.stop(), until, [&]() SLUICE_REQUIRES(mu_) { return synced_; }))
    return {};
  auto status = ctx.Check();
  return status.ok() ? base::DeadlineExceeded("context deadline exceeded") : status;
}

}  // namespace sluice::kube
