#include "pipeline/graph/connector_node.h"

#include <algorithm>

#include "pipeline/graph/chain.h"

namespace clew::pipeline {

PipelineTarget::PipelineTarget(std::vector<std::shared_ptr<PipelineChain>> chains)
    : chains_(std::move(chains)) {
  for (const model::Signal signal : model::kSignals) {
    std::vector<Consumer*> heads;
    for (const auto& chain : chains_) {
      if (chain->signal() == signal) heads.push_back(&chain->head());
    }
    fan_outs_.push_back(std::make_unique<FanOut>(std::move(heads)));
  }
}

LaterReceipt PipelineTarget::Consume(const model::BatchPtr& batch, const Context& context) {
  return fan_outs_[std::to_underlying(batch->signal())]->Consume(batch, context);
}

bool PipelineTarget::LeadsTo(const PipelineChain& chain) const {
  return std::ranges::any_of(chains_, [&](const auto& other) { return other.get() == &chain; });
}

}  // namespace clew::pipeline
