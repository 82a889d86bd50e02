#include <gtest/gtest.h>

#include <random>

#include "block_check.h"

namespace sluice::document {
namespace {

// What charts and manifests are made of: one of each form the scanner knows, and some it does not.
constexpr std::string_view kManifest = R"(# Source: chart/templates/x.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "web"   # the name
  labels: {app: web, "b c": 'd', e: [1, -2, x-y, "z"]}
  annotations: {}
  empty:
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: a
        args:
          - --flag=1
          - "--other=\"x\"\n"
          - -
              deeper
          -
          - - nested
            - list
        image: docker.io/x/y:1.2@sha256:00
        command: ["sh", "-c"]
      - {}
      -
        name: on its own line
        text: plain words
          go on here

          and after a blank line # not longer
        quoted: 'single ''quotes''
          over  

          lines'
  script: |
    #!/bin/sh
      indented: yes
    	tab

    end
  folded: >-
    one
    two

      more
    three


  keep: |+

    text

  multi:
    plain on its own
    line
  'quoted key': .5
  port: &port 80 # named
  same: *port
  double: "one  two\tthree
    four \
    \  five\u2013\x41 \

    six "
  url: http://host:80/path#frag
  on: 0x1F
  ü: größe
)";

TEST(BlockReadTest, ReadsWhatLibyamlReads) {
  const struct {
    std::string_view text;
    bool read;
  } cases[] = {
      {kManifest, true},
      {"a: 1\n", true},
      {"---\na: 1\n---\nb: 2\n", true},
      {"--- # c\n- a\n-\n- b: 1\n  c:\n  - d\n  e: f\n", true},
      {"  a: 1\n  b:\n  - c\n", true},
      {"a:\n- b\nc: d", true},
      {"a: |\n  x", true},
      {"a: |\n  x\n   ", true},
      {"a: |+\n  x\n  ", true},
      {"a: >\n\n  x\n   y\n  z\n", true},
      {"a: 'x\n\n  y'\n", true},
      {"a: x\n\n  y\n", true},
      {"a: x\n  - y\n", true},
      {"a: x #c\n", true},
      {"a: x#c\n", true},
      {"a : x\n", true},
      {"a: 0o-17\n", true},  // a number to one generation alone
      {"a: \"x\ty\"\n", true},
      {"ü: \"ä\" # ö\n", true},
      {"", false},
      {"# only\n", false},
      {"a", false},
      {"a: b: c\n", false},
      {"a: &x b\nc: *x\n- *x", false},
      {"a: &x b\nc: *x # d\ne: &y [f]\ng: &x 'h'\ni: &z |\n  j\n", true},
      {"- &x b\n- *x", true},
      {"a: *x\n", false},
      {"a: &x b: c\n", false},
      {"a: &x &y b\n", false},
      {"a: &x\n  b: c\n", false},
      {"a: &x *x\n", false},
      {"a: !!str b\n", false},
      {"? a\n: b\n", false},
      {"a:\tb\n", false},
      {"a: b\n c: d\n", false},
      {"a:\n    b: 1\n  c: 2\n", false},
      {"- a\nb: c\n", false},
      {"a: 1\n- b\n", false},
      {"a: - b\n", false},
      {"a: x #c\n  y\n", false},
      {"a: |2\n   x\n", false},
      {"a: |\nb: c\n", false},
      {"a: |\n     \n  x\n", false},
      {"a: \"x\n  y\"\n", true},
      {"a: \"x \\n \n\n  y\\\n  \"\n", true},
      {"a: \"\\ud800\"\n", false},
      {"a: \"\\q\"\n", false},
      {"a: \"x\n", false},
      {"a: 'x\n--- y'\n", false},
      {"a: [b,\n c]\n", false},
      {"a: {b: c}: d\n", false},
      {"a: b\r\n", false},
      {"a: \x01\n", false},
      {"a: \xc2\x85\n", false},
      {"a: \xff\n", false},
      {"a: b\n...\n", false},
      {"%YAML 1.1\n---\na: b\n", false},
      {"a: b\n---\n", false},
      {"a: 'b' c\n", false},
      {"a: x\n  y: z\n", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    bool read = false;
    EXPECT_EQ(BlocksAgree(c.text, &read), "");
    EXPECT_EQ(read, c.read);
  }
}

// Lines and characters of the manifest dropped, doubled, moved and changed, always the same way.
class Mutator {
 public:
  std::string Next() {
    std::string text(kManifest);
    if (Below(2) == 0) text = text.substr(Below(text.size()));
    if (Below(2) == 0) text.resize(Below(text.size() + 1));
    for (size_t n = 1 + Below(4); n > 0 && !text.empty(); --n) Change(text);
    return text;
  }

 private:
  size_t Below(size_t n) { return n == 0 ? 0 : random_() % n; }

  void Change(std::string& text) {
    constexpr std::string_view kPieces[] = {
        " ",     "  ",    "\n", "\n\n", ":",  ": ",       "- ", "#",  " #",   "'",    "\"",   "|\n",
        ">\n",   "\t",    "{}", "[",    "]",  "{",        "}",  ",",  "&a ",  "*a",   "!t ",  "? ",
        "---\n", "...\n", "%",  "\\",   "\r", "\xc3\xa4", "~",  "<<", ".inf", "|-\n", "|2\n", "@"};
    const size_t at = Below(text.size());
    switch (Below(5)) {
      case 0:
        text.erase(at, 1 + Below(3));
        break;
      case 1:
      case 2:
        text.insert(at, kPieces[Below(std::size(kPieces))]);
        break;
      case 3: {  // a line's indentation
        const size_t line = text.find('\n', at);
        if (line == text.npos) break;
        if (Below(2) == 0 && text.compare(line + 1, 1, " ") == 0)
          text.erase(line + 1, 1);
        else
          text.insert(line + 1, 1 + Below(2), ' ');
        break;
      }
      default: {  // a line twice, or away
        const size_t begin = text.find('\n', at);
        const size_t end = begin == text.npos ? text.npos : text.find('\n', begin + 1);
        if (end == text.npos) break;
        if (Below(2) == 0)
          text.insert(end, text.substr(begin, end - begin));
        else
          text.erase(begin, end - begin);
      }
    }
  }

  std::mt19937 random_{7};
};

TEST(BlockReadTest, AgreesWithLibyamlOnWhatItTakes) {
  Mutator mutator;
  int taken = 0;
  for (int i = 0; i < 6000; ++i) {
    const std::string text = mutator.Next();
    bool read = false;
    ASSERT_EQ(BlocksAgree(text, &read), "") << text;
    taken += read ? 1 : 0;
  }
  EXPECT_GT(taken, 600);  // or the mutations test nothing
}

}  // namespace
}  // namespace sluice::document
