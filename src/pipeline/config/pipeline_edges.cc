#include "pipeline/config/pipeline_edges.h"

#include <algorithm>
#include <functional>

namespace clew::pipeline {
namespace {

using Way = std::vector<std::string>;

bool Contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::ranges::find(ids, id) != ids.end();
}

/// Goes along edges, depth first.
class Walk {
 public:
  explicit Walk(const Config& config)
      : config_(config), edges_(FindEdges(config)), states_(config.pipelines.size()) {}

  /// Visits every pipeline behind those that it leads to. False when it comes to a cycle, which
  /// then is way().
  bool VisitAll(const std::function<void(std::size_t)>& visit) {
    for (std::size_t i = 0; i < config_.pipelines.size(); ++i) {
      if (!Visit(i, visit)) return false;
    }
    return true;
  }

  const Way& way() const { return way_; }

 private:
  enum class State { kNew, kOnTheWay, kDone };

  bool Visit(std::size_t pipeline, const std::function<void(std::size_t)>& visit) {
    const std::string& id = config_.pipelines[pipeline].id;
    if (states_[pipeline] == State::kDone) return true;
    const bool is_cycle = states_[pipeline] == State::kOnTheWay;
    if (is_cycle) way_.erase(way_.begin(), std::ranges::find(way_, id));
    way_.push_back(id);
    if (is_cycle) return false;
    states_[pipeline] = State::kOnTheWay;
    for (const PipelineEdge& edge : edges_) {
      if (edge.from != pipeline) continue;
      way_.push_back(edge.connector->id);
      if (!Visit(edge.to, visit)) return false;
      way_.pop_back();
    }
    way_.pop_back();
    states_[pipeline] = State::kDone;
    visit(pipeline);
    return true;
  }

  const Config& config_;
  const std::vector<PipelineEdge> edges_;
  std::vector<State> states_;
  Way way_;
};

}  // namespace

std::vector<PipelineEdge> FindEdges(const Config& config) {
  std::vector<PipelineEdge> edges;
  for (std::size_t from = 0; from < config.pipelines.size(); ++from) {
    for (const std::string& id : config.pipelines[from].exporters) {
      const ComponentConfig* const connector = config.Find(ComponentKind::kConnector, id);
      if (connector == nullptr) continue;
      for (std::size_t to = 0; to < config.pipelines.size(); ++to) {
        const bool is_joined = Contains(config.pipelines[to].receivers, id) &&
                               connector->factory->Connects(config.pipelines[from].signal,
                                                            config.pipelines[to].signal);
        if (is_joined) edges.push_back({from, to, connector});
      }
    }
  }
  return edges;
}

std::vector<std::size_t> DownstreamFirst(const Config& config) {
  std::vector<std::size_t> order;
  Walk(config).VisitAll([&](std::size_t pipeline) { order.push_back(pipeline); });
  return order;
}

std::vector<std::size_t> UpstreamFirst(const Config& config) {
  const std::vector<PipelineEdge> edges = FindEdges(config);
  std::vector<std::size_t> order;
  const auto is_in_order = [&](std::size_t pipeline) {
    return std::ranges::find(order, pipeline) != order.end();
  };
  while (order.size() < config.pipelines.size()) {
    for (std::size_t i = 0; i < config.pipelines.size(); ++i) {
      const bool is_free = std::ranges::none_of(
          edges, [&](const PipelineEdge& edge) { return edge.to == i && !is_in_order(edge.from); });
      if (is_free && !is_in_order(i)) order.push_back(i);
    }
  }
  return order;
}

std::vector<std::string> FindCycle(const Config& config) {
  Walk walk(config);
  walk.VisitAll([](std::size_t) {});
  return walk.way();
}

std::vector<Way> FindWays(const Config& config, const std::vector<bool>& is_end) {
  const std::vector<PipelineEdge> edges = FindEdges(config);
  std::vector<Way> ways(config.pipelines.size());
  for (const std::size_t from : DownstreamFirst(config)) {
    for (const PipelineEdge& edge : edges) {
      if (edge.from != from || !ways[from].empty()) continue;
      const Way rest = is_end[edge.to] ? Way{config.pipelines[edge.to].id} : ways[edge.to];
      if (rest.empty()) continue;
      ways[from] = {config.pipelines[from].id, edge.connector->id};
      ways[from].insert(ways[from].end(), rest.begin(), rest.end());
    }
  }
  return ways;
}

}  // namespace clew::pipeline
