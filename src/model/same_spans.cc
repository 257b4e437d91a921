#include "model/same_spans.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "model/service_name.h"

namespace clew::model {
namespace {

/// Writes what is compared into one buffer, lengths before contents, so that different spans never
/// give the same bytes.
class Fingerprint {
 public:
  void Number(std::uint64_t number) {
    char bytes[sizeof(number)];
    std::memcpy(bytes, &number, sizeof(number));
    buffer_.append(bytes, sizeof(number));
  }
  void Text(std::string_view text) {
    Number(text.size());
    buffer_.append(text);
  }
  template <typename Id>
  void IdBytes(const Id& id) {
    buffer_.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  }
  /// By key, then type: those of one key and type keep their order in every form of a trace.
  void Add(const Attributes& attributes) {
    const auto rank = [](const KeyValue* attribute) {
      return std::tuple(std::string_view(attribute->key), attribute->value.type());
    };
    std::vector<const KeyValue*> sorted;
    sorted.reserve(attributes.size());
    for (const KeyValue& attribute : attributes) sorted.push_back(&attribute);
    if (!std::ranges::is_sorted(sorted, {}, rank)) std::ranges::stable_sort(sorted, {}, rank);
    Number(sorted.size());
    for (const KeyValue* attribute : sorted) {
      Text(attribute->key);
      Add(attribute->value);
    }
  }
  void Add(const Resource& resource);
  void Add(const Scope& scope);
  void Add(const Span& span);
  /// Hands out the buffer and starts anew.
  std::string Take() { return std::exchange(buffer_, {}); }

 private:
  // Recursion ends with the nesting of a value, which decoding limits.
  void Add(const Value& value) {
    Number(value.data.index());
    if (const auto* text = std::get_if<std::string>(&value.data)) {
      Text(*text);
    } else if (const auto* truth = std::get_if<bool>(&value.data)) {
      Number(*truth ? 1 : 0);
    } else if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
      Number(static_cast<std::uint64_t>(*number));
    } else if (const auto* real = std::get_if<double>(&value.data)) {
      constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
      Number(std::bit_cast<std::uint64_t>(std::isnan(*real) ? kNan : *real));
    } else if (const auto* bytes = std::get_if<ByteString>(&value.data)) {
      Text(bytes->bytes);
    } else if (const auto* array = std::get_if<Value::Array>(&value.data)) {
      Number(array->size());
      for (const Value& item : *array) Add(item);
    } else if (const auto* list = std::get_if<Value::KvList>(&value.data)) {
      Add(*list);
    }
  }

  std::string buffer_;
};

void Fingerprint::Add(const Resource& resource) {
  Add(resource.attributes);
  Number(resource.dropped_attributes_count);
  Text(resource.schema_url);
  Number(resource.entity_refs.size());
  for (const EntityRef& entity : resource.entity_refs) {
    Text(entity.schema_url);
    Text(entity.type);
    for (const auto* keys : {&entity.id_keys, &entity.description_keys}) {
      Number(keys->size());
      for (const std::string& key : *keys) Text(key);
    }
  }
}

void Fingerprint::Add(const Scope& scope) {
  Text(scope.name);
  Text(scope.version);
  Add(scope.attributes);
  Number(scope.dropped_attributes_count);
  Text(scope.schema_url);
}

void Fingerprint::Add(const Span& span) {
  IdBytes(span.trace_id);
  IdBytes(span.span_id);
  IdBytes(span.parent_span_id);
  Text(span.trace_state);
  Text(span.name);
  Number(static_cast<std::uint64_t>(span.kind));
  Number(static_cast<std::uint64_t>(span.status));
  Text(span.status_message);
  Number(span.flags);
  Number(static_cast<std::uint64_t>(span.start));
  Number(static_cast<std::uint64_t>(span.end));
  Add(span.attributes);
  Number(span.events.size());
  for (const Event& event : span.events) {
    Number(static_cast<std::uint64_t>(event.time));
    Text(event.name);
    Add(event.attributes);
    Number(event.dropped_attributes_count);
  }
  Number(span.links.size());
  for (const Link& link : span.links) {
    IdBytes(link.trace_id);
    IdBytes(link.span_id);
    Text(link.trace_state);
    Add(link.attributes);
    Number(link.flags);
    Number(link.dropped_attributes_count);
  }
  Number(span.dropped_attributes_count);
  Number(span.dropped_events_count);
  Number(span.dropped_links_count);
}

/// The contents of a trace's resources or scopes: for each row the first one that is equal, which
/// compares within the trace, and a hash, which compares with other forms of it.
struct RowContents {
  std::vector<std::uint64_t> first_equal;
  std::vector<std::uint64_t> hashes;
};

// Of ContentsOf, for each row.
constexpr std::uint64_t kRowBytesMeanwhile = 58;
constexpr std::uint64_t kRowBytesAfter = 16;

template <typename Row>
RowContents ContentsOf(const std::vector<Row>& rows) {
  RowContents contents;
  contents.first_equal.reserve(rows.size());
  contents.hashes.reserve(rows.size());
  // Hashes, not what they are of: that may be as large as the trace.
  std::unordered_multimap<std::uint64_t, std::uint64_t> seen;
  seen.reserve(rows.size());  // growing, it would hold an old table beside one twice as large
  Fingerprint fingerprint;
  const auto bytes_of = [&](std::uint64_t row) {
    fingerprint.Add(rows[row]);
    return fingerprint.Take();
  };
  for (std::uint64_t row = 0; row < rows.size(); ++row) {
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
SortedIds SortIds(const TraceData& trace) {
  SortedIds ids;
  ids.reserve(trace.spans.size());
  for (const Span& span : trace.spans) {
    ids.emplace_back(span.span_id, static_cast<std::uint32_t>(ids.size()));
  }
  std::ranges::sort(ids);
  return ids;
}

/// The contents of those spans of a trace that share their id; of the others nobody asks.
class SharedContents {
 public:
  explicit SharedContents(const TraceData& trace) : trace_(trace) {
    MarkShared();
    if (is_shared_.empty()) return;
    RowContents resources = ContentsOf(trace.resources);
    RowContents scopes = ContentsOf(trace.scopes);
    hashes_.resize(trace.spans.size());
    for (std::uint32_t i = 0; i < trace.spans.size(); ++i) {
      if (!is_shared_[i]) continue;
      const Span& span = trace.spans[i];
      hashes_[i] = HashOf(span, resources.hashes[span.resource], scopes.hashes[span.scope]);
    }
    first_resources_ = std::move(resources.first_equal);
    first_scopes_ = std::move(scopes.first_equal);
  }

  bool is_empty() const { return is_shared_.empty(); }
  bool IsShared(std::uint32_t span) const { return !is_shared_.empty() && is_shared_[span]; }
  std::size_t CountShared() const {
    return static_cast<std::size_t>(std::ranges::count(is_shared_, true));
  }
  /// The same for every form of the trace.
  std::uint64_t Hash(std::uint32_t span) const { return hashes_[span]; }
  /// Not kept: they would double the memory of the trace.
  std::string Bytes(std::uint32_t index) const {
    const Span& span = trace_.spans[index];
    Fingerprint fingerprint;
    fingerprint.Number(first_resources_[span.resource]);
    fingerprint.Number(first_scopes_[span.scope]);
    fingerprint.Add(span);
    return fingerprint.Take();
  }
  /// What a span has in common with its finished form.
  std::string Beginning(std::uint32_t index) const {
    const Span& span = trace_.spans[index];
    Fingerprint fingerprint;
    fingerprint.IdBytes(span.trace_id);
    fingerprint.IdBytes(span.span_id);
    fingerprint.IdBytes(span.parent_span_id);
    fingerprint.Number(static_cast<std::uint64_t>(span.kind));
    fingerprint.Text(span.name);
    fingerprint.Text(ServiceName(trace_.resources[span.resource].attributes));
    fingerprint.Number(static_cast<std::uint64_t>(span.start));
    return fingerprint.Take();
  }

 private:
  void MarkShared() {
    const SortedIds ids = SortIds(trace_);
    for (std::size_t i = 1; i < ids.size(); ++i) {
      if (ids[i].first != ids[i - 1].first) continue;
      if (is_shared_.empty()) is_shared_.resize(trace_.spans.size());
      is_shared_[ids[i - 1].second] = true;
      is_shared_[ids[i].second] = true;
    }
  }
  static std::uint64_t HashOf(const Span& span, std::uint64_t resource, std::uint64_t scope) {
    Fingerprint fingerprint;
    fingerprint.Number(resource);
    fingerprint.Number(scope);
    fingerprint.Add(span);
    return base::Hash64(fingerprint.Take());
  }

  const TraceData& trace_;
  std::vector<bool> is_shared_;                 // empty when no span shares its id
  std::vector<std::uint64_t> first_resources_;  // RowContents::first_equal
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
void MarkEqual(const SharedContents& contents, std::vector<bool>* is_dropped) {
  std::unordered_multimap<std::uint64_t, std::uint32_t> kept;
  kept.reserve(contents.CountShared());
  for (std::uint32_t i = 0; i < is_dropped->size(); ++i) {
    if (!contents.IsShared(i)) continue;
    const auto [first, last] = kept.equal_range(contents.Hash(i));
    // Equal hashes are rarely anything but equal contents, and are compared all the same.
    const std::string bytes = first == last ? std::string() : contents.Bytes(i);
    (*is_dropped)[i] = std::any_of(
        first, last, [&](const auto& entry) { return contents.Bytes(entry.second) == bytes; });
    if (!(*is_dropped)[i]) kept.emplace(contents.Hash(i), i);
  }
}

/// Marks what has no end and is there with one, too, and says whether there is such. Keeps hashes,
/// not what they are of: names may be long and the spans many.
bool MarkUnfinished(const TraceData& trace, const SharedContents& contents,
                    std::vector<bool>* is_dropped) {
  std::size_t unfinished_count = 0;
  for (std::uint32_t i = 0; i < is_dropped->size(); ++i) {
    if (contents.IsShared(i) && trace.spans[i].end == 0) ++unfinished_count;
  }
  if (unfinished_count == 0) return false;
  std::unordered_set<std::uint64_t> unfinished;
  unfinished.reserve(unfinished_count);
  for (std::uint32_t i = 0; i < is_dropped->size(); ++i) {
    if (contents.IsShared(i) && trace.spans[i].end == 0) {
      unfinished.insert(base::Hash64(contents.Beginning(i)));
    }
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
    if (!contents.IsShared(i) || trace.spans[i].end == 0) continue;
    const std::string beginning = contents.Beginning(i);
    const std::uint64_t hash = base::Hash64(beginning);
    if (unfinished.contains(hash) && !is_finished(hash, beginning)) finished.emplace(hash, i);
  }
  bool is_any_replaced = false;
  for (std::uint32_t i = 0; i < is_dropped->size(); ++i) {
    if (!contents.IsShared(i) || trace.spans[i].end != 0) continue;
    const std::string beginning = contents.Beginning(i);
    if (!is_finished(base::Hash64(beginning), beginning)) continue;
    (*is_dropped)[i] = true;
    is_any_replaced = true;
  }
  return is_any_replaced;
}

/// Puts at each place the span that is at `order` of it, one ring of places after the other: a
/// second table would be as large as the spans. Leaves `order` without meaning.
void Arrange(std::vector<std::uint32_t>* order, std::vector<Span>* spans) {
  for (std::uint32_t first = 0; first < order->size(); ++first) {
    if ((*order)[first] == first) continue;
    Span moved = std::move((*spans)[first]);
    std::uint32_t place = first;
    for (std::uint32_t next = 0; (next = std::exchange((*order)[place], place)) != first;) {
      (*spans)[place] = std::move((*spans)[next]);
      place = next;
    }
    (*spans)[place] = std::move(moved);
  }
}

}  // namespace

bool RepeatsSpanIds(const TraceData& trace) {
  const SortedIds ids = SortIds(trace);
  return std::ranges::adjacent_find(ids, {}, &SortedIds::value_type::first) != ids.end();
}

// What malloc gives for each (same_spans_memory_test.cc measures it): 8 for the first that is
// equal, 8 for a hash, and, while those are found, 32 for the node of a hash table and nearly 9 of
// that.
std::uint64_t CompareBytes(const TraceData& trace, bool repeats_ids) {
  constexpr std::uint64_t kOrder = 16;  // an id and its place, and the order of the spans
  if (!repeats_ids) return trace.spans.size() * kOrder;
  constexpr std::uint64_t kSpan = 50;  // a hash, a node, of the table, two bits
  constexpr std::uint64_t kFirstEqual = 8;
  const std::uint64_t spans = trace.spans.size();
  const std::uint64_t rows = trace.resources.size() + trace.scopes.size();
  const std::uint64_t while_rows_are_compared =
      spans + JoinBytes(trace) +
      kRowBytesAfter * std::min(trace.resources.size(), trace.scopes.size());
  return std::max(while_rows_are_compared, spans * kSpan + rows * kFirstEqual);
}

std::uint64_t JoinBytes(const TraceData& trace) {
  return kRowBytesMeanwhile * std::max(trace.resources.size(), trace.scopes.size());
}

bool DropDuplicateSpans(TraceData* trace) {
  std::vector<bool> is_dropped(trace->spans.size(), false);
  bool is_any_replaced = false;
  {
    const SharedContents contents(*trace);
    if (contents.is_empty()) return false;
    MarkEqual(contents, &is_dropped);
    is_any_replaced = MarkUnfinished(*trace, contents, &is_dropped);
  }
  std::size_t kept_count = 0;
  for (std::size_t i = 0; i < trace->spans.size(); ++i) {
    if (is_dropped[i]) continue;
    if (kept_count != i) trace->spans[kept_count] = std::move(trace->spans[i]);
    ++kept_count;
  }
  trace->spans.resize(kept_count);
  return is_any_replaced;
}

void SortSpans(TraceData* trace) {
  const SharedContents contents(*trace);
  std::vector<std::uint32_t> order(trace->spans.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    const Span& left = trace->spans[a];
    const Span& right = trace->spans[b];
    const auto by_fields = std::tie(left.start, left.span_id, left.kind, left.name, left.end) <=>
                           std::tie(right.start, right.span_id, right.kind, right.name, right.end);
    if (by_fields != 0) return by_fields < 0;
    if (a == b) return false;
    if (contents.Hash(a) != contents.Hash(b)) return contents.Hash(a) < contents.Hash(b);
    return contents.Bytes(a) < contents.Bytes(b);
  });
  Arrange(&order, &trace->spans);
}

void JoinEqualRows(TraceData* trace) {
  const auto join = [trace](const auto& rows, std::uint32_t Span::* place) {
    if (rows.size() < 2) return;
    const RowContents contents = ContentsOf(rows);
    std::vector<std::optional<std::uint32_t>> first_used(rows.size());
    for (Span& span : trace->spans) {
      std::optional<std::uint32_t>& row = first_used[contents.first_equal[span.*place]];
      if (!row) row = span.*place;
      span.*place = *row;
    }
  };
  join(trace->resources, &Span::resource);
  join(trace->scopes, &Span::scope);
}

void SplitSharedSpanIds(TraceData* trace) {
  std::unordered_set<SpanId> used;
  std::unordered_set<SpanId> of_clients;
  for (const Span& span : trace->spans) {
    used.insert(span.span_id);
    if (span.kind == SpanKind::kClient) of_clients.insert(span.span_id);
  }
  std::unordered_map<SpanId, SpanId> new_ids;
  std::vector<bool> is_renamed(trace->spans.size(), false);
  std::uint64_t next = 1;
  for (std::size_t i = 0; i < trace->spans.size(); ++i) {
    Span& span = trace->spans[i];
    if (span.kind != SpanKind::kServer || !of_clients.contains(span.span_id)) continue;
    while (!used.insert(SpanIdOf(next)).second) ++next;
    new_ids[span.span_id] = SpanIdOf(next);
    span.parent_span_id = std::exchange(span.span_id, SpanIdOf(next));
    is_renamed[i] = true;
  }
  if (new_ids.empty()) return;
  for (std::size_t i = 0; i < trace->spans.size(); ++i) {
    Span& span = trace->spans[i];
    const auto found = new_ids.find(span.parent_span_id);
    // The server's own parent is the client, which kept the old id.
    if (!is_renamed[i] && found != new_ids.end()) span.parent_span_id = found->second;
  }
}

}  // namespace clew::model
