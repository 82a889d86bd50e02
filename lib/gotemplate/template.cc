#include "gotemplate/template.h"

#include <algorithm>

#include "base/strings.h"
#include "parser.h"
#include "tree.h"

namespace sluice::gotemplate {

ParsedText::ParsedText() = default;
ParsedText::~ParsedText() = default;

base::Result<std::shared_ptr<const ParsedText>> ParsedText::Parse(std::string_view name,
                                                                  std::string text,
                                                                  const FunctionTable& functions,
                                                                  const ParseLimits& limits) {
  const auto owner = std::make_shared<const std::string>(std::move(text));
  return ParseIn(name, owner, *owner, functions, limits);
}

base::Result<std::shared_ptr<const ParsedText>> ParsedText::ParseIn(
    std::string_view name, std::shared_ptr<const void> owner, std::string_view text,
    const FunctionTable& functions, const ParseLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return base::ResourceExhausted(base::Cat("template: ", name, ": larger than ",
                                             std::to_string(limits.max_bytes), " bytes"));
  }
  std::shared_ptr<ParsedText> parsed(new ParsedText());
  parsed->name_ = name;
  parsed->owner_ = std::move(owner);
  parsed->arena_ = std::make_unique<internal::Arena>(text.size());
  internal::ParseContext context{.file = parsed->name_,
                                 .text = text,
                                 .functions = functions,
                                 .limits = limits,
                                 .arena = *parsed->arena_,
                                 .trees = parsed->trees_,
                                 .lexer = internal::Lexer(text),
                                 .status = {},
                                 .names = {"$"}};
  internal::Parser(context, parsed->name_).ParseFile();
  if (!context.status.ok()) return context.status;
  std::ranges::sort(parsed->trees_, {}, [](const auto& tree) { return tree->name; });
  return std::shared_ptr<const ParsedText>(std::move(parsed));
}

std::vector<std::pair<std::string, std::string>> ParsedText::Dump() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& tree : trees_) {
    out.emplace_back(tree->name, "");
    internal::AppendSource(out.back().second, *tree->root);
  }
  return out;
}

void TemplateSet::Add(std::shared_ptr<const ParsedText> text, bool own) {
  for (const auto& tree : text->trees_) {
    const auto it =
        std::ranges::lower_bound(trees_, tree->name, {}, [](const auto& t) { return t.first; });
    if (it == trees_.end() || it->first != tree->name) {
      // One that is empty does not hide the base's.
      const internal::Tree* below = base_ == nullptr ? nullptr : base_->Find(tree->name);
      if (below != nullptr && internal::IsEmpty(*tree->root) &&
          !(own && tree->name == text->name()))
        continue;
      trees_.insert(it, {tree->name, tree.get()});
    } else if (!internal::IsEmpty(*tree->root)) {
      *it = {tree->name, tree.get()};
    }
  }
  texts_.push_back(std::move(text));
}

const internal::Tree* TemplateSet::Find(std::string_view name) const {
  const auto it = std::ranges::lower_bound(trees_, name, {}, [](const auto& t) { return t.first; });
  if (it != trees_.end() && it->first == name) return it->second;
  return base_ == nullptr ? nullptr : base_->Find(name);
}

std::vector<std::string> TemplateSet::Names() const {
  std::vector<std::string> names;
  if (base_ != nullptr) names = base_->Names();
  for (const auto& [name, tree] : trees_) names.emplace_back(name);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace sluice::gotemplate
