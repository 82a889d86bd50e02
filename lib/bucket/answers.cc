#include "answers.h"

#include "base/encoding.h"
#include "base/strings.h"
#include "cloud/xml.h"
#include "exchange.h"
#include "http/url.h"

namespace sluice::bucket {
namespace {

// Elements by their depth: the root is 1.
class Elements : public cloud::XmlVisitor {
 public:
  explicit Elements(std::string_view root) : root_(root) {}
  base::Status Open(std::string_view name, std::string_view attributes) override {
    if (++depth_ == 1 && name != root_) {
      return base::InvalidArgument(base::Cat("expected element type <", root_, "> but have <",
                                             base::TruncateUtf8(name, 64), ">"));
    }
    return Opened(name, attributes);
  }
  base::Status Close(std::string_view name, std::string text) override {
    auto taken = Closed(name, std::move(text));
    --depth_;
    return taken;
  }

 protected:
  virtual base::Status Opened(std::string_view, std::string_view) { return base::OkStatus(); }
  virtual base::Status Closed(std::string_view name, std::string text) = 0;
  int depth() const { return depth_; }

 private:
  const std::string_view root_;
  int depth_ = 0;
};

// An element of a few bytes makes an object of a hundred.
base::Status AddObject(ListPage& page) {
  if (page.objects.size() >= kMaxPageObjects) {
    return base::ResourceExhausted(
        base::Cat("a page lists more than ", std::to_string(kMaxPageObjects), " objects"));
  }
  page.objects.emplace_back();
  return base::OkStatus();
}

class S3Page final : public Elements {
 public:
  explicit S3Page(bool first_version)
      : Elements("ListBucketResult"), first_version_(first_version) {}
  base::Result<ListPage> Finish() {
    if (encoded_) {
      for (Object& o : page_.objects) {
        SLUICE_TRY(o.key, http::QueryUnescape(o.key));
      }
      SLUICE_TRY(marker_, http::QueryUnescape(marker_));
    }
    if (first_version_)
      page_.next = !marker_.empty()        ? marker_
                   : page_.objects.empty() ? ""
                                           : page_.objects.back().key;
    return std::move(page_);
  }

 private:
  base::Status Opened(std::string_view name, std::string_view) override {
    if (depth() != 2 || name != "Contents") return base::OkStatus();
    in_contents_ = true;
    return AddObject(page_);
  }
  base::Status Closed(std::string_view name, std::string text) override {
    if (depth() == 2) {
      if (name == "Contents") in_contents_ = false;
      if (name == "IsTruncated") page_.truncated = base::TrimSpace(text) == "true";
      if (name == "NextContinuationToken") page_.next = std::move(text);
      if (name == "NextMarker") marker_ = std::move(text);
      if (name == "EncodingType") encoded_ = text == "url";
    } else if (depth() == 3 && in_contents_) {
      if (name == "Key") page_.objects.back().key = std::move(text);
      if (name == "ETag")
        page_.objects.back().etag = base::TrimSuffix(base::TrimPrefix(text, "\""), "\"");
    }
    return base::OkStatus();
  }
  const bool first_version_;
  ListPage page_;
  std::string marker_;
  bool encoded_ = false, in_contents_ = false;
};

class AzurePage final : public Elements {
 public:
  AzurePage() : Elements("EnumerationResults") {}
  ListPage Finish() {
    page_.truncated = !page_.next.empty();
    return std::move(page_);
  }

 private:
  base::Status Opened(std::string_view name, std::string_view attributes) override {
    if (depth() == 4 && name == "Name") encoded_ = base::Contains(attributes, "Encoded=\"true\"");
    return depth() == 3 && name == "Blob" ? AddObject(page_) : base::OkStatus();
  }
  base::Status Closed(std::string_view name, std::string text) override {
    if (depth() == 2 && name == "NextMarker") page_.next = std::move(text);
    if (page_.objects.empty()) return base::OkStatus();
    if (depth() == 4 && name == "Name") {
      if (encoded_) {
        SLUICE_TRY(text, http::QueryUnescape(base::ReplaceAll(text, "+", "%2B")));
      }
      page_.objects.back().key = std::move(text);
    }
    if (depth() == 5 && name == "Etag")
      page_.objects.back().etag = base::Cat("\"", TrimEtag(text), "\"");
    return base::OkStatus();
  }
  ListPage page_;
  bool encoded_ = false;
};

class ErrorAnswer final : public Elements {
 public:
  ErrorAnswer() : Elements("Error") {}
  StoreError error;

 private:
  base::Status Closed(std::string_view name, std::string text) override {
    if (depth() != 2) return base::OkStatus();
    if (name == "Code") error.code = base::TrimSpace(text);
    if (name == "Message") error.message = std::move(text);
    if (name == "Region") error.region = std::move(text);
    return base::OkStatus();
  }
};

}  // namespace

base::Result<ListPage> ParseS3Page(std::string_view xml, bool first_version) {
  S3Page page(first_version);
  SLUICE_TRY(cloud::ReadXml(xml, page));
  return page.Finish();
}

base::Result<ListPage> ParseAzurePage(std::string_view xml) {
  AzurePage page;
  SLUICE_TRY(cloud::ReadXml(xml, page));
  return page.Finish();
}

base::Result<StoreError> ParseStoreError(std::string_view xml) {
  ErrorAnswer answer;
  SLUICE_TRY(cloud::ReadXml(xml, answer));
  return std::move(answer.error);
}

base::Result<std::string> ParseS3Location(std::string_view xml) {
  struct Location final : Elements {
    Location() : Elements("LocationConstraint") {}
    base::Status Closed(std::string_view, std::string text) override {
      if (depth() == 1) region = base::TrimSpace(text);
      return base::OkStatus();
    }
    std::string region;
  } location;
  SLUICE_TRY(cloud::ReadXml(xml, location));
  if (location.region.empty()) return std::string("us-east-1");
  return location.region == "EU" ? std::string("eu-west-1") : location.region;
}

}  // namespace sluice::bucket
