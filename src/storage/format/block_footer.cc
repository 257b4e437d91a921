#include "storage/format/block_footer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "storage/encoding/byte_stream.h"
#include "storage/format/replaced_names.h"

namespace clew::storage {
namespace {

constexpr std::string_view kTailMagic = "CLEWTAIL";
constexpr std::uint32_t kVersion = kZonedVersion;
// The first whose footer ends with further facts.
constexpr std::uint32_t kVersionWithFacts = 2;
constexpr std::uint64_t kFactLogIdentity = 1;
constexpr std::uint64_t kFactFront = 2;
constexpr std::uint64_t kFactTraceFilter = 3;
constexpr std::uint64_t kFactValueFilter = 4;
constexpr std::uint64_t kFactLogPartition = 5;
constexpr std::uint64_t kFactRollUp = 6;
constexpr std::uint64_t kFactFilterPages = 7;
constexpr std::uint64_t kFactTags = 8;
constexpr std::uint64_t kFactReplaces = 9;
constexpr std::uint64_t kFactRepeating = 10;
// What says of a footer where it ends and that it is whole: checksum, length, version.
constexpr std::uint64_t kSealBytes = 8 + 4 + 4;
constexpr std::uint64_t kTailBytes = kSealBytes + kTailMagic.size();
constexpr std::uint64_t kFrontSealEnd = kBlockHead.size() + kSealBytes;
constexpr std::uint64_t kVarintBytesMax = 10;
constexpr std::uint64_t kFirstRead = 256u << 10;

std::uint32_t PartitionOf(const BlockMeta& meta) {
  return meta.log_ranges.empty() ? 0 : meta.log_ranges.front().begin.partition;
}

std::string EncodeFooter(const BlockMeta& meta,
                         const std::vector<std::shared_ptr<const RowGroup>>& row_groups,
                         const std::vector<std::string>& directories, const FilterRefs& filters,
                         std::uint64_t pages_begin) {
  std::string footer;
  ByteWriter writer(&footer);
  writer.Text(meta.tenant.name());
  writer.Fixed(meta.created_at);
  writer.Varint(meta.span_count);
  writer.Fixed(meta.start_min);
  writer.Fixed(meta.start_max);
  writer.Varint(meta.log_ranges.size());
  for (const LogRange& range : meta.log_ranges) {
    writer.Varint(range.begin.offset);
    writer.Varint(range.end.offset);
  }
  writer.Varint(row_groups.size());
  std::uint64_t offset = pages_begin;
  for (std::size_t i = 0; i < row_groups.size(); ++i) {
    writer.Varint(offset);
    writer.Text(directories[i]);
    offset += row_groups[i]->pages.size();
  }
  writer.Varint(meta.replaces.empty() ? 9 : 10);
  writer.Varint(kFactLogIdentity);
  const auto& identity = meta.log_identity.bytes;
  writer.Text({reinterpret_cast<const char*>(identity.data()), identity.size()});
  writer.Varint(kFactLogPartition);
  const std::uint32_t partition = PartitionOf(meta);
  writer.Text({reinterpret_cast<const char*>(&partition), sizeof partition});
  writer.Varint(kFactFront);
  writer.Text({});
  writer.Varint(kFactRollUp);
  writer.Text(EncodeRollUpFact(filters));
  writer.Varint(kFactFilterPages);
  writer.Text(EncodeFilterPagesFact(filters));
  writer.Varint(kFactTags);
  writer.Text(EncodeTagsFact(filters));
  writer.Varint(kFactRepeating);
  std::vector<RepeatingTraces> repeating;
  for (const auto& group : row_groups) repeating.push_back(group->repeating_traces);
  writer.Text(EncodeRepeatingFact(repeating));
  writer.Varint(kFactTraceFilter);
  writer.Text(EncodeTraceFilterFact(filters));
  writer.Varint(kFactValueFilter);
  writer.Text(EncodeValueFilterFact(filters));
  if (!meta.replaces.empty()) {
    writer.Varint(kFactReplaces);
    writer.Text(EncodeReplacesFact(meta.replaces));
  }
  return footer;
}

// False when it is not well formed. Facts with numbers that are not known yet are of no use here,
// and no harm. `filter_room`: bytes from the end of the pages to what no filter reaches past.
bool DecodeFact(std::uint64_t number, std::string_view fact, std::uint64_t filter_room,
                BlockLayout& layout) {
  switch (number) {
    case kFactFront:
      layout.has_front = true;
      return true;
    case kFactLogIdentity: {
      auto& identity = layout.meta.log_identity.bytes;
      if (fact.size() != identity.size()) return false;
      std::memcpy(identity.data(), fact.data(), fact.size());
      return true;
    }
    case kFactLogPartition: {
      std::uint32_t partition = 0;
      if (fact.size() != sizeof partition) return false;
      std::memcpy(&partition, fact.data(), fact.size());
      for (LogRange& range : layout.meta.log_ranges) {
        range.begin.partition = range.end.partition = partition;
      }
      return true;
    }
    case kFactTraceFilter:
      return DecodeTraceFilterFact(fact, filter_room, &layout.filters);
    case kFactValueFilter:
      return DecodeValueFilterFact(fact, filter_room, layout.groups.size(), &layout.filters);
    case kFactRollUp:
      return DecodeRollUpFact(fact, filter_room, &layout.filters);
    case kFactReplaces:
      return DecodeReplacesFact(fact, &layout.meta);
    case kFactFilterPages:
      return DecodeFilterPagesFact(fact, filter_room, &layout.filters);
    case kFactTags:
      return DecodeTagsFact(fact, filter_room, &layout.filters);
    case kFactRepeating:
      return DecodeRepeatingFact(fact, layout.groups.size(), &layout.repeating_traces);
    default:
      return true;
  }
}

// One that is known and there again is not well formed: filters of the two might be mixed.
void DecodeFacts(ByteReader& reader, std::uint64_t filter_room, BlockLayout& layout) {
  std::array<bool, kFactRepeating + 1> is_met{};
  const std::uint64_t count = reader.Varint();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const std::uint64_t number = reader.Varint();
    const std::string_view fact = reader.Text();
    const bool is_known = number >= kFactLogIdentity && number < is_met.size();
    const bool is_again = is_known && std::exchange(is_met[number], true);
    if (is_again) reader.MarkBad();
    if (reader.ok() && !DecodeFact(number, fact, filter_room, layout)) reader.MarkBad();
  }
}

// Replay searches them, and the log goes on behind the last: nobody logs so many bytes.
bool FollowEachOther(const std::vector<LogRange>& ranges) {
  constexpr log::Position kPositionMax{std::uint64_t{1} << 62};
  log::Position reached;
  for (const LogRange& range : ranges) {
    if (range.begin < reached || range.end <= range.begin) return false;
    reached = range.end;
  }
  return reached <= kPositionMax;
}

Result<BlockLayout::Group> DecodeGroup(ByteReader& reader, std::uint32_t version,
                                       DirectoryExtent extent) {
  BlockLayout::Group group;
  group.offset = reader.Varint();
  const std::string_view stored = reader.Text();
  const bool is_whole = extent == DirectoryExtent::kWhole;
  ASSIGN_OR_RETURN(RowGroupDirectory directory,
                   is_whole ? ReadDirectory(stored, version) : ReadDirectoryHead(stored, version));
  group.directory = std::make_shared<const RowGroupDirectory>(std::move(directory));
  if (!is_whole) group.stored = stored;
  return group;
}

// `pages_limit`: no page and no filter lies behind it.
Result<BlockLayout> DecodeFooter(std::string_view data, std::uint32_t version,
                                 std::uint64_t pages_limit, DirectoryExtent extent) {
  ByteReader reader(data);
  BlockLayout layout;
  const auto tenant = TenantId::Parse(reader.Text());
  if (!tenant) return DataLoss("footer: no valid tenant");
  layout.meta.tenant = *tenant;
  layout.meta.created_at = reader.Fixed<UnixNanos>();
  layout.meta.span_count = reader.Varint();
  layout.meta.start_min = reader.Fixed<UnixNanos>();
  layout.meta.start_max = reader.Fixed<UnixNanos>();
  const std::uint64_t range_count = reader.Varint();
  for (std::uint64_t i = 0; i < range_count && reader.ok(); ++i) {
    LogRange& range = layout.meta.log_ranges.emplace_back();
    range.begin.offset = reader.Varint();
    range.end.offset = reader.Varint();
  }
  if (reader.ok() && !FollowEachOther(layout.meta.log_ranges)) {
    return DataLoss("footer: the log ranges do not follow each other");
  }
  layout.pages_begin = pages_limit;
  const std::uint64_t group_count = reader.Varint();
  for (std::uint64_t i = 0; i < group_count && reader.ok(); ++i) {
    Result<BlockLayout::Group> group = DecodeGroup(reader, version, extent);
    if (!group.has_value()) {
      return std::unexpected(
          std::move(group).error().Annotate("footer: row group " + std::to_string(i)));
    }
    const std::uint64_t byte_size = group->directory->byte_size;
    if (group->offset > pages_limit || byte_size > pages_limit - group->offset) {
      return DataLoss("footer: row group {} reaches past the pages", i);
    }
    layout.pages_begin = std::min(layout.pages_begin, group->offset);
    layout.pages_end = std::max(layout.pages_end, group->offset + byte_size);
    layout.groups.push_back(*std::move(group));
  }
  if (version >= kVersionWithFacts) DecodeFacts(reader, pages_limit - layout.pages_end, layout);
  if (!reader.ok() || !reader.rest().empty()) return DataLoss("footer: not well formed");
  return layout;
}

struct Seal {
  std::uint64_t checksum = 0;
  std::uint32_t length = 0;
  std::uint32_t version = 0;
};

void AppendSeal(const std::string& footer, std::string* out) {
  ByteWriter writer(out);
  writer.Fixed(base::Hash64(footer));
  writer.Fixed(static_cast<std::uint32_t>(footer.size()));
  writer.Fixed(kVersion);
}

Result<Seal> DecodeSeal(std::string_view data) {
  ByteReader reader(data);
  Seal seal;
  seal.checksum = reader.Fixed<std::uint64_t>();
  seal.length = reader.Fixed<std::uint32_t>();
  seal.version = reader.Fixed<std::uint32_t>();
  if (seal.version >= 1 && seal.version <= kVersion) return seal;
  return DataLoss("format version {}: this program reads versions 1 to {}", seal.version, kVersion);
}

Result<BlockLayout> OpenFooter(std::string_view footer, const Seal& seal, std::uint64_t pages_limit,
                               DirectoryExtent extent) {
  if (base::Hash64(footer) != seal.checksum)
    return DataLoss("checksum of the footer does not match");
  ASSIGN_OR_RETURN(BlockLayout layout, DecodeFooter(footer, seal.version, pages_limit, extent));
  layout.footer_checksum = seal.checksum;
  layout.format_version = seal.version;
  return layout;
}

Result<Seal> DecodeTail(std::string_view object_end) {
  if (object_end.size() < kTailBytes) return DataLoss("object of {} bytes", object_end.size());
  const std::string_view tail = object_end.substr(object_end.size() - kTailBytes);
  if (!tail.ends_with(kTailMagic)) return DataLoss("no block: the magic at its end is missing");
  return DecodeSeal(tail);
}

// Enough of the end of the object for its footer, or at least for seeing that there is none.
// `first_read`: what should be enough.
Result<Bytes> ReadEnd(ObjectStore& store, const std::string& name, std::uint64_t first_read) {
  ASSIGN_OR_RETURN(Bytes end, store.GetTail(name, first_read));
  const Result<Seal> seal = DecodeTail(end.view());
  if (!seal.has_value() || end.size() < first_read) return end;
  const std::uint64_t needed = std::uint64_t{seal->length} + kTailBytes;
  return needed > end.size() ? store.GetTail(name, needed) : end;
}

Result<BlockLayout> OpenEnd(std::string_view end, std::uint64_t byte_size, DirectoryExtent extent) {
  ASSIGN_OR_RETURN(const Seal seal, DecodeTail(end));
  const std::uint64_t needed = std::uint64_t{seal.length} + kTailBytes;
  if (needed > end.size()) return DataLoss("footer of {} bytes", seal.length);
  return OpenFooter(end.substr(end.size() - needed, seal.length), seal, byte_size - needed, extent);
}

// A disk that cannot read now may read later: opening is tried again. What it reads is another
// matter: when that is wrong the block is damaged.
Error MayPass(Error error) {
  if (error.code == Code::kDataLoss) error.code = Code::kUnavailable;
  return error;
}

Result<Bytes> ReadFrom(ObjectStore& store, const std::string& name, ByteRange range) {
  Result<std::vector<Bytes>> found = store.GetRanges(name, {range});
  if (!found.has_value()) return std::unexpected(MayPass(std::move(found).error()));
  return std::move(found->front());
}

Result<Seal> ReadFrontSeal(ObjectStore& store, const std::string& name) {
  ASSIGN_OR_RETURN(const Bytes head, ReadFrom(store, name, {0, kFrontSealEnd}));
  if (!head.view().starts_with(kBlockHead)) return DataLoss("the magic at its begin is missing");
  return DecodeSeal(head.view().substr(kBlockHead.size()));
}

// The object may end anywhere: what it lacks shows when its pages are read.
Result<BlockLayout> ReadFront(ObjectStore& store, const std::string& name, std::uint64_t byte_size,
                              DirectoryExtent extent) {
  ASSIGN_OR_RETURN(const Seal seal, ReadFrontSeal(store, name));
  if (seal.length > byte_size) return DataLoss("footer of {} bytes", seal.length);
  ASSIGN_OR_RETURN(const Bytes footer, ReadFrom(store, name, {kFrontSealEnd, seal.length}));
  return OpenFooter(footer.view(), seal, std::numeric_limits<std::uint64_t>::max(), extent);
}

}  // namespace

BlockFrame MakeBlockFrame(const BlockMeta& meta,
                          const std::vector<std::shared_ptr<const RowGroup>>& row_groups,
                          const FilterRefs& filters) {
  std::vector<std::string> directories(row_groups.size());
  for (std::size_t i = 0; i < row_groups.size(); ++i) {
    WriteDirectory(row_groups[i]->directory, &directories[i]);
  }
  // The footer says where the pages begin, which depends on its length, which depends on that: the
  // longest it can be leaves room for it.
  constexpr std::uint64_t kFarAway = std::uint64_t{1} << 62;
  const std::uint64_t pages_begin =
      kFrontSealEnd + EncodeFooter(meta, row_groups, directories, filters, kFarAway).size();
  const std::string footer = EncodeFooter(meta, row_groups, directories, filters, pages_begin);
  BlockFrame frame{std::string(kBlockHead), footer};
  AppendSeal(footer, &frame.front);
  frame.front += footer;
  frame.front.resize(pages_begin, '\0');
  AppendSeal(footer, &frame.end);
  frame.end += kTailMagic;
  return frame;
}

BlockOutline OutlineOf(const BlockLayout& layout) {
  BlockOutline outline{.footer_checksum = layout.footer_checksum,
                       .pages_end = layout.pages_end,
                       .filters = layout.filters,
                       .groups = {},
                       .repeating_traces = layout.repeating_traces};
  for (const BlockLayout::Group& group : layout.groups) {
    outline.groups.push_back(group.directory->stats);
  }
  return outline;
}

namespace {

// `footer_begin`: where it should begin, when that is known.
Result<BlockLayout> ReadLayout(ObjectStore& store, const std::string& name, DirectoryExtent extent,
                               std::optional<std::uint64_t> footer_begin) {
  const std::string what = "block " + name;
  Result<ObjectInfo> info = store.Stat(name);
  if (!info.has_value()) return std::unexpected(MayPass(std::move(info).error()).Annotate(what));
  const bool is_known = footer_begin && *footer_begin + kTailBytes <= info->size_bytes;
  const Result<Bytes> end =
      ReadEnd(store, name, is_known ? info->size_bytes - *footer_begin : kFirstRead);
  Result<BlockLayout> layout = end.has_value() ? OpenEnd(end->view(), info->size_bytes, extent)
                                               : std::unexpected(end.error());
  if (!layout.has_value() && layout.error().code == Code::kDataLoss) {
    const std::string end_damage = layout.error().message;
    if (auto front = ReadFront(store, name, info->size_bytes, extent); front.has_value()) {
      layout = *std::move(front);
      layout->end_damage = end_damage;
    } else if (front.error().code == Code::kUnavailable) {
      layout = base::Unavailable("{}; its copy in front of the pages: {}", end_damage,
                                 front.error().message);
    }
  }
  if (!layout.has_value()) {
    Error error = std::move(layout).error();
    if (!end.has_value()) error = MayPass(std::move(error));
    return std::unexpected(std::move(error).Annotate(what));
  }
  layout->byte_size = info->size_bytes;
  layout->version = info->version;
  return layout;
}

}  // namespace

Result<BlockLayout> ReadBlockLayout(ObjectStore& store, const std::string& name,
                                    DirectoryExtent extent) {
  return ReadLayout(store, name, extent, std::nullopt);
}

Result<BlockLayout> ReadKnownLayout(ObjectStore& store, const std::string& name,
                                    const BlockOutline& outline, DirectoryExtent extent) {
  return ReadLayout(store, name, extent, outline.pages_end + outline.filters.ByteSize());
}

Status CheckBlockFront(ObjectStore& store, const std::string& name, const BlockLayout& layout) {
  if (!layout.has_front) {
    ASSIGN_OR_RETURN(const Bytes head, ReadFrom(store, name, {0, kBlockHead.size()}));
    return head.view() == kBlockHead ? Status() : DataLoss("the magic at its begin is missing");
  }
  ASSIGN_OR_RETURN(const Seal seal, ReadFrontSeal(store, name));
  if (seal.checksum != layout.footer_checksum) return DataLoss("it is not the footer at the end");
  const std::uint64_t footer_end = kFrontSealEnd + seal.length;
  const std::uint64_t gap_max = kVarintBytesMax * layout.groups.size();
  if (footer_end > layout.pages_begin || layout.pages_begin - footer_end > gap_max) {
    return DataLoss("it does not end where the pages begin");
  }
  ASSIGN_OR_RETURN(const Bytes rest,
                   ReadFrom(store, name, {kFrontSealEnd, layout.pages_begin - kFrontSealEnd}));
  if (base::Hash64(rest.view().substr(0, seal.length)) != seal.checksum) {
    return DataLoss("its checksum does not match");
  }
  if (rest.view().find_first_not_of('\0', seal.length) != std::string_view::npos) {
    return DataLoss("there is something between it and the pages");
  }
  return {};
}

}  // namespace clew::storage
