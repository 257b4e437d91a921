#include "query/call_join.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <span>
#include <utility>

#include "base/for_each.h"

namespace clew::query {
namespace {

/// The calls of the traces of one part.
class PartJoin {
 public:
  PartJoin(const std::set<TraceId>& skipped, bool takes_lost_parents, std::size_t service_count)
      : skipped_(skipped), takes_lost_parents_(takes_lost_parents), counts_(service_count) {}

  void Join(const std::vector<CallFragments>& sources) {
    std::vector<Piece> pieces;
    std::size_t count = 0;
    for (const CallFragments& source : sources) count += source.traces.size();
    pieces.reserve(count);
    for (const CallFragments& source : sources) {
      for (const CallFragments::Trace& trace : source.traces) pieces.emplace_back(source, trace);
    }
    std::sort(pieces.begin(), pieces.end());
    for (std::size_t first = 0, end = 0; first < pieces.size(); first = end) {
      ids_.clear();
      parents_.clear();
      services_.clear();
      for (end = first; end < pieces.size() && pieces[end].IsOfTrace(pieces[first]); ++end) {
        // They come from everywhere: those ahead are fetched meanwhile.
        constexpr std::size_t kAhead = 12;
        if (end + kAhead < pieces.size()) pieces[end + kAhead].Prefetch();
        Gather(pieces[end]);
      }
      const TraceId id = pieces[first].Id();
      if (skipped_.empty() || !skipped_.contains(id)) AddTrace(id);
    }
  }

  const PairCounts& counts() const { return counts_; }
  const CallJoin::Undecided& undecided() const { return undecided_; }

 private:
  /// What one source has of a trace. By its id, as two numbers that compare fast.
  struct Piece {
    Piece(const CallFragments& source, const CallFragments::Trace& trace)
        : spans(source.spans.data() + trace.first_span),
          services(source.services.data()),
          span_count(trace.span_count) {
      std::memcpy(id, trace.id.bytes.data(), sizeof(id));
    }
    TraceId Id() const {
      TraceId trace;
      std::memcpy(trace.bytes.data(), id, sizeof(id));
      return trace;
    }
    void Prefetch() const {
      constexpr std::size_t kLineBytes = 64;
      const char* const begin = reinterpret_cast<const char*>(spans);
      for (std::size_t i = 0; i < 4 && i * kLineBytes < span_count * sizeof(CallSpan); ++i) {
        __builtin_prefetch(begin + i * kLineBytes);
      }
    }
    bool IsOfTrace(const Piece& other) const {
      return id[0] == other.id[0] && id[1] == other.id[1];
    }
    bool operator<(const Piece& other) const {
      return id[0] != other.id[0] ? id[0] < other.id[0] : id[1] < other.id[1];
    }

    std::uint64_t id[2];
    const CallSpan* spans;
    const std::uint32_t* services;
    std::uint32_t span_count;
  };

  void Gather(const Piece& piece) {
    for (const CallSpan& span : std::span(piece.spans, piece.span_count)) {
      ids_.push_back(std::bit_cast<std::uint64_t>(span.id));
      parents_.push_back(std::bit_cast<std::uint64_t>(span.parent));
      services_.push_back(piece.services[span.service]);
    }
  }

  // Its spans are gathered.
  void AddTrace(const TraceId& id) {
    // Who chooses ids could make all of them meet in the table, which matters where they are many.
    constexpr std::size_t kTableMax = 1024;
    const bool is_sorted = ids_.size() > kTableMax;
    if (!(is_sorted ? SortRows() : PutRows())) {
      undecided_.with_repeats.push_back(id);
      return;
    }
    calls_.clear();
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (parents_[i] == 0) continue;
      const std::size_t parent = is_sorted ? FindSorted(parents_[i]) : Find(parents_[i]);
      if (parent < ids_.size()) {
        calls_.emplace_back(services_[parent], services_[i]);
      } else if (!takes_lost_parents_) {
        undecided_.with_lost_parents.push_back(id);
        return;
      }
    }
    for (const auto& [parent, child] : calls_) counts_.Add(parent, child);
  }

  struct Place {
    std::uint64_t id = 0;
    std::uint32_t row = 0;
    std::uint32_t trace = 0;  // whose it is; of an earlier one: it is free
  };
  std::size_t FirstPlaceOf(std::uint64_t id) const {
    return id * 0x9E3779B97F4A7C15 >> 32 & (table_.size() - 1);
  }
  // Makes rows known by their ids; false when two share one.
  bool PutRows() {
    if (table_.size() < 2 * ids_.size()) table_.assign(std::bit_ceil(2 * ids_.size() + 62), {});
    ++trace_number_;
    for (std::uint32_t row = 0; row < ids_.size(); ++row) {
      std::size_t place = FirstPlaceOf(ids_[row]);
      for (; table_[place].trace == trace_number_; place = (place + 1) & (table_.size() - 1)) {
        if (table_[place].id == ids_[row]) return false;
      }
      table_[place] = {ids_[row], row, trace_number_};
    }
    return true;
  }
  // The row with that id, or one that is not there.
  std::size_t Find(std::uint64_t id) const {
    std::size_t place = FirstPlaceOf(id);
    for (; table_[place].trace == trace_number_; place = (place + 1) & (table_.size() - 1)) {
      if (table_[place].id == id) return table_[place].row;
    }
    return ids_.size();
  }

  // The same for many.
  bool SortRows() {
    by_id_.clear();
    for (std::size_t i = 0; i < ids_.size(); ++i) by_id_.emplace_back(ids_[i], i);
    std::ranges::sort(by_id_);
    const auto first = &std::pair<std::uint64_t, std::size_t>::first;
    return std::ranges::adjacent_find(by_id_, {}, first) == by_id_.end();
  }
  std::size_t FindSorted(std::uint64_t id) const {
    const auto found = std::ranges::lower_bound(by_id_, std::pair(id, std::size_t{0}));
    return found != by_id_.end() && found->first == id ? found->second : ids_.size();
  }

  const std::set<TraceId>& skipped_;
  const bool takes_lost_parents_;
  PairCounts counts_;
  CallJoin::Undecided undecided_;
  // Of the spans of one trace.
  std::vector<std::uint64_t> ids_;
  std::vector<std::uint64_t> parents_;
  std::vector<std::uint32_t> services_;
  std::vector<Place> table_;
  std::uint32_t trace_number_ = 0;
  std::vector<std::pair<std::uint64_t, std::size_t>> by_id_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> calls_;
};

}  // namespace

CallJoin::CallJoin(const QueryContext& context, std::uint32_t unit_count)
    : unit_count_(unit_count), memory_(context), end_unit_(unit_count) {}

// Lets go of the traces that end last, half of those that wait.
void CallJoin::DropHalf() {
  const auto middle = std::next(waiting_.begin(), static_cast<std::ptrdiff_t>(waiting_.size() / 2));
  const auto first_dropped = waiting_.size() == 1 ? waiting_.end() : middle;
  if (first_dropped == waiting_.end()) return;
  end_unit_ = first_dropped->first;
  for (auto unit = first_dropped; unit != waiting_.end(); ++unit) bytes_ -= unit->second.bytes;
  waiting_.erase(first_dropped, waiting_.end());
}

Status CallJoin::Add(std::uint32_t last_unit, PartedFragments fragments) {
  if (!Takes(last_unit)) return {};
  Waiting& waiting = waiting_[last_unit];
  for (std::size_t i = 0; i < kCallParts; ++i) {
    if (fragments[i].traces.empty()) continue;
    waiting.bytes += fragments[i].byte_size();
    bytes_ += fragments[i].byte_size();
    waiting.parts[i].push_back(std::move(fragments[i]));
  }
  // A join takes some more for a part at a time.
  constexpr std::uint64_t kRoom = 2;
  while (bytes_ > kBytesMax && !IsLastOne()) DropHalf();
  memory_.GiveBack();
  while (!IsLastOne()) {
    if (memory_.TryTake(kRoom * bytes_)) return {};
    DropHalf();
  }
  return memory_.Take(kRoom * bytes_);
}

CallJoin::Undecided CallJoin::Join(std::uint32_t unit, const std::set<TraceId>& skipped,
                                   bool takes_lost_parents, base::WorkerPool* helpers,
                                   std::size_t service_count, PairCounts* counts) {
  Undecided all;
  const auto found = waiting_.find(unit);
  if (found == waiting_.end()) return all;
  std::vector<PartJoin> joins(kCallParts, PartJoin(skipped, takes_lost_parents, service_count));
  base::ForEach(helpers, kCallParts, [&](std::size_t i) { joins[i].Join(found->second.parts[i]); });
  for (const PartJoin& join : joins) {
    join.counts().ForEach([&](std::uint32_t parent, std::uint32_t child, std::uint64_t calls) {
      counts->Add(parent, child, calls);
    });
    const auto append = [](const auto& more, auto* ids) {
      ids->insert(ids->end(), more.begin(), more.end());
    };
    append(join.undecided().with_repeats, &all.with_repeats);
    append(join.undecided().with_lost_parents, &all.with_lost_parents);
  }
  bytes_ -= found->second.bytes;
  waiting_.erase(found);
  return all;
}

void CallJoin::EndRound() {
  waiting_.clear();
  bytes_ = 0;
  memory_.GiveBack();
  first_unit_ = end_unit_;
  end_unit_ = unit_count_;
}

}  // namespace clew::query
