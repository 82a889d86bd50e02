// Value: JSON-like data, compact: what API responses, status patches, Helm values and CEL work on.
// An object keeps its members in insertion order and looks keys up by a linear scan (Kubernetes
// objects are small; wide ones get an index past 16 members). Numbers keep what encoding/json
// needs: int64, uint64 beyond it, or double. A value type: copying copies deeply; move is cheap.
// Thread-compatible. The styled YAML tree kustomize edits is document::Node (node.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::document {

class Value {
 public:
  enum class Kind : uint8_t { kNull, kBool, kInt, kUint, kDouble, kString, kArray, kObject };
  using Member = std::pair<std::string, Value>;

  Value() = default;                                           // null
  Value(std::nullptr_t) {}                                     // NOLINT
  Value(bool b);                                               // NOLINT
  Value(int i) : Value(static_cast<int64_t>(i)) {}             // NOLINT
  Value(int64_t i);                                            // NOLINT
  Value(unsigned u) : Value(static_cast<int64_t>(u)) {}        // NOLINT
  Value(long long i) : Value(static_cast<int64_t>(i)) {}       // NOLINT
  Value(uint64_t u);                                           // NOLINT: kInt when it fits int64
  Value(double d);                                             // NOLINT
  Value(std::string_view s);                                   // NOLINT
  Value(const char* s) : Value(std::string_view(s)) {}         // NOLINT
  Value(const std::string& s) : Value(std::string_view(s)) {}  // NOLINT
  static Value Array(std::vector<Value> items = {});
  static Value Object(std::initializer_list<Member> members = {});

  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_bool() const { return kind_ == Kind::kBool; }
  bool is_number() const {
    return kind_ == Kind::kInt || kind_ == Kind::kUint || kind_ == Kind::kDouble;
  }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_array() const { return kind_ == Kind::kArray; }
  bool is_object() const { return kind_ == Kind::kObject; }

  // Lenient scalars: the fallback when the kind differs.
  bool AsBool(bool fallback = false) const;
  int64_t AsInt(int64_t fallback = 0) const;     // a double with an integral value counts
  uint64_t AsUint(uint64_t fallback = 0) const;  // not negative
  double AsDouble(double fallback = 0) const;
  // valid while this value lives unchanged
  std::string_view AsString(std::string_view fallback = "") const;

  // Arrays and objects; size() is 0 for scalars.
  size_t size() const;
  bool empty() const { return size() == 0; }
  const std::vector<Value>& items() const;     // empty unless an array
  std::vector<Value>& mutable_items();         // becomes an array if null. REQUIRES: array or null
  const std::vector<Member>& members() const;  // empty unless an object

  const Value* Find(std::string_view key) const;  // null unless an object that has it
  Value* Find(std::string_view key);
  // The member's value, or the shared null value; chains: v["spec"]["path"].AsString().
  const Value& operator[](std::string_view key) const;
  const Value& operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  // Member access along a path of keys; null value if any is missing.
  const Value& At(std::initializer_list<std::string_view> path) const;
  // Sets or replaces; becomes an object if null. Returns the stored value. REQUIRES: object or null
  Value& Set(std::string_view key, Value value);
  // The member, created as null if missing: v.Mutable("metadata").Mutable("labels").Set("a", "b")
  Value& Mutable(std::string_view key);
  bool Erase(std::string_view key);
  void Append(Value value);  // becomes an array if null
  void SortMembers();        // by key bytes, this level only

  void Reserve(size_t n);  // room for n items or members

  // Deep equality; objects compare without order; 1 == 1.0.
  friend bool operator==(const Value& a, const Value& b);

  static const Value& Null();
  // Bytes held on the heap by this value, for budgets and benchmarks.
  size_t HeapBytes() const;

 private:
  friend class ValueBuilder;
  struct Text;      // a long string on the heap
  struct Elements;  // an array
  struct Fields;    // an object
  const Text& text() const;
  const Elements& elements() const;
  const Fields& fields() const;
  Fields& MakeFields();
  void Destroy();

  // 16 bytes. Strings of up to 14 bytes stand in the value itself, from inline_text_ on into the
  // union; inline_size_ tells.
  static constexpr uint8_t kOnHeap = 0xff;
  static constexpr size_t kInlineText = 14;
  Kind kind_ = Kind::kNull;
  uint8_t inline_size_ = 0;
  char inline_text_[6] = {};
  union {
    bool bool_;
    int64_t int_ = 0;
    uint64_t uint_;
    double double_;
    void* heap_;
  };
};
static_assert(sizeof(Value) <= 16);

}  // namespace sluice::document
