#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "expr/field.h"
#include "model/span_columns.h"
#include "scan/column.h"
#include "scan/filter_question.h"
#include "scan/int_range.h"
#include "scan/read_counts.h"
#include "scan/start_intervals.h"
#include "scan/trace_trees.h"

namespace clew::scan {

/// Facts by which a source is skipped without being read.
struct SourceStats {
  std::uint32_t span_count = 0;
  std::uint32_t resource_count = 0;
  std::uint32_t scope_count = 0;
  std::uint32_t event_count = 0;
  std::uint32_t link_count = 0;
  UnixNanos start_min = 0;
  UnixNanos start_max = 0;
  std::int64_t duration_max = 0;

  bool operator==(const SourceStats&) const = default;
};

/// How much of spans is read.
enum class ReadExtent {
  kAll,
  /// Ids, parents, times, kinds, status codes, and resources with their attributes: enough to build
  /// trees and say whose span it is.
  kTree,
};

using StartIntervalsPtr = std::shared_ptr<const StartIntervals>;

/// A service's operation and how many spans it has.
struct OperationCount {
  std::string service;
  std::string name;
  std::int32_t kind = 0;
  std::uint64_t span_count = 0;
};

/// The attributes of one owner, key and type, and how many values there are of them.
struct AttributeCount {
  model::Owner owner = model::Owner::kSpan;
  model::ValueType type = model::ValueType::kEmpty;
  std::string key{};
  std::uint64_t value_count = 0;
};

/// Told of each piece that a read had to leave out: DATA_LOSS, naming object, column and values.
using DamageReport = std::function<void(const Error&)>;
/// Asked whether whoever reads still wants to go on; its error ends the read.
using StopCheck = std::function<Status()>;

/// On whose behalf a source is read.
struct Reader {
  DamageReport report;
  /// May be empty.
  StopCheck check{};
  /// Where it is counted what is read. Null: it is not.
  std::shared_ptr<ReadCounts> counts{};
};

/// What a query scans: a fresh batch, or a sealed row group in memory or in a block.
/// Immutable; any thread. Errors: DATA_LOSS for corrupt stored bytes, naming object and column.
class SpanSource {
 public:
  virtual ~SpanSource() = default;

  virtual const SourceStats& stats() const = 0;
  /// The name of the block that it is a part of; empty for what is in memory.
  virtual std::string_view block() const { return {}; }
  /// False when it is known without reading the spans that the condition holds for none of them. As
  /// with statistics, a source that holds none is not read, and what of it is damaged is not told.
  virtual bool MayHold(const FilterQuestion& /*condition*/) const { return true; }
  /// Every field but kService, which is made of attributes (ServicesOf). One value a row of its
  /// owner's table, unless some are lost: text; ids, a zero one meaning none; kinds and status
  /// codes by number; times and durations in nanoseconds as std::int64_t.
  virtual Result<ColumnPtr> Field(expr::Field field) const = 0;
  /// The same, for who asks which whole numbers lie in `range`: values that are known not to, may
  /// be missing, and are not read then.
  virtual Result<ColumnPtr> FieldWithin(expr::Field field, IntRange /*range*/) const {
    return Field(field);
  }
  virtual Result<std::vector<ColumnPtr>> AttributeWithin(model::Owner owner, std::string_view key,
                                                         IntRange /*range*/) const {
    return Attribute(owner, key);
  }
  /// Which rows belong together, as std::uint32_t: for kResource and kScope of each span its row in
  /// that table; for kEvent and kLink of each row there its span, ascending.
  virtual Result<ColumnPtr> Ties(model::Owner owner) const = 0;
  /// One column a type; none when no span here has the key. Keys that are not UTF-8 are found as
  /// they are shown (wire::otlp::IsShownAs).
  virtual Result<std::vector<ColumnPtr>> Attribute(model::Owner owner,
                                                   std::string_view key) const = 0;
  /// The same for who asks only which rows have a value: of texts there may be no more (Presence).
  virtual Result<std::vector<ColumnPtr>> AttributeRows(model::Owner owner,
                                                       std::string_view key) const {
    return Attribute(owner, key);
  }
  /// All there are, keys as they are stored.
  virtual Result<std::vector<AttributeCount>> Attributes() const = 0;
  /// Of the starts of all spans. Made once: kept with a fresh batch, in the cache for a sealed row
  /// group.
  virtual Result<StartIntervalsPtr> Starts() const = 0;
  /// The trace of each of `span_rows`; a zero id where it is lost.
  virtual Result<std::vector<TraceId>> TraceIds(
      const std::vector<std::uint32_t>& span_rows) const = 0;
  /// The spans of these traces; null when there are none. `ids` ascend, without repeats: what many
  /// traces share is read once.
  virtual Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                                   ReadExtent extent) const = 0;
  /// For each of `ids`, as above, the earliest start of its spans here; nothing when there are
  /// none. Cheaper than ReadTraces.
  virtual Result<std::vector<std::optional<UnixNanos>>> TraceStarts(
      std::span<const TraceId> ids) const = 0;
  /// Every trace here, by id. Spans whose trace is lost are in none.
  virtual Result<std::vector<TraceSize>> Traces() const = 0;
  /// The traces of which two spans here have the same id, ascending, where that is known without
  /// reading any.
  virtual std::optional<std::vector<TraceId>> RepeatingTraces() const { return std::nullopt; }
  /// All trees at once, in kTraceTreesBytesPerSpan of memory a span, which no cache keeps. Null
  /// where something of it is damaged: the spans have to be read for it.
  virtual Result<TraceTreesPtr> Trees(TreeParts parts) const = 0;
  virtual Result<std::vector<OperationCount>> Operations() const = 0;
  /// Every span here, also those whose trace is lost, in the order of rows; spans of a trace are
  /// neighbours in a sealed source.
  virtual Result<model::SpanColumnsPtr> ReadAll(ReadExtent extent) const = 0;

  /// The same spans, read past what is damaged: a lost page costs its values, not the spans, and
  /// the report of `reader` is told, again by each read. Scan columns lack the rows; of spans that
  /// are read, attributes, events and links are missing, text is empty, numbers and ids are zero, a
  /// start is that of the trace, and a resource or scope is an empty one. Spans whose trace is lost
  /// are in no trace that is read, and their number is told. The check is asked between columns,
  /// and is what Check asks. Of one that is read past damage already, those told before are told,
  /// too, and check and counts stay when there are no others.
  virtual std::shared_ptr<const SpanSource> PastDamage(Reader reader) const = 0;
  /// For whoever loops over what was read: every few thousand rows.
  virtual Status Check() const = 0;
};
using SpanSourcePtr = std::shared_ptr<const SpanSource>;

}  // namespace clew::scan
