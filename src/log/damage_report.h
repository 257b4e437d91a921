#pragma once

#include <chrono>
#include <cstdint>

#include "base/damage.h"
#include "base/log_pause.h"
#include "base/metrics.h"
#include "log/lost_pieces.h"
#include "log/segment_reader.h"
#include "log/segment_set.h"

namespace clew::log {

/// Tells, counts and remembers what of an open log is not as it was written: a line in the log of
/// the process, a metric, and for what was acknowledged a piece among those that are lost. Any
/// thread.
class DamageReport {
 public:
  /// All outlive it.
  DamageReport(SegmentSet& segments, LostPieces& lost, const Clock& clock, base::Metrics& metrics);

  void Add(const Damage& damage);
  /// A piece that holds no sound record, the first time that it is met. What lies behind
  /// `acknowledged_end` was not acknowledged.
  void AddCorrupt(const Segment& segment, const SegmentReader::Piece& piece, const char* what,
                  std::uint64_t acknowledged_end);
  /// A record of a signal or kind that is not known here, the first time that it is met.
  void AddUnknown(const Segment& segment, const SegmentReader::Piece& piece);

 private:
  SegmentSet& segments_;
  LostPieces& lost_;
  const Clock& clock_;
  base::LogPause unknown_pause_{std::chrono::seconds(5)};
  prometheus::Counter& corrupt_records_;
  prometheus::Counter& unknown_records_;
  prometheus::Counter& missing_bytes_;
  prometheus::Counter& damaged_files_;
};

}  // namespace clew::log
