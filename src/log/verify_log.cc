#include "log/verify_log.h"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "base/file.h"
#include "log/checkpoints.h"
#include "log/file_system.h"
#include "log/segment_format.h"
#include "log/segment_reader.h"
#include "log/segment_set.h"
#include "log/survey.h"

namespace clew::log {
namespace {

// The system's, of which nothing can be written.
class ReadOnlyFiles final : public FileSystem {
 public:
  Status MakeDirectories(const std::string& path) override { return Refuse(path); }
  Result<std::vector<std::string>> List(const std::string& directory) override {
    return SystemFiles().List(directory);
  }
  Result<std::unique_ptr<File>> Open(const std::string& path) override { return OpenToRead(path); }
  Result<std::unique_ptr<File>> OpenToRead(const std::string& path) override {
    return SystemFiles().OpenToRead(path);
  }
  Result<std::unique_ptr<File>> Create(const std::string& path) override {
    return std::unexpected(Refuse(path).error());
  }
  Status Replace(const std::string& path, std::string_view) override { return Refuse(path); }
  Result<std::string> Read(const std::string& path, std::uint64_t bytes_max) override {
    return SystemFiles().Read(path, bytes_max);
  }
  Status Remove(const std::string& path) override { return Refuse(path); }
  Status SyncDirectory(const std::string& path) override { return Refuse(path); }
  Result<std::shared_ptr<HeldDirectory>> Hold(const std::string& directory) override {
    return std::unexpected(Refuse(directory).error());
  }

 private:
  static Status Refuse(const std::string& path) {
    return MakeError(Code::kFailedPrecondition, "{} is only read", path);
  }
};

std::string ContentOf(const SegmentReader::Piece& piece) {
  const std::string why = piece.is_unreadable ? "it cannot be read" : "its checksum does not match";
  // Without a sound prefix the record does not say whose it is.
  if (piece.record.pipeline.empty()) return "records: " + why;
  return fmt::format("a record of tenant {}, for {}: {}", piece.record.tenant.name(),
                     piece.record.pipeline, why);
}

void ReadRecords(const SegmentSet::View& view, LogVerdict& verdict) {
  const Segment& segment = *view.segment;
  const std::uint64_t size = view.end - segment.base;
  const auto note = [&](std::uint64_t begin, std::uint64_t end, std::string what) {
    verdict.damage.push_back({.path = segment.path,
                              .offset = begin,
                              .size_bytes = end - begin,
                              .what = std::move(what)});
  };
  if (!segment.header.has_value()) {
    return note(0, size, "the header of a segment: none of its records can be read");
  }
  SegmentReader reader(*segment.file, *segment.header, kSegmentHeaderBytes, size);
  for (;;) {
    Result<std::optional<SegmentReader::Piece>> next = reader.Next();
    if (!next.has_value()) return note(0, size, next.error().message);
    if (!next->has_value()) return;
    const SegmentReader::Piece& piece = **next;
    if (piece.is_corrupt) {
      note(piece.begin, piece.end, ContentOf(piece));
    } else {
      ++verdict.record_count;
    }
  }
}

}  // namespace

Result<LogVerdict> VerifyLog(const std::string& directory) {
  ReadOnlyFiles files;
  Checkpoints checkpoints(files, ConsumersIn(directory));
  SegmentSet segments;
  ASSIGN_OR_RETURN(Survey survey, SurveyLog(files, directory, checkpoints, segments));
  LogVerdict verdict{.segment_count = segments.count(),
                     .byte_size = segments.size_bytes() + survey.loaded.torn_bytes,
                     .unfinished_bytes = survey.loaded.torn_bytes,
                     .end = {std::max(segments.end(), survey.end)},
                     .identity = std::nullopt,
                     .damage = std::move(survey.damages)};
  // Without a segment a server begins another log.
  if (survey.identity.has_value() && segments.count() > 0) {
    verdict.identity = survey.identity->identity;
  }
  for (const SegmentSet::View& view : segments.From(0)) ReadRecords(view, verdict);
  std::ranges::stable_sort(verdict.damage, {}, [](const base::Damage& damage) {
    const bool is_small = damage.kind == base::Damage::Kind::kFile;
    return std::tuple(!is_small, is_small ? "" : damage.path, damage.offset);
  });
  return verdict;
}

}  // namespace clew::log
