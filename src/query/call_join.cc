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
  PartJoin(const QueryContext& context, const std::set<TraceId>& skipped, bool takes_lost_parents,
           std::size_t service_count)
      : context_(&context),
        skipped_(skipped),
        takes_lost_parents_(takes_lost_parents),
        counts_(service_count) {}

  // Less than all when the context says that time is up.
  void Join(const std::vector<CallFragments>& sources) {
    if (!context_->Check()) return;
    std::vector<Piece> pieces;
    std::size_t count = 0;
    for (const CallFragments& source : sources) count += source.traces.size();
    pieces.reserve(count);
    for (const CallFragments& source : sources) {
      for (const CallFragments::Trace& trace : source.traces) pieces.emplace_back(source, trace);
    }
    std::sort(pieces.begin(), pieces.end());
    std::size_t checked = 0;
    for (std::size_t first = 0, end = 0; first < pieces.size(); first = end) {
      if (first >= checked) {
        if (!context_->Check()) return;
        checked = first + kCheckEvery;
      }
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
  static constexpr std::size_t kCheckEvery = 4096;

  /// What one source has of a trace. By its id, as two numbers that compare fast.
  struct Piece {
    Piece(const CallFragments& source, const CallFragments::Trace& trace)
        : spans(source.spans.data() + trace.first_span),
          services(source.services->data()),
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
    const std::size_t first = ids_.size();
    ids_.resize(first + piece.span_count);
    parents_.resize(first + piece.span_count);
    services_.resize(first + piece.span_count);
    // By pointers of its own, which stay in registers.
    std::uint64_t* const ids = ids_.data() + first;
    std::uint64_t* const parents = parents_.data() + first;
    std::uint32_t* const services = services_.data() + first;
    for (std::uint32_t i = 0; i < piece.span_count; ++i) {
      const CallSpan& span = piece.spans[i];
      ids[i] = std::bit_cast<std::uint64_t>(span.id);
      parents[i] = std::bit_cast<std::uint64_t>(span.parent);
      services[i] = piece.services[span.service];
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
    std::size_t last_parent = 0;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (parents_[i] == 0) continue;
      // Mostly it is the span in front, or who called that one.
      std::size_t parent = i == 0 ? 0 : i - 1;
      if (ids_[parent] != parents_[i]) parent = last_parent;
      if (ids_[parent] != parents_[i]) {
        parent = is_sorted ? FindSorted(parents_[i]) : Find(parents_[i]);
      }
      last_parent = parent < ids_.size() ? parent : 0;
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

  const QueryContext* context_;
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

namespace {

// A join takes some more for a part at a time.
constexpr std::uint64_t kRoom = 2;
// Of what answers may take. Readers need some, too, which is why it does not matter here whether
// memory is scarce: a join that gave way to its own readers would read everything again and again.
constexpr std::uint64_t kPartOfAnswers = 2;

std::uint64_t BytesMaxOf(const QueryContext& context) {
  const std::uint64_t limit = context.memory == nullptr ? 0 : context.memory->limit();
  return limit == 0 ? CallJoin::kBytesMax
                    : std::min(CallJoin::kBytesMax, limit / kPartOfAnswers / kRoom);
}

}  // namespace

CallJoin::CallJoin(const QueryContext& context, std::uint32_t unit_count)
    : context_(context),
      unit_count_(unit_count),
      bytes_max_(BytesMaxOf(context)),
      memory_(context),
      end_unit_(unit_count),
      reaches_(unit_count, unit_count) {}

void CallJoin::DropParts(Waiting& waiting, std::size_t first_part) {
  for (std::size_t part = first_part; part < kCallParts; ++part) {
    for (const CallFragments& fragments : waiting.parts[part]) {
      waiting.bytes -= fragments.byte_size();
      bytes_ -= fragments.byte_size();
    }
    waiting.parts[part] = std::vector<CallFragments>();
  }
}

// The traces that end last are let go of, half of those that wait; and of those of one unit half of
// the parts, when no other is in this round.
bool CallJoin::TryMakeRoom() {
  if (waiting_.empty()) return false;
  auto first_dropped = waiting_.begin();
  if (waiting_.size() > 1) {
    std::advance(first_dropped, static_cast<std::ptrdiff_t>(waiting_.size() / 2));
  } else if (waiting_.begin()->first == first_unit_) {
    if (end_part_ - first_part_ == 1) return false;
    end_unit_ = first_unit_ + 1;
    end_part_ = first_part_ + (end_part_ - first_part_) / 2;
    DropParts(waiting_.begin()->second, end_part_);
    memory_.ShrinkTo(kRoom * bytes_);
    return true;
  }
  end_unit_ = first_dropped->first;
  for (auto unit = first_dropped; unit != waiting_.end(); ++unit) bytes_ -= unit->second.bytes;
  waiting_.erase(first_dropped, waiting_.end());
  memory_.ShrinkTo(kRoom * bytes_);
  return true;
}

bool CallJoin::TryHold() {
  memory_.GiveBack();
  return bytes_ <= bytes_max_ && memory_.TryTakeAny(kRoom * bytes_);
}

Status CallJoin::Add(std::uint32_t last_unit, PartedFragments fragments) {
  Waiting* waiting = nullptr;
  for (std::size_t i = 0; i < kCallParts; ++i) {
    if (fragments[i].traces.empty() || !Takes(last_unit, i)) continue;
    if (waiting == nullptr) waiting = &waiting_[last_unit];
    waiting->bytes += fragments[i].byte_size();
    bytes_ += fragments[i].byte_size();
    waiting->parts[i].push_back(std::move(fragments[i]));
  }
  while (!TryHold()) {
    if (TryMakeRoom()) continue;
    // What was to be held is given back by now.
    const Status taken = memory_.Take(kRoom * bytes_);
    if (!taken) {
      // A torso of these traces would count other calls.
      waiting_.clear();
      bytes_ = 0;
      is_part_given_up_ = true;
    }
    return taken;
  }
  return {};
}

Result<CallJoin::Undecided> CallJoin::Join(std::uint32_t unit, const std::set<TraceId>& skipped,
                                           bool takes_lost_parents, base::WorkerPool* helpers,
                                           std::size_t service_count, PairCounts* counts) {
  Undecided all;
  const auto found = waiting_.find(unit);
  if (found == waiting_.end()) return all;
  std::vector<PartJoin> joins(kCallParts,
                              PartJoin(context_, skipped, takes_lost_parents, service_count));
  base::ForEach(helpers, kCallParts, [&](std::size_t i) { joins[i].Join(found->second.parts[i]); });
  TRY(context_.Check());
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
  is_part_given_up_ = false;
  memory_.GiveBack();
  if (end_part_ < kCallParts) {
    // The rest of the only unit of this round.
    first_part_ = end_part_;
  } else {
    first_unit_ = end_unit_;
    end_unit_ = unit_count_;
    first_part_ = 0;
  }
  end_part_ = kCallParts;
}

}  // namespace clew::query
