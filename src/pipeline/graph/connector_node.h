#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/fan_out.h"
#include "pipeline/graph/component_node.h"

namespace clew::pipeline {

class PipelineChain;

/// Where a receiver's or a connector's items go: to the pipelines that name it, by signal. Keeps
/// them alive.
class PipelineTarget final : public Consumer {
 public:
  explicit PipelineTarget(std::vector<std::shared_ptr<PipelineChain>> chains);
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;

  bool LeadsTo(const PipelineChain& chain) const;

 private:
  const std::vector<std::shared_ptr<PipelineChain>> chains_;
  /// By signal.
  std::vector<std::unique_ptr<FanOut>> fan_outs_;
};

/// A connector for one of its connections. It belongs to one graph: as processors, it is made anew
/// by each reload.
class ConnectorNode final : public NodeOf<Connector> {
 public:
  using NodeOf<Connector>::NodeOf;
  /// Before what it hands on to.
  ~ConnectorNode() override { part = nullptr; }

  Connection connection{};
  std::unique_ptr<PipelineTarget> target;
};

}  // namespace clew::pipeline
