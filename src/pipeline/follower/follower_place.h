#pragma once

#include <string>
#include <string_view>

#include "base/metrics.h"
#include "log/log.h"

namespace clew::pipeline {

/// One of the ways out of a pipeline, which follows the log for itself.
struct PipelineWay {
  /// E.g. "traces/main".
  std::string pipeline;
  /// As named among the exporters of the pipeline: an exporter's id, or a connector's.
  std::string exporter;
};

/// Of the metrics of a follower.
base::Labels LabelsOf(const PipelineWay& way);

/// The name that a follower has as a consumer of the log: "pipeline/<pipeline>><exporter>", e.g.
/// "pipeline/traces/main>otlp/eu". Of long ids the end is a '~' and a hash; neither of the two
/// signs is in an id.
std::string FollowerName(const PipelineWay& way);
/// The one name that a pipeline had in releases in which all its exporters had one follower.
std::string FormerFollowerName(std::string_view pipeline);
/// Whether a consumer of a log is a follower, or was one in some release.
bool IsFollower(std::string_view consumer);

/// Where a follower of `pipeline` begins that the log does not know yet: where those that it knows
/// are, exporters that are gone included, at the one that is furthest behind. So one that was
/// renamed misses nothing, and each goes on from the one follower that they had in former releases.
/// The oldest record when there is none. To be asked before any follower of the pipeline starts.
log::Position WhereNewFollowersBegin(const log::Log& log, std::string_view pipeline);

}  // namespace clew::pipeline
