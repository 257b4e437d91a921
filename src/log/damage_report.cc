#include "log/damage_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/logging.h"

namespace clew::log {
namespace {

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// In words for who has no use for the directory.
std::string CauseOf(const Damage& damage) {
  std::string files = NameOf(damage.path);
  // It may be that which was cut.
  if (!damage.path_before.empty()) files += " or, before it, " + NameOf(damage.path_before);
  return fmt::format("{}: {}", files, damage.what);
}

}  // namespace

DamageReport::DamageReport(SegmentSet& segments, LostPieces& lost, const Clock& clock,
                           base::Metrics& metrics)
    : segments_(segments),
      lost_(lost),
      clock_(clock),
      corrupt_records_(metrics.Counter("clew_log_corrupt_records_total",
                                       "Damaged pieces of the log that were skipped.")),
      unknown_records_(metrics.Counter("clew_log_unknown_records_total",
                                       "Records of the log that were skipped since this release "
                                       "does not know their signal or kind.")),
      missing_bytes_(metrics.Counter("clew_log_missing_bytes_total",
                                     "Bytes of the log that were in no file any more at opening.")),
      damaged_files_(metrics.Counter("clew_log_damaged_files_total",
                                     "Small files beside the segments that were damaged at "
                                     "opening: the identity, the extent, checkpoints.")) {}

void DamageReport::AddCorrupt(const Segment& segment, const SegmentReader::Piece& piece,
                              const char* what, std::uint64_t acknowledged_end) {
  if (!segments_.FirstReport(segment.base + piece.begin)) return;
  const Damage damage{.path = segment.path,
                      .offset = piece.begin,
                      .size_bytes = piece.end - piece.begin,
                      .what = what};
  Add(damage);
  // Without a sound prefix the record does not say whose it is.
  const bool is_one_record = !piece.record.pipeline.empty();
  lost_.Add({.begin = {segment.base + piece.begin},
             .end = {std::min(segment.base + piece.end, acknowledged_end)},
             .cause = CauseOf(damage),
             .tenant = is_one_record ? std::optional(piece.record.tenant) : std::nullopt});
}

// A later release wrote it, and this one was put back.
void DamageReport::AddUnknown(const Segment& segment, const SegmentReader::Piece& piece) {
  if (!segments_.FirstReport(segment.base + piece.begin)) return;
  unknown_records_.Increment();
  if (!unknown_pause_.MayLog(clock_.Monotonic())) return;
  base::Log(base::LogLevel::kWarn,
            "log: skipped a record of a signal or kind that this release does not know",
            {{"file", segment.path}, {"offset", std::to_string(piece.begin)}});
}

void DamageReport::Add(const Damage& damage) {
  if (damage.kind == Damage::Kind::kFile) {
    damaged_files_.Increment();
    base::Log(base::LogLevel::kError, "log: a small file cannot be used",
              {{"file", damage.path}, {"cause", damage.what}});
    return;
  }
  if (damage.kind == Damage::Kind::kMissing) {
    missing_bytes_.Increment(static_cast<double>(damage.size_bytes));
    lost_.Add({.begin = {damage.offset},
               .end = {damage.offset + damage.size_bytes},
               .cause = CauseOf(damage)});
    base::Log(base::LogLevel::kError, "log: records are missing; the rest is read",
              {{"file", damage.path},
               {"file_before", damage.path_before},
               {"position", std::to_string(damage.offset)},
               {"bytes", std::to_string(damage.size_bytes)},
               {"cause", damage.what}});
    return;
  }
  corrupt_records_.Increment();
  base::Log(base::LogLevel::kError, "log: skipped a damaged piece",
            {{"file", damage.path},
             {"offset", std::to_string(damage.offset)},
             {"bytes", std::to_string(damage.size_bytes)},
             {"cause", damage.what}});
}

}  // namespace clew::log
