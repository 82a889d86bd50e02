// Calls template functions by name, for their tests: what a template would print, or "!" and the
// failure.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gotemplate/function.h"
#include "gotemplate/template.h"

namespace sluice::gotemplate {

class Functions {
 public:
  explicit Functions(size_t heap_bytes = size_t{64} << 20) : heap_(heap_bytes) {}

  Heap& heap() { return heap_; }
  // The deadline passes once it was asked for so many times in a call.
  void ExpireAfter(int times) { expire_after_ = times; }
  Value List(std::initializer_list<Value> values, const Type& type = types::kList) {
    gotemplate::List* list = heap_.NewList(values.size(), type);
    for (const Value& value : values) list->Append(heap_, value);
    return Value::Of(list);
  }
  Value Map(std::initializer_list<std::pair<std::string_view, Value>> entries) {
    gotemplate::Map* map = heap_.NewMap();
    for (const auto& [key, value] : entries) map->Set(heap_, key, value);
    return Value::Of(map);
  }

  base::Result<Value> Call(std::string_view name, std::vector<Value> args,
                           HelmVersion helm = HelmVersion::k4) {
    const Function* function = FunctionTable({}, helm).Find(name);
    if (function == nullptr) return base::NotFound("no function");
    World world(helm, expire_after_);
    NoExecution execution;
    gotemplate::Call call{args, heap_, world, execution};
    return function->call(call);
  }
  std::string Text(std::string_view name, std::vector<Value> args,
                   HelmVersion helm = HelmVersion::k4) {
    const auto result = Call(name, std::move(args), helm);
    if (!result.ok()) return "!" + result.status().message();
    std::string text;
    AppendGoValue(text, *result);
    return text;
  }

 private:
  class World final : public Environment {
   public:
    World(HelmVersion helm, int expire_after) : helm_(helm), expire_after_(expire_after) {}
    HelmVersion helm() const override { return helm_; }
    void Random(std::span<uint8_t> out) override { std::ranges::fill(out, uint8_t{7}); }
    bool Expired() override { return expire_after_ >= 0 && asked_++ >= expire_after_; }

   private:
    HelmVersion helm_;
    int expire_after_, asked_ = 0;
  };
  class NoExecution final : public Execution {
   public:
    const TemplateSet& templates() const override { return set_; }
    void* user() const override { return nullptr; }
    const ExecuteOptions& options() const override { return options_; }
    base::Status ExecuteTemplate(const TemplateSet&, std::string_view, const Value&,
                                 std::string&) override {
      return base::Unimplemented("no templates here");
    }

   private:
    TemplateSet set_;
    ExecuteOptions options_;
  };

  Heap heap_;
  int expire_after_ = -1;
};

inline Value S(std::string_view text) { return Value::String(text); }
inline Value I(int64_t i) { return Value::Int(i); }
inline Value F(double d) { return Value::Float(d); }

}  // namespace sluice::gotemplate
