#include "pipeline/sending/joined.h"

#include <algorithm>
#include <utility>

#include "base/letter_case.h"

namespace clew::pipeline::sending {
namespace {

/// What a batch formed of several requests carries: the tenant and headers they share.
Context JoinContexts(const SendJob& job, const settings::QueueSection& section) {
  if (!section.has_batch) {
    return job.items.front().context;
  }
  Context joined;
  joined.tenant = job.items.front().context.tenant;
  for (const auto& [name, values] : job.items.front().context.metadata) {
    const bool is_shared = std::ranges::any_of(
        section.batch.partition.metadata_keys,
        [&](const std::string& key) { return base::EqualsIgnoringCase(key, name); });
    if (is_shared) {
      joined.metadata[name] = values;
    }
  }
  std::vector<DeliveryTokenPtr> tokens;
  for (const QueueItem& item : job.items) {
    tokens.push_back(item.context.delivery);
  }
  joined.delivery = DeliveryToken::Merge(std::move(tokens));
  return joined;
}

model::BatchPtr JoinBatches(const SendJob& job) {
  if (job.items.size() == 1) {
    return job.items.front().batch;
  }
  std::vector<model::BatchPtr> batches;
  for (const QueueItem& item : job.items) {
    batches.push_back(item.batch);
  }
  return model::Batch::Merge(batches);
}

}  // namespace

Joined JoinItems(const SendJob& job, const settings::QueueSection& section) {
  return {JoinBatches(job), JoinContexts(job, section)};
}

}  // namespace clew::pipeline::sending
