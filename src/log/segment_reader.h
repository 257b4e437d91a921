#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "log/file_system.h"
#include "log/segment_format.h"

namespace clew::log {

/// Reads the records of one segment file in order, past damage. Not for several threads.
///
/// What does not check out is given as one corrupt piece; the next sound record after it is found
/// by its place, magic and checksum; holes of the file are not read for it. What the medium cannot
/// give back is read around, in blocks of 4 KiB, and is damage like any other. Memory: one buffer
/// of 256 KiB and one body. Nothing is allocated for a size that no checksum vouches for.
class SegmentReader {
 public:
  /// A record, or a piece that holds none. Offsets in the file.
  struct Piece {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool is_corrupt = false;
    /// Corrupt since the medium does not give it back.
    bool is_unreadable = false;
    /// A record that is whole, of a signal or kind that this program does not know.
    bool is_unknown = false;
    Record record;
  };

  /// Reads from `begin` up to `end`, both offsets in `file`, which must outlive the reader.
  SegmentReader(const File& file, const SegmentHeader& header, std::uint64_t begin,
                std::uint64_t end);

  /// Calls `on_read` with the offset of each buffer before it reads it; Next ends with its error.
  void OnRead(std::function<Status(std::uint64_t offset)> on_read) {
    on_read_ = std::move(on_read);
  }

  /// Nothing at the end. An error when the file cannot be read at the moment.
  Result<std::optional<Piece>> Next();
  /// True when something that was looked at could not be read.
  bool has_met_unreadable() const { return !unreadable_blocks_.empty(); }

 private:
  /// As File::ReadAt, but what the medium cannot give back reads as zeros.
  Result<std::size_t> ReadAround(std::uint64_t offset, char* out, std::size_t size);
  bool IsBuffered(std::uint64_t offset, std::size_t size) const;
  bool IsUnreadable(std::uint64_t begin, std::uint64_t end) const;
  /// The bytes from `offset` on, at most `size` (of which the buffer holds any up to its own) and
  /// fewer only at the end.
  Result<std::string_view> Peek(std::uint64_t offset, std::size_t size);
  Result<std::optional<RecordPrefix>> PrefixAt(std::uint64_t offset);
  /// The first place after `offset` where a sound prefix begins, or the end.
  Result<std::uint64_t> FindRecordAfter(std::uint64_t offset);
  /// Nothing when its checksum is wrong.
  Result<std::optional<Bytes>> ReadBody(std::uint64_t offset, const RecordPrefix& prefix);

  const File& file_;
  const SegmentHeader header_;
  std::uint64_t next_;
  const std::uint64_t end_;
  std::function<Status(std::uint64_t offset)> on_read_;
  std::string buffer_;
  std::uint64_t buffer_begin_ = 0;
  /// Numbers of the blocks that cannot be read.
  std::set<std::uint64_t> unreadable_blocks_;
};

}  // namespace clew::log
