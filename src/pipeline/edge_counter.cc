#include "pipeline/edge_counter.h"

namespace clew::pipeline {
namespace {

prometheus::Counter& CounterOf(Edge edge, const std::string& processor_id, model::Signal signal,
                               base::Metrics& metrics) {
  const base::Labels labels = {{"processor", processor_id},
                               {"otel_signal", std::string(NameOf(signal))}};
  return edge == Edge::kIntoProcessor
             ? metrics.Counter("otelcol_processor_incoming_items",
                               "Number of items passed to the processor.", labels)
             : metrics.Counter("otelcol_processor_outgoing_items",
                               "Number of items emitted from the processor.", labels);
}

}  // namespace

EdgeCounter::EdgeCounter(Edge edge, const std::string& processor_id, model::Signal signal,
                         base::Metrics& metrics, Consumer& next)
    : items_(CounterOf(edge, processor_id, signal, metrics)), next_(next) {}

LaterReceipt EdgeCounter::Consume(const model::BatchPtr& batch, const Context& context) {
  items_.Increment(static_cast<double>(batch->item_count()));
  return next_.Consume(batch, context);
}

}  // namespace clew::pipeline
