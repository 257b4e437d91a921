#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pipeline/config/config.h"

/// How connectors join pipelines: they end some and begin others. Pipelines are named by their
/// place in Config::pipelines.
namespace clew::pipeline {

struct PipelineEdge {
  std::size_t from;
  std::size_t to;
  const ComponentConfig* connector;
};

/// In the order of the file: of pipelines, and of what they export to.
std::vector<PipelineEdge> FindEdges(const Config& config);

/// All pipelines, each behind those that it leads to; else in the order of the file. Without
/// cycles.
std::vector<std::size_t> DownstreamFirst(const Config& config);
/// All pipelines, each behind those that lead to it; else in the order of the file. Without cycles.
std::vector<std::size_t> UpstreamFirst(const Config& config);

/// Which pipelines and connectors lead back to where they began, in their order, the first once
/// more at the end: traces/a, forward, traces/b, forward, traces/a. Empty when none do.
std::vector<std::string> FindCycle(const Config& config);

/// For each pipeline a way to the next one for which `is_end` holds, itself excepted, told as
/// FindCycle tells one; empty when there is none. Without cycles.
std::vector<std::vector<std::string>> FindWays(const Config& config,
                                               const std::vector<bool>& is_end);

}  // namespace clew::pipeline
