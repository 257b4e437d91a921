#include "query/plan_inputs.h"

#include "query/listed_spans.h"

#include <utility>

namespace clew::query {
namespace {

using scan::SpanSourcePtr;

template <typename Read>
storage::TimeRange RangeOf(const Read& read) {
  storage::TimeRange range;
  if (read.start_min) range.start_min = *read.start_min;
  if (read.start_max) range.start_max = *read.start_max;
  return range;
}

}  // namespace

Result<std::vector<SpanSourcePtr>> SourcesOf(storage::Storage& storage, const TenantId& tenant,
                                             const Plan& plan, const QueryContext& context,
                                             PlanInputs& inputs) {
  const auto check = [&context] { return context.Check(); };
  if (const auto* const named = plan.Input<NamedTraces>()) {
    return storage.SourcesOf(tenant, named->ids, check);
  }
  if (plan.Input<CountOperations>() != nullptr) {
    ASSIGN_OR_RETURN(storage::Names names, storage.OperationNames(tenant, check));
    inputs.operations.push_back(std::move(names.merged));
    return std::move(names.others);
  }
  if (const auto* const read = plan.Input<ReadTags>(); read != nullptr && IsTrue(read->condition)) {
    ASSIGN_OR_RETURN(storage::TagNames tags, storage.Tags(tenant, RangeOf(*read), check));
    inputs.tags.push_back(std::move(tags.merged));
    return std::move(tags.others);
  }
  if (const auto* const read = plan.Input<ReadTagValues>()) {
    TRY(CheckTag(read->tag));
    if (inputs.tag_values == nullptr) {
      inputs.tag_values = std::make_unique<TagValueCounts>(context);
    }
    if (!IsTrue(read->condition)) return storage.Sources(tenant);
    const storage::TagQuestion question{read->tag.field, expr::OwnersOf(read->tag.scope),
                                        read->tag.key};
    const auto visit = [&](const storage::TagName& name, const storage::TagValue& value) {
      return AddRolled(read->tag, name, value, *inputs.tag_values);
    };
    return storage.TagValues(tenant, RangeOf(*read), question, visit, check);
  }
  std::vector<SpanSourcePtr> sources = storage.Sources(tenant);
  if (std::holds_alternative<MeasureSpans>(plan.op)) {
    inputs.stored.insert(inputs.stored.end(), sources.begin(), sources.end());
  }
  return sources;
}

}  // namespace clew::query
