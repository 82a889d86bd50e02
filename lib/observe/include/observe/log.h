// Logger: one JSON object a line, in the field names of Kubernetes controllers (style.md §9), so
// that `flux logs` reads them. A Logger is a cheap immutable value: sink + bound fields.
// Thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace sluice::observe {

enum class LogLevel : uint8_t { kTrace, kDebug, kInfo, kError, kOff };
base::Result<LogLevel> ParseLogLevel(std::string_view text);  // trace|debug|info|error

// A field's value: text, number, boolean, or an object reference printed {"name":…,"namespace":…}.
struct ObjectRef {
  std::string name, ns;
};
using LogValue = std::variant<std::string, int64_t, double, bool, ObjectRef>;
struct LogField {
  std::string key;
  LogValue value;
  LogField(std::string k, LogValue v) : key(std::move(k)), value(std::move(v)) {}
  LogField(std::string k, std::string_view v) : key(std::move(k)), value(std::string(v)) {}
  LogField(std::string k, const char* v) : key(std::move(k)), value(std::string(v)) {}
  LogField(std::string k, const std::string& v) : key(std::move(k)), value(v) {}
  LogField(std::string k, bool v) : key(std::move(k)), value(v) {}
  LogField(std::string k, int64_t v) : key(std::move(k)), value(v) {}
  LogField(std::string k, double v) : key(std::move(k)), value(v) {}
  LogField(std::string k, ObjectRef v) : key(std::move(k)), value(std::move(v)) {}
  LogField(std::string k, int v) : key(std::move(k)), value(static_cast<int64_t>(v)) {}
  LogField(std::string k, size_t v) : key(std::move(k)), value(static_cast<int64_t>(v)) {}
};

struct LogRecord {
  LogLevel level;
  std::string_view logger;
  std::string_view message;
  std::string_view error;  // "" = none
  const std::vector<LogField>* bound;
  const std::vector<LogField>* fields;
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual bool Enabled(LogLevel level) const = 0;
  virtual void Write(const LogRecord& record) = 0;  // thread-safe
};

class Logger {
 public:
  Logger();  // discards
  explicit Logger(std::shared_ptr<LogSink> sink, std::string name = "");

  Logger With(std::vector<LogField> fields) const;
  Logger Named(std::string_view name) const;  // joined with '.'
  bool Enabled(LogLevel level) const;

  void Trace(std::string_view message, std::vector<LogField> fields = {}) const;
  void Debug(std::string_view message, std::vector<LogField> fields = {}) const;
  void Info(std::string_view message, std::vector<LogField> fields = {}) const;
  void Error(const base::Status& error, std::string_view message,
             std::vector<LogField> fields = {}) const;

 private:
  void Emit(LogLevel level, std::string_view message, std::string_view error,
            const std::vector<LogField>& fields) const;
  struct Shared;
  std::shared_ptr<const Shared> shared_;  // null: discards
};

// JSON (or, with console=true, human-readable) lines to stderr through spdlog, at `level` and
// above.
std::shared_ptr<LogSink> MakeStderrSink(LogLevel level, bool console);
// The JSON line of a record, without the newline, as MakeStderrSink writes it.
std::string RenderJson(const LogRecord& record, std::string_view timestamp);

}  // namespace sluice::observe
