#include "pipeline/edge_counter.h"

namespace clew::pipeline {
namespace {

prometheus::Counter& ItemCounter(Edge edge, const std::string& processor_id,
                                 base::Metrics& metrics) {
  const base::Labels labels = {{"processor", processor_id}, {"otel_signal", "traces"}};
  return edge == Edge::kIntoProcessor
             ? metrics.Counter("otelcol_processor_incoming_items",
                               "Number of items passed to the processor.", labels)
             : metrics.Counter("otelcol_processor_outgoing_items",
                               "Number of items emitted from the processor.", labels);
}

}  // namespace

EdgeCounter::EdgeCounter(Edge edge, const std::string& processor_id, base::Metrics& metrics,
                         Consumer& next)
    : items_(ItemCounter(edge, processor_id, metrics)), next_(next) {}

LaterReceipt EdgeCounter::Consume(const model::BatchPtr& batch, const Context& context) {
  items_.Increment(static_cast<double>(batch->item_count()));
  return next_.Consume(batch, context);
}

}  // namespace clew::pipeline
