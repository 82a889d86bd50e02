// Value: what a Go template computes with. Go's dynamic types as templates can tell them apart
// (spec helm-engine §1): an int is not an int64, 8080 from a values file is a float64, and a list
// knows whether it is []interface {} or []string, because messages, %T and comparisons show it.
// Lists, maps and objects are references: `set` on a map is seen through every alias of it.
//
// Everything that a Value refers to lives in a Heap: an arena of one render that is freed as a
// whole. So a Value is 16 bytes, trivially copied, never counted, and a map that holds itself is no
// leak. A string may also be borrowed from the caller's data or from a parsed template; both
// outlive the Heap. Thread-compatible: one Heap and its values belong to one render on one thread.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"

namespace sluice::gotemplate {

enum class Kind : uint8_t {
  kNil,
  kBool,
  kInt,
  kInt64,
  kUint8,
  kUint32,
  kUint64,
  kFloat64,
  kComplex128,
  kString,
  kBytes,
  kList,
  kMap,
  kObject,
};

class TypeMethods;

// A Go type. Compared by address; the ones below are all there are, beside those of objects and
// named types of lists and maps.
struct Type {
  std::string_view name;  // as %T prints it
  Kind kind;
  const Type* element = nullptr;         // of lists and maps; null = interface {}
  const TypeMethods* methods = nullptr;  // of a named type of lists or maps
};
namespace types {
extern const Type kBool, kInt, kInt64, kUint8, kUint32, kUint64, kFloat64, kComplex128, kString;
extern const Type kBytes;       // []uint8
extern const Type kList;        // []interface {}
extern const Type kStringList;  // []string
extern const Type kIntList;     // []int
extern const Type kListList;    // [][]interface {}
extern const Type kMap;         // map[string]interface {}
extern const Type kStringMap;   // map[string]string
}  // namespace types

class Heap;
class List;
class Map;
class Object;

class Value {
 public:
  constexpr Value() = default;  // nil
  static Value Bool(bool b);
  static Value Int(int64_t i);  // Go's int
  static Value Int64(int64_t i);
  static Value Uint8(uint8_t u);
  static Value Uint32(uint32_t u);
  static Value Uint64(uint64_t u);
  static Value Float(double d);
  static Value Complex(Heap& heap, std::complex<double> c);
  // The bytes are borrowed: in a Heap, a literal, or data that outlives the Heap. At most 4 GiB.
  static Value String(std::string_view s);
  static Value Bytes(std::string_view s);
  static Value Of(List* list);
  static Value Of(Map* map);
  static Value Of(Object* object);
  // "Boxed": the value stands in an interface {}, as all that is read out of a []interface {} or a
  // map[string]interface {}. The executor keeps the mark, since error texts name the static type; a
  // boxed nil is a nil interface, one that is not is no value at all. Functions need not care and
  // may return either.
  Value Boxed() const {
    Value v = *this;
    v.boxed_ = true;
    return v;
  }
  Value Unboxed() const {
    Value v = *this;
    v.boxed_ = false;
    return v;
  }
  bool boxed() const { return boxed_; }
  // Go's conversion of a map of a named type to map[string]interface {}, as a parameter of that
  // type makes it: the same map, whose name and methods are not seen through this value. Nothing
  // for others.
  Value WithoutName() const {
    Value v = *this;
    v.unnamed_ = kind_ == Kind::kMap;
    return v;
  }

  Kind kind() const { return kind_; }
  bool is_nil() const { return kind_ == Kind::kNil; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_list() const { return kind_ == Kind::kList; }
  bool is_map() const { return kind_ == Kind::kMap; }
  bool is_signed() const { return kind_ == Kind::kInt || kind_ == Kind::kInt64; }
  bool is_unsigned() const {
    return kind_ == Kind::kUint8 || kind_ == Kind::kUint32 || kind_ == Kind::kUint64;
  }
  bool is_number() const { return is_signed() || is_unsigned() || kind_ == Kind::kFloat64; }

  // REQUIRES: the kind they name
  bool bool_value() const { return bool_; }
  int64_t int_value() const { return int_; }     // kInt, kInt64
  uint64_t uint_value() const { return uint_; }  // unsigned kinds
  double float_value() const { return double_; }
  std::complex<double> complex_value() const { return *complex_; }
  std::string_view text() const { return {text_, length_}; }  // kString, kBytes
  List& list() const { return *list_; }
  Map& map() const { return *map_; }
  Object& object() const { return *object_; }

  // The dynamic type; null for nil.
  const Type* type() const;
  std::string_view TypeName() const;  // "<nil>" for nil
  // Go's reflect.Kind word: "int", "float64", "slice", "map", "string", "struct", "ptr", "invalid".
  std::string_view KindName() const;
  bool Truth() const;  // text/template's IsTrue (spec §3.2)

 private:
  Kind kind_ = Kind::kNil;
  bool boxed_ = false;
  bool unnamed_ = false;
  uint32_t length_ = 0;
  union {
    bool bool_;
    int64_t int_ = 0;
    uint64_t uint_;
    double double_;
    const char* text_;
    const std::complex<double>* complex_;
    List* list_;
    Map* map_;
    Object* object_;
  };
};
static_assert(sizeof(Value) == 16);

// A slice. Templates never change one in place: functions build new ones.
class List {
 public:
  const Type& type() const { return *type_; }
  std::span<const Value> items() const { return {items_, size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Value& operator[](size_t i) const { return items_[i]; }
  // Go's nil slice: as an empty one, but JSON shows null, %#v (nil), and deepEqual tells them
  // apart. Appending ends it.
  bool is_nil() const { return nil_ && size_ == 0; }
  void MakeNil() { nil_ = true; }
  void Append(Heap& heap, Value v);
  void Reserve(Heap& heap, size_t n);

 private:
  friend class Heap;
  const Type* type_ = &types::kList;
  Value* items_ = nullptr;
  uint32_t size_ = 0, capacity_ = 0;
  bool nil_ = false;
};

// A map with string keys, kept sorted by key bytes (the order in which Go templates range over it).
class Map {
 public:
  struct Entry {
    std::string_view key;
    Value value;
  };
  const Type& type() const { return *type_; }
  // Gives the map a named type of the same elements, for the values that do not say WithoutName.
  void Rename(const Type& type) { type_ = &type; }
  std::span<const Entry> entries() const { return {entries_, size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Value* Find(std::string_view key) const;  // null where absent
  // Go's nil map: as an empty one, but JSON shows null, and `set` refuses it.
  bool is_nil() const { return nil_ && size_ == 0; }
  void MakeNil() { nil_ = true; }
  // The key's bytes are borrowed like a Value's.
  void Set(Heap& heap, std::string_view key, Value v);
  bool Erase(Heap& heap, std::string_view key);
  // What entries() gave before stays as it was, whatever is set meanwhile: for those who call
  // templates while they iterate.
  std::span<const Entry> Snapshot();

 private:
  friend class Heap;
  size_t LowerBound(std::string_view key) const;
  void Own(Heap& heap, size_t capacity);
  const Type* type_ = &types::kMap;
  Entry* entries_ = nullptr;
  uint32_t size_ = 0, capacity_ = 0;
  bool nil_ = false, shared_ = false;
};

struct Call;

// The methods of a named type of lists or maps (.Values, .Files, .Capabilities.APIVersions). They
// are found before a map's keys.
class TypeMethods {
 public:
  virtual ~TypeMethods() = default;
  // signature (function.h), empty where there is none
  virtual std::string_view Method(std::string_view name) const = 0;
  virtual base::Result<Value> Call(const Value& receiver, std::string_view name,
                                   gotemplate::Call& call) const = 0;
};

// A Go value with fields or methods: .Capabilities, .Files, a time, a certificate, a
// semver.Version.
class Object {
 public:
  virtual ~Object() = default;
  virtual const Type& type() const = 0;  // kind kObject; its name for %T
  virtual std::string_view kind_name() const {
    return "struct";
  }  // or "ptr", "map" (.Files is a map with methods)
  // A field, or a method that takes no argument; false where there is none. Never called with a
  // name that Method knows.
  virtual bool Field(Heap& heap, std::string_view name, Value& out) const;
  virtual bool FieldsAreMethods() const {
    return false;
  }  // what Field gives are Go's methods without arguments
  // Signature of a method (function.h), empty where there is none.
  virtual std::string_view Method(std::string_view name) const;
  virtual base::Result<Value> CallMethod(std::string_view name, Call& call);
  virtual bool HasString() const { return false; }  // fmt.Stringer or error
  virtual std::string String() const { return {}; }
  virtual std::string GoString() const {
    return {};
  }  // %v without Stringer: "{a b}"; empty = the type's name
  virtual bool Truth() const { return true; }
  virtual const document::Value* Data() const {
    return nullptr;
  }                                          // what toYaml and toJson see; null = {}
  virtual size_t size() const { return 0; }  // len, range of objects that are maps
  virtual const Map* AsMap() const {
    return nullptr;
  }  // range and index, for objects that are maps
};

// The arena of one render. Past its budget `exhausted()` is true; the executor checks it and fails
// with kResourceExhausted, so functions need not, but those whose result may be far larger than
// their arguments ask Fits() first.
class Heap {
 public:
  explicit Heap(size_t max_bytes = size_t{256} << 20);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  std::string_view Copy(std::string_view bytes);
  char* AllocateBytes(size_t n);  // uninitialised
  void* Allocate(size_t n, size_t alignment = alignof(std::max_align_t));
  Value CopyString(std::string_view bytes) { return Value::String(Copy(bytes)); }
  List* NewList(size_t capacity = 0, const Type& type = types::kList);
  Map* NewMap(size_t capacity = 0, const Type& type = types::kMap);
  List* NilList(const Type& type = types::kList);
  Map* NilMap(const Type& type = types::kMap);
  template <class T, class... Args>
  T* NewObject(Args&&... args) {
    auto owned = std::make_unique<T>(std::forward<Args>(args)...);
    T* object = owned.get();
    Own(std::move(owned));
    return object;
  }
  size_t used() const { return used_; }
  bool exhausted() const { return used_ > max_bytes_; }
  bool Fits(size_t n) const { return used_ <= max_bytes_ && n <= max_bytes_ - used_; }

 private:
  void Own(std::unique_ptr<Object> object);
  char* Block(size_t n);
  size_t used_ = 0, max_bytes_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<std::unique_ptr<Object>> objects_;
};

// JSON-like data as Go's decoders give it: kInt becomes int64, kDouble float64. Strings are
// borrowed from `data`, which must outlive the heap unchanged. `type` names the outermost map
// (chartutil.Values …).
Value FromDocument(Heap& heap, const document::Value& data, const Type& type = types::kMap);
// What encoding/json would marshal: bytes as base64, objects as their Data. Fails on NaN,
// infinities and past 1000 levels
// ("json: unsupported value: NaN").
base::Result<document::Value> ToDocument(const Value& value);

// fmt.Sprint of one value: the text that {{ . }}, %v and sprig's strval print (spec §5.2). A nil
// prints "<nil>".
void AppendGoValue(std::string& out, const Value& value);
// A float64 as %v prints it: the shortest digits that read back, with an exponent below 1e-4 and
// from 1e6 on (spec §5.2).
void AppendGoFloat(std::string& out, double d);
// strconv.Quote (%q).
void AppendGoQuoted(std::string& out, std::string_view text);

}  // namespace sluice::gotemplate
