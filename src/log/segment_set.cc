#include "log/segment_set.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/logging.h"
#include "log/segment_reader.h"

namespace clew::log {
namespace {

constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kDigits = 20;

}  // namespace

std::optional<std::uint64_t> BaseOfFileName(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t base = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, base);
  if (error != std::errc() || end != name.data() + kDigits) return std::nullopt;
  return base;
}

std::string SegmentFileName(std::uint64_t base) { return fmt::format("{:020}{}", base, kSuffix); }

Result<SegmentSet::Loaded> SegmentSet::Load(FileSystem& files, const std::string& directory,
                                            const Knowledge& known) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(directory));
  Loaded loaded;
  std::shared_ptr<Segment> last;
  std::uint64_t last_size = 0;
  for (const std::string& name : names) {
    const std::optional<std::uint64_t> base = BaseOfFileName(name);
    if (!base.has_value()) continue;
    TRY(CheckEnding());
    const std::string path = fmt::format("{}/{}", directory, name);
    std::uint64_t size = 0;
    ASSIGN_OR_RETURN(const std::shared_ptr<Segment> segment,
                     LoadSegment(files, path, *base, known, size, loaded));
    if (segment == nullptr) continue;
    last = segment;
    last_size = size;
    segments_.push_back({.segment = segment, .end = *base + size});
  }
  if (last != nullptr) {
    end_ = std::max(end_, last->base + last_size);
    TRY(LoadTail(*last, last_size, known, loaded));
  }
  return loaded;
}

Status SegmentSet::CheckEnding() const {
  if (!ending_.stop_requested()) return {};
  return base::MakeError(Code::kCancelled, "given up: the process is asked to end");
}

Status SegmentSet::Mend(FileSystem& files, const Loaded& loaded) {
  for (const std::string& path : loaded.empty_files) {
    base::Log(base::LogLevel::kWarn, "log: removed a segment that holds no record",
              {{"file", path}});
    TRY(files.Remove(path));
  }
  if (loaded.torn_bytes == 0) return {};
  const Segment& last = *segments_.back().segment;
  const std::uint64_t sound_size = segments_.back().end - last.base;
  base::Log(base::LogLevel::kWarn, "log: cut the torn tail of a segment",
            {{"file", last.path},
             {"offset", std::to_string(sound_size)},
             {"bytes", std::to_string(loaded.torn_bytes)}});
  TRY(last.file->Truncate(sound_size));
  return last.file->Sync();
}

Result<std::shared_ptr<Segment>> SegmentSet::LoadSegment(FileSystem& files, const std::string& path,
                                                         std::uint64_t base, const Knowledge& known,
                                                         std::uint64_t& size, Loaded& loaded) {
  auto segment = std::make_shared<Segment>();
  segment->path = path;
  segment->base = base;
  Result<std::unique_ptr<File>> file = files.Open(path);
  if (!file.has_value()) {
    const Code code = file.error().code;
    // A server beside who reads removes what it is done with. If it was needed, it shows in the
    // positions.
    if (code == Code::kNotFound) return nullptr;
    if (code != Code::kDataLoss && code != Code::kFailedPrecondition) {
      return std::unexpected(file.error());
    }
    loaded.damages.push_back({.path = path, .what = file.error().message});
    // Its name stays taken.
    end_ = std::max(end_, base + kSegmentHeaderBytes);
    return nullptr;
  }
  segment->file = *std::move(file);
  ASSIGN_OR_RETURN(size, segment->file->Size());
  if (size < kSegmentHeaderBytes) {
    // The header is durable before the first record is written: either the process died while it
    // made the segment, or somebody cut it, and then what is missing shows in the positions.
    loaded.empty_files.push_back(path);
    return nullptr;
  }
  std::string header(kSegmentHeaderBytes, '\0');
  const Result<std::size_t> read = segment->file->ReadAt(0, header.data(), header.size());
  if (read.has_value()) {
    segment->header = DecodeSegmentHeader(header);
  } else if (read.error().code != Code::kDataLoss) {
    return std::unexpected(read.error());
  }
  if (segment->header.has_value() && segment->header->base != base) segment->header.reset();
  if (!segment->header.has_value() && known.salt.has_value()) {
    segment->header = SegmentHeader{base, *known.salt, {}};
    // What is acknowledged next must not depend on what this header was.
    segment->is_closed = true;
    loaded.damages.push_back({.path = path,
                              .size_bytes = kSegmentHeaderBytes,
                              .what = "the header is damaged; its records are read all the same"});
  }
  return segment;
}

// What is behind the last sound record is torn when it was never acknowledged. All else
// is damage: it stays, and the next record goes to a new segment.
//
// The mark of the extent may be behind, after a power cut or when it could not be written. A crash
// leaves a torn tail that can be read: what cannot be read is taken for acknowledged.
Status SegmentSet::LoadTail(Segment& last, std::uint64_t size, const Knowledge& known,
                            Loaded& loaded) {
  std::uint64_t sound_size = kSegmentHeaderBytes;
  std::uint64_t unreadable_end = 0;
  bool is_closed = last.is_closed || !last.header.has_value();
  if (last.header.has_value()) {
    SegmentReader reader(*last.file, *last.header, kSegmentHeaderBytes, size);
    reader.OnRead([&](std::uint64_t offset) {
      if (on_scan_) on_scan_(last.path, offset, size);
      return CheckEnding();
    });
    for (;;) {
      ASSIGN_OR_RETURN(const std::optional<SegmentReader::Piece> piece, reader.Next());
      if (!piece.has_value()) break;
      if (!piece->is_corrupt) sound_size = piece->end;
      if (piece->is_unreadable) unreadable_end = piece->end;
    }
    is_closed = is_closed || reader.has_met_unreadable();
  }
  const std::uint64_t acknowledged_end = std::max(last.base + std::max(sound_size, unreadable_end),
                                                  std::min(known.end, last.base + size));
  last.is_closed = is_closed || last.base + sound_size < acknowledged_end;
  if (last.is_closed) {
    if (known.is_end_marked) segments_.back().acknowledged_end = acknowledged_end;
    return {};
  }
  if (sound_size == size) return {};
  segments_.back().end = end_ = last.base + sound_size;
  loaded.torn_bytes = size - sound_size;
  return {};
}

std::vector<Damage> SegmentSet::FindMissing(const std::string& directory,
                                            const Knowledge& known) const {
  std::vector<Damage> missing;
  std::optional<std::uint64_t> reached = known.begin;
  if (reached.has_value()) *reached += PaddingAfter(*reached);
  std::string path_before;
  const auto check = [&](std::uint64_t begin) {
    if (!reached.has_value() || begin <= *reached) return;
    // The first may begin before what is still needed of it.
    const bool is_first = path_before.empty() && known.first_base.has_value();
    const std::uint64_t base = is_first ? std::min(*known.first_base, *reached) : *reached;
    missing.push_back({.path = fmt::format("{}/{}", directory, SegmentFileName(base)),
                       .offset = *reached,
                       .size_bytes = begin - *reached,
                       .what = "a segment was removed or cut",
                       .kind = Damage::Kind::kMissing,
                       .path_before = path_before});
  };
  for (const View& view : segments_) {
    const std::optional<SegmentHeader>& header = view.segment->header;
    // Without a gap it is not known where the log ended before.
    if (header.has_value() && header->gap.has_value()) {
      check(header->base - std::min(*header->gap, header->base));
    }
    reached = std::max(reached.value_or(0), view.end + PaddingAfter(view.end));
    path_before = view.segment->path;
  }
  if (!reached.has_value()) reached = 0;
  check(known.end);
  return missing;
}

void SegmentSet::RaiseEnd(std::uint64_t position) {
  const std::scoped_lock lock(mutex_);
  end_ = std::max(end_, position);
}

void SegmentSet::RaiseAcknowledgedEnd(std::uint64_t position) {
  const std::scoped_lock lock(mutex_);
  if (segments_.empty() || !segments_.back().acknowledged_end.has_value()) return;
  View& last = segments_.back();
  last.acknowledged_end = std::max(*last.acknowledged_end, std::min(position, last.end));
}

void SegmentSet::Add(std::shared_ptr<const Segment> segment, std::uint64_t size_bytes) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t end = segment->base + size_bytes;
  segments_.push_back({.segment = std::move(segment), .end = end});
}

void SegmentSet::SetDurable(std::uint64_t end) {
  {
    const std::scoped_lock lock(mutex_);
    segments_.back().end = end;
    end_ = std::max(end_, end);
  }
  changed_.notify_all();
}

std::vector<std::shared_ptr<const Segment>> SegmentSet::TakeBefore(std::uint64_t position) {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<const Segment>> taken;
  while (segments_.size() > 1 && segments_.front().end <= position) {
    taken.push_back(std::move(segments_.front().segment));
    segments_.pop_front();
  }
  if (!taken.empty()) reported_.erase(reported_.begin(), reported_.lower_bound(position));
  return taken;
}

std::vector<SegmentSet::View> SegmentSet::From(std::uint64_t position) const {
  const std::scoped_lock lock(mutex_);
  std::vector<View> views;
  for (const View& view : segments_) {
    if (view.end > position) views.push_back(view);
  }
  return views;
}

std::optional<SegmentSet::View> SegmentSet::newest() const {
  const std::scoped_lock lock(mutex_);
  if (segments_.empty()) return std::nullopt;
  return segments_.back();
}

std::uint64_t SegmentSet::begin() const {
  const std::scoped_lock lock(mutex_);
  return segments_.empty() ? end_ : segments_.front().segment->base;
}

std::uint64_t SegmentSet::end() const {
  const std::scoped_lock lock(mutex_);
  return end_;
}

std::uint64_t SegmentSet::acknowledged_end() const {
  const std::scoped_lock lock(mutex_);
  if (segments_.empty() || end_ > segments_.back().end) return end_;
  return segments_.back().acknowledged_end.value_or(end_);
}

std::uint64_t SegmentSet::size_bytes() const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t size = 0;
  for (const View& view : segments_) size += view.end - view.segment->base;
  return size;
}

std::size_t SegmentSet::count() const {
  const std::scoped_lock lock(mutex_);
  return segments_.size();
}

bool SegmentSet::WaitPast(std::uint64_t position, Deadline deadline, const Clock& clock) {
  std::unique_lock lock(mutex_);
  if (!is_awake_ && end_ <= position) clock.Wait(lock, changed_, deadline.time_since_epoch());
  return end_ > position;
}

void SegmentSet::WakeAll() {
  {
    const std::scoped_lock lock(mutex_);
    is_awake_ = true;
  }
  changed_.notify_all();
}

bool SegmentSet::FirstReport(std::uint64_t position) {
  const std::scoped_lock lock(mutex_);
  return reported_.insert(position).second;
}

}  // namespace clew::log
