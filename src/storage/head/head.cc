#include "storage/head/head.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/for_each.h"
#include "model/concatenate.h"
#include "model/memory.h"
#include "storage/format/row_group_source.h"

namespace clew::storage {
namespace {

// So many small batches are worth joining: a search pays for each source.
constexpr std::ptrdiff_t kSmallBatchCount = 64;
constexpr std::uint32_t kSmallBatchSpans = 4096;

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
  for (const Fresh& fresh : fresh_) fresh.records.Abandon();
  for (const Group& group : groups_) group.records.Abandon();
}

void Head::Add(model::SpanColumnsPtr columns, const RowGroupSize& size, HeldRecords records) {
  const std::uint64_t byte_size = MemoryOf(*columns);
  Fresh fresh{std::make_shared<const scan::BatchSource>(std::move(columns)), std::move(records),
              byte_size, size, with_.clock.Monotonic()};
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
  for (const Fresh& fresh : fresh_) facts.fresh_span_count += fresh.source->stats().span_count;
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

bool Head::Fits(const RowGroupSize& size) const {
  return CheckRowGroupSize(size, with_.options.row_group).has_value();
}

std::vector<Head::Fresh> Head::SmallBatches() const {
  const std::uint64_t span_count_max = with_.options.row_group_span_count;
  const std::uint64_t bytes_max = with_.options.row_group_bytes;
  // Two of them fit into a row group at least.
  const auto is_small = [&](const Fresh& fresh) {
    const std::uint64_t span_count = fresh.source->stats().span_count;
    return span_count < std::min<std::uint64_t>(kSmallBatchSpans, span_count_max / 2) &&
           fresh.byte_size < bytes_max / 2;
  };
  const std::scoped_lock lock(mutex_);
  if (std::ranges::count_if(fresh_, is_small) < kSmallBatchCount) return {};
  std::vector<Fresh> small;
  std::uint64_t span_count = 0;
  std::uint64_t byte_size = 0;
  RowGroupSize size;
  for (const Fresh& fresh : fresh_) {
    if (!is_small(fresh)) continue;
    span_count += fresh.source->stats().span_count;
    byte_size += fresh.byte_size;
    size += fresh.size;
    if (span_count > span_count_max || byte_size > bytes_max || !Fits(size)) break;
    small.push_back(fresh);
  }
  // Else the first would be joined with nothing, again and again.
  if (small.size() < 2) return {};
  return small;
}

bool Head::JoinSomeSmallBatches() {
  const std::vector<Fresh> small = SmallBatches();
  if (small.empty()) return false;
  std::vector<model::SpanColumnsPtr> parts;
  for (const Fresh& fresh : small) parts.push_back(fresh.source->columns());
  auto columns = std::make_shared<const model::SpanColumns>(model::ConcatenateSpans(parts));
  const std::uint64_t byte_size = MemoryOf(*columns);
  const RowGroupSize size = RowGroupSize::Of(*columns);
  Fresh joined{std::make_shared<const scan::BatchSource>(std::move(columns)), RecordsOf(small),
               byte_size, size, small.front().added_at};
  const std::scoped_lock lock(mutex_);
  // In one pass, as who adds waits for it: they lie in the same order.
  auto part = small.begin();
  std::erase_if(fresh_, [&](const Fresh& fresh) {
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

std::vector<Head::Fresh> Head::NextRowGroup(std::span<const Fresh> batches,
                                            bool is_partial_too) const {
  std::vector<Fresh> next;
  std::uint64_t span_count = 0;
  std::uint64_t byte_size = 0;
  RowGroupSize size;
  bool has_room = true;
  const auto is_full = [&] {
    return !has_room || span_count >= with_.options.row_group_span_count ||
           byte_size >= with_.options.row_group_bytes;
  };
  for (const Fresh& fresh : batches) {
    size += fresh.size;
    has_room = next.empty() || Fits(size);
    if (is_full()) break;
    next.push_back(fresh);
    span_count += fresh.source->stats().span_count;
    byte_size += fresh.byte_size;
  }
  if (!is_full() && !is_partial_too) next.clear();
  return next;
}

Head::Group Head::Seal(const std::vector<Fresh>& taken) const {
  std::vector<model::SpanColumnsPtr> batches;
  for (const Fresh& fresh : taken) batches.push_back(fresh.source->columns());
  Group sealed;
  sealed.group = std::make_shared<const RowGroup>(BuildRowGroup(batches, with_.options.row_group));
  sealed.source = std::make_shared<RowGroupSource>(
      std::shared_ptr<const RowGroupDirectory>(sealed.group, &sealed.group->directory),
      std::make_shared<MemoryPages>(sealed.group->pages), with_.cache);
  sealed.records = RecordsOf(taken);
  sealed.byte_size = MemoryOf(*sealed.group);
  sealed.added_at = std::ranges::min(taken, {}, &Fresh::added_at).added_at;
  return sealed;
}

// To seal one takes a core for some 100 ms, and what comes meanwhile is as much as all cores
// decode: one at a time, the head of one large tenant would fill. They become visible together, in
// the order of their batches; until then the batches answer.
std::size_t Head::SealRowGroups(std::size_t batch_count, bool is_partial_too,
                                std::size_t group_count_max) {
  const std::size_t count_max = std::min(group_count_max, base::CountAtOnce(with_.workers));
  std::vector<std::vector<Fresh>> runs;
  std::size_t taken_count = 0;
  {
    const std::scoped_lock lock(mutex_);
    while (runs.size() < count_max && taken_count < batch_count) {
      std::vector<Fresh> run = NextRowGroup(
          std::span(fresh_).subspan(taken_count, batch_count - taken_count), is_partial_too);
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
  Sealed sealed;
  auto part = std::make_shared<WaitingPart>();
  part->name = name;
  part->sources = *SourcesOf(groups_);
  for (const Group& group : groups_) {
    sealed.groups.push_back(group.group);
    part->span_count += group.source->stats().span_count;
  }
  sealed.records = RecordsOf(groups_);
  sealed.byte_size = part->memory_bytes = BytesOf(groups_);
  with_.byte_size -= sealed.byte_size;
  groups_.clear();
  with_.contents.Exchange({.sealed = SourcesOf(groups_),
                           .waiting = [&part](WaitingParts& parts) { parts.push_back(part); }});
  return sealed;
}

}  // namespace clew::storage
