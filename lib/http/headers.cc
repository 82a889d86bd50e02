#include "http/headers.h"

#include <algorithm>

namespace sluice::http {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool IsTokenByte(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return Lower(x) == Lower(y); });
}

void Headers::Set(std::string_view name, std::string value) {
  Erase(name);
  fields_.emplace_back(name, std::move(value));
}

bool Headers::Erase(std::string_view name) {
  return std::erase_if(fields_, [&](const Field& f) { return EqualsIgnoreCase(f.first, name); }) >
         0;
}

std::string_view Headers::Get(std::string_view name) const {
  for (const auto& [n, v] : fields_) {
    if (EqualsIgnoreCase(n, name)) return v;
  }
  return {};
}

bool Headers::Has(std::string_view name) const {
  return std::ranges::any_of(fields_,
                             [&](const Field& f) { return EqualsIgnoreCase(f.first, name); });
}

bool Headers::IsValid(std::string_view name, std::string_view value) {
  if (name.empty() || !std::ranges::all_of(name, IsTokenByte)) return false;
  return std::ranges::all_of(value, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return c == '\t' || (u >= 0x20 && u != 0x7f);
  });
}

}  // namespace sluice::http
