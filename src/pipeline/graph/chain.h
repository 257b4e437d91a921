#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/config/log_place.h"
#include "pipeline/follower/log_follower.h"
#include "pipeline/graph/component_node.h"
#include "pipeline/graph/log_stage.h"
#include "pipeline/leftover_keeper.h"

namespace clew::pipeline {

/// What a graph is built in. All outlive graphs, components and batches.
struct GraphSurroundings {
  Host& host;
  /// Of the batches that followers read from the log.
  const model::SpanCodec& codec;
  ExtensionSet& extensions;
};

/// Where a pipeline ends: an exporter, or a connector.
struct PipelineEnd {
  /// Keeps `consumer` alive.
  std::shared_ptr<ComponentNode> node;
  Consumer& consumer;
};

/// One pipeline: from where its receivers send to, through its own processors, to its ends.
/// A logged pipeline has two parts with the log between them
/// (docs/design/002-log-and-followers.md, 006-log-stage.md). Calls that are under way keep it
/// alive.
class PipelineChain {
 public:
  /// Gives the ends of the pipeline that go by an exporter's id: one, of a connector one for each
  /// signal that it leads to.
  using FindEnds = std::function<std::vector<PipelineEnd>(const std::string& id)>;

  static Result<std::shared_ptr<PipelineChain>> Build(std::shared_ptr<const Config> config,
                                                      const PipelineConfig& pipeline,
                                                      const GraphSurroundings& surroundings,
                                                      const FindEnds& find_ends);

  Consumer& head() { return *head_; }
  const std::string& id() const { return id_; }
  model::Signal signal() const { return signal_; }
  /// True when it has a log stage.
  bool is_logged() const { return stage_ != nullptr; }
  /// Of each exporter that follows the log, in the order of the file.
  std::vector<PipelineWay> ways() const;
  /// The extension that its store writes into, whose log they follow; empty when it names none.
  const std::string& storage_id() const { return storage_id_; }

  const std::vector<PipelineEnd>& ends() const { return ends_; }

  Status StartProcessors();
  /// Only when is_logged(), before batches come: they go into `log`, and exporters follow it.
  /// `follower_count` is how many do in the whole process.
  Status OpenLog(std::shared_ptr<log::Log> log, std::size_t follower_count);
  /// What waits for an end to take something waits no longer, and gives it back to its log.
  void EndPatience() { stop_.Stop(); }
  void StopFollowers();
  /// LeftoverKeeper, of all processors that are one; `successor` may be null, else it is told what
  /// is on its way to exporters that it has, too.
  void KeepLeftovers();
  void LeaveTo(PipelineChain* successor);
  void StopProcessors(Deadline deadline);
  /// After the exporters have stopped: lets go of the log.
  void CloseLog();
  /// Instead, when its graph did not come to run.
  void CloseUnusedLog();

  void AddStatuses(std::vector<ComponentStatus>& statuses) const;

 private:
  /// What stands between the log and one of the exporters: what comes through it is not held up by
  /// the others.
  struct Tail {
    std::string exporter;
    Consumer* head;
    /// From OpenLog to CloseLog.
    std::unique_ptr<LogFollower> follower;
    /// What followers before have left on its way to an exporter that a reload kept.
    std::vector<log::DeliveryTracker> earlier{};
  };
  struct PlacedProcessor {
    std::unique_ptr<ProcessorNode> node;
    /// Whose tail it stands in; empty when it stands before a log, or there is none.
    std::string exporter;
  };

  PipelineChain(const PipelineConfig& pipeline, const GraphSurroundings& surroundings)
      : id_(pipeline.id), signal_(pipeline.signal), surroundings_(surroundings) {}

  Status BuildDirect(const PipelineConfig& pipeline);
  Status BuildLogged(const PipelineConfig& pipeline, const LogPlace& place);
  Status AddTail(const std::string& exporter, const std::vector<std::string>& processors);
  /// `exporter` as in PlacedProcessor.
  Result<Consumer*> AddProcessors(const std::vector<std::string>& ids, const std::string& exporter,
                                  Consumer& end);
  /// What stands in `tail` waits no longer for more to put together: its follower has no room for
  /// more until that is sent.
  void HandOnSoon(const Tail& tail);
  Consumer& AddPatience(const PipelineEnd& end);
  Consumer& AddFanOut(std::vector<Consumer*> consumers);
  /// Those that take what `processor`, of another graph, could not hand on: of its tail when this
  /// has that, too, else of all.
  std::vector<LeftoverKeeper*> FindHeirs(const PlacedProcessor& processor) const;
  template <typename T, typename... Args>
  T& AddPart(Args&&... args);

  const std::string id_;
  const model::Signal signal_;
  const GraphSurroundings surroundings_;
  std::string storage_id_;
  std::shared_ptr<const Config> config_;
  std::vector<PipelineEnd> ends_;
  /// Counters, fan-outs and what else stands between components.
  std::vector<std::unique_ptr<Consumer>> parts_;
  /// From upstream to downstream; those of a tail one after the other.
  std::vector<PlacedProcessor> processors_;
  Consumer* head_ = nullptr;
  LogStage* stage_ = nullptr;
  StopSignal stop_;
  /// From OpenLog to CloseLog, when there are tails.
  std::shared_ptr<log::Log> log_;
  SharedBatches shared_batches_;
  /// Last: what follows ends before what it uses.
  std::vector<Tail> tails_;
};

}  // namespace clew::pipeline
