#include "pipeline/graph/chain.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "log/segment_format.h"
#include "pipeline/batch_holder.h"
#include "pipeline/edge_counter.h"
#include "pipeline/fan_out.h"

namespace clew::pipeline {
namespace {

// What config/check.cc refuses, since the log would.
static_assert(kStoringPipelineBytesMax == log::kPipelineBytesMax);

/// What each was left by another processor. One in each of several tails may leave the same, when
/// it had been left to all of them: who comes in the place of all gets it once.
using LeftByOthers = std::map<LeftoverKeeper*, std::set<const model::Batch*>>;

/// Each takes all of it: one in each tail of a pipeline that had none before.
class Heirs final : public LeftoverHeir {
 public:
  Heirs(std::vector<LeftoverKeeper*> heirs, const LeftByOthers& left_by_others)
      : heirs_(std::move(heirs)), left_by_others_(left_by_others) {}
  bool empty() const { return heirs_.empty(); }
  Status Inherit(const model::BatchPtr& batch, const Context& context) override {
    Status all;
    for (LeftoverKeeper* heir : heirs_) {
      const auto left = left_by_others_.find(heir);
      if (left != left_by_others_.end() && left->second.contains(batch.get())) continue;
      Status status = heir->Inherit(batch, context);
      if (status) {
        taken_.push_back({heir, batch});
      } else {
        all = std::move(status);
      }
    }
    return all;
  }
  void AddTo(LeftByOthers& left) const {
    for (const auto& [heir, batch] : taken_) left[heir].insert(batch.get());
  }

 private:
  const std::vector<LeftoverKeeper*> heirs_;
  const LeftByOthers& left_by_others_;
  std::vector<std::pair<LeftoverKeeper*, model::BatchPtr>> taken_;
};

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
  TRY(is_logged ? chain->BuildLogged(pipeline, FindLogPlace(*chain->config_, pipeline))
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
  ASSIGN_OR_RETURN(head_, AddProcessors(pipeline.processors, "", AddFanOut(std::move(ends))));
  return {};
}

Status PipelineChain::BuildLogged(const PipelineConfig& pipeline, const LogPlace& place) {
  DirectStore* direct_store = nullptr;
  std::string store;
  for (const PipelineEnd& end : ends_) {
    const ComponentNode& node = *end.node;
    if (node.factory().placement != Placement::kAtLog) continue;
    store = node.id();
    storage_id_ = node.section().StorageId();
    if (place.holds_store.empty()) direct_store = dynamic_cast<DirectStore*>(&end.consumer);
  }
  stage_ = &AddPart<LogStage>(id_, direct_store, surroundings_.host.clock());
  ASSIGN_OR_RETURN(head_, AddProcessors(place.before, "", *stage_));
  for (const std::string& id : pipeline.exporters) {
    if (direct_store == nullptr || id != store) TRY(AddTail(id, place.behind));
  }
  return {};
}

Status PipelineChain::AddTail(const std::string& exporter,
                              const std::vector<std::string>& processors) {
  // A connector may have several ends, one for each signal that it leads to.
  std::vector<Consumer*> ends;
  for (const PipelineEnd& end : ends_) {
    if (end.node->id() == exporter) ends.push_back(&AddPatience(end));
  }
  ASSIGN_OR_RETURN(Consumer* const head,
                   AddProcessors(processors, exporter, AddFanOut(std::move(ends))));
  tails_.push_back({exporter, head, nullptr});
  return {};
}

std::vector<PipelineWay> PipelineChain::ways() const {
  std::vector<PipelineWay> ways;
  for (const Tail& tail : tails_) ways.push_back({id_, tail.exporter});
  return ways;
}

Consumer& PipelineChain::AddPatience(const PipelineEnd& end) {
  const ComponentNode& node = *end.node;
  return AddPart<PatientConsumer>(fmt::format("{} {}", KindName(node.kind()), node.id()),
                                  PipelineWay{id_, node.id()}, end.consumer, stop_,
                                  surroundings_.host);
}

Consumer& PipelineChain::AddFanOut(std::vector<Consumer*> consumers) {
  if (consumers.size() == 1) return *consumers.front();
  return AddPart<FanOut>(std::move(consumers));
}

Result<Consumer*> PipelineChain::AddProcessors(const std::vector<std::string>& ids,
                                               const std::string& exporter, Consumer& end) {
  Consumer* next = &end;
  std::vector<PlacedProcessor> added;
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
    added.push_back({std::move(node), exporter});
  }
  std::move(added.rbegin(), added.rend(), std::back_inserter(processors_));
  return next;
}

Status PipelineChain::StartProcessors() {
  for (auto processor = processors_.rbegin(); processor != processors_.rend(); ++processor) {
    TRY(processor->node->Start());
  }
  return {};
}

Status PipelineChain::OpenLog(std::shared_ptr<log::Log> log, std::size_t follower_count) {
  stage_->Open(log);
  if (tails_.empty()) return {};
  log_ = std::move(log);
  // All are known to the log before the first moves on: those that are new begin alike, also when
  // the process dies in between.
  const log::Position begin_of_new = WhereNewFollowersBegin(*log_, ways());
  for (Tail& tail : tails_) {
    LogFollower::Options options;
    options.way = {id_, tail.exporter};
    options.follower_count = follower_count;
    options.earlier = std::exchange(tail.earlier, {});
    options.when_full = [this, &tail] { HandOnSoon(tail); };
    if (tails_.size() > 1) options.shared_batches = &shared_batches_;
    tail.follower = std::make_unique<LogFollower>(std::move(options), *log_, surroundings_.codec,
                                                  *tail.head, stop_, surroundings_.host);
    TRY(tail.follower->Register(begin_of_new));
  }
  for (const Tail& tail : tails_) tail.follower->Start();
  return {};
}

// The exporter first: while it sends, whatever stands before it may go on to gather.
void PipelineChain::HandOnSoon(const Tail& tail) {
  const auto is_on_its_way = [](Component& part) {
    auto* const holder = dynamic_cast<BatchHolder*>(&part);
    return holder != nullptr && holder->HandOnSoon();
  };
  for (const PipelineEnd& end : ends_) {
    if (end.node->id() == tail.exporter && is_on_its_way(end.node->component())) return;
  }
  for (auto place = processors_.rbegin(); place != processors_.rend(); ++place) {
    if (place->exporter == tail.exporter && is_on_its_way(*place->node->part)) return;
  }
}

void PipelineChain::StopFollowers() {
  stop_.Stop();
  for (const Tail& tail : tails_) {
    if (tail.follower) tail.follower->StopReading();
  }
}

void PipelineChain::CloseLog() {
  if (stage_) stage_->Close();
  for (Tail& tail : tails_) {
    if (!tail.follower) continue;
    tail.follower->Finish();
    tail.earlier = tail.follower->OnTheirWay();
    tail.follower = nullptr;
  }
  log_ = nullptr;
}

void PipelineChain::CloseUnusedLog() {
  for (const Tail& tail : tails_) {
    if (tail.follower) tail.follower->FinishUnused();
  }
  CloseLog();
}

void PipelineChain::KeepLeftovers() {
  for (const auto& [node, exporter] : processors_) {
    if (auto* keeper = dynamic_cast<LeftoverKeeper*>(node->part.get())) keeper->KeepLeftovers();
  }
}

void PipelineChain::LeaveTo(PipelineChain* successor) {
  LeftByOthers left;
  std::vector<Heirs> all_heirs;  // which keep what is compared
  for (const PlacedProcessor& processor : processors_) {
    auto* const keeper = dynamic_cast<LeftoverKeeper*>(processor.node->part.get());
    if (keeper == nullptr) continue;
    Heirs& heirs = all_heirs.emplace_back(
        successor ? successor->FindHeirs(processor) : std::vector<LeftoverKeeper*>(), left);
    keeper->LeaveTo(heirs.empty() ? nullptr : &heirs);
    heirs.AddTo(left);
  }
  if (successor == nullptr) return;
  for (Tail& tail : tails_) {
    const auto same = std::ranges::find(successor->tails_, tail.exporter, &Tail::exporter);
    if (same != successor->tails_.end()) same->earlier = std::exchange(tail.earlier, {});
  }
}

std::vector<LeftoverKeeper*> PipelineChain::FindHeirs(const PlacedProcessor& processor) const {
  std::vector<LeftoverKeeper*> heirs;
  for (const auto& [node, exporter] : processors_) {
    auto* const keeper = dynamic_cast<LeftoverKeeper*>(node->part.get());
    if (keeper == nullptr || node->id() != processor.node->id()) continue;
    if (exporter == processor.exporter) return {keeper};
    heirs.push_back(keeper);
  }
  return heirs;
}

void PipelineChain::StopProcessors(Deadline deadline) {
  for (const auto& [node, exporter] : processors_) node->Stop(deadline);
}

void PipelineChain::AddStatuses(std::vector<ComponentStatus>& statuses) const {
  for (const auto& [node, exporter] : processors_) AddStatus(node->status(), statuses);
}

}  // namespace clew::pipeline
