#include "storage/tenant_store.h"

#include <algorithm>
#include <utility>

namespace clew::storage {
namespace {

// Of one that is held, with its place among those that are on their way; about.
constexpr std::uint64_t kTokenBytes = 200;

}  // namespace

TenantStore::TenantStore(TenantId tenant, const Surroundings& surroundings)
    : tenant_(std::move(tenant)),
      with_(surroundings),
      head_({with_.options, with_.reading.cache, with_.clock, with_.head_bytes, *contents_,
             with_.workers}),
      operations_(with_.directory_memory),
      tags_(with_.directory_memory),
      traces_(with_.trace_index_directory.empty()
                  ? std::string()
                  : with_.trace_index_directory + '/' + tenant_.name(),
              {with_.reading, with_.clock, with_.random}) {}

void TenantStore::Maintain(Extent extent) {
  head_.JoinSmallBatches();
  if (extent == Extent::kWhatIsDue && BlockDueSince()) extent = Extent::kAll;
  // What comes meanwhile waits for the next time: under load it would go on, a few spans at once.
  std::size_t due_count = head_.fresh_batch_count();
  while (const std::size_t sealed_count =
             head_.SealRowGroups(due_count, extent == Extent::kAll, GroupsUntilBlockIsFull())) {
    due_count -= sealed_count;
    CutBlock(Extent::kWhatIsFull);
  }
  // One for each partition of the log.
  while (CutBlock(extent)) continue;
}

// All that are sealed go into one block.
std::size_t TenantStore::GroupsUntilBlockIsFull() const {
  const std::uint64_t sealed = head_.facts().sealed_span_count;
  const std::uint64_t full = with_.options.block_span_count;
  const std::uint64_t group = with_.options.row_group_span_count;
  return sealed >= full ? 1 : static_cast<std::size_t>((full - sealed + group - 1) / group);
}

std::optional<Nanos> TenantStore::BlockDueSince() const {
  const std::optional<Nanos> oldest = head_.oldest_added_at();
  if (!oldest || with_.clock.Monotonic() - *oldest < with_.options.block_age_max) return {};
  return oldest;
}

// Gives whether there was one.
bool TenantStore::CutBlock(Extent extent) {
  const HeadFacts head = head_.facts();
  const bool is_full = head.sealed_span_count >= with_.options.block_span_count ||
                       head.sealed_bytes >= with_.options.block_bytes;
  if (head.sealed_span_count == 0 || (!is_full && extent != Extent::kAll)) return false;
  auto block = std::make_unique<WaitingBlock>();
  block->meta.tenant = tenant_;
  block->meta.created_at = with_.clock.Now();
  block->meta.log_identity = with_.log_identity;
  block->name = BlockName(tenant_, block->meta.created_at, with_.random.Next());
  // Counted twice for a moment rather than not at all: this thread alone takes out of the head.
  with_.waiting_bytes += head.sealed_bytes;
  Head::Sealed sealed = head_.HandOver(block->name);
  block->byte_size = sealed.byte_size;
  with_.waiting_bytes -= head.sealed_bytes - sealed.byte_size;
  block->groups = std::move(sealed.groups);
  block->meta.log_ranges = std::move(sealed.records.ranges);
  block->records = std::move(sealed.records);
  block->held_bytes = block->meta.log_ranges.capacity() * sizeof(LogRange) +
                      block->records.others.capacity() * kTokenBytes;
  with_.waiting_bytes += block->held_bytes;
  block->contents = contents_;
  with_.hand_over(std::move(block));
  return true;
}

bool TenantStore::is_empty() const {
  const Snapshot now = contents_->Take();
  return head_.is_empty() && now.waiting().empty() && now.blocks().empty();
}

}  // namespace clew::storage
