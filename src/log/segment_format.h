#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log/log.h"

/// The bytes of a segment file, as docs/formats/log.md describes them. Pure functions.
namespace clew::log {

inline constexpr std::size_t kSegmentHeaderBytes = kBytesBetweenRecordsMax;
inline constexpr std::size_t kRecordHeaderBytes = 48;
inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::size_t kPipelineBytesMax = 255;
/// A record header with the longest names.
inline constexpr std::size_t kRecordPrefixBytesMax = kRecordHeaderBytes + 2 * kPipelineBytesMax;

struct SegmentHeader {
  /// The position of the first byte of the file.
  std::uint64_t base = 0;
  /// Seed of all checksums in the file, so that no body can pass for a record.
  std::uint64_t salt = 0;
  /// How many positions before `base` were given to no record, a multiple of 8: the log ended there
  /// when the segment was made. Nothing when the header does not say it.
  std::optional<std::uint64_t> gap{};
};

std::string EncodeSegmentHeader(const SegmentHeader& header);
/// Nothing when neither copy of the header is sound.
std::optional<SegmentHeader> DecodeSegmentHeader(std::string_view data);

/// What stands in front of a body: header, tenant, pipeline. SealRecordPrefix() completes it once
/// the position is known.
std::string EncodeRecordPrefix(const Record& record, std::uint64_t salt);
void SealRecordPrefix(std::string& prefix, std::uint64_t position, std::uint64_t salt);

/// How many zero bytes follow a record of `size` bytes.
std::size_t PaddingAfter(std::uint64_t size);

struct RecordPrefix {
  /// Without its body.
  Record record;
  /// Of a signal or kind that this program does not know; those of `record` mean nothing then.
  bool is_unknown = false;
  std::uint64_t body_checksum = 0;
  std::uint32_t body_size = 0;
  std::size_t prefix_size = 0;
  /// Prefix, body and padding.
  std::uint64_t total_size = 0;
};

/// `data` begins where the record would and holds kRecordPrefixBytesMax bytes, or all up to the
/// end. Nothing when no sound prefix of a record at `position` stands there.
std::optional<RecordPrefix> DecodeRecordPrefix(std::string_view data, std::uint64_t position,
                                               std::uint64_t salt);

/// A cheap look whether a record may begin here.
bool MayBeRecord(std::string_view data);

std::uint64_t BodyChecksum(std::string_view body, std::uint64_t salt);

}  // namespace clew::log
