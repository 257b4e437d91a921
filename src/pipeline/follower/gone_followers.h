#pragma once

#include <vector>

#include "base/metrics.h"
#include "log/log.h"
#include "pipeline/follower/follower_place.h"

namespace clew::pipeline {

/// Takes all followers out of `log` but those of `ways`: others would hold it back for ever. What
/// they had not got is told and counted (clew_follower_forgotten_bytes_total), since nobody sends
/// it there any more; but of the one that a pipeline had in former releases, since those of its
/// exporters have gone on from there. To be called when all of `ways` are registered. One that
/// cannot be taken out is told, and left for the next time.
void ForgetGoneFollowers(log::Log& log, const std::vector<PipelineWay>& ways,
                         base::Metrics& metrics);

}  // namespace clew::pipeline
