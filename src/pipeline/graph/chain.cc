#include "pipeline/graph/chain.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "log/checkpoints.h"
#include "log/segment_format.h"
#include "pipeline/edge_counter.h"
#include "pipeline/fan_out.h"

namespace clew::pipeline {
namespace {

// What config/check.cc refuses, since the log would.
static_assert(kStoringPipelineBytesMax == log::kPipelineBytesMax);
static_assert(kFollowingPipelineBytesMax + std::string_view("pipeline/").size() ==
              log::kConsumerBytesMax);

}  // namespace

template <typename T, typename... Args>
T& PipelineChain::AddPart(Args&&... args) {
  auto part = std::make_unique<T>(std::forward<Args>(args)...);
  T& added = *part;
  parts_.push_back(std::move(part));
  return added;
}

Result<std::shared_ptr<PipelineChain>> PipelineChain::Build(std::shared_ptr<const Config> config,
                                                            const PipelineConfig& pipeline,
                                                            const GraphSurroundings& surroundings,
                                                            const FindEnds& find_ends) {
  std::shared_ptr<PipelineChain> chain(new PipelineChain(pipeline, surroundings));
  chain->config_ = std::move(config);
  bool is_logged = false;
  for (const std::string& id : pipeline.exporters) {
    for (PipelineEnd& end : find_ends(id)) {
      is_logged |= end.node->factory().placement == Placement::kAtLog;
      chain->ends_.push_back(std::move(end));
    }
  }
  TRY(is_logged ? chain->BuildLogged(FindLogPlace(*chain->config_, pipeline))
                : chain->BuildDirect(pipeline));
  return chain;
}

Status PipelineChain::BuildDirect(const PipelineConfig& pipeline) {
  // What comes out of a log is offered to each end until that has it, as in the pipeline that is
  // logged: else one that fails for good would speak for another that is only busy.
  const bool may_follow = std::ranges::any_of(pipeline.receivers, [this](const std::string& id) {
    return config_->Find(ComponentKind::kConnector, id) != nullptr;
  });
  std::vector<Consumer*> ends;
  for (const PipelineEnd& end : ends_) {
    ends.push_back(may_follow ? &AddPatience(end) : &end.consumer);
  }
  ASSIGN_OR_RETURN(head_, AddProcessors(pipeline.processors, AddFanOut(std::move(ends))));
  return {};
}

Status PipelineChain::BuildLogged(const LogPlace& place) {
  DirectStore* direct_store = nullptr;
  std::vector<Consumer*> ends;
  for (const PipelineEnd& end : ends_) {
    const ComponentNode& node = *end.node;
    if (node.factory().placement == Placement::kAtLog) {
      storage_id_ = node.section().StorageId();
      if (place.holds_store.empty()) {
        direct_store = dynamic_cast<DirectStore*>(&end.consumer);
      }
      if (direct_store != nullptr) continue;
    }
    ends.push_back(&AddPatience(end));
  }
  stage_ = &AddPart<LogStage>(id_, direct_store, surroundings_.host.clock());
  ASSIGN_OR_RETURN(head_, AddProcessors(place.before, *stage_));
  if (ends.empty()) return {};
  ASSIGN_OR_RETURN(tail_, AddProcessors(place.behind, AddFanOut(std::move(ends))));
  return {};
}

Consumer& PipelineChain::AddPatience(const PipelineEnd& end) {
  const ComponentNode& node = *end.node;
  return AddPart<PatientConsumer>(fmt::format("{} {}", KindName(node.kind()), node.id()), id_,
                                  end.consumer, stop_, surroundings_.host);
}

Consumer& PipelineChain::AddFanOut(std::vector<Consumer*> consumers) {
  if (consumers.size() == 1) return *consumers.front();
  return AddPart<FanOut>(std::move(consumers));
}

Result<Consumer*> PipelineChain::AddProcessors(const std::vector<std::string>& ids, Consumer& end) {
  Consumer* next = &end;
  std::vector<std::unique_ptr<ProcessorNode>> added;
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    const ComponentConfig& config = *config_->Find(ComponentKind::kProcessor, *id);
    auto node = std::make_unique<ProcessorNode>(config_, config, model::SignalSet{signal_}, id_,
                                                surroundings_.host, surroundings_.extensions);
    base::Metrics& metrics = surroundings_.host.metrics();
    Consumer& out = AddPart<EdgeCounter>(Edge::kOutOfProcessor, *id, signal_, metrics, *next);
    auto part = config.factory->create_processor(node->create_settings(), *config.section, out);
    if (!part) {
      return std::unexpected(std::move(part).error().Annotate(
          fmt::format("failed to create \"{}\" processor, in pipeline \"{}\"", *id, id_)));
    }
    node->part = std::move(*part);
    next = &AddPart<EdgeCounter>(Edge::kIntoProcessor, *id, signal_, metrics, *node->part);
    added.push_back(std::move(node));
  }
  std::move(added.rbegin(), added.rend(), std::back_inserter(processors_));
  return next;
}

Status PipelineChain::StartProcessors() {
  for (auto node = processors_.rbegin(); node != processors_.rend(); ++node) {
    TRY((*node)->Start());
  }
  return {};
}

Status PipelineChain::OpenLog(std::shared_ptr<log::Log> log) {
  stage_->Open(log);
  if (tail_ == nullptr) return {};
  log_ = std::move(log);
  LogFollower::Options options;
  options.pipeline = id_;
  follower_ = std::make_unique<LogFollower>(std::move(options), *log_, surroundings_.codec, *tail_,
                                            stop_, surroundings_.host);
  return follower_->Start();
}

void PipelineChain::CloseLog() {
  if (stage_) stage_->Close();
  if (follower_) follower_->Finish();
  follower_ = nullptr;
  log_ = nullptr;
}

void PipelineChain::CloseUnusedLog() {
  if (follower_) follower_->FinishUnused();
  CloseLog();
}

void PipelineChain::KeepLeftovers() {
  for (const auto& node : processors_) {
    if (auto* keeper = dynamic_cast<LeftoverKeeper*>(node->part.get())) keeper->KeepLeftovers();
  }
}

void PipelineChain::LeaveTo(PipelineChain* successor) {
  for (const auto& node : processors_) {
    auto* const keeper = dynamic_cast<LeftoverKeeper*>(node->part.get());
    if (keeper) keeper->LeaveTo(successor ? successor->FindKeeper(node->id()) : nullptr);
  }
}

LeftoverKeeper* PipelineChain::FindKeeper(const std::string& processor_id) const {
  for (const auto& node : processors_) {
    if (node->id() == processor_id) return dynamic_cast<LeftoverKeeper*>(node->part.get());
  }
  return nullptr;
}

void PipelineChain::StopProcessors(Deadline deadline) {
  for (const auto& node : processors_) node->Stop(deadline);
}

void PipelineChain::AddStatuses(std::vector<ComponentStatus>& statuses) const {
  for (const auto& node : processors_) statuses.push_back(node->status());
}

}  // namespace clew::pipeline
