#include "storage/head/head.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "base/for_each.h"
#include "model/memory.h"
#include "storage/format/row_group_source.h"

namespace clew::storage {
namespace {

template <typename Part>
std::uint64_t BytesOf(const std::vector<Part>& parts) {
  std::uint64_t size = 0;
  for (const Part& part : parts) size += part.byte_size;
  return size;
}

template <typename Part>
HeldRecords RecordsOf(const std::vector<Part>& parts) {
  std::vector<const HeldRecords*> records;
  for (const Part& part : parts) records.push_back(&part.records);
  return HeldRecords::Join(records);
}

template <typename Part>
std::shared_ptr<const std::vector<scan::SpanSourcePtr>> SourcesOf(const std::vector<Part>& parts) {
  auto sources = std::make_shared<std::vector<scan::SpanSourcePtr>>();
  sources->reserve(parts.size());
  for (const Part& part : parts) sources->push_back(part.source);
  return sources;
}

template <typename Part>
void TakeOldest(const std::vector<Part>& parts, std::optional<Nanos>& oldest) {
  for (const Part& part : parts) {
    oldest = std::min(oldest.value_or(part.added_at), part.added_at);
  }
}

}  // namespace

// What is in no block is offered again: by the log's replay, or by the pipeline that it came from.
Head::~Head() {
  for (const FreshBatch& fresh : fresh_) fresh.records.Abandon();
  for (const Group& group : groups_) group.records.Abandon();
}

void Head::Add(model::SpanColumnsPtr columns, const RowGroupSize& size, HeldRecords records) {
  const std::uint64_t byte_size = MemoryOf(*columns);
  FreshBatch fresh{std::make_shared<const scan::BatchSource>(std::move(columns)),
                   std::move(records), byte_size, size, with_.clock.Monotonic()};
  with_.byte_size += byte_size;
  const std::scoped_lock lock(mutex_);
  with_.contents.Append(fresh.source);
  fresh_.push_back(std::move(fresh));
}

HeadFacts Head::facts(const std::function<void()>& meanwhile) const {
  const std::scoped_lock lock(mutex_);
  if (meanwhile) meanwhile();
  HeadFacts facts;
  facts.fresh_batch_count = fresh_.size();
  for (const FreshBatch& fresh : fresh_) facts.fresh_span_count += fresh.source->stats().span_count;
  facts.fresh_bytes = BytesOf(fresh_);
  for (const Group& group : groups_) facts.sealed_span_count += group.source->stats().span_count;
  facts.sealed_bytes = BytesOf(groups_);
  return facts;
}

std::uint64_t Head::byte_size() const {
  const std::scoped_lock lock(mutex_);
  return BytesOf(fresh_) + BytesOf(groups_);
}

bool Head::is_empty() const {
  const std::scoped_lock lock(mutex_);
  return fresh_.empty() && groups_.empty();
}

std::optional<Nanos> Head::oldest_added_at() const {
  const std::scoped_lock lock(mutex_);
  std::optional<Nanos> oldest;
  TakeOldest(fresh_, oldest);
  TakeOldest(groups_, oldest);
  return oldest;
}

bool Head::JoinSomeSmallBatches() {
  std::vector<FreshBatch> small;
  {
    const std::scoped_lock lock(mutex_);
    small = SmallBatches(fresh_, with_.options);
  }
  if (small.empty()) return false;
  FreshBatch joined = Joined(small);
  const std::scoped_lock lock(mutex_);
  // In one pass, as who adds waits for it: they lie in the same order.
  auto part = small.begin();
  std::erase_if(fresh_, [&](const FreshBatch& fresh) {
    const bool is_part = part != small.end() && part->source == fresh.source;
    if (is_part) ++part;
    return is_part;
  });
  with_.byte_size += joined.byte_size - BytesOf(small);
  // First: it holds the oldest.
  fresh_.insert(fresh_.begin(), std::move(joined));
  with_.contents.Exchange({.fresh = SourcesOf(fresh_)});
  return true;
}

void Head::JoinSmallBatches() {
  while (JoinSomeSmallBatches()) continue;
}

std::size_t Head::fresh_batch_count() const {
  const std::scoped_lock lock(mutex_);
  return fresh_.size();
}

Head::Group Head::Seal(const std::vector<FreshBatch>& taken) const {
  std::vector<model::SpanColumnsPtr> batches;
  for (const FreshBatch& fresh : taken) batches.push_back(fresh.source->columns());
  Group sealed;
  sealed.group = std::make_shared<const RowGroup>(BuildRowGroup(batches, with_.options.row_group));
  sealed.source = std::make_shared<RowGroupSource>(
      std::shared_ptr<const RowGroupDirectory>(sealed.group, &sealed.group->directory),
      std::make_shared<MemoryPages>(sealed.group->pages), with_.cache);
  sealed.records = RecordsOf(taken);
  sealed.byte_size = MemoryOf(*sealed.group);
  sealed.added_at = std::ranges::min(taken, {}, &FreshBatch::added_at).added_at;
  return sealed;
}

// To seal one takes a core for some 100 ms, and what comes meanwhile is as much as all cores
// decode: one at a time, the head of one large tenant would fill. They become visible together, in
// the order of their batches; until then the batches answer.
std::size_t Head::SealRowGroups(std::size_t batch_count, bool is_partial_too,
                                std::size_t group_count_max) {
  const std::size_t count_max = std::min(group_count_max, base::CountAtOnce(with_.workers));
  std::vector<std::vector<FreshBatch>> runs;
  std::size_t taken_count = 0;
  {
    const std::scoped_lock lock(mutex_);
    while (runs.size() < count_max && taken_count < batch_count) {
      std::vector<FreshBatch> run =
          FirstRowGroup(std::span(fresh_).subspan(taken_count, batch_count - taken_count),
                        with_.options, is_partial_too);
      if (run.empty()) break;
      taken_count += run.size();
      runs.push_back(std::move(run));
    }
  }
  std::vector<Group> sealed(runs.size());
  base::ForEach(with_.workers, runs.size(), [&](std::size_t i) { sealed[i] = Seal(runs[i]); });
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    with_.byte_size += sealed[i].byte_size - BytesOf(runs[i]);
    groups_.push_back(std::move(sealed[i]));
  }
  // Others only append.
  fresh_.erase(fresh_.begin(), fresh_.begin() + static_cast<std::ptrdiff_t>(taken_count));
  if (taken_count > 0) {
    with_.contents.Exchange({.fresh = SourcesOf(fresh_), .sealed = SourcesOf(groups_)});
  }
  return taken_count;
}

Head::Sealed Head::HandOver(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  OnePartition partition;
  const auto rest = std::ranges::find_if_not(
      groups_, [&](const Group& group) { return partition.Takes(group.records); });
  std::vector<Group> taken(std::move_iterator(groups_.begin()), std::move_iterator(rest));
  groups_.erase(groups_.begin(), rest);
  Sealed sealed;
  auto part = std::make_shared<WaitingPart>();
  part->name = name;
  part->sources = *SourcesOf(taken);
  for (const Group& group : taken) {
    sealed.groups.push_back(group.group);
    part->span_count += group.source->stats().span_count;
  }
  sealed.records = RecordsOf(taken);
  sealed.byte_size = part->memory_bytes = BytesOf(taken);
  with_.byte_size -= sealed.byte_size;
  with_.contents.Exchange({.sealed = SourcesOf(groups_),
                           .waiting = [&part](WaitingParts& parts) { parts.push_back(part); }});
  return sealed;
}

}  // namespace clew::storage
