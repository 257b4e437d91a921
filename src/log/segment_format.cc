#include "log/segment_format.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/hash.h"

namespace clew::log {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

// Version 1 does not say how large the gap is.
constexpr std::string_view kSegmentMagicV1 = "clewlog1";
constexpr std::string_view kSegmentMagic = "clg2";
constexpr std::uint32_t kUnknownGap = UINT32_MAX;
constexpr std::size_t kHeaderCopyBytes = kSegmentHeaderBytes / 2;
constexpr std::uint32_t kRecordMagic = 0x63655243;  // "CRec"

// Where the fields of a record header lie.
constexpr std::size_t kHeaderChecksumAt = 0;
constexpr std::size_t kMagicAt = 8;
constexpr std::size_t kBodySizeAt = 12;
constexpr std::size_t kPositionAt = 16;
constexpr std::size_t kReceivedAtAt = 24;
constexpr std::size_t kBodyChecksumAt = 32;
constexpr std::size_t kCompressionAt = 40;
constexpr std::size_t kTenantSizeAt = 41;
constexpr std::size_t kPipelineSizeAt = 42;
constexpr std::size_t kSignalAt = 43;
constexpr std::size_t kKindAt = 44;
constexpr std::size_t kFlagsAt = 45;

constexpr std::uint8_t kForFollower = 1;  // a flag

template <typename T>
T Load(std::string_view data, std::size_t at) {
  T value;
  std::memcpy(&value, data.data() + at, sizeof value);
  return value;
}

template <typename T>
void Store(std::string& data, std::size_t at, T value) {
  std::memcpy(data.data() + at, &value, sizeof value);
}

std::uint64_t PrefixChecksum(std::string_view prefix, std::uint64_t salt) {
  return base::Hash64(prefix.substr(kMagicAt), salt);
}

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  const std::uint64_t gap_units = header.gap.value_or(UINT64_MAX) / kRecordAlignment;
  std::string copy(kSegmentMagic);
  copy.resize(kHeaderCopyBytes);
  Store(copy, 4, static_cast<std::uint32_t>(std::min<std::uint64_t>(gap_units, kUnknownGap)));
  Store(copy, 8, header.base);
  Store(copy, 16, header.salt);
  Store(copy, 24, base::Hash64(std::string_view(copy).substr(0, 24)));
  return copy + copy;
}

std::optional<SegmentHeader> DecodeSegmentHeader(std::string_view data) {
  if (data.size() < kSegmentHeaderBytes) return std::nullopt;
  for (const std::size_t at : {std::size_t{0}, kHeaderCopyBytes}) {
    const std::string_view copy = data.substr(at, kHeaderCopyBytes);
    const bool says_gap = copy.starts_with(kSegmentMagic);
    if (!says_gap && !copy.starts_with(kSegmentMagicV1)) continue;
    if (Load<std::uint64_t>(copy, 24) != base::Hash64(copy.substr(0, 24))) continue;
    SegmentHeader header{Load<std::uint64_t>(copy, 8), Load<std::uint64_t>(copy, 16), {}};
    const auto gap_units = Load<std::uint32_t>(copy, 4);
    if (says_gap && gap_units != kUnknownGap) header.gap = gap_units * kRecordAlignment;
    return header;
  }
  return std::nullopt;
}

std::string EncodeRecordPrefix(const Record& record, std::uint64_t salt) {
  const std::string& tenant = record.tenant.name();
  std::string prefix;
  prefix.reserve(kRecordHeaderBytes + tenant.size() + record.pipeline.size());
  prefix.resize(kRecordHeaderBytes);
  Store(prefix, kMagicAt, kRecordMagic);
  Store(prefix, kBodySizeAt, static_cast<std::uint32_t>(record.body.size()));
  Store(prefix, kReceivedAtAt, record.received_at);
  Store(prefix, kBodyChecksumAt, BodyChecksum(record.body.view(), salt));
  Store(prefix, kCompressionAt, std::to_underlying(record.compression));
  Store(prefix, kTenantSizeAt, static_cast<std::uint8_t>(tenant.size()));
  Store(prefix, kPipelineSizeAt, static_cast<std::uint8_t>(record.pipeline.size()));
  Store(prefix, kSignalAt, std::to_underlying(record.signal));
  Store(prefix, kKindAt, std::to_underlying(record.kind));
  if (record.is_for_follower) Store(prefix, kFlagsAt, kForFollower);
  prefix += tenant;
  prefix += record.pipeline;
  return prefix;
}

void SealRecordPrefix(std::string& prefix, std::uint64_t position, std::uint64_t salt) {
  Store(prefix, kPositionAt, position);
  Store(prefix, kHeaderChecksumAt, PrefixChecksum(prefix, salt));
}

std::size_t PaddingAfter(std::uint64_t size) { return (0 - size) % kRecordAlignment; }

bool MayBeRecord(std::string_view data) {
  return data.size() >= kRecordHeaderBytes && Load<std::uint32_t>(data, kMagicAt) == kRecordMagic;
}

std::optional<RecordPrefix> DecodeRecordPrefix(std::string_view data, std::uint64_t position,
                                               std::uint64_t salt) {
  if (!MayBeRecord(data) || Load<std::uint64_t>(data, kPositionAt) != position) return std::nullopt;
  const auto tenant_size = Load<std::uint8_t>(data, kTenantSizeAt);
  const auto pipeline_size = Load<std::uint8_t>(data, kPipelineSizeAt);
  RecordPrefix prefix;
  prefix.prefix_size = kRecordHeaderBytes + tenant_size + pipeline_size;
  if (data.size() < prefix.prefix_size) return std::nullopt;
  data = data.substr(0, prefix.prefix_size);
  if (Load<std::uint64_t>(data, kHeaderChecksumAt) != PrefixChecksum(data, salt)) {
    return std::nullopt;
  }
  std::optional<TenantId> tenant = TenantId::Parse(data.substr(kRecordHeaderBytes, tenant_size));
  const auto compression = Load<std::uint8_t>(data, kCompressionAt);
  if (!tenant.has_value() || compression > std::to_underlying(base::Compression::kLz4)) {
    return std::nullopt;
  }
  prefix.record.tenant = *std::move(tenant);
  prefix.record.pipeline = data.substr(kRecordHeaderBytes + tenant_size);
  prefix.record.compression = static_cast<base::Compression>(compression);
  prefix.record.is_for_follower = (Load<std::uint8_t>(data, kFlagsAt) & kForFollower) != 0;
  const auto signal = Load<std::uint8_t>(data, kSignalAt);
  const auto kind = Load<std::uint8_t>(data, kKindAt);
  prefix.is_unknown = signal > std::to_underlying(model::Signal::kProfiles) ||
                      kind > std::to_underlying(RecordKind::kDecision);
  if (!prefix.is_unknown) {
    prefix.record.signal = static_cast<model::Signal>(signal);
    prefix.record.kind = static_cast<RecordKind>(kind);
  }
  prefix.record.received_at = Load<std::int64_t>(data, kReceivedAtAt);
  prefix.body_size = Load<std::uint32_t>(data, kBodySizeAt);
  prefix.body_checksum = Load<std::uint64_t>(data, kBodyChecksumAt);
  const std::uint64_t size = std::uint64_t{prefix.prefix_size} + prefix.body_size;
  prefix.total_size = size + PaddingAfter(size);
  return prefix;
}

std::uint64_t BodyChecksum(std::string_view body, std::uint64_t salt) {
  return base::Hash64(body, salt);
}

}  // namespace clew::log
