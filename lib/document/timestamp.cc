#include <cstdint>
#include <cstdio>
#include <string>

#include "resolve.h"

namespace sluice::document {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads as Go's time.Parse does with go-yaml's layouts: one or two digits a field, fractions after
// '.' or ','.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  bool Date() {
    if (rest_.size() < 5 || rest_[4] != '-') return false;
    for (size_t i = 0; i < 4; ++i) {
      if (!IsDigit(rest_[i])) return false;
      year_ = year_ * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(5);
    if (!Field(month_) || !Literal('-') || !Field(day_)) return false;
    return month_ >= 1 && month_ <= 12 && day_ >= 1 && day_ <= DaysIn();
  }

  bool Clock() {
    if (!Field(hour_) || !Literal(':') || !Field(minute_) || !Literal(':') || !Field(second_))
      return false;
    if (rest_.size() >= 2 && (rest_[0] == '.' || rest_[0] == ',') && IsDigit(rest_[1])) {
      rest_.remove_prefix(1);
      int digits = 0;
      for (; !rest_.empty() && IsDigit(rest_[0]); rest_.remove_prefix(1), ++digits) {
        if (digits < 9) nanos_ = nanos_ * 10 + (rest_[0] - '0');
      }
      for (; digits < 9; ++digits) nanos_ *= 10;
    }
    return hour_ < 24 && minute_ < 60 && second_ < 60;
  }

  bool Zone() {
    if (Literal('Z')) return true;
    if (rest_.size() < 6 || (rest_[0] != '+' && rest_[0] != '-') || rest_[3] != ':') return false;
    const bool west = rest_[0] == '-';
    for (const size_t i : {1u, 2u, 4u, 5u}) {
      if (!IsDigit(rest_[i])) return false;
    }
    const int hours = (rest_[1] - '0') * 10 + (rest_[2] - '0'),
              minutes = (rest_[4] - '0') * 10 + (rest_[5] - '0');
    if (hours > 24 || minutes > 60) return false;
    offset_ = (hours * 60 + minutes) * (west ? -1 : 1);
    rest_.remove_prefix(6);
    return true;
  }

  bool Literal(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool AtEnd() const { return rest_.empty(); }

  std::string Rfc3339() const {
    char text[64];
    std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", year_, month_, day_, hour_,
                  minute_, second_);
    std::string out = text;
    if (nanos_ != 0) {
      std::snprintf(text, sizeof(text), ".%09d", nanos_);
      out += text;
      while (out.back() == '0') out.pop_back();
    }
    if (offset_ == 0) return out + 'Z';
    const int magnitude = offset_ < 0 ? -offset_ : offset_;
    std::snprintf(text, sizeof(text), "%c%02d:%02d", offset_ < 0 ? '-' : '+', magnitude / 60,
                  magnitude % 60);
    return out + text;
  }

 private:
  bool Field(int& value) {
    if (rest_.empty() || !IsDigit(rest_[0])) return false;
    value = rest_[0] - '0';
    rest_.remove_prefix(1);
    if (!rest_.empty() && IsDigit(rest_[0])) {
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return true;
  }

  int DaysIn() const {
    if (month_ == 2) return year_ % 4 == 0 && (year_ % 100 != 0 || year_ % 400 == 0) ? 29 : 28;
    return month_ == 4 || month_ == 6 || month_ == 9 || month_ == 11 ? 30 : 31;
  }

  std::string_view rest_;
  int year_ = 0, month_ = 0, day_ = 0, hour_ = 0, minute_ = 0, second_ = 0, nanos_ = 0, offset_ = 0;
};

}  // namespace

std::string ParseTimestamp(std::string_view text) {
  TimeReader reader(text);
  if (!reader.Date()) return {};
  if (reader.AtEnd()) return reader.Rfc3339();
  if (reader.Literal(' '))
    return reader.Clock() && reader.AtEnd() ? reader.Rfc3339() : std::string();
  if (!reader.Literal('T') && !reader.Literal('t')) return {};
  return reader.Clock() && reader.Zone() && reader.AtEnd() ? reader.Rfc3339() : std::string();
}

}  // namespace sluice::document
