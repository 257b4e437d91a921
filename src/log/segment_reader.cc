#include "log/segment_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace clew::log {
namespace {

constexpr std::size_t kBufferBytes = 256u << 10;
// What is lost with one unreadable sector: the page cache reads no less.
constexpr std::size_t kBlockBytes = 4096;

}  // namespace

SegmentReader::SegmentReader(const File& file, const SegmentHeader& header, std::uint64_t begin,
                             std::uint64_t end)
    : file_(file),
      header_(header),
      next_(std::max<std::uint64_t>(begin, kSegmentHeaderBytes)),
      end_(end) {}

Result<std::optional<SegmentReader::Piece>> SegmentReader::Next() {
  if (next_ >= end_) return std::nullopt;
  Piece piece;
  piece.begin = next_;
  ASSIGN_OR_RETURN(std::optional<RecordPrefix> prefix, PrefixAt(next_));
  if (prefix.has_value()) {
    piece.end = next_ + prefix->total_size;
    ASSIGN_OR_RETURN(std::optional<Bytes> body,
                     ReadBody(piece.begin + prefix->prefix_size, *prefix));
    piece.is_corrupt = !body.has_value();
    piece.is_unknown = body.has_value() && prefix->is_unknown;
    piece.record = std::move(prefix->record);
    if (body.has_value()) piece.record.body = *std::move(body);
  } else {
    piece.is_corrupt = true;
    ASSIGN_OR_RETURN(piece.end, FindRecordAfter(next_));
  }
  piece.is_unreadable = piece.is_corrupt && IsUnreadable(piece.begin, piece.end);
  next_ = piece.end;
  return piece;
}

Result<std::size_t> SegmentReader::ReadAround(std::uint64_t offset, char* out, std::size_t size) {
  Result<std::size_t> all = file_.ReadAt(offset, out, size);
  if (all.has_value() || all.error().code != Code::kDataLoss) return all;
  std::size_t done = 0;
  while (done < size) {
    const std::uint64_t block = (offset + done) / kBlockBytes;
    const auto wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>((block + 1) * kBlockBytes - (offset + done), size - done));
    std::size_t read_bytes = wanted;
    if (!unreadable_blocks_.contains(block)) {
      const Result<std::size_t> part = file_.ReadAt(offset + done, out + done, wanted);
      if (part.has_value()) {
        read_bytes = *part;
      } else if (part.error().code == Code::kDataLoss) {
        unreadable_blocks_.insert(block);
      } else {
        return part;
      }
    }
    // Whatever stands here, the checksums find it wrong, unless it was zeros.
    if (unreadable_blocks_.contains(block)) std::memset(out + done, 0, wanted);
    done += read_bytes;
    if (read_bytes < wanted) break;
  }
  return done;
}

bool SegmentReader::IsUnreadable(std::uint64_t begin, std::uint64_t end) const {
  const auto first = unreadable_blocks_.lower_bound(begin / kBlockBytes);
  return first != unreadable_blocks_.end() && *first * kBlockBytes < end;
}

bool SegmentReader::IsBuffered(std::uint64_t offset, std::size_t size) const {
  return offset >= buffer_begin_ && offset + size <= buffer_begin_ + buffer_.size();
}

Result<std::string_view> SegmentReader::Peek(std::uint64_t offset, std::size_t size) {
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - offset));
  if (!IsBuffered(offset, size)) {
    if (on_read_) TRY(on_read_(offset));
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, end_ - offset));
    buffer_.resize(wanted);
    buffer_begin_ = offset;
    ASSIGN_OR_RETURN(const std::size_t read, ReadAround(offset, buffer_.data(), wanted));
    buffer_.resize(read);
  }
  return std::string_view(buffer_).substr(static_cast<std::size_t>(offset - buffer_begin_), size);
}

Result<std::optional<RecordPrefix>> SegmentReader::PrefixAt(std::uint64_t offset) {
  ASSIGN_OR_RETURN(const std::string_view data, Peek(offset, kRecordPrefixBytesMax));
  std::optional<RecordPrefix> prefix =
      DecodeRecordPrefix(data, header_.base + offset, header_.salt);
  if (prefix.has_value() && prefix->total_size > end_ - offset) prefix.reset();
  return prefix;
}

Result<std::uint64_t> SegmentReader::FindRecordAfter(std::uint64_t offset) {
  offset += kRecordAlignment - offset % kRecordAlignment;
  for (; offset < end_ && end_ - offset >= kRecordHeaderBytes; offset += kRecordAlignment) {
    if (!IsBuffered(offset, kRecordHeaderBytes)) {
      // No record begins in a hole: its magic is not zero.
      const std::uint64_t data = file_.SkipHole(offset);
      offset = std::max(offset, data - data % kRecordAlignment);
      if (offset >= end_) break;
    }
    ASSIGN_OR_RETURN(const std::string_view data, Peek(offset, kRecordHeaderBytes));
    // The file is shorter than it was.
    if (data.size() < kRecordHeaderBytes) break;
    if (!MayBeRecord(data)) continue;
    ASSIGN_OR_RETURN(const std::optional<RecordPrefix> prefix, PrefixAt(offset));
    if (prefix.has_value()) return offset;
  }
  return end_;
}

Result<std::optional<Bytes>> SegmentReader::ReadBody(std::uint64_t offset,
                                                     const RecordPrefix& prefix) {
  std::string body;
  if (prefix.body_size <= kBufferBytes) {
    ASSIGN_OR_RETURN(body, Peek(offset, prefix.body_size));
  } else {
    body.resize(prefix.body_size);
    ASSIGN_OR_RETURN(const std::size_t read, ReadAround(offset, body.data(), body.size()));
    body.resize(read);
  }
  if (body.size() != prefix.body_size || BodyChecksum(body, header_.salt) != prefix.body_checksum) {
    return std::nullopt;
  }
  return Bytes(std::move(body));
}

}  // namespace clew::log
