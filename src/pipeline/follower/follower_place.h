#pragma once

#include <string>
#include <string_view>
#include <vector>

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

/// Where a follower begins that the log does not know yet, of a pipeline whose exporters are
/// `ways`: where those of the pipeline are that are gone, at the one that is furthest behind, so
/// that one that was renamed misses nothing, and each goes on from the one follower that they had
/// in former releases. When none is gone it is added, and begins where the others are, at the one
/// that is furthest ahead: it does not get what was sent before. The oldest record when there is
/// none. To be asked before any follower of the pipeline starts.
log::Position WhereNewFollowersBegin(const log::Log& log, const std::vector<PipelineWay>& ways);

}  // namespace clew::pipeline
