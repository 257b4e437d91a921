#include "wire/otlp/same_spans.h"

#include <algorithm>
#include <compare>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "model/attribute_index.h"
#include "model/service_name.h"
#include "wire/otlp/span_contents.h"

namespace clew::wire::otlp {
namespace {

using model::AttributeIndex;
using model::Owner;
using model::SpanColumns;
using model::StopCheck;
using model::StopSteps;

/// The contents of a trace's resources or scopes: for each row the first one that is equal, which
/// compares within the trace, and a hash, which compares with other forms of it.
struct RowContents {
  std::vector<std::uint64_t> first_equal;
  std::vector<std::uint64_t> hashes;
};

// Of ContentsOf, for each row.
constexpr std::uint64_t kRowBytesMeanwhile = 58;
constexpr std::uint64_t kRowBytesAfter = 16;

template <Owner kOwner>
Result<RowContents> ContentsOf(const SpanColumns& columns, const StopCheck& check) {
  const std::size_t count = RowCount(columns, kOwner);
  const AttributeIndex attributes(columns, kOwner, count);
  RowContents contents;
  contents.first_equal.reserve(count);
  contents.hashes.reserve(count);
  // Hashes, not what they are of: that may be as large as the trace.
  std::unordered_multimap<std::uint64_t, std::uint64_t> seen;
  seen.reserve(count);  // growing, it would hold an old table beside one twice as large
  Fingerprint fingerprint;
  const auto bytes_of = [&](std::uint64_t row) {
    fingerprint.Fields<kOwner>(columns, row);
    fingerprint.Add(attributes.Row(row));
    return fingerprint.Take();
  };
  StopSteps steps(check);
  for (std::uint64_t row = 0; row < count; ++row) {
    if (steps.Pass()) TRY(steps.Ask());
    const std::string bytes = bytes_of(row);
    const std::uint64_t hash = base::Hash64(bytes);
    const auto [first, last] = seen.equal_range(hash);
    const auto equal = std::find_if(
        first, last, [&](const auto& entry) { return bytes_of(entry.second) == bytes; });
    contents.first_equal.push_back(equal == last ? row : equal->second);
    if (equal == last) seen.emplace(hash, row);
    contents.hashes.push_back(hash);
  }
  return contents;
}

/// Each with the place of its span.
using SortedIds = std::vector<std::pair<SpanId, std::uint32_t>>;

// A hash table would take several times as much of a large trace.
SortedIds SortIds(const SpanColumns& trace) {
  SortedIds ids;
  ids.reserve(trace.span_count());
  for (const SpanId& id : trace.span_ids) {
    ids.emplace_back(id, static_cast<std::uint32_t>(ids.size()));
  }
  std::ranges::sort(ids);
  return ids;
}

/// The contents of those spans of a trace that share their id; of the others nobody asks.
class SharedContents {
 public:
  explicit SharedContents(const SpanColumns& trace) : trace_(trace) {}

  /// Before anything else. Fails with what `check` says only.
  Status Read(const StopCheck& check) {
    MarkShared();
    if (is_shared_.empty()) return {};
    contents_.emplace(trace_);
    ASSIGN_OR_RETURN(RowContents resources, ContentsOf<Owner::kResource>(trace_, check));
    ASSIGN_OR_RETURN(RowContents scopes, ContentsOf<Owner::kScope>(trace_, check));
    hashes_.resize(trace_.span_count());
    StopSteps steps(check);
    for (std::uint32_t row = 0; row < trace_.span_count(); ++row) {
      if (!is_shared_[row]) continue;
      if (steps.Pass()) TRY(steps.Ask());
      hashes_[row] = HashOf(row, resources.hashes[trace_.resource_indexes[row]],
                            scopes.hashes[trace_.scope_indexes[row]]);
    }
    services_.emplace(trace_);
    first_resources_ = std::move(resources.first_equal);
    first_scopes_ = std::move(scopes.first_equal);
    return {};
  }

  const SpanColumns& trace() const { return trace_; }
  bool is_empty() const { return is_shared_.empty(); }
  bool IsShared(std::uint32_t span) const { return !is_shared_.empty() && is_shared_[span]; }
  std::size_t CountShared() const {
    return static_cast<std::size_t>(std::ranges::count(is_shared_, true));
  }
  /// The same for every form of the trace.
  std::uint64_t Hash(std::uint32_t span) const { return hashes_[span]; }
  /// Not kept: they would double the memory of the trace.
  std::string Bytes(std::uint32_t row) const {
    Fingerprint fingerprint;
    fingerprint.Number(first_resources_[trace_.resource_indexes[row]]);
    fingerprint.Number(first_scopes_[trace_.scope_indexes[row]]);
    contents_->AddSpan(row, &fingerprint);
    return fingerprint.Take();
  }
  /// What a span has in common with its finished form.
  std::string Beginning(std::uint32_t row) const {
    Fingerprint fingerprint;
    fingerprint.Id(trace_.trace_ids[row]);
    fingerprint.Id(trace_.span_ids[row]);
    fingerprint.Id(trace_.parent_span_ids[row]);
    fingerprint.Number(static_cast<std::uint64_t>(trace_.kinds[row]));
    fingerprint.Text(trace_.names[row]);
    fingerprint.Text((*services_)[trace_.resource_indexes[row]]);
    fingerprint.Number(static_cast<std::uint64_t>(trace_.starts[row]));
    return fingerprint.Take();
  }

 private:
  void MarkShared() {
    const SortedIds ids = SortIds(trace_);
    for (std::size_t i = 1; i < ids.size(); ++i) {
      if (ids[i].first != ids[i - 1].first) continue;
      if (is_shared_.empty()) is_shared_.resize(trace_.span_count());
      is_shared_[ids[i - 1].second] = true;
      is_shared_[ids[i].second] = true;
    }
  }
  std::uint64_t HashOf(std::uint32_t row, std::uint64_t resource, std::uint64_t scope) const {
    Fingerprint fingerprint;
    fingerprint.Number(resource);
    fingerprint.Number(scope);
    contents_->AddSpan(row, &fingerprint);
    return base::Hash64(fingerprint.Take());
  }

  const SpanColumns& trace_;
  std::vector<bool> is_shared_;                      // empty when no span shares its id
  std::optional<SpanContents> contents_;             // likewise, and all that follows
  std::optional<model::ServiceNameViews> services_;  // by resource
  std::vector<std::uint64_t> first_resources_;       // RowContents::first_equal
  std::vector<std::uint64_t> first_scopes_;
  std::vector<std::uint64_t> hashes_;
};

SpanId SpanIdOf(std::uint64_t number) {
  SpanId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    id.bytes[id.bytes.size() - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return id;
}

/// Marks what is equal to an earlier span.
Status MarkEqual(const SharedContents& contents, const StopCheck& check,
                 std::vector<bool>* is_dropped) {
  std::unordered_multimap<std::uint64_t, std::uint32_t> kept;
  kept.reserve(contents.CountShared());
  StopSteps steps(check);
  for (std::uint32_t i = 0; i < is_dropped->size(); ++i) {
    if (!contents.IsShared(i)) continue;
    if (steps.Pass()) TRY(steps.Ask());
    const auto [first, last] = kept.equal_range(contents.Hash(i));
    // Equal hashes are rarely anything but equal contents, and are compared all the same.
    const std::string bytes = first == last ? std::string() : contents.Bytes(i);
    (*is_dropped)[i] = std::any_of(
        first, last, [&](const auto& entry) { return contents.Bytes(entry.second) == bytes; });
    if (!(*is_dropped)[i]) kept.emplace(contents.Hash(i), i);
  }
  return {};
}

/// Marks what has no end and is there with one, too, and says whether there is such. Keeps hashes,
/// not what they are of: names may be long and the spans many.
Result<bool> MarkUnfinished(const SharedContents& contents, const StopCheck& check,
                            std::vector<bool>* is_dropped) {
  const auto& ends = contents.trace().ends;
  std::size_t unfinished_count = 0;
  for (std::uint32_t i = 0; i < is_dropped->size(); ++i) {
    if (contents.IsShared(i) && ends[i] == 0) ++unfinished_count;
  }
  if (unfinished_count == 0) return false;
  StopSteps steps(check);
  std::unordered_set<std::uint64_t> unfinished;
  unfinished.reserve(unfinished_count);
  for (std::uint32_t i = 0; i < is_dropped->size(); ++i) {
    if (!contents.IsShared(i) || ends[i] != 0) continue;
    if (steps.Pass()) TRY(steps.Ask());
    unfinished.insert(base::Hash64(contents.Beginning(i)));
  }
  std::unordered_multimap<std::uint64_t, std::uint32_t> finished;
  finished.reserve(std::min(unfinished.size(), contents.CountShared() - unfinished_count));
  const auto is_finished = [&](std::uint64_t hash, const std::string& beginning) {
    const auto [first, last] = finished.equal_range(hash);
    return std::any_of(first, last, [&](const auto& entry) {
      return contents.Beginning(entry.second) == beginning;
    });
  };
  for (std::uint32_t i = 0; i < is_dropped->size(); ++i) {
    if (!contents.IsShared(i) || ends[i] == 0) continue;
    if (steps.Pass()) TRY(steps.Ask());
    const std::string beginning = contents.Beginning(i);
    const std::uint64_t hash = base::Hash64(beginning);
    if (unfinished.contains(hash) && !is_finished(hash, beginning)) finished.emplace(hash, i);
  }
  bool is_any_replaced = false;
  for (std::uint32_t i = 0; i < is_dropped->size(); ++i) {
    if (!contents.IsShared(i) || ends[i] != 0) continue;
    if (steps.Pass()) TRY(steps.Ask());
    const std::string beginning = contents.Beginning(i);
    if (!is_finished(base::Hash64(beginning), beginning)) continue;
    (*is_dropped)[i] = true;
    is_any_replaced = true;
  }
  return is_any_replaced;
}

Result<KeptSpans> Distinct(const SharedContents& contents, const StopCheck& check) {
  KeptSpans kept;
  std::vector<bool> is_dropped(contents.trace().span_count(), false);
  if (!contents.is_empty()) {
    TRY(MarkEqual(contents, check, &is_dropped));
    ASSIGN_OR_RETURN(kept.is_any_replaced, MarkUnfinished(contents, check, &is_dropped));
  }
  kept.rows.reserve(is_dropped.size());
  for (std::uint32_t row = 0; row < is_dropped.size(); ++row) {
    if (!is_dropped[row]) kept.rows.push_back(row);
  }
  return kept;
}

// Of AttributeIndex.
std::uint64_t IndexBytes(const SpanColumns& trace, Owner owner) {
  std::uint64_t values = 0;
  std::uint64_t columns = 0;
  for (const model::AttributeColumn& column : trace.attributes) {
    if (column.owner != owner) continue;
    values += column.count();
    ++columns;
  }
  // Starts, and where the next value goes while they are filled in; the list of columns grows.
  return values * sizeof(AttributeIndex::Entry) + 8 * (RowCount(trace, owner) + 1) + 32 * columns;
}

std::uint64_t ContentBytes(const SpanColumns& trace) {
  return IndexBytes(trace, Owner::kSpan) + IndexBytes(trace, Owner::kEvent) +
         IndexBytes(trace, Owner::kLink) + 8 * (trace.span_count() + 1);
}

}  // namespace

bool RepeatsSpanIds(const SpanColumns& trace) {
  const SortedIds ids = SortIds(trace);
  return std::ranges::adjacent_find(ids, {}, &SortedIds::value_type::first) != ids.end();
}

// What malloc gives for each (same_spans_memory_test.cc measures it): 8 for the first that is
// equal, 8 for a hash, and, while those are found, 32 for the node of a hash table and nearly 9 of
// that.
std::uint64_t CompareBytes(const SpanColumns& trace, bool repeats_ids) {
  constexpr std::uint64_t kOrder = 17;  // an id and its place, the order of the spans, a bit
  const std::uint64_t spans = trace.span_count();
  if (!repeats_ids) return spans * kOrder;
  constexpr std::uint64_t kSpan = 54;  // a hash, a node, of the table, two bits, the order
  constexpr std::uint64_t kFirstEqual = 8;
  const std::uint64_t rows = trace.resources.count() + trace.scopes.count();
  const std::uint64_t services = model::ServiceNameViews::BytesMax(trace);
  const std::uint64_t while_rows_are_compared =
      spans + JoinBytes(trace) +
      kRowBytesAfter * std::min(trace.resources.count(), trace.scopes.count());
  return ContentBytes(trace) +
         std::max(while_rows_are_compared, spans * kSpan + rows * kFirstEqual + services);
}

std::uint64_t JoinBytes(const SpanColumns& trace) {
  return kRowBytesMeanwhile * std::max(trace.resources.count(), trace.scopes.count()) +
         std::max(IndexBytes(trace, Owner::kResource), IndexBytes(trace, Owner::kScope));
}

KeptSpans DistinctSpans(const SpanColumns& trace) {
  const StopCheck none;
  SharedContents contents(trace);
  static_cast<void>(contents.Read(none));
  return *Distinct(contents, none);
}

KeptSpans SortedDistinctSpans(const SpanColumns& trace) { return *SortedDistinctSpans(trace, {}); }

Result<KeptSpans> SortedDistinctSpans(const SpanColumns& trace, const StopCheck& check) {
  SharedContents contents(trace);
  TRY(contents.Read(check));
  ASSIGN_OR_RETURN(KeptSpans kept, Distinct(contents, check));
  const auto fields = [&](std::uint32_t row) {
    return std::tie(trace.starts[row], trace.span_ids[row], trace.kinds[row]);
  };
  const auto is_before = [&](std::uint32_t a, std::uint32_t b) {
    const auto by_fields = fields(a) <=> fields(b);
    if (by_fields != 0) return by_fields < 0;
    if (a == b) return false;
    const std::string_view name_a = trace.names[a];
    const std::string_view name_b = trace.names[b];
    // As they mostly are: one text that both view.
    const bool is_one = name_a.data() == name_b.data() && name_a.size() == name_b.size();
    const auto by_name = is_one ? std::strong_ordering::equal : name_a <=> name_b;
    if (by_name != 0) return by_name < 0;
    if (trace.ends[a] != trace.ends[b]) return trace.ends[a] < trace.ends[b];
    if (contents.Hash(a) != contents.Hash(b)) return contents.Hash(a) < contents.Hash(b);
    return contents.Bytes(a) < contents.Bytes(b);
  };
  // As they mostly are: blocks keep them so.
  if (!std::ranges::is_sorted(kept.rows, is_before)) std::ranges::sort(kept.rows, is_before);
  TRY(model::Ask(check));
  return kept;
}

bool AreSameValues(const model::AttributeColumn& a, std::size_t place_a,
                   const model::AttributeColumn& b, std::size_t place_b) {
  if (a.type != b.type) return false;
  const AttributeIndex::Entry entry_a{&a, static_cast<std::uint32_t>(place_a)};
  const AttributeIndex::Entry entry_b{&b, static_cast<std::uint32_t>(place_b)};
  const std::string_view text_a = entry_a.text();
  const std::string_view text_b = entry_b.text();
  if (HoldsText(a.type)) {
    // As they mostly are: one text that both view.
    if (text_a.data() == text_b.data() && text_a.size() == text_b.size()) return true;
    if (a.type == model::ValueType::kString || a.type == model::ValueType::kBytes) {
      return text_a == text_b;
    }
  }
  Fingerprint fingerprint;
  fingerprint.AddValue(entry_a);
  const std::string bytes = fingerprint.Take();
  fingerprint.AddValue(entry_b);
  return fingerprint.Take() == bytes;
}

void JoinEqualRows(const std::vector<std::uint32_t>& span_rows, SpanColumns* trace) {
  static_cast<void>(JoinEqualRows(span_rows, trace, {}));
}

Status JoinEqualRows(const std::vector<std::uint32_t>& span_rows, SpanColumns* trace,
                     const StopCheck& check) {
  const auto join = [&](const RowContents& contents, model::Column<std::uint32_t>* places) {
    const std::vector<std::uint64_t>& first_equal = contents.first_equal;
    std::vector<std::optional<std::uint32_t>> first_used(first_equal.size());
    const std::span<std::uint32_t> edited = places->Edit();
    for (const std::uint32_t span : span_rows) {
      std::optional<std::uint32_t>& row = first_used[first_equal[edited[span]]];
      if (!row) row = edited[span];
      edited[span] = *row;
    }
  };
  if (trace->resources.count() > 1) {
    ASSIGN_OR_RETURN(const RowContents resources, ContentsOf<Owner::kResource>(*trace, check));
    join(resources, &trace->resource_indexes);
  }
  if (trace->scopes.count() > 1) {
    ASSIGN_OR_RETURN(const RowContents scopes, ContentsOf<Owner::kScope>(*trace, check));
    join(scopes, &trace->scope_indexes);
  }
  return {};
}

void SplitSharedSpanIds(SpanColumns* trace) {
  constexpr auto kClient = static_cast<std::int32_t>(model::SpanKind::kClient);
  constexpr auto kServer = static_cast<std::int32_t>(model::SpanKind::kServer);
  const std::size_t count = trace->span_count();
  std::unordered_set<SpanId> of_clients;
  for (std::size_t row = 0; row < count; ++row) {
    if (trace->kinds[row] == kClient) of_clients.insert(trace->span_ids[row]);
  }
  const auto is_shared = [&](std::size_t row) {
    return trace->kinds[row] == kServer && of_clients.contains(trace->span_ids[row]);
  };
  std::vector<std::size_t> shared;
  for (std::size_t row = 0; row < count; ++row) {
    if (is_shared(row)) shared.push_back(row);
  }
  if (shared.empty()) return;
  std::unordered_set<SpanId> used(trace->span_ids.begin(), trace->span_ids.end());
  std::unordered_map<SpanId, SpanId> new_ids;
  const std::span<SpanId> ids = trace->span_ids.Edit();
  const std::span<SpanId> parents = trace->parent_span_ids.Edit();
  std::vector<bool> is_renamed(count, false);
  std::uint64_t next = 1;
  for (const std::size_t row : shared) {
    while (!used.insert(SpanIdOf(next)).second) ++next;
    new_ids[ids[row]] = SpanIdOf(next);
    parents[row] = std::exchange(ids[row], SpanIdOf(next));
    is_renamed[row] = true;
  }
  for (std::size_t row = 0; row < count; ++row) {
    const auto found = new_ids.find(parents[row]);
    // The server's own parent is the client, which kept the old id.
    if (!is_renamed[row] && found != new_ids.end()) parents[row] = found->second;
  }
}

}  // namespace clew::wire::otlp
