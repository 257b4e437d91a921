#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace clew::storage {

/// Which row groups of some blocks have spans of a trace, as a file of sorted keys: a page of 4 KiB
/// a trace is read, and the first key of each page is kept in memory (docs/formats/trace-index.md).
/// Immutable; any thread.
class TraceRun {
 public:
  /// One that the run speaks for.
  struct Block {
    std::string name;
    /// Of its footer: another block in its place is not spoken for.
    std::uint64_t footer_checksum = 0;

    bool operator==(const Block&) const = default;
  };
  /// A row group of one of them.
  struct Place {
    /// In `blocks`.
    std::uint16_t block = 0;
    /// In the block; kAnyRowGroup: it may be any.
    std::uint16_t row_group = 0;

    auto operator<=>(const Place&) const = default;
  };
  static constexpr std::uint16_t kAnyRowGroup = 0xffff;
  /// A block may have more than an entry can tell apart.
  static constexpr std::uint16_t RowGroupOf(std::size_t number) {
    return number < kAnyRowGroup ? static_cast<std::uint16_t>(number) : kAnyRowGroup;
  }
  struct Entry {
    /// TraceKeyOf.
    std::uint64_t key = 0;
    Place place;

    auto operator<=>(const Entry&) const = default;
  };

  /// The file of these, which are sorted here; less than 65,535 blocks.
  static std::string Encode(std::span<const Block> blocks, std::vector<Entry> entries);

  using ReadAt = std::function<Result<std::string>(std::uint64_t offset, std::uint64_t size)>;
  /// `read` gives the bytes of the file, which has `size`. DATA_LOSS when it is no such file.
  static Result<std::shared_ptr<const TraceRun>> Open(ReadAt read, std::uint64_t size);
  /// The same of a file, which is opened anew for each read: one that was removed is NOT_FOUND.
  static Result<std::shared_ptr<const TraceRun>> OpenFile(const std::string& path);

  const std::vector<Block>& blocks() const { return blocks_; }
  std::uint64_t memory_bytes() const;
  /// Adds the places that have spans of the trace, and maybe one in 10^9 more. DATA_LOSS when a
  /// page is damaged.
  Status Find(std::uint64_t key, std::vector<Place>* found) const;

 private:
  explicit TraceRun(ReadAt read) : read_(std::move(read)) {}
  Status Decode(std::string_view footer);
  Result<bool> FindInPage(std::size_t page, std::uint64_t key, std::vector<Place>* found) const;

  const ReadAt read_;
  std::vector<Block> blocks_;
  std::vector<std::uint64_t> first_keys_;  // of each page
};

}  // namespace clew::storage
