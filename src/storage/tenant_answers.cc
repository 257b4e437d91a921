#include <utility>

#include "storage/tenant_store.h"

/// What there is to ask of a tenant, at one moment.
namespace clew::storage {
namespace {

void AddSources(std::span<const BlockPtr> blocks, std::vector<scan::SpanSourcePtr>& sources) {
  for (const BlockPtr& block : blocks) {
    sources.insert(sources.end(), block->sources.begin(), block->sources.end());
  }
}

}  // namespace

std::vector<scan::SpanSourcePtr> TenantStore::Sources() const {
  const Snapshot now = contents_->Take();
  std::vector<scan::SpanSourcePtr> sources;
  now.AddHead(sources);
  AddSources(now.blocks(), sources);
  return sources;
}

Result<std::vector<scan::SpanSourcePtr>> TenantStore::SourcesOf(
    std::span<const TraceId> ids, const scan::StopCheck& check) const {
  const Snapshot now = contents_->Take();
  std::vector<scan::SpanSourcePtr> sources;
  now.AddHead(sources);
  ASSIGN_OR_RETURN(const auto selected, traces_.Select(now.blocks(), ids, check));
  sources.insert(sources.end(), selected.begin(), selected.end());
  return sources;
}

Result<Names> TenantStore::OperationNames(const scan::StopCheck& check) const {
  const Snapshot now = contents_->Take();
  Names names;
  now.AddHead(names.others);
  ASSIGN_OR_RETURN(MergedOperations::Found found, operations_.Of(now.blocks(), check));
  names.merged = std::move(found.names);
  AddSources(found.others, names.others);
  return names;
}

Result<TagNames> TenantStore::Tags(const TimeRange& range, const scan::StopCheck& check) const {
  const Snapshot now = contents_->Take();
  TagNames tags;
  now.AddHead(tags.others);
  ASSIGN_OR_RETURN(MergedTags::Found found, tags_.Names(now.blocks(), range, check));
  tags.merged = std::move(found.names);
  AddSources(found.others, tags.others);
  return tags;
}

Result<std::vector<scan::SpanSourcePtr>> TenantStore::TagValues(
    const TimeRange& range, const TagQuestion& question, const TagValueVisitor& visit,
    const scan::StopCheck& check) const {
  const Snapshot now = contents_->Take();
  std::vector<scan::SpanSourcePtr> sources;
  now.AddHead(sources);
  ASSIGN_OR_RETURN(const auto others, VisitTagValues(now.blocks(), range, question, visit, check));
  AddSources(others, sources);
  return sources;
}

}  // namespace clew::storage
