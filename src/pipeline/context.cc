#include "pipeline/context.h"

#include <algorithm>

namespace clew::pipeline {

void Receipt::Merge(const Receipt& other) {
  rejected_spans = std::max(rejected_spans, other.rejected_spans);
  if (other.message.empty() || other.message == message) return;
  if (!message.empty()) message += "; ";
  message += other.message;
}

}  // namespace clew::pipeline
