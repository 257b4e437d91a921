#include "query/candidates.h"

#include <algorithm>
#include <iterator>

namespace clew::query {

void Candidates::Add(const TraceId& id, UnixNanos span_start) {
  if (limit_ == 0 || IsBehindMark({~span_start, id})) return;
  const auto [entry, is_new] = traces_.try_emplace(id, Trace{span_start, false});
  if (!is_new) {
    if (entry->second.is_exact || entry->second.start <= span_start) return;
    order_.erase({~entry->second.start, id});
    entry->second.start = span_start;
  }
  order_.insert({~span_start, id});
}

void Candidates::SetExact(const TraceId& id, std::optional<UnixNanos> start) {
  const auto found = traces_.find(id);
  if (found == traces_.end() || found->second.is_exact) return;
  order_.erase({~found->second.start, id});
  found->second = {start.value_or(found->second.start), true};
  const Key key{~found->second.start, id};
  order_.insert(key);
  exact_.insert(key);
  if (exact_.size() > limit_) exact_.erase(std::prev(exact_.end()));
  DropBehindMark();
}

void Candidates::DropBehindMark() {
  while (!order_.empty() && IsBehindMark(*order_.rbegin())) {
    traces_.erase(order_.rbegin()->second);
    order_.erase(std::prev(order_.end()));
  }
}

std::vector<TraceId> Candidates::InexactAmongFirst(std::size_t count) const {
  std::vector<TraceId> ids;
  for (auto entry = order_.begin(); entry != order_.end() && count > 0; ++entry, --count) {
    if (!traces_.at(entry->second).is_exact) ids.push_back(entry->second);
  }
  std::ranges::sort(ids);
  return ids;
}

bool Candidates::IsSettledAt(UnixNanos start) const {
  // Equal starts are ordered by id, which is not known yet.
  return exact_.size() == limit_ && !has_inexact() &&
         (limit_ == 0 || ~exact_.rbegin()->first > start);
}

bool Candidates::IsFullBefore(UnixNanos start) const {
  if (order_.size() < limit_ || limit_ == 0) return limit_ == 0;
  const auto last = std::next(order_.begin(), static_cast<std::ptrdiff_t>(limit_) - 1);
  return ~last->first > start;
}

std::vector<TraceId> Candidates::First() const {
  std::vector<TraceId> ids;
  for (const auto& [start, id] : order_) {
    if (ids.size() == limit_) break;
    ids.push_back(id);
  }
  return ids;
}

}  // namespace clew::query
