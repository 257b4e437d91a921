#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/graph/inlet.h"

namespace clew::pipeline {

class ExtensionSet;
class ComponentNode;

enum class ComponentState { kCreated, kStarting, kRunning, kFailed, kStopped };

/// "created", "starting", "running", "failed" or "stopped".
std::string_view StateName(ComponentState state);

/// What `clew status` and health say of a component.
struct ComponentStatus {
  ComponentKind kind;
  std::string id;
  /// Of a processor; empty otherwise.
  std::string pipeline;
  ComponentState state;
  /// Why it failed.
  std::string error;
};

/// Adds `status`. Of a component with several nodes (an exporter has one a signal, a processor
/// behind a log one for each exporter) there is one: that of one that failed when there is one.
void AddStatus(ComponentStatus status, std::vector<ComponentStatus>& statuses);

/// The host as one component sees it: remembers which extensions the component asked for, so that
/// it is restarted when one of them changes, and whose fault a fatal error is. Any thread.
class ComponentHost final : public Host {
 public:
  ComponentHost(Host& host, ExtensionSet& extensions, ComponentNode& node)
      : host_(host), extensions_(extensions), node_(node) {}

  const Clock& clock() const override { return host_.clock(); }
  base::Random& random() override { return host_.random(); }
  base::Metrics& metrics() override { return host_.metrics(); }
  base::MemoryBudget& memory() override { return host_.memory(); }
  base::WorkerPool& workers() override { return host_.workers(); }
  net::Loops& loops() override { return host_.loops(); }
  std::shared_ptr<Extension> FindExtension(std::string_view id) override;
  Status CheckReady() const override { return host_.CheckReady(); }
  std::stop_token ending() const override { return host_.ending(); }
  void ReportFatalError(const Error& error) override;

  std::set<std::string> asked_extensions() const;

 private:
  Host& host_;
  ExtensionSet& extensions_;
  ComponentNode& node_;
  mutable std::mutex mutex_;
  std::set<std::string> asked_extensions_;
};

/// A component and its life. Shared by the graphs before and after a reload when its settings stay
/// the same. Started and stopped by one thread at a time; the rest from any thread.
class ComponentNode {
 public:
  /// `signals` as in CreateSettings. `config` keeps the settings alive; host and extensions outlive
  /// this.
  ComponentNode(std::shared_ptr<const Config> config, const ComponentConfig& component,
                model::SignalSet signals, std::string pipeline, Host& host,
                ExtensionSet& extensions);
  virtual ~ComponentNode() = default;
  ComponentNode(const ComponentNode&) = delete;
  ComponentNode& operator=(const ComponentNode&) = delete;

  virtual Component& component() = 0;

  /// Does nothing when it runs already. The error names the component.
  Status Start();
  /// Does nothing when it does not run.
  void Stop(Deadline deadline);
  void Fail(const Error& error);

  const std::string& id() const { return component_config_.id; }
  ComponentKind kind() const { return component_config_.kind; }
  const Section& section() const { return *component_config_.section; }
  const Factory& factory() const { return *component_config_.factory; }
  model::SignalSet signals() const { return signals_; }
  CreateSettings create_settings() { return {id(), host_, signals_}; }
  std::set<std::string> asked_extensions() const { return host_.asked_extensions(); }
  ComponentState state() const;
  ComponentStatus status() const;
  /// True when `other` would be the same component with the same settings.
  bool HasSettingsOf(const ComponentConfig& other) const;

 private:
  const std::shared_ptr<const Config> config_;
  const ComponentConfig& component_config_;
  const model::SignalSet signals_;
  const std::string pipeline_;
  ComponentHost host_;
  mutable std::mutex mutex_;
  ComponentState state_ = ComponentState::kCreated;
  std::string error_;
};

template <typename T>
class NodeOf : public ComponentNode {
 public:
  using ComponentNode::ComponentNode;
  Component& component() override { return *part; }
  std::unique_ptr<T> part;
};

using ProcessorNode = NodeOf<Processor>;
using ExporterNode = NodeOf<Exporter>;
using ExtensionNode = NodeOf<Extension>;

class ReceiverNode final : public NodeOf<Receiver> {
 public:
  using NodeOf<Receiver>::NodeOf;
  /// The receiver goes first: it may wait for calls that are on their way out of the inlet.
  ~ReceiverNode() override { part = nullptr; }
  /// What the receiver sends to, whichever graph is behind it.
  Inlet inlet{create_settings().host.clock()};
};

/// The extensions that run or are about to. Outlives graphs and components. Any thread.
class ExtensionSet {
 public:
  void Replace(std::vector<std::shared_ptr<ExtensionNode>> nodes);
  /// Starts it first when extensions are being started on this thread: so an extension may stand
  /// before one that it needs. Null when there is none, or it does not run.
  std::shared_ptr<Extension> Find(std::string_view id);
  /// OK when every extension that runs is ready, else the first reason.
  Status CheckReady() const;
  /// Starts all in their order. On error some run.
  Status StartAll();
  std::vector<std::shared_ptr<ExtensionNode>> nodes() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<ExtensionNode>> nodes_;
  std::thread::id starter_;
  // The first error of an extension that was started because another one asked for it.
  Status started_on_demand_;
};

}  // namespace clew::pipeline
