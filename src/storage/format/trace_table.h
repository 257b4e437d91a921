#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "storage/format/column_reader.h"

namespace clew::storage {

/// Ids of 16 bytes that ascend, in pages of kZoneValues.
class IdPages {
 public:
  IdPages() = default;
  explicit IdPages(std::vector<Bytes> pages) : pages_(std::move(pages)) {}
  /// Makes pages of `ids`, one after the other.
  explicit IdPages(std::string ids);

  std::size_t count() const;
  std::uint64_t byte_size() const;
  std::string_view At(std::size_t index) const {
    constexpr std::size_t kBytes = sizeof(TraceId::bytes);
    return pages_[index / kZoneValues].view().substr(index % kZoneValues * kBytes, kBytes);
  }
  /// The first place of an id.
  std::optional<std::size_t> Find(const TraceId& id) const;
  /// Without repeats.
  bool Ascend() const;

 private:
  std::vector<Bytes> pages_;
};

/// The traces of a row group: trace i has the spans [starts[i], starts[i+1]). Spans whose trace is
/// lost make up traces without an id.
struct TraceTable {
  /// One that is lost repeats its predecessor's, or is zero.
  IdPages ids;
  std::vector<bool> is_lost;
  std::vector<std::uint32_t> span_starts;
  /// Those that are lost are the earliest of the row group.
  std::vector<UnixNanos> start_times;
  std::vector<bool> is_start_lost;
  Damage damage;

  std::size_t count() const { return start_times.size(); }
  /// Zero when it is lost.
  TraceId Id(std::size_t trace) const;
  /// Nothing when the trace is not here.
  std::optional<std::size_t> Find(const TraceId& id) const;
  /// The trace of a span row.
  std::size_t TraceOf(std::uint32_t span_row) const;
};

/// Which of `wanted`, which ascend, may be among the traces of the row group: by the pages of ids
/// that may have them, which are less to read than the table. All of them where something of the
/// ids is damaged, which reading the table tells.
Result<std::vector<TraceId>> SelectTraces(const ColumnReader& reader,
                                          std::span<const TraceId> wanted);

/// That which ReadTraceTable has put into the reader's cache; null when it is not there.
std::shared_ptr<const TraceTable> KnownTraceTable(const ColumnReader& reader);

/// Cached in the reader's cache when nothing is lost. DATA_LOSS when what is there makes no sense.
Result<std::shared_ptr<const TraceTable>> ReadTraceTable(const ColumnReader& reader);

}  // namespace clew::storage
