#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/follower/log_provider.h"
#include "pipeline/graph/chain.h"
#include "pipeline/graph/component_node.h"
#include "pipeline/graph/connector_node.h"
#include "pipeline/graph/standby_thread.h"

namespace clew::pipeline {

/// The components of one configuration, connected. A receiver is shared by the pipelines that name
/// it, an exporter by those of one signal; a processor has one instance a pipeline; what no
/// pipeline names is not built. One thread at a time; Statuses from any.
class Graph {
 public:
  /// Creates everything, starts nothing. Receivers, exporters and extensions that run in `previous`
  /// (may be null) with the same settings are taken over as they are, unless an extension that they
  /// asked for changes.
  static Result<std::unique_ptr<Graph>> Build(std::shared_ptr<const Config> config,
                                              const GraphSurroundings& surroundings,
                                              const Graph* previous = nullptr);

  /// Extensions, exporters, processors, followers, receivers: each stage before the next;
  /// processors and connectors from downstream to upstream. What was taken over goes on running. On
  /// error everything that this call started is stopped again.
  Status Start();
  /// Receivers first, then what is downstream of them, extensions last, all by `deadline`.
  void Stop(Deadline deadline) {
    StopAllBut([](const ComponentNode&) { return false; }, deadline);
  }
  /// The same, but leaves running what `successor` has taken over; their receivers make senders
  /// wait until the successor has started. What processors could not hand on by `deadline` is left
  /// to theirs.
  void StopFor(Graph& successor, Deadline deadline);
  /// What processors still hold of a graph that has stopped, or has failed to start.
  void LeaveTo(Graph& successor);

  void NotifyReady();
  void NotifyNotReady();

  const std::shared_ptr<const Config>& config_pointer() const { return config_; }
  std::vector<ComponentStatus> Statuses() const;
  /// Ids of receivers, exporters and extensions that were taken over, as "receiver otlp".
  std::vector<std::string> TakenOver() const;
  /// Whether Start will begin a gRPC client: one that is not taken over.
  bool WillBeginGrpc() const;

 private:
  using KeepsRunning = std::function<bool(const ComponentNode&)>;
  /// A stage that lasts must not hold up the next one, with or without a thread to spare.
  struct StopThreads {
    StandbyThread receivers{"stop receivers"};
    StandbyThread processors{"stop processors"};
  };

  Graph(std::shared_ptr<const Config> config, const GraphSurroundings& surroundings)
      : config_(std::move(config)), surroundings_(surroundings) {}

  Status Create(const Graph* previous);
  Status CreateExtensions(const Graph* previous);
  /// Of the pipelines that name it.
  model::SignalSet SignalsOf(const ComponentConfig& component) const;
  Status CreateExporters(const Graph* previous);
  Status CreateExporter(const ComponentConfig& component, model::Signal signal,
                        const Graph* previous);
  /// Of the pipeline in this place, once those exist that it leads to.
  Status CreateChain(std::size_t index);
  Status CreateConnectors(const ComponentConfig& component, model::Signal from);
  /// The pipelines of these signals that name the receiver, or the connector.
  std::vector<std::shared_ptr<PipelineChain>> ChainsOf(const std::string& receiver,
                                                       model::SignalSet signals) const;
  Status CreateReceivers(const Graph* previous);
  void ConnectReceivers();
  bool MayKeep(const ComponentNode& node, const ComponentConfig& component) const;
  bool IsKept(const ComponentNode& node) const;
  bool Holds(const ComponentNode& node) const;
  std::vector<std::shared_ptr<ExtensionNode>> KeptExtensions(const Graph& previous) const;
  Status StartParts();
  Status OpenLogs();
  void ForgetGoneExporters();
  Status CheckLogProviders() const;
  /// Whose log the exporters of `chain` follow: its own store's. Null when that cannot be told.
  LogProvider* FindProvider(const PipelineChain& chain) const;
  void StopReceivers(const KeepsRunning& keeps_running, Deadline deadline);
  void WaitForCalls(Deadline deadline);
  void StopChain(PipelineChain& chain, Deadline deadline);
  /// Waits for `stage`. What still holds it up at `deadline` is an exporter that was not stopped,
  /// since a reload keeps it: it lets go of its calls, and goes on.
  void EndStage(base::Event& stage, Deadline deadline);
  void StopAllBut(const KeepsRunning& keeps_running, Deadline deadline);

  const std::shared_ptr<const Config> config_;
  const GraphSurroundings surroundings_;
  std::vector<std::shared_ptr<ExtensionNode>> extensions_;
  std::vector<std::shared_ptr<ExporterNode>> exporters_;
  /// Before what leads to them.
  std::vector<std::shared_ptr<ConnectorNode>> connectors_;
  /// In the order of the file.
  std::vector<std::shared_ptr<PipelineChain>> chains_;
  std::vector<std::shared_ptr<ReceiverNode>> receivers_;
  /// What each receiver sends to, in the order of receivers_.
  std::vector<std::shared_ptr<PipelineTarget>> targets_;
  /// Everything of it was started.
  bool has_run_ = false;
  /// Nodes that were taken over from the graph before.
  std::vector<const ComponentNode*> kept_;
  /// Extension ids whose node changed, came or went: who asked for one is not taken over.
  std::vector<std::string> changed_extensions_;
  /// Since the first start; graphs that follow on each other share them, so that a reload needs no
  /// new ones.
  std::shared_ptr<StopThreads> stop_threads_;
};

}  // namespace clew::pipeline
