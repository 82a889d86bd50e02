// spec.pathPattern: directories of a source found by a pattern with named captures, and the
// artifacts that each of them makes.
#include <algorithm>
#include <optional>
#include <set>

#include "base/strings.h"
#include "generator_builder.h"

namespace sluice::source {
namespace {

using base::Cat;
using base::InvalidArgument;
using base::QuoteGo;
using base::Result;
using base::Status;
using Captures = std::map<std::string, std::string>;

constexpr int kMaxDepth = 250;
constexpr size_t kMaxArtifacts = 10'000;

bool IsCaptureName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// A text with {captures}: literals and names in turn.
struct Token {
  bool capture;
  std::string text;
};
struct Template {
  std::vector<Token> tokens;

  // What is wrong begins with `subject`; "capture"s are told by their offset.
  static Result<Template> Parse(std::string_view text, const std::string& subject, bool pattern) {
    Template out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '}') {
        return InvalidArgument(pattern ? Cat(subject, ": invalid capture ending at offset ",
                                             std::to_string(i), ": missing opening brace")
                                       : Cat(subject, ": capture ending at offset ",
                                             std::to_string(i), " is missing opening brace"));
      }
      if (text[i] != '{') {
        if (out.tokens.empty() || out.tokens.back().capture) out.tokens.push_back({false, ""});
        out.tokens.back().text += text[i];
        continue;
      }
      const size_t end = text.find('}', i + 1);
      if (end == text.npos) {
        return InvalidArgument(pattern ? Cat(subject, ": invalid capture starting at offset ",
                                             std::to_string(i), ": missing closing brace")
                                       : Cat(subject, ": capture starting at offset ",
                                             std::to_string(i), " is missing closing brace"));
      }
      const std::string name(text.substr(i + 1, end - i - 1));
      if (name.empty()) return InvalidArgument(Cat(subject, ": empty capture variable"));
      if (!IsCaptureName(name)) {
        return InvalidArgument(
            Cat(subject, ": capture variable ", QuoteGo(name),
                " must be a valid capture name matching [A-Za-z_][A-Za-z0-9_]*"));
      }
      const bool twice = std::ranges::any_of(
          out.tokens, [&](const Token& t) { return t.capture && t.text == name; });
      if (pattern && twice)
        return InvalidArgument(Cat(subject, ": duplicate capture variable ", QuoteGo(name)));
      out.tokens.push_back({true, name});
      i = end;
    }
    return out;
  }
};

// Each capture takes as much of its part of the path as leaves a match for the rest. Dead ends are
// remembered: time is pattern × path × part.
class PathMatcher {
 public:
  PathMatcher(const std::vector<Token>& tokens, std::string_view path)
      : tokens_(tokens), path_(path) {}

  std::optional<Captures> Run() {
    dead_.assign((tokens_.size() + 1) * (path_.size() + 1), false);
    if (!From(0, 0)) return std::nullopt;
    return captures_;
  }

 private:
  bool From(size_t token, size_t at) {
    if (token == tokens_.size()) return at == path_.size();
    const size_t memo = token * (path_.size() + 1) + at;
    if (dead_[memo]) return false;
    const Token& t = tokens_[token];
    if (!t.capture) {
      if (path_.substr(at).starts_with(t.text) && From(token + 1, at + t.text.size())) return true;
    } else {
      for (size_t end = std::min(path_.find('/', at), path_.size()); end > at; --end) {
        if (!From(token + 1, end)) continue;
        captures_[t.text] = path_.substr(at, end - at);
        return true;
      }
    }
    dead_[memo] = true;
    return false;
  }

  const std::vector<Token>& tokens_;
  const std::string_view path_;
  std::vector<bool> dead_;
  Captures captures_;
};

Result<std::string> Render(const std::string& text, const Captures& captures) {
  const std::string subject = Cat("invalid template ", QuoteGo(text));
  SLUICE_TRY(const Template parsed, Template::Parse(text, subject, false));
  std::string out;
  for (const Token& t : parsed.tokens) {
    if (!t.capture) {
      out += t.text;
      continue;
    }
    const auto value = captures.find(t.text);
    if (value == captures.end()) {
      return InvalidArgument(
          Cat(subject, ": capture variable ", QuoteGo(t.text), " is not defined by pathPattern"));
    }
    out += value->second;
  }
  return out;
}

// Placeholders become what was captured: names and labels in lower case, paths as they are.
Result<api::OutputArtifact> RenderArtifact(const api::OutputArtifact& artifact,
                                           const Captures& lower, const Captures& raw) {
  api::OutputArtifact out = artifact;
  SLUICE_TRY(out.name, Render(artifact.name, lower));
  out.labels = lower;
  for (api::CopyOperation& op : out.copy) {
    SLUICE_TRY(op.from, Render(std::string(op.from), raw));
    SLUICE_TRY(op.to, Render(std::string(op.to), raw));
  }
  return out;
}

constexpr std::string_view kLabelKey =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. "
    "'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

std::string LabelKeyErrors(const std::string& name) {  // of a capture's name
  std::string out = name.size() > 63 ? "name part must be no more than 63 bytes" : "";
  if (name.front() == '_' || name.back() == '_') out += Cat(out.empty() ? "" : "; ", kLabelKey);
  return out;
}

class Expander {
 public:
  Expander(const api::GeneratorSpec& spec, const SourceTrees& sources)
      : spec_(spec), sources_(sources), subject_(Cat("pathPattern ", QuoteGo(spec.path_pattern))) {}

  Result<std::vector<api::OutputArtifact>> Run() {
    const auto parts = base::Cut(spec_.path_pattern, "/");
    if (!parts || !parts->first.starts_with('@'))
      return InvalidArgument(Cat("invalid pathPattern format: ", spec_.path_pattern));
    const std::string alias(parts->first.substr(1));
    const auto source = sources_.find(alias);
    if (source == sources_.end())
      return InvalidArgument(
          Cat(subject_, ": source alias ", alias, " not found in local sources"));
    SLUICE_TRY(pattern_, Template::Parse(parts->second, subject_, true));
    for (const Token& t : pattern_.tokens) {
      if (const std::string wrong = t.capture ? LabelKeyErrors(t.text) : ""; !wrong.empty()) {
        return InvalidArgument(Cat(subject_, ": capture variable ", QuoteGo(t.text),
                                   " is not a valid Kubernetes label key: ", wrong));
      }
    }
    SLUICE_TRY(Walk(*source->second, "", 0));
    return std::move(out_);
  }

 private:
  Status Walk(const io::FileTree& tree, const std::string& folder, int depth) {
    if (depth > kMaxDepth)
      return base::ResourceExhausted("failed to walk source directory: too deep");
    const auto entries = tree.ReadDir(folder);
    if (!entries.ok())
      return base::Internal(entries.status().Wrap("failed to walk source directory").message());
    for (const io::DirEntry& e : *entries) {
      if (e.info.kind != io::FileKind::kDirectory) continue;
      const std::string path = folder.empty() ? e.name : Cat(folder, "/", e.name);
      if (auto captures = PathMatcher(pattern_.tokens, path).Run())
        SLUICE_TRY(Take(path, *captures));
      SLUICE_TRY(Walk(tree, path, depth + 1));
    }
    return base::OkStatus();
  }

  Status Take(const std::string& path, const Captures& raw) {
    Captures lower;
    for (const auto& [name, value] : raw) {
      lower[name] = base::ToLower(value);
      if (const std::string wrong = api::LabelValueErrors(lower[name]); !wrong.empty()) {
        return InvalidArgument(Cat(subject_, ": captured value ", QuoteGo(lower[name]),
                                   " for variable ", QuoteGo(name),
                                   " is not a valid Kubernetes label value: ", wrong));
      }
    }
    for (const api::OutputArtifact& artifact : spec_.artifacts) {
      auto made = RenderArtifact(artifact, lower, raw);
      if (!made.ok()) {
        return std::move(made).status().Wrap(
            Cat(subject_, ": failed to render artifact ", artifact.name, " for match ", path));
      }
      if (const std::string wrong = api::DnsSubdomainErrors(made->name); !wrong.empty()) {
        return InvalidArgument(Cat(subject_, ": rendered artifact name ", QuoteGo(made->name),
                                   " is not a valid Kubernetes object name: ", wrong));
      }
      const auto [former, fresh] = seen_.emplace(made->name, path);
      if (!fresh) {
        return InvalidArgument(Cat(subject_, ": directories ", QuoteGo(former->second), " and ",
                                   QuoteGo(path), " both resolve to artifact name ",
                                   QuoteGo(made->name)));
      }
      if (out_.size() >= kMaxArtifacts)
        return InvalidArgument(
            Cat(subject_, ": more than ", std::to_string(kMaxArtifacts), " artifacts"));
      out_.push_back(*std::move(made));
    }
    return base::OkStatus();
  }

  const api::GeneratorSpec& spec_;
  const SourceTrees& sources_;
  const std::string subject_;
  Template pattern_;
  std::map<std::string, std::string> seen_;  // artifact name → directory
  std::vector<api::OutputArtifact> out_;
};

}  // namespace

Result<std::vector<api::OutputArtifact>> ExpandPathPattern(const api::GeneratorSpec& spec,
                                                           const SourceTrees& sources) {
  if (spec.path_pattern.empty()) return spec.artifacts;
  return Expander(spec, sources).Run();
}

}  // namespace sluice::source
