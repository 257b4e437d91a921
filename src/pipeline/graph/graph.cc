#include "pipeline/graph/graph.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/thread_failure.h"
#include "pipeline/call_holder.h"
#include "pipeline/config/pipeline_edges.h"
#include "pipeline/follower/gone_followers.h"

namespace clew::pipeline {
namespace {

bool Contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

template <typename T>
std::shared_ptr<T> FindById(const std::vector<std::shared_ptr<T>>& nodes, std::string_view id) {
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const auto& node) { return node->id() == id; });
  return found == nodes.end() ? nullptr : *found;
}

/// Exporters have a node for each signal.
std::shared_ptr<ExporterNode> FindExporter(const std::vector<std::shared_ptr<ExporterNode>>& nodes,
                                           std::string_view id, model::Signal signal) {
  const auto found = std::ranges::find_if(nodes, [&](const auto& node) {
    return node->id() == id && node->signals().Contains(signal);
  });
  return found == nodes.end() ? nullptr : *found;
}

std::unexpected<Error> CreationError(Error error, const ComponentConfig& component) {
  return std::unexpected(std::move(error).Annotate(
      fmt::format("failed to create \"{}\" {}", component.id, KindName(component.kind))));
}

/// The point `fraction` of the way from `now` to `deadline`, so that one stage leaves time for the
/// next.
Deadline PartOf(Deadline deadline, double fraction, Deadline now) {
  if (deadline <= now) return deadline;
  return now + std::chrono::duration_cast<Deadline::duration>((deadline - now) * fraction);
}

}  // namespace

Result<std::unique_ptr<Graph>> Graph::Build(std::shared_ptr<const Config> config,
                                            const GraphSurroundings& surroundings,
                                            const Graph* previous) {
  std::unique_ptr<Graph> graph(new Graph(std::move(config), surroundings));
  if (previous) graph->stop_threads_ = previous->stop_threads_;
  TRY(graph->Create(previous));
  return graph;
}

Status Graph::Create(const Graph* previous) {
  TRY(CreateExtensions(previous));
  TRY(CreateExporters(previous));
  chains_.resize(config_->pipelines.size());
  for (const std::size_t i : DownstreamFirst(*config_)) TRY(CreateChain(i));
  TRY(CheckLogProviders());
  TRY(CreateReceivers(previous));
  ConnectReceivers();
  return {};
}

Status Graph::CreateChain(std::size_t index) {
  const PipelineConfig& pipeline = config_->pipelines[index];
  for (const std::string& id : pipeline.exporters) {
    const ComponentConfig* const connector = config_->Find(ComponentKind::kConnector, id);
    if (connector) TRY(CreateConnectors(*connector, pipeline.signal));
  }
  const auto find_ends = [&](const std::string& id) {
    std::vector<PipelineEnd> ends;
    if (auto exporter = FindExporter(exporters_, id, pipeline.signal)) {
      ends.push_back({exporter, *exporter->part});
    }
    for (const auto& connector : connectors_) {
      if (connector->id() != id || connector->connection.from != pipeline.signal) continue;
      ends.push_back({connector, *connector->part});
    }
    return ends;
  };
  ASSIGN_OR_RETURN(chains_[index],
                   PipelineChain::Build(config_, pipeline, surroundings_, find_ends));
  return {};
}

Status Graph::CreateConnectors(const ComponentConfig& component, model::Signal from) {
  for (const model::Signal to : model::kSignals) {
    const Connection connection{from, to};
    const bool is_made = std::ranges::any_of(connectors_, [&](const auto& node) {
      return node->id() == component.id && node->connection == connection;
    });
    std::vector<std::shared_ptr<PipelineChain>> chains = ChainsOf(component.id, {to});
    if (is_made || chains.empty() || !component.factory->Connects(from, to)) continue;
    auto node = std::make_shared<ConnectorNode>(config_, component, model::SignalSet{from}, "",
                                                surroundings_.host, surroundings_.extensions);
    node->connection = connection;
    node->target = std::make_unique<PipelineTarget>(std::move(chains));
    auto part = component.factory->create_connector(node->create_settings(), *component.section,
                                                    connection, *node->target);
    if (!part) return CreationError(std::move(part).error(), component);
    node->part = std::move(*part);
    connectors_.push_back(std::move(node));
  }
  return {};
}

std::vector<std::shared_ptr<PipelineChain>> Graph::ChainsOf(const std::string& receiver,
                                                            model::SignalSet signals) const {
  std::vector<std::shared_ptr<PipelineChain>> chains;
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    const PipelineConfig& pipeline = config_->pipelines[i];
    if (Contains(pipeline.receivers, receiver) && signals.Contains(pipeline.signal)) {
      chains.push_back(chains_[i]);
    }
  }
  return chains;
}

/// Extensions with the same settings, less those that asked for one that does not stay, until
/// nothing changes any more.
std::vector<std::shared_ptr<ExtensionNode>> Graph::KeptExtensions(const Graph& previous) const {
  std::vector<std::shared_ptr<ExtensionNode>> kept;
  for (const auto& node : previous.extensions_) {
    const ComponentConfig* component = config_->Find(ComponentKind::kExtension, node->id());
    const bool is_wanted = component && Contains(config_->extensions, node->id());
    if (is_wanted && node->state() == ComponentState::kRunning && node->HasSettingsOf(*component)) {
      kept.push_back(node);
    }
  }
  const auto is_lost = [&](const std::shared_ptr<ExtensionNode>& node) {
    const std::set<std::string> asked = node->asked_extensions();
    return std::any_of(asked.begin(), asked.end(), [&](const std::string& id) {
      const bool exists = FindById(previous.extensions_, id) || Contains(config_->extensions, id);
      return exists && !FindById(kept, id);
    });
  };
  while (true) {
    const auto lost = std::find_if(kept.begin(), kept.end(), is_lost);
    if (lost == kept.end()) return kept;
    kept.erase(lost);
  }
}

Status Graph::CreateExtensions(const Graph* previous) {
  std::vector<std::shared_ptr<ExtensionNode>> kept;
  if (previous) {
    kept = KeptExtensions(*previous);
    for (const auto& node : previous->extensions_) {
      if (!FindById(kept, node->id())) changed_extensions_.push_back(node->id());
    }
  }
  for (const std::string& id : config_->extensions) {
    std::shared_ptr<ExtensionNode> node = FindById(kept, id);
    if (node) {
      kept_.push_back(node.get());
    } else {
      changed_extensions_.push_back(id);
      const ComponentConfig& component = *config_->Find(ComponentKind::kExtension, id);
      node = std::make_shared<ExtensionNode>(config_, component, model::SignalSet(), "",
                                             surroundings_.host, surroundings_.extensions);
      auto part = component.factory->create_extension(node->create_settings(), *component.section);
      if (!part) return CreationError(std::move(part).error(), component);
      node->part = std::move(*part);
    }
    extensions_.push_back(std::move(node));
  }
  return {};
}

bool Graph::MayKeep(const ComponentNode& node, const ComponentConfig& component) const {
  if (node.state() != ComponentState::kRunning || !node.HasSettingsOf(component)) return false;
  const std::set<std::string> asked = node.asked_extensions();
  return std::none_of(asked.begin(), asked.end(),
                      [this](const std::string& id) { return Contains(changed_extensions_, id); });
}

model::SignalSet Graph::SignalsOf(const ComponentConfig& component) const {
  model::SignalSet signals;
  for (const PipelineConfig& pipeline : config_->pipelines) {
    const bool is_receiver = component.kind == ComponentKind::kReceiver;
    if (Contains(is_receiver ? pipeline.receivers : pipeline.exporters, component.id)) {
      signals.Add(pipeline.signal);
    }
  }
  return signals;
}

Status Graph::CreateExporters(const Graph* previous) {
  for (const ComponentConfig& component : config_->components) {
    if (component.kind != ComponentKind::kExporter) continue;
    const model::SignalSet signals = SignalsOf(component);
    for (const model::Signal signal : model::kSignals) {
      if (signals.Contains(signal)) TRY(CreateExporter(component, signal, previous));
    }
  }
  return {};
}

Status Graph::CreateExporter(const ComponentConfig& component, model::Signal signal,
                             const Graph* previous) {
  std::shared_ptr<ExporterNode> node =
      previous ? FindExporter(previous->exporters_, component.id, signal) : nullptr;
  if (node && MayKeep(*node, component)) {
    kept_.push_back(node.get());
  } else {
    node = std::make_shared<ExporterNode>(config_, component, model::SignalSet{signal}, "",
                                          surroundings_.host, surroundings_.extensions);
    auto part = component.factory->create_exporter(node->create_settings(), *component.section);
    if (!part) return CreationError(std::move(part).error(), component);
    node->part = std::move(*part);
  }
  exporters_.push_back(std::move(node));
  return {};
}

Status Graph::CreateReceivers(const Graph* previous) {
  for (const ComponentConfig& component : config_->components) {
    if (component.kind != ComponentKind::kReceiver) continue;
    const model::SignalSet signals = SignalsOf(component);
    if (signals.empty()) continue;
    std::shared_ptr<ReceiverNode> node =
        previous ? FindById(previous->receivers_, component.id) : nullptr;
    if (node && node->signals() == signals && MayKeep(*node, component)) {
      kept_.push_back(node.get());
    } else {
      node = std::make_shared<ReceiverNode>(config_, component, signals, "", surroundings_.host,
                                            surroundings_.extensions);
      auto part = component.factory->create_receiver(node->create_settings(), *component.section,
                                                     node->inlet);
      if (!part) return CreationError(std::move(part).error(), component);
      node->part = std::move(*part);
    }
    receivers_.push_back(std::move(node));
  }
  return {};
}

void Graph::ConnectReceivers() {
  for (const auto& receiver : receivers_) {
    targets_.push_back(
        std::make_shared<PipelineTarget>(ChainsOf(receiver->id(), model::SignalSet::All())));
  }
}

bool Graph::IsKept(const ComponentNode& node) const {
  return std::find(kept_.begin(), kept_.end(), &node) != kept_.end();
}

bool Graph::Holds(const ComponentNode& node) const {
  const auto is_it = [&](const auto& other) { return other.get() == &node; };
  return std::any_of(extensions_.begin(), extensions_.end(), is_it) ||
         std::any_of(exporters_.begin(), exporters_.end(), is_it) ||
         std::any_of(receivers_.begin(), receivers_.end(), is_it);
}

Status Graph::Start() {
  TRY(base::RefuseWithoutThreads([this]() -> Status {
    if (!stop_threads_) stop_threads_ = std::make_shared<StopThreads>();
    return {};
  }));
  Status status = StartParts();
  if (status) return status;
  for (const auto& chain : chains_) chain->KeepLeftovers();
  constexpr auto kUndoTime = std::chrono::seconds(5);
  StopAllBut([this](const ComponentNode& node) { return IsKept(node); },
             surroundings_.host.clock().In(kUndoTime));
  return status;
}

void Graph::StopFor(Graph& successor, Deadline deadline) {
  for (const auto& chain : chains_) chain->KeepLeftovers();
  StopAllBut([&](const ComponentNode& node) { return successor.Holds(node); }, deadline);
  LeaveTo(successor);
}

void Graph::LeaveTo(Graph& successor) {
  for (const auto& chain : chains_) {
    chain->LeaveTo(FindById(successor.chains_, chain->id()).get());
  }
}

Status Graph::StartParts() {
  surroundings_.extensions.Replace(extensions_);
  TRY(surroundings_.extensions.StartAll());
  for (const auto& exporter : exporters_) TRY(exporter->Start());
  for (const std::size_t i : DownstreamFirst(*config_)) {
    for (const PipelineEnd& end : chains_[i]->ends()) TRY(end.node->Start());
    TRY(chains_[i]->StartProcessors());
  }
  TRY(OpenLogs());
  for (std::size_t i = 0; i < receivers_.size(); ++i) {
    receivers_[i]->inlet.Open(targets_[i]);
    TRY(receivers_[i]->Start());
  }
  has_run_ = true;
  // Last, and nothing that could refuse the start: a graph that does not start must leave the
  // positions of the one before it.
  ForgetGoneExporters();
  return {};
}

LogProvider* Graph::FindProvider(const PipelineChain& chain) const {
  LogProvider* only = nullptr;
  for (const auto& node : extensions_) {
    auto* provider = dynamic_cast<LogProvider*>(node->part.get());
    if (provider == nullptr) continue;
    if (chain.storage_id() == node->id()) return provider;
    if (!chain.storage_id().empty()) continue;
    if (only != nullptr) return nullptr;
    only = provider;
  }
  return only;
}

Status Graph::CheckLogProviders() const {
  std::vector<std::string> providers;
  for (const auto& node : extensions_) {
    if (dynamic_cast<LogProvider*>(node->part.get())) providers.push_back(node->id());
  }
  for (const auto& chain : chains_) {
    if (chain->ways().empty() || FindProvider(*chain) != nullptr) continue;
    if (providers.size() < 2 || !chain->storage_id().empty()) {
      return base::InvalidArgument(
          "service::pipelines::{}: stores and exports, but no extension provides the log between: "
          "add the storage extension to service::extensions",
          chain->id());
    }
    return base::InvalidArgument(
        "service::pipelines::{}: stores and exports, but both \"{}\" and \"{}\" provide a log: run "
        "one of them, or give the store a pipeline of its own",
        chain->id(), providers[0], providers[1]);
  }
  return {};
}

Status Graph::OpenLogs() {
  std::size_t follower_count = 0;
  for (const auto& chain : chains_) follower_count += chain->ways().size();
  // A follower begins at once: what stands behind it must be open.
  for (const std::size_t i : DownstreamFirst(*config_)) {
    const std::shared_ptr<PipelineChain>& chain = chains_[i];
    if (!chain->is_logged()) continue;
    LogProvider* const provider = FindProvider(*chain);
    const std::shared_ptr<log::Log> log = provider ? provider->log() : nullptr;
    if (log == nullptr)
      return base::Unavailable("the log of pipeline {} does not run", chain->id());
    TRY(base::RefuseWithoutThreads([&] { return chain->OpenLog(log, follower_count); }));
  }
  return {};
}

/// Who follows no more must not hold a log back: also one that was renamed, or stores elsewhere.
void Graph::ForgetGoneExporters() {
  for (const auto& node : extensions_) {
    auto* const provider = dynamic_cast<LogProvider*>(node->part.get());
    const std::shared_ptr<log::Log> log = provider ? provider->log() : nullptr;
    if (log == nullptr) continue;
    std::vector<PipelineWay> ways;
    for (const auto& chain : chains_) {
      const std::vector<PipelineWay> more = chain->ways();
      if (!more.empty() && FindProvider(*chain) == provider) {
        ways.insert(ways.end(), more.begin(), more.end());
      }
    }
    ForgetGoneFollowers(*log, ways, surroundings_.host.metrics());
  }
}

void Graph::StopReceivers(const KeepsRunning& keeps_running, Deadline deadline) {
  for (const auto& receiver : receivers_) {
    const bool stays = keeps_running(*receiver);
    if (!stays) receiver->Stop(deadline);
    receiver->inlet.Close(stays ? Closing::kForReload : Closing::kForGood);
  }
  WaitForCalls(deadline);
}

void Graph::WaitForCalls(Deadline deadline) {
  for (const auto& receiver : receivers_) receiver->inlet.WaitUntilIdle(deadline);
}

void Graph::EndStage(base::Event& stage, Deadline deadline) {
  // Again and again: a call may have been in the middle of an attempt, or begin only now.
  constexpr auto kPause = std::chrono::milliseconds(50);
  const Clock& clock = surroundings_.host.clock();
  const auto next = [&] { return std::max(deadline, clock.In(kPause)); };
  while (!stage.WaitUntil(next(), clock)) {
    for (const auto& exporter : exporters_) {
      if (auto* holder = dynamic_cast<CallHolder*>(exporter->part.get())) holder->ReleaseCalls();
    }
  }
}

void Graph::StopChain(PipelineChain& chain, Deadline deadline) {
  // What leads to it gets no more: all before that has stopped.
  for (const auto& connector : connectors_) {
    if (connector->target->LeadsTo(chain)) connector->Stop(deadline);
  }
  chain.StopProcessors(deadline);
}

// In the way of the data, so that whatever was taken still finds those behind it running:
// 1. Receivers take nothing more and answer what they have.
// 2. Followers read nothing more of their logs; what they wait for ends.
// 3. Processors hand on what they hold back, pipeline by pipeline, connectors before where they
//    lead to.
// 4. Exporters send what they have, or give it up where the log keeps it.
// 5. Logs are committed as far as everybody is done: only now is it known how far that is.
// 6. Extensions, the log's own among them, the last that started first.
// A stage ends when the calls that it has under way end, and those may wait for what is downstream:
// for room in a queue, for an attempt to be repeated. So each has a share of the time, and when
// that is over the next is stopped beside it; at last exporters let go of the calls that they hold.
void Graph::StopAllBut(const KeepsRunning& keeps_running, Deadline deadline) {
  if (!stop_threads_) return;  // nothing was started
  const Clock& clock = surroundings_.host.clock();
  const Deadline receivers_by = PartOf(deadline, 0.4, clock.Time());
  const std::shared_ptr<base::Event> receivers =
      stop_threads_->receivers.Run([&] { StopReceivers(keeps_running, receivers_by); });
  receivers->WaitUntil(receivers_by, clock);
  // All of them first: who follows a log may wait in another pipeline, behind a connector.
  for (const auto& chain : chains_) chain->EndPatience();
  for (const auto& chain : chains_) chain->StopFollowers();
  const Deadline processors_by = PartOf(deadline, 0.4, clock.Time());
  const std::shared_ptr<base::Event> processors = stop_threads_->processors.Run([&] {
    for (const std::size_t i : UpstreamFirst(*config_)) StopChain(*chains_[i], processors_by);
  });
  processors->WaitUntil(processors_by, clock);
  const Deadline exporters_by = PartOf(deadline, 0.8, clock.Time());
  for (const auto& exporter : exporters_) {
    if (!keeps_running(*exporter)) exporter->Stop(exporters_by);
  }
  EndStage(*receivers, deadline);
  EndStage(*processors, deadline);
  // What held up calls has stopped by now, or let go of them. Those that do not end in time keep
  // what they use alive.
  WaitForCalls(deadline);
  for (const auto& chain : chains_) {
    has_run_ ? chain->CloseLog() : chain->CloseUnusedLog();
  }
  for (auto node = extensions_.rbegin(); node != extensions_.rend(); ++node) {
    if (!keeps_running(**node)) (*node)->Stop(deadline);
  }
}

void Graph::NotifyReady() {
  for (const auto& node : extensions_) node->part->NotifyReady();
}

void Graph::NotifyNotReady() {
  for (const auto& node : extensions_) node->part->NotifyNotReady();
}

std::vector<ComponentStatus> Graph::Statuses() const {
  std::vector<ComponentStatus> statuses;
  for (const auto& node : receivers_) statuses.push_back(node->status());
  for (const auto& chain : chains_) chain->AddStatuses(statuses);
  for (const auto& node : connectors_) AddStatus(node->status(), statuses);
  for (const auto& node : exporters_) AddStatus(node->status(), statuses);
  for (const auto& node : extensions_) statuses.push_back(node->status());
  return statuses;
}

bool Graph::WillBeginGrpc() const {
  const auto begins = [this](const auto& node) {
    return node->section().UsesGrpc() && !IsKept(*node);
  };
  return std::any_of(receivers_.begin(), receivers_.end(), begins) ||
         std::any_of(exporters_.begin(), exporters_.end(), begins);
}

std::vector<std::string> Graph::TakenOver() const {
  std::vector<std::string> names;
  for (const ComponentNode* node : kept_) {
    std::string name = fmt::format("{} {}", KindName(node->kind()), node->id());
    if (!Contains(names, name)) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace clew::pipeline
