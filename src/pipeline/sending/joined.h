#pragma once

#include "model/batch.h"
#include "pipeline/context.h"
#include "pipeline/sending/send_queue.h"
#include "pipeline/settings/sending.h"

namespace clew::pipeline::sending {

/// The items of a job as one: its batch, and what they share of their contexts (all of it when the
/// job is a single request that was not batched; else tenant, partition headers, and one delivery
/// token for all).
struct Joined {
  model::BatchPtr batch;
  Context context;
};
Joined JoinItems(const SendJob& job, const settings::QueueSection& section);

}  // namespace clew::pipeline::sending
