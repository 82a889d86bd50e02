// Parsed templates, kept over renders and releases. A text is known by where its bytes lie, not by
// what they say: charts that share a loaded archive (a cached chart, its clones) share their parsed
// templates, and looking one up costs no hashing of its text. Thread-safe; a bounded number of
// bytes, least recently used goes first.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>

#include "base/status.h"
#include "gotemplate/template.h"
#include "helm/chart.h"
#include "helm/version.h"

namespace sluice::helm {

class ParseCache {
 public:
  explicit ParseCache(size_t max_bytes = size_t{64} << 20);  // of template text
  ~ParseCache();
  ParseCache(const ParseCache&) = delete;
  ParseCache& operator=(const ParseCache&) = delete;

  using Text = std::shared_ptr<const gotemplate::ParsedText>;
  using Set = std::shared_ptr<const gotemplate::TemplateSet>;

  // `text` parsed under the name `path`. Errors are text/template's own.
  base::Result<Text> Parse(std::string_view path, const SharedText& text, HelmVersion version);
  // The texts as associated templates, a later one before an earlier.
  Set Associate(std::span<const Text> texts);

  size_t bytes() const;  // of text held

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Parses the templates of the chart and those below it into the cache, what a render needs last
// first, until `stop`: for a second thread that works toward the one that renders. What does not
// parse is left out.
void ParseAhead(const Chart& chart, HelmVersion version, ParseCache& cache,
                const std::stop_token& stop);
// Bytes of all templates.
size_t TemplateBytes(const Chart& chart);

}  // namespace sluice::helm
