// Headers: an ordered list of HTTP header fields, names compared without case. A value;
// thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::http {

class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  void Set(std::string_view name, std::string value);  // replaces every field of that name
  bool Erase(std::string_view name);
  // The first field of that name, "" if absent.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  const std::vector<Field>& fields() const { return fields_; }
  bool empty() const { return fields_.empty(); }

  // True if both may stand in a message: the name is a token, the value holds no control byte (CR,
  // LF and NUL split messages).
  static bool IsValid(std::string_view name, std::string_view value);

 private:
  std::vector<Field> fields_;
};

bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace sluice::http
