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

std::optional<std::uint64_t> BaseOfFileName(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t base = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, base);
  if (error != std::errc() || end != name.data() + kDigits) return std::nullopt;
  return base;
}

}  // namespace

std::string SegmentFileName(std::uint64_t base) { return fmt::format("{:020}{}", base, kSuffix); }

Result<std::uint64_t> SegmentSet::Load(FileSystem& files, const std::string& directory) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(directory));
  std::uint64_t last_size = 0;
  for (const std::string& name : names) {
    const std::optional<std::uint64_t> base = BaseOfFileName(name);
    if (!base.has_value()) continue;
    auto segment = std::make_shared<Segment>();
    segment->path = fmt::format("{}/{}", directory, name);
    segment->base = *base;
    ASSIGN_OR_RETURN(segment->file, files.Open(segment->path));
    ASSIGN_OR_RETURN(last_size, segment->file->Size());
    std::string header(kSegmentHeaderBytes, '\0');
    ASSIGN_OR_RETURN(const std::size_t read,
                     segment->file->ReadAt(0, header.data(), header.size()));
    // The header is durable before the first record is written, so nothing is lost.
    if (read < kSegmentHeaderBytes) {
      TRY(files.Remove(segment->path));
      continue;
    }
    segment->header = DecodeSegmentHeader(header);
    if (segment->header.has_value() && segment->header->base != *base) segment->header.reset();
    segments_.push_back({segment, *base + last_size});
  }
  if (segments_.empty()) return 0;
  View& last = segments_.back();
  last_size = last.end - last.segment->base;
  ASSIGN_OR_RETURN(const std::uint64_t sound_size, CutTornTail(*last.segment, last_size));
  last.end = last.segment->base + sound_size;
  end_ = last.end;
  return last_size - sound_size;
}

// Gives the size that is left. Damage with a sound record after it is no torn tail and stays.
Result<std::uint64_t> SegmentSet::CutTornTail(const Segment& segment, std::uint64_t size) {
  if (!segment.header.has_value()) return size;
  std::uint64_t sound_size = kSegmentHeaderBytes;
  SegmentReader reader(*segment.file, *segment.header, kSegmentHeaderBytes, size);
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<SegmentReader::Piece> piece, reader.Next());
    if (!piece.has_value()) break;
    if (!piece->is_corrupt) sound_size = piece->end;
  }
  if (sound_size == size) return size;
  base::Log(base::LogLevel::kWarn, "log: cut the torn tail of a segment",
            {{"file", segment.path},
             {"offset", std::to_string(sound_size)},
             {"bytes", std::to_string(size - sound_size)}});
  TRY(segment.file->Truncate(sound_size));
  TRY(segment.file->Sync());
  return sound_size;
}

void SegmentSet::RaiseEnd(std::uint64_t position) {
  const std::scoped_lock lock(mutex_);
  end_ = std::max(end_, position);
}

void SegmentSet::Add(std::shared_ptr<const Segment> segment, std::uint64_t size_bytes) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t end = segment->base + size_bytes;
  segments_.push_back({std::move(segment), end});
}

void SegmentSet::SetDurable(std::uint64_t end) {
  {
    const std::scoped_lock lock(mutex_);
    segments_.back().end = end;
    end_ = end;
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

bool SegmentSet::WaitPast(std::uint64_t position, Deadline deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] { return is_awake_ || end_ > position; });
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
