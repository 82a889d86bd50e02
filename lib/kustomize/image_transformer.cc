// images: spec §14.
#include "base/strings.h"
#include "regex/go_regex.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Status;

constexpr std::string_view kSkippedKind = "CustomResourceDefinition";

bool IsTagCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '{' || c == '}' || c == '-';
}

// What may follow an image's name: (:tag)?(@sha256:digest)?
bool IsTagAndDigest(std::string_view rest) {
  const auto skip = [&rest] {
    while (!rest.empty() && IsTagCharacter(rest.front())) rest.remove_prefix(1);
  };
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
    skip();
  }
  if (rest.starts_with("@sha256:")) {
    rest.remove_prefix(8);
    skip();
  }
  return rest.empty();
}

struct ImageParts {
  std::string_view name, tag, digest;
};

ImageParts SplitImage(std::string_view image) {
  const size_t slash = image.find('/');
  const size_t from = slash == image.npos || slash == 0 ? 0 : slash;
  const size_t colon = image.find(':', from), at = image.find('@', from);
  if (at != image.npos && (colon == image.npos || at < colon))
    return {image.substr(0, at), "", image.substr(at + 1)};
  if (colon == image.npos) return {image, "", ""};
  if (at == image.npos) return {image.substr(0, colon), image.substr(colon + 1), ""};
  return {image.substr(0, colon), image.substr(colon + 1, at - colon - 1), image.substr(at + 1)};
}

class ImageTransformer final : public Transformer {
 public:
  ImageTransformer(Image image, FieldSpecs specs)
      : image_(std::move(image)), specs_(std::move(specs)) {}

  Status Init() {
    // The name stands raw in a regular expression; most names are plain text but for their dots.
    if (image_.name.find_first_of("\\^$|?*+()[]{}") == std::string::npos) return {};
    auto regex = regex::GoRegex::Compile(
        Cat("^", image_.name, "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$"));
    if (!regex.ok())
      return std::move(regex).status().Wrap(Cat("invalid image name '", image_.name, "'"));
    regex_ = *std::move(regex);
    return {};
  }

  Status Transform(ResMap& map) override {
    for (Resource* r : map) {
      if (r->kind() != kSkippedKind) SLUICE_TRY(Search(r->root()));
    }
    const Setter set = [this](Node* node) { return Update(node); };
    for (Resource* r : map) {
      const Gvk gvk = r->gvk();
      if (gvk.kind == kSkippedKind) continue;
      for (const FieldSpec& spec : specs_) {
        if (!gvk.Matches(spec.gvk)) continue;
        SLUICE_TRY(VisitField(r->root(), spec, CreateKind::kNone, set,
                              [r] { return r->id().ToString(); }));
      }
    }
    return {};
  }

 private:
  bool Matches(std::string_view value) const {
    if (regex_.has_value()) return regex_->Matches(value);
    if (value.size() < image_.name.size()) return false;
    for (size_t i = 0; i < image_.name.size(); ++i) {
      const char want = image_.name[i];
      if (want == '.' ? value[i] == '\n' : value[i] != want) return false;
    }
    return IsTagAndDigest(value.substr(image_.name.size()));
  }

  Status Update(Node* node) const {
    if (!node->is_scalar()) return WrongKind("ScalarNode", *node);
    if (!Matches(node->value())) return {};
    ImageParts parts = SplitImage(node->value());
    std::string tag(parts.tag), digest(parts.digest);
    if (!image_.new_name.empty()) parts.name = image_.new_name;
    if (!image_.new_tag.empty()) {
      tag = image_.new_tag;
      digest = image_.digest;
    } else if (!image_.digest.empty()) {
      tag.clear();
      digest = image_.digest;
    } else if (!image_.tag_suffix.empty()) {
      tag += image_.tag_suffix;
      digest.clear();
    }
    std::string text(parts.name);
    if (!tag.empty()) text += Cat(":", tag);
    if (!digest.empty()) text += Cat("@", digest);
    return SetScalarKeepingStyle(node, text, Tag::kNone);
  }

  Status UpdateList(Node* list) const {
    if (!list->is_sequence()) return {};
    for (Node* item : list->items()) {
      if (item->IsNull()) continue;
      if (!item->is_mapping()) return WrongKind("MappingNode", *item);
      if (Node* image = item->Find("image")) SLUICE_TRY(Update(image));
    }
    return {};
  }

  Status Search(Node* node) const {
    if (node->is_sequence()) {
      for (Node* item : node->items()) {
        if (!item->is_scalar()) SLUICE_TRY(Search(item));
      }
      return {};
    }
    for (const auto& [key, value] : node->pairs()) {
      if (value->is_scalar()) continue;
      SLUICE_TRY(Search(value));
      if (key->value() == "containers" || key->value() == "initContainers")
        SLUICE_TRY(UpdateList(value));
    }
    return {};
  }

  Image image_;
  FieldSpecs specs_;
  std::optional<regex::GoRegex> regex_;
};

}  // namespace

base::Result<TransformerPtr> MakeImageTransformer(BuildContext&, Image image, FieldSpecs specs) {
  auto transformer = std::make_unique<ImageTransformer>(std::move(image), std::move(specs));
  SLUICE_TRY(transformer->Init());
  return TransformerPtr(std::move(transformer));
}

}  // namespace sluice::kustomize
