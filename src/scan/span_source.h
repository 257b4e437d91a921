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
#include "model/span_columns.h"
#include "scan/start_intervals.h"

namespace clew::scan {

/// What a scan may ask of spans besides attributes. Text: kName … kTraceState, kScopeName,
/// kScopeVersion (a row a scope), kEventName (a row an event). Numbers: the rest.
enum class SpanField {
  kName,
  kStatusMessage,
  kTraceState,
  kKind,
  kStatusCode,
  kStart,  // nanoseconds since 1970
  kEnd,
  kDuration,  // model::SpanDuration, nanoseconds
  kResource,  // row of the resource table
  kScope,     // row of the scope table
  kScopeName,
  kScopeVersion,
  kEventSpan,  // row of the span an event belongs to
  kEventName,
  kLinkSpan,
};

/// The values of one (owner, key, type), or of one field, ready to compare.
///
/// Text is either coded (`codes` into `dictionary`) or plain (`texts`), never both. Views point
/// into `memory` or into what the source keeps alive.
struct Column {
  model::ValueType type = model::ValueType::kEmpty;
  /// Row of each value in its owner's table; empty when value i belongs to row i.
  std::vector<std::uint32_t> rows;
  bool is_coded = false;
  std::vector<std::string_view> dictionary;
  std::vector<std::uint32_t> codes;
  std::vector<std::string_view> texts;
  std::vector<std::int64_t> numbers;
  std::vector<Bytes> memory;
  /// Why values are missing that the spans had.
  std::vector<Error> damage;
  /// Rows whose value is lost, ascending. What stands here in its place, if anything, is a guess.
  std::vector<std::uint32_t> lost;
  /// Any row may have had a value here: even which ones did is lost.
  bool is_lost = false;

  std::size_t count() const;
  std::uint32_t RowOf(std::size_t position) const {
    return rows.empty() ? static_cast<std::uint32_t>(position) : rows[position];
  }
  /// What it holds in memory, for cache limits.
  std::size_t byte_size() const;
};
using ColumnPtr = std::shared_ptr<const Column>;

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

/// Told of each piece that a read had to leave out: DATA_LOSS, naming object, column and values.
using DamageReport = std::function<void(const Error&)>;
/// Asked whether whoever reads still wants to go on; its error ends the read.
using StopCheck = std::function<Status()>;

/// What a query scans: a fresh batch, or a sealed row group in memory or in a block.
/// Immutable; any thread. Errors: DATA_LOSS for corrupt stored bytes, naming object and column.
class SpanSource {
 public:
  virtual ~SpanSource() = default;

  virtual const SourceStats& stats() const = 0;
  /// The name of the block that it is a part of; empty for what is in memory.
  virtual std::string_view block() const { return {}; }
  virtual Result<ColumnPtr> Field(SpanField field) const = 0;
  /// One column a type; none when no span here has the key. Keys that are not UTF-8 are found as
  /// they are shown (wire::otlp::IsShownAs).
  virtual Result<std::vector<ColumnPtr>> Attribute(model::Owner owner,
                                                   std::string_view key) const = 0;
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
  virtual Result<std::vector<OperationCount>> Operations() const = 0;
  /// Every span here, also those whose trace is lost, in the order of rows; spans of a trace are
  /// neighbours in a sealed source.
  virtual Result<model::SpanColumnsPtr> ReadAll(ReadExtent extent) const = 0;

  /// The same spans, read past what is damaged: a lost page costs its values, not the spans, and
  /// `report` is told, again by each read. Scan columns lack the rows; of spans that are read,
  /// attributes, events and links are missing, text is empty, numbers and ids are zero, a start is
  /// that of the trace, and a resource or scope is an empty one. Spans whose trace is lost are in
  /// no trace that is read, and their number is told. `check` (may be empty) is asked between
  /// columns, and is what Check asks. Of one that is read past damage already, those told before
  /// are told, too, and its check stays when there is no other.
  virtual std::shared_ptr<const SpanSource> PastDamage(DamageReport report,
                                                       StopCheck check) const = 0;
  /// For whoever loops over what was read: every few thousand rows.
  virtual Status Check() const = 0;
};
using SpanSourcePtr = std::shared_ptr<const SpanSource>;

}  // namespace clew::scan
