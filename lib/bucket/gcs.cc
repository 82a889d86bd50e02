#include "bucket/gcs.h"

#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"
#include "exchange.h"
#include "http/status_text.h"
#include "http/url.h"

namespace sluice::bucket {
namespace {

using base::Cat;
using document::Value;

constexpr int kMostChanges = 4;  // of an object while it is read

std::string Text(const Value& v) { return std::string(v.AsString()); }

// "googleapi: Error 403: <message>, <reason>"
std::string ErrorText(int status, std::string_view body) {
  const auto json = document::ParseJson(body, {.max_depth = 16});
  const Value error = json.ok() ? (*json)["error"] : Value();
  if (!error.is_object())
    return Cat("googleapi: got HTTP response code ", std::to_string(status),
               " with body: ", base::TruncateUtf8(body, 256));
  const std::string_view message = error["message"].AsString();
  std::string out = Cat("googleapi: Error ", std::to_string(error["code"].AsInt(status)), ": ",
                        base::TruncateUtf8(message, 1024));
  const Value& errors = error["errors"];
  if (errors.is_array() && errors.size() == 1 &&
      errors.items()[0]["message"].AsString() == message) {
    out += Cat(", ", base::TruncateUtf8(errors.items()[0]["reason"].AsString(), 64));
  }
  return WithoutQueries(out);
}

class GcsBucket final : public Bucket {
 public:
  GcsBucket(const Tools& tools, GcsOptions options)
      : tools_(tools),
        options_(std::move(options)),
        root_(Cat(options_.endpoint.empty() ? "https://storage.googleapis.com" : options_.endpoint,
                  "/storage/v1/b/", base::PercentEncode(options_.bucket))) {}

  base::Status Exists(const observe::Context& ctx) override {
    Call call = Prepare(ctx, "?fields=name&prettyPrint=false");
    call.attempts = 1;
    const auto answer = Send(ctx, tools_, call);
    return answer.ok() ? base::OkStatus() : answer.status();
  }

  base::Status List(const observe::Context& ctx, std::string_view prefix,
                    const std::function<base::Status(Object)>& visit) override {
    std::string next;
    for (;;) {
      const std::string query =
          Cat("/o?fields=items(name,etag,generation),nextPageToken&maxResults=1000&prettyPrint="
              "false&prefix=",
              base::PercentEncode(prefix),
              next.empty() ? "" : "&pageToken=", base::PercentEncode(next));
      SLUICE_TRY(const Value page, AskJson(ctx, query));
      const Value& items = page["items"];
      for (const Value& item : items.items()) SLUICE_TRY(visit(ObjectOf(item)));
      const std::string token = Text(page["nextPageToken"]);
      if (token.empty()) return base::OkStatus();
      if (token == next) return base::FailedPrecondition("the listing does not move on");
      next = token;
    }
  }

  base::Result<std::string> Get(const observe::Context& ctx, const Object& object,
                                ObjectSink& sink) override {
    Object now = object;
    for (int i = 0;; ++i) {
      if (now.version.empty()) {
        SLUICE_TRY(const Value attributes,
                   AskJson(ctx, Cat("/o/", base::PercentEncode(now.key),
                                    "?fields=name,etag,generation&prettyPrint=false")));
        now = ObjectOf(attributes);
        now.key = object.key;
      }
      Call call = Prepare(ctx, Cat("/o/", base::PercentEncode(now.key), "?alt=media",
                                   now.version.empty() ? "" : "&ifGenerationMatch=", now.version));
      call.sink = &sink;
      auto answer = Send(ctx, tools_, call);
      if (answer.ok()) return now.etag;
      // Another generation is there since: which one?
      if (answer.status().code() != base::StatusCode::kConflict || i + 1 >= kMostChanges)
        return std::move(answer).status();
      now.version.clear();
    }
  }

 private:
  static Object ObjectOf(const Value& v) {
    const Value& generation = v["generation"];
    return {Text(v["name"]), Text(v["etag"]),
            generation.is_string() ? Text(generation)
            : generation.is_null() ? ""
                                   : std::to_string(generation.AsInt())};
  }

  base::Result<Value> AskJson(const observe::Context& ctx, const std::string& rest) {
    SLUICE_TRY(const http::Response answer, Send(ctx, tools_, Prepare(ctx, rest)));
    auto json = document::ParseJson(answer.body, {.max_depth = 16});
    if (!json.ok() || !json->is_object())
      return base::FailedPrecondition("the answer is not a JSON object");
    return json;
  }

  Call Prepare(const observe::Context& ctx, std::string rest) {
    Call call;
    call.renewable = options_.token != nullptr;
    call.make = [this, ctx, rest = std::move(rest)](bool renew) -> base::Result<http::Request> {
      http::Request r;
      r.url = root_ + rest;
      r.tls = options_.access.tls;
      r.proxy = options_.access.proxy;
      r.max_redirects = 0;
      r.max_response_bytes = kMaxPageBytes;
      r.accept_gzip = false;
      r.redact_query = true;
      if (options_.token != nullptr) {
        SLUICE_TRY(base::SecretString token, options_.token(ctx, renew));
        r.credentials =
            std::make_shared<http::Credentials>(http::Credentials{"", {}, std::move(token), {}});
      }
      return r;
    };
    call.judge = [](const http::ResponseHead& head, std::string_view body) {
      Failure out;
      const auto code = head.status == 412 ? base::StatusCode::kConflict : CodeOf(head.status);
      out.status = base::Status(code, ErrorText(head.status, body));
      out.temporary = IsTemporary(head.status);
      out.refused = head.status == 401;
      return out;
    };
    return call;
  }

  const Tools tools_;
  const GcsOptions options_;
  const std::string root_;
};

}  // namespace

std::unique_ptr<Bucket> MakeGcsBucket(const Tools& tools, GcsOptions options) {
  return std::make_unique<GcsBucket>(tools, std::move(options));
}

}  // namespace sluice::bucket
