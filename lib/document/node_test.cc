#include "document/node.h"

#include <gtest/gtest.h>

#include "document/yaml.h"

namespace sluice::document {
namespace {

TEST(NodeTest, MappingsSetFindErase) {
  Arena arena;
  Node* map = arena.NewMapping();
  for (int i = 0; i < 20; ++i) map->Set("k" + std::to_string(i), arena.NewInt(i));
  EXPECT_EQ(map->size(), 20u);
  EXPECT_EQ(map->Find("k7")->value(), "7");
  EXPECT_EQ(map->Find("x"), nullptr);
  map->Set("k7", "seven");
  EXPECT_EQ(map->Find("k7")->value(), "seven");
  EXPECT_EQ(map->Find("k7")->tag(), "!!str");
  EXPECT_TRUE(map->Erase("k0"));
  EXPECT_FALSE(map->Erase("k0"));
  EXPECT_EQ(map->pair(0).key->value(), "k1");
  map->InsertPair(0, arena.NewString("first"), arena.NewNull());
  EXPECT_EQ(map->pair(0).key->value(), "first");
  EXPECT_TRUE(map->pair(0).value->IsNull());
  map->FindOrAddMapping("m")->FindOrAddSequence("s")->Append(arena.NewBool(true));
  EXPECT_EQ(map->At({"m", "s"})->item(0)->value(), "true");
  EXPECT_EQ(map->At({"m", "none", "s"}), nullptr);
}

TEST(NodeTest, SequencesInsertAndRemove) {
  Arena arena;
  Node* seq = arena.NewSequence();
  for (int i = 0; i < 9; ++i) seq->Append(arena.NewInt(i));
  seq->Insert(0, arena.NewInt(100));
  seq->RemoveItem(1);
  EXPECT_EQ(seq->size(), 9u);
  EXPECT_EQ(seq->item(0)->value(), "100");
  EXPECT_EQ(seq->item(1)->value(), "1");
  seq->Clear();
  EXPECT_TRUE(seq->empty());
}

TEST(NodeTest, AssignSharesChildrenButNotTheList) {
  Arena arena;
  Node* a = arena.NewMapping();
  a->Set("x", "1");
  Node* b = arena.NewScalar("old", Tag::kStr, Node::Style::kDoubleQuoted);
  b->Assign(*a);
  EXPECT_TRUE(b->is_mapping());
  EXPECT_EQ(b->Find("x"), a->Find("x"));
  b->Set("y", "2");
  EXPECT_EQ(a->size(), 1u);
}

TEST(NodeTest, ClonesIntoAnotherArenaWithAliases) {
  Arena copies;
  Node* copy = nullptr;
  {
    const auto doc = ParseYamlDocument("a: &x {k: [1, two]}\nb: *x\nc: !custom d\n");
    ASSERT_TRUE(doc.ok());
    copy = doc->root->Clone(copies);
    EXPECT_TRUE(DeepEqual(*copy, *doc->root));
  }
  EXPECT_EQ(copy->Find("b")->target(), copy->Find("a"));
  EXPECT_EQ(copy->Find("b")->value(), "x");
  EXPECT_EQ(copy->Find("c")->tag(), "!custom");
  EXPECT_TRUE(copy->Find("c")->tagged());
  EXPECT_EQ(copy->At({"a", "k"})->item(1)->value(), "two");
}

TEST(NodeTest, ComparesData) {
  const struct {
    const char *a, *b;
    bool equal;
  } cases[] = {
      {"a: 1", "\"a\": 1", true},
      {"a: 1", "a: \"1\"", false},
      {"{a: 1, b: [x]}", "b:\n- 'x'\na: 1", true},
      {"[1, 2]", "[2, 1]", false},
      {"a: 1", "a: 1\nb: 2", false},
      {"a: !x 1", "a: !y 1", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.a);
    const auto a = ParseYamlDocument(c.a), b = ParseYamlDocument(c.b);
    ASSERT_TRUE(a.ok() && b.ok());
    EXPECT_EQ(DeepEqual(*a->root, *b->root), c.equal);
  }
}

TEST(NodeTest, TagsResolveByTextUntilSet) {
  Arena arena;
  EXPECT_EQ(arena.NewScalar("12")->ShortTag(), Tag::kInt);
  EXPECT_EQ(arena.NewScalar("12", Tag::kNone, Node::Style::kDoubleQuoted)->ShortTag(), Tag::kStr);
  EXPECT_EQ(arena.NewScalar("yes")->ShortTag(), Tag::kStr);
  EXPECT_EQ(arena.NewScalar("")->ShortTag(), Tag::kNull);
  EXPECT_EQ(arena.NewString("12")->ShortTag(), Tag::kStr);
  Node* node = arena.NewScalar("x");
  node->SetTag("tag:yaml.org,2002:int");
  EXPECT_EQ(node->tag(), "!!int");
  node->SetTag("tag:yaml.org,2002:set");
  EXPECT_EQ(node->tag(), "!!set");
}

TEST(NodeTest, ExpandsAliasesAndMergeKeys) {
  const struct {
    const char *in, *want;
  } cases[] = {
      {"a: &x {k: 1}\nb: *x", "a: {k: 1}\nb: {k: 1}"},
      {"base: &b {k: 1, l: 2}\nc:\n  <<: *b\n  k: 3", "base: {k: 1, l: 2}\nc: {k: 3, l: 2}"},
      {"x: &x {k: 1}\ny: &y {k: 2, m: 3}\nz:\n  <<: [*x, *y]",
       "x: {k: 1}\ny: {k: 2, m: 3}\nz: {k: 1, m: 3}"},
      {"a: &s text\nb: [*s, *s]", "a: text\nb: [text, text]"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.in);
    const auto doc = ParseYamlDocument(c.in), want = ParseYamlDocument(c.want);
    ASSERT_TRUE(doc.ok() && want.ok());
    ASSERT_TRUE(ExpandAliases(doc->root).ok());
    EXPECT_EQ(ToYaml(*ToValue(*doc->root)), ToYaml(*ToValue(*want->root)));
    EXPECT_TRUE(doc->root->pair(0).value->anchor().empty());
  }
  const struct {
    const char *in, *want;
  } errors[] = {
      {"a: &x 1\nb:\n  <<: *x", "invalid map merge: received alias for a non-map value"},
      {"b:\n  <<: [[1]]", "invalid map merge: received a nested sequence"},
      {"b:\n  <<: 1", "map merge requires map or sequence of maps as the value"},
      {"b:\n  <<: {a: 1}\n  <<: {b: 1}", "duplicate merge key"},
  };
  for (const auto& c : errors) {
    const auto doc = ParseYamlDocument(c.in);
    ASSERT_TRUE(doc.ok());
    EXPECT_EQ(ExpandAliases(doc->root).message(), c.want);
  }
}

}  // namespace
}  // namespace sluice::document
