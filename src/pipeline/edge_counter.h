#pragma once

#include <string>

#include "pipeline/component.h"

namespace clew::pipeline {

enum class Edge { kIntoProcessor, kOutOfProcessor };

/// Stands before or after a processor and counts the items that pass, as
/// otelcol_processor_incoming_items and otelcol_processor_outgoing_items. Any thread.
class EdgeCounter final : public Consumer {
 public:
  /// `next` outlives this.
  EdgeCounter(Edge edge, const std::string& processor_id, model::Signal signal,
              base::Metrics& metrics, Consumer& next);
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;

 private:
  prometheus::Counter& items_;
  Consumer& next_;
};

}  // namespace clew::pipeline
