#include "helm/chart.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"

namespace sluice::helm {
namespace {

bool IsManifestName(std::string_view name) {
  const size_t slash = name.rfind('/');
  const std::string_view base = slash == name.npos ? name : name.substr(slash + 1);
  const size_t dot = base.rfind('.');
  if (dot == base.npos) return false;
  static constexpr std::array<std::string_view, 3> kExtensions{".yaml", ".yml", ".json"};
  return std::ranges::any_of(
      kExtensions, [&](std::string_view e) { return base::EqualFold(base.substr(dot), e); });
}

}  // namespace

std::unique_ptr<Chart> Chart::Clone() const {
  auto copy = std::make_unique<Chart>();
  copy->metadata = metadata;
  copy->lock = lock;
  copy->files_ = files_;
  copy->values_ = values_;
  for (const auto& child : dependencies_) {
    copy->AddDependency(child->Clone());
    copy->dependencies_.back()->pinned_parent_path_ = child->pinned_parent_path_;
  }
  return copy;
}

const Chart& Chart::root() const {
  const Chart* chart = this;
  while (chart->parent_ != nullptr) chart = chart->parent_;
  return *chart;
}

std::string Chart::full_path() const {
  if (parent_ == nullptr) return name();
  return base::Cat(pinned_parent_path_.empty() ? parent_->full_path() : pinned_parent_path_,
                   "/charts/", name());
}

std::string Chart::dot_path() const {
  return parent_ == nullptr ? name() : base::Cat(parent_->dot_path(), ".", name());
}

std::vector<Crd> Chart::Crds() const {
  std::vector<Crd> out;
  AppendCrds(out);
  return out;
}

void Chart::AppendCrds(std::vector<Crd>& out) const {
  for (const File& file : files()) {
    if (!file.name.starts_with("crds/") || !IsManifestName(file.name)) continue;
    out.push_back({file.name, base::Cat(full_path(), "/", file.name), &file});
  }
  for (const auto& child : dependencies_) child->AppendCrds(out);
}

void Chart::AddDependency(std::unique_ptr<Chart> chart) {
  chart->parent_ = this;
  chart->pinned_parent_path_.clear();
  dependencies_.push_back(std::move(chart));
}

std::vector<std::unique_ptr<Chart>> Chart::TakeDependencies() {
  for (const auto& child : dependencies_) child->parent_ = nullptr;
  return std::exchange(dependencies_, {});
}

}  // namespace sluice::helm
