#include "pipeline/delivery.h"

#include <utility>

namespace clew::pipeline {

DeliveryToken::DeliveryToken(std::function<void(DeliveryOutcome)> on_release)
    : on_release_(std::move(on_release)) {}

DeliveryToken::~DeliveryToken() {
  if (on_release_) {
    on_release_(is_abandoned_ ? DeliveryOutcome::kAbandoned : DeliveryOutcome::kHandled);
  }
}

DeliveryTokenPtr DeliveryToken::Merge(std::vector<DeliveryTokenPtr> parts) {
  std::erase(parts, nullptr);
  if (parts.empty()) return nullptr;
  if (parts.size() == 1) return std::move(parts.front());
  auto merged = std::make_shared<DeliveryToken>(nullptr);
  merged->parts_ = std::move(parts);
  return merged;
}

void DeliveryToken::Abandon() {
  is_abandoned_ = true;
  for (const DeliveryTokenPtr& part : parts_) part->Abandon();
}

DeliveryTokenPtr DeliveryToken::WithoutMemory() {
  if (parts_.empty()) return shared_from_this();
  std::vector<DeliveryTokenPtr> parts;
  for (const DeliveryTokenPtr& part : parts_) parts.push_back(part->WithoutMemory());
  return Merge(std::move(parts));
}

}  // namespace clew::pipeline
