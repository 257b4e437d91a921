#include "storage/block.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/hash.h"
#include "storage/encoding/byte_stream.h"
#include "storage/row_group_source.h"

namespace clew::storage {
namespace {

constexpr std::string_view kTailMagic = "CLEWTAIL";
constexpr std::uint32_t kVersion = 2;
// The first whose footer ends with further facts.
constexpr std::uint32_t kVersionWithFacts = 2;
constexpr std::uint64_t kFactLogIdentity = 1;
// footer checksum, footer length, version, magic
constexpr std::uint64_t kTailBytes = 8 + 4 + 4 + 8;
constexpr std::uint64_t kFirstRead = 256u << 10;

std::string EncodeFooter(const BlockMeta& meta,
                         const std::vector<std::shared_ptr<const RowGroup>>& row_groups) {
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
  std::uint64_t offset = kBlockHead.size();
  for (const auto& group : row_groups) {
    std::string directory;
    WriteDirectory(group->directory, &directory);
    writer.Varint(offset);
    writer.Text(directory);
    offset += group->pages.size();
  }
  writer.Varint(1);
  writer.Varint(kFactLogIdentity);
  const auto& identity = meta.log_identity.bytes;
  writer.Text({reinterpret_cast<const char*>(identity.data()), identity.size()});
  return footer;
}

// Facts with numbers that are not known yet are of no use here, and no harm.
void DecodeFacts(ByteReader& reader, BlockMeta& meta) {
  const std::uint64_t count = reader.Varint();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const std::uint64_t number = reader.Varint();
    const std::string_view fact = reader.Text();
    if (number != kFactLogIdentity) continue;
    auto& identity = meta.log_identity.bytes;
    if (fact.size() != identity.size()) return reader.MarkBad();
    std::memcpy(identity.data(), fact.data(), fact.size());
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

Result<BlockLayout> DecodeFooter(std::string_view data, std::uint32_t version,
                                 std::uint64_t pages_end) {
  ByteReader reader(data);
  BlockLayout footer;
  const auto tenant = TenantId::Parse(reader.Text());
  if (!tenant) return DataLoss("footer: no valid tenant");
  footer.meta.tenant = *tenant;
  footer.meta.created_at = reader.Fixed<UnixNanos>();
  footer.meta.span_count = reader.Varint();
  footer.meta.start_min = reader.Fixed<UnixNanos>();
  footer.meta.start_max = reader.Fixed<UnixNanos>();
  const std::uint64_t range_count = reader.Varint();
  for (std::uint64_t i = 0; i < range_count && reader.ok(); ++i) {
    LogRange& range = footer.meta.log_ranges.emplace_back();
    range.begin.offset = reader.Varint();
    range.end.offset = reader.Varint();
  }
  if (reader.ok() && !FollowEachOther(footer.meta.log_ranges)) {
    return DataLoss("footer: the log ranges do not follow each other");
  }
  const std::uint64_t group_count = reader.Varint();
  for (std::uint64_t i = 0; i < group_count && reader.ok(); ++i) {
    BlockLayout::Group& place = footer.groups.emplace_back();
    place.offset = reader.Varint();
    Result<RowGroupDirectory> directory = ReadDirectory(reader.Text());
    if (!directory.has_value()) {
      return std::unexpected(
          std::move(directory).error().Annotate("footer: row group " + std::to_string(i)));
    }
    if (place.offset > pages_end || directory->byte_size > pages_end - place.offset) {
      return DataLoss("footer: row group {} reaches past the pages", i);
    }
    place.directory = std::make_shared<const RowGroupDirectory>(*std::move(directory));
  }
  if (version >= kVersionWithFacts) DecodeFacts(reader, footer.meta);
  if (!reader.ok() || !reader.rest().empty()) return DataLoss("footer: not well formed");
  return footer;
}

// Pages of one row group inside a block's object. Those that were read and checked stay in the
// cache: the traces of one answer mostly lie in the same row groups.
class BlockPages final : public PageReader {
 public:
  BlockPages(ObjectStore& store, std::string name, std::uint64_t offset, ScanCache& cache)
      : store_(store),
        name_(std::move(name)),
        offset_(offset),
        cache_(cache),
        source_id_(cache.NewSourceId()) {}

  Result<Bytes> Read(const PageRef& page) const override {
    const std::string what = "page " + std::to_string(page.offset);
    ASSIGN_OR_RETURN(const auto bytes,
                     cache_.Get<Bytes>(source_id_, what, [&] { return Load(page); }));
    return *bytes;
  }
  std::string name() const override { return "block " + name_; }

 private:
  Result<ScanCache::Loaded<Bytes>> Load(const PageRef& page) const {
    const std::uint64_t offset = offset_ + page.offset;
    Result<std::vector<Bytes>> read = store_.GetRanges(name_, {{offset, page.length}});
    if (!read.has_value()) return std::unexpected(LossOf(std::move(read).error()));
    std::vector<Bytes>& found = *read;
    if (base::Hash64(found.front().view()) != page.checksum) {
      return DataLoss("checksum of the page at offset {} does not match", offset);
    }
    return ScanCache::Loaded<Bytes>{std::make_shared<const Bytes>(std::move(found.front())),
                                    page.length + sizeof(Bytes)};
  }

  // An open block is not deleted: when it is not there, or not as long as it was, it is damaged.
  Error LossOf(Error error) const {
    if (error.code == Code::kNotFound || error.code == Code::kOutOfRange) {
      error.code = Code::kDataLoss;
    }
    return std::move(error).Annotate("block " + name_);
  }

  ObjectStore& store_;
  const std::string name_;
  const std::uint64_t offset_;
  ScanCache& cache_;
  const std::uint64_t source_id_;
};

struct Tail {
  std::uint64_t footer_checksum;
  std::uint32_t footer_length;
  std::uint32_t version;
};

Result<Tail> DecodeTail(std::string_view object_end) {
  if (object_end.size() < kTailBytes) return DataLoss("object of {} bytes", object_end.size());
  ByteReader reader(object_end.substr(object_end.size() - kTailBytes));
  Tail tail{};
  tail.footer_checksum = reader.Fixed<std::uint64_t>();
  tail.footer_length = reader.Fixed<std::uint32_t>();
  tail.version = reader.Fixed<std::uint32_t>();
  if (reader.rest() != kTailMagic) return DataLoss("no block: the magic at its end is missing");
  if (tail.version < 1 || tail.version > kVersion) {
    return DataLoss("format version {}: this program reads versions 1 to {}", tail.version,
                    kVersion);
  }
  return tail;
}

// A disk that cannot read now may read later: opening is tried again. What it reads is another
// matter: when that is wrong the block is damaged.
Result<Bytes> ReadTail(ObjectStore& store, const std::string& name, std::uint64_t size) {
  Result<Bytes> tail = store.GetTail(name, size);
  if (tail.has_value() || tail.error().code != Code::kDataLoss) return tail;
  return base::Unavailable("{}", tail.error().message);
}

Result<BlockLayout> ReadLayout(ObjectStore& store, const std::string& name) {
  ASSIGN_OR_RETURN(const ObjectInfo info, store.Stat(name));
  ASSIGN_OR_RETURN(Bytes end, ReadTail(store, name, kFirstRead));
  ASSIGN_OR_RETURN(const Tail tail, DecodeTail(end.view()));
  const std::uint64_t needed = std::uint64_t{tail.footer_length} + kTailBytes;
  if (needed > info.size_bytes) return DataLoss("footer of {} bytes", tail.footer_length);
  if (needed > end.size()) {
    ASSIGN_OR_RETURN(end, ReadTail(store, name, needed));
  }
  const std::string_view footer_bytes = end.view().substr(end.size() - needed, tail.footer_length);
  if (base::Hash64(footer_bytes) != tail.footer_checksum) {
    return DataLoss("checksum of the footer does not match");
  }
  ASSIGN_OR_RETURN(BlockLayout layout,
                   DecodeFooter(footer_bytes, tail.version, info.size_bytes - needed));
  layout.byte_size = info.size_bytes;
  layout.pages_end = info.size_bytes - needed;
  return layout;
}

}  // namespace

std::string BlockName(const TenantId& tenant, UnixNanos created_at, std::uint64_t random) {
  const auto seconds = static_cast<std::time_t>(created_at / 1'000'000'000);
  return fmt::format("{}{}/{:%Y%m%d}/{:016x}-{:016x}.block", kBlockPrefix, tenant.name(),
                     fmt::gmtime(seconds), static_cast<std::uint64_t>(created_at), random);
}

Status WriteBlock(ObjectStore& store, const std::string& name, BlockMeta meta,
                  const std::vector<std::shared_ptr<const RowGroup>>& row_groups) {
  std::vector<std::string_view> parts = {kBlockHead};
  meta.start_min = row_groups.front()->directory.stats.start_min;
  meta.start_max = row_groups.front()->directory.stats.start_max;
  for (const auto& group : row_groups) {
    parts.push_back(group->pages.view());
    meta.span_count += group->directory.stats.span_count;
    meta.start_min = std::min(meta.start_min, group->directory.stats.start_min);
    meta.start_max = std::max(meta.start_max, group->directory.stats.start_max);
  }
  std::string end = EncodeFooter(meta, row_groups);
  const std::uint64_t checksum = base::Hash64(end);
  const auto length = static_cast<std::uint32_t>(end.size());
  ByteWriter writer(&end);
  writer.Fixed(checksum);
  writer.Fixed(length);
  writer.Fixed(kVersion);
  end.append(kTailMagic);
  parts.push_back(end);
  return store.PutIfAbsent(name, parts);
}

Result<BlockLayout> ReadBlockLayout(ObjectStore& store, const std::string& name) {
  Result<BlockLayout> layout = ReadLayout(store, name);
  if (layout.has_value()) return layout;
  return std::unexpected(std::move(layout).error().Annotate("block " + name));
}

std::shared_ptr<const PageReader> MakeBlockPages(ObjectStore& store, const std::string& name,
                                                 std::uint64_t offset, ScanCache& cache) {
  return std::make_shared<BlockPages>(store, name, offset, cache);
}

Result<BlockPtr> OpenBlock(ObjectStore& store, const std::string& name, ScanCache& cache) {
  ASSIGN_OR_RETURN(BlockLayout layout, ReadBlockLayout(store, name));
  auto block = std::make_shared<Block>();
  block->name = name;
  block->byte_size = layout.byte_size;
  block->meta = std::move(layout.meta);
  for (BlockLayout::Group& group : layout.groups) {
    block->directory_bytes += MemoryOf(*group.directory);
    block->sources.push_back(std::make_shared<RowGroupSource>(
        std::move(group.directory), MakeBlockPages(store, name, group.offset, cache), cache));
  }
  return block;
}

}  // namespace clew::storage
