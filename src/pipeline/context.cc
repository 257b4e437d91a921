#include "pipeline/context.h"

#include <algorithm>

namespace clew::pipeline {

void Receipt::Merge(const Receipt& other) {
  rejected_items = std::max(rejected_items, other.rejected_items);
  if (other.message.empty() || other.message == message) return;
  if (!message.empty()) message += "; ";
  message += other.message;
}

}  // namespace clew::pipeline
