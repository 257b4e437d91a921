#pragma once

#include <memory>
#include <vector>

#include "query/plan.h"
#include "query/query_context.h"
#include "query/scan.h"
#include "query/tag_lists.h"
#include "storage/storage.h"

namespace clew::query {

/// What of its tenants a plan has to look at.
struct PlanInputs {
  /// Row groups and batches, read past what is damaged, for as long as the context lives.
  std::vector<scan::SpanSourcePtr> sources{};
  /// The same as the store has them, for Scan::stored.
  std::vector<scan::SpanSourcePtr> stored{};
  /// For lists of names: what is known of others.
  std::vector<RollUpPtr> operations{};
  std::vector<TagTotalsPtr> tags{};
  std::unique_ptr<TagValueCounts> tag_values{};
};

/// The sources of one tenant, not read past damage yet; what is known of others is added to
/// `inputs`. Errors: those of the store and of the context's check.
Result<std::vector<scan::SpanSourcePtr>> SourcesOf(storage::Storage& storage,
                                                   const TenantId& tenant, const Plan& plan,
                                                   const QueryContext& context, PlanInputs& inputs);

}  // namespace clew::query
