#include "observe/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <chrono>
#include <type_traits>
#include <utility>

#include "base/json_string.h"
#include "base/strings.h"
#include "base/time.h"
#include "observe/memory_sink.h"

namespace sluice::observe {
namespace {

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return "trace";
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      break;
  }
  return "off";
}

void AppendValue(std::string& out, const LogValue& value) {
  std::visit(
      [&](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string>) {
          base::AppendJsonString(out, v, false);
        } else if constexpr (std::is_same_v<T, bool>) {
          out += v ? "true" : "false";
        } else if constexpr (std::is_same_v<T, ObjectRef>) {
          out += "{\"name\":";
          base::AppendJsonString(out, v.name, false);
          if (!v.ns.empty()) {
            out += ",\"namespace\":";
            base::AppendJsonString(out, v.ns, false);
          }
          out += '}';
        } else {
          char text[32];
          out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
        }
      },
      value);
}

void AppendFields(std::string& out, const std::vector<LogField>* fields) {
  if (fields == nullptr) return;
  for (const auto& f : *fields) {
    out += ',';
    base::AppendJsonString(out, f.key, false);
    out += ':';
    AppendValue(out, f.value);
  }
}

std::string RenderConsole(const LogRecord& r, std::string_view timestamp) {
  std::string out = base::Cat(timestamp, "\t", LevelName(r.level), "\t", r.logger,
                              r.logger.empty() ? "" : "\t", r.message);
  std::string fields;
  AppendFields(fields, r.bound);
  AppendFields(fields, r.fields);
  if (!r.error.empty()) {
    fields += ",\"error\":";
    base::AppendJsonString(fields, r.error, false);
  }
  if (!fields.empty()) {
    fields[0] = '{';
    out += '\t' + fields + '}';
  }
  return out;
}

class StderrSink final : public LogSink {
 public:
  StderrSink(LogLevel level, bool console)
      : level_(level),
        console_(console),
        out_("sluice", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    out_.set_pattern("%v");
    out_.set_level(spdlog::level::trace);
  }
  bool Enabled(LogLevel level) const override { return level >= level_; }
  void Write(const LogRecord& record) override {
    const std::string now = base::FormatIso8601Millis(std::chrono::system_clock::now());
    const std::string line = console_ ? RenderConsole(record, now) : RenderJson(record, now);
    out_.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  const LogLevel level_;
  const bool console_;
  spdlog::logger out_;
};

}  // namespace

base::Result<LogLevel> ParseLogLevel(std::string_view text) {
  for (const auto level : {LogLevel::kTrace, LogLevel::kDebug, LogLevel::kInfo, LogLevel::kError}) {
    if (text == LevelName(level)) return level;
  }
  return base::InvalidArgument(base::Cat("unknown log level ", base::QuoteGo(text.substr(0, 32))));
}

std::string RenderJson(const LogRecord& r, std::string_view timestamp) {
  std::string out;
  out.reserve(256);
  out += "{\"level\":\"";
  out += LevelName(r.level);
  out += "\",\"ts\":";
  base::AppendJsonString(out, timestamp, false);
  if (!r.logger.empty()) {
    out += ",\"logger\":";
    base::AppendJsonString(out, r.logger, false);
  }
  out += ",\"msg\":";
  base::AppendJsonString(out, r.message, false);
  AppendFields(out, r.bound);
  AppendFields(out, r.fields);
  if (!r.error.empty()) {
    out += ",\"error\":";
    base::AppendJsonString(out, r.error, false);
  }
  out += '}';
  return out;
}

struct Logger::Shared {
  std::shared_ptr<LogSink> sink;
  std::string name;
  std::vector<LogField> bound;
};

Logger::Logger() = default;

Logger::Logger(std::shared_ptr<LogSink> sink, std::string name)
    : shared_(std::make_shared<Shared>(Shared{std::move(sink), std::move(name), {}})) {}

Logger Logger::With(std::vector<LogField> fields) const {
  if (!shared_) return *this;
  Shared next = *shared_;
  for (auto& f : fields) next.bound.push_back(std::move(f));
  Logger out;
  out.shared_ = std::make_shared<Shared>(std::move(next));
  return out;
}

Logger Logger::Named(std::string_view name) const {
  if (!shared_) return *this;
  Shared next = *shared_;
  if (!next.name.empty()) next.name += '.';
  next.name += name;
  Logger out;
  out.shared_ = std::make_shared<Shared>(std::move(next));
  return out;
}

bool Logger::Enabled(LogLevel level) const { return shared_ && shared_->sink->Enabled(level); }

void Logger::Trace(std::string_view message, std::vector<LogField> fields) const {
  Emit(LogLevel::kTrace, message, "", fields);
}
void Logger::Debug(std::string_view message, std::vector<LogField> fields) const {
  Emit(LogLevel::kDebug, message, "", fields);
}
void Logger::Info(std::string_view message, std::vector<LogField> fields) const {
  Emit(LogLevel::kInfo, message, "", fields);
}
void Logger::Error(const base::Status& error, std::string_view message,
                   std::vector<LogField> fields) const {
  Emit(LogLevel::kError, message, error.message(), fields);
}

void Logger::Emit(LogLevel level, std::string_view message, std::string_view error,
                  const std::vector<LogField>& fields) const {
  if (!Enabled(level)) return;
  shared_->sink->Write({level, shared_->name, message, error, &shared_->bound, &fields});
}

std::shared_ptr<LogSink> MakeStderrSink(LogLevel level, bool console) {
  return std::make_shared<StderrSink>(level, console);
}

void MemorySink::Write(const LogRecord& record) {
  std::string line = RenderJson(record, "");
  MutexLock lock(mu_);
  lines_.push_back(std::move(line));
}

std::vector<std::string> MemorySink::lines() const {
  MutexLock lock(mu_);
  return lines_;
}

size_t MemorySink::Count(std::string_view part) const {
  MutexLock lock(mu_);
  size_t n = 0;
  for (const auto& line : lines_) n += line.find(part) != line.npos;
  return n;
}

}  // namespace sluice::observe
