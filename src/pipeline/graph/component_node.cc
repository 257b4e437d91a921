#include "pipeline/graph/component_node.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "base/thread_failure.h"

namespace clew::pipeline {

std::string_view StateName(ComponentState state) {
  switch (state) {
    case ComponentState::kCreated:
      return "created";
    case ComponentState::kStarting:
      return "starting";
    case ComponentState::kRunning:
      return "running";
    case ComponentState::kFailed:
      return "failed";
    case ComponentState::kStopped:
      return "stopped";
  }
  return "unknown";
}

void AddStatus(ComponentStatus status, std::vector<ComponentStatus>& statuses) {
  const auto same = std::ranges::find_if(statuses, [&](const ComponentStatus& other) {
    return other.kind == status.kind && other.id == status.id && other.pipeline == status.pipeline;
  });
  if (same == statuses.end()) {
    statuses.push_back(std::move(status));
  } else if (status.state == ComponentState::kFailed) {
    *same = std::move(status);
  }
}

std::shared_ptr<Extension> ComponentHost::FindExtension(std::string_view id) {
  {
    const std::scoped_lock lock(mutex_);
    asked_extensions_.emplace(id);
  }
  return extensions_.Find(id);
}

void ComponentHost::ReportFatalError(const Error& error) {
  node_.Fail(error);
  host_.ReportFatalError(
      Error(error).Annotate(fmt::format("\"{}\" {}", node_.id(), KindName(node_.kind()))));
}

std::set<std::string> ComponentHost::asked_extensions() const {
  const std::scoped_lock lock(mutex_);
  return asked_extensions_;
}

ComponentNode::ComponentNode(std::shared_ptr<const Config> config, const ComponentConfig& component,
                             model::SignalSet signals, std::string pipeline, Host& host,
                             ExtensionSet& extensions)
    : config_(std::move(config)),
      component_config_(component),
      signals_(signals),
      pipeline_(std::move(pipeline)),
      host_(host, extensions, *this) {}

Status ComponentNode::Start() {
  {
    const std::scoped_lock lock(mutex_);
    if (state_ != ComponentState::kCreated) return {};
    state_ = ComponentState::kStarting;
  }
  Status status = base::RefuseWithoutThreads([this]() -> Status {
    if (host_.ending().stop_requested()) {
      return base::MakeError(Code::kCancelled, "the process is asked to end");
    }
    return component().Start(host_);
  });
  if (!status) {
    Fail(status.error());
    return std::unexpected(std::move(status).error().Annotate(
        fmt::format("failed to start \"{}\" {}", id(), KindName(kind()))));
  }
  const std::scoped_lock lock(mutex_);
  if (state_ == ComponentState::kStarting) state_ = ComponentState::kRunning;
  return {};
}

void ComponentNode::Stop(Deadline deadline) {
  {
    const std::scoped_lock lock(mutex_);
    if (state_ == ComponentState::kCreated || state_ == ComponentState::kStopped) return;
  }
  component().Stop(deadline);
  const std::scoped_lock lock(mutex_);
  state_ = ComponentState::kStopped;
}

void ComponentNode::Fail(const Error& error) {
  const std::scoped_lock lock(mutex_);
  state_ = ComponentState::kFailed;
  error_ = error.message;
}

ComponentState ComponentNode::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

ComponentStatus ComponentNode::status() const {
  const std::scoped_lock lock(mutex_);
  return {kind(), id(), pipeline_, state_, error_};
}

bool ComponentNode::HasSettingsOf(const ComponentConfig& other) const {
  return kind() == other.kind && id() == other.id && &factory() == other.factory &&
         EmitSection(*component_config_.section, 0, Secrecy::kShown) ==
             EmitSection(*other.section, 0, Secrecy::kShown);
}

void ExtensionSet::Replace(std::vector<std::shared_ptr<ExtensionNode>> nodes) {
  const std::scoped_lock lock(mutex_);
  nodes_ = std::move(nodes);
}

std::shared_ptr<Extension> ExtensionSet::Find(std::string_view id) {
  std::shared_ptr<ExtensionNode> node;
  bool may_start = false;
  {
    const std::scoped_lock lock(mutex_);
    const auto found =
        std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n->id() == id; });
    if (found == nodes_.end()) return nullptr;
    node = *found;
    may_start = starter_ == std::this_thread::get_id();
  }
  if (may_start && node->state() == ComponentState::kCreated) {
    const Status status = node->Start();
    const std::scoped_lock lock(mutex_);
    if (!status && started_on_demand_) started_on_demand_ = status;
  }
  if (node->state() != ComponentState::kRunning) return nullptr;
  Extension* const extension = node->part.get();
  return {std::move(node), extension};
}

Status ExtensionSet::StartAll() {
  const std::vector<std::shared_ptr<ExtensionNode>> nodes = this->nodes();
  {
    const std::scoped_lock lock(mutex_);
    starter_ = std::this_thread::get_id();
    started_on_demand_ = {};
  }
  Status status;
  for (const auto& node : nodes) {
    status = node->Start();
    const std::scoped_lock lock(mutex_);
    // The root of the trouble first: what was asked for says why, who asked only that it is not
    // there.
    if (!started_on_demand_) status = started_on_demand_;
    if (!status) break;
  }
  const std::scoped_lock lock(mutex_);
  starter_ = {};
  return status;
}

Status ExtensionSet::CheckReady() const {
  for (const std::shared_ptr<ExtensionNode>& node : nodes()) {
    if (node->state() != ComponentState::kRunning) continue;
    if (Status ready = node->part->CheckReady(); !ready.has_value()) {
      return std::unexpected(std::move(ready).error().Annotate(node->id()));
    }
  }
  return {};
}

std::vector<std::shared_ptr<ExtensionNode>> ExtensionSet::nodes() const {
  const std::scoped_lock lock(mutex_);
  return nodes_;
}

}  // namespace clew::pipeline
