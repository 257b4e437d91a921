#include "storage/format/block_facts.h"

#include <cstring>
#include <memory>
#include <utility>

#include "storage/encoding/byte_stream.h"
#include "storage/format/replaced_names.h"

namespace clew::storage {
namespace {

void WriteStats(const scan::SourceStats& stats, ByteWriter& writer) {
  writer.Varint(stats.span_count);
  writer.Varint(stats.resource_count);
  writer.Varint(stats.scope_count);
  writer.Varint(stats.event_count);
  writer.Varint(stats.link_count);
  writer.Fixed(stats.start_min);
  writer.Fixed(stats.start_max);
  writer.Fixed(stats.duration_max);
}

scan::SourceStats ReadStats(ByteReader& reader) {
  scan::SourceStats stats;
  stats.span_count = reader.Count();
  stats.resource_count = reader.Count();
  stats.scope_count = reader.Count();
  stats.event_count = reader.Count();
  stats.link_count = reader.Count();
  stats.start_min = reader.Fixed<UnixNanos>();
  stats.start_max = reader.Fixed<UnixNanos>();
  stats.duration_max = reader.Fixed<std::int64_t>();
  return stats;
}

void WriteMeta(const BlockMeta& meta, ByteWriter& writer) {
  writer.Text(meta.tenant.name());
  writer.Fixed(meta.created_at);
  writer.Varint(meta.span_count);
  writer.Fixed(meta.start_min);
  writer.Fixed(meta.start_max);
  writer.Fixed(meta.log_identity.bytes);
  const LogRange last = meta.log_ranges.empty() ? LogRange() : meta.log_ranges.back();
  writer.Fixed(last.end.partition);
  writer.Varint(last.begin.offset);
  writer.Varint(last.end.offset);
}

BlockMeta ReadMeta(ByteReader& reader) {
  BlockMeta meta;
  const auto tenant = TenantId::Parse(reader.Text());
  if (tenant) {
    meta.tenant = *tenant;
  } else {
    reader.MarkBad();
  }
  meta.created_at = reader.Fixed<UnixNanos>();
  meta.span_count = reader.Varint();
  meta.start_min = reader.Fixed<UnixNanos>();
  meta.start_max = reader.Fixed<UnixNanos>();
  meta.log_identity.bytes = reader.Fixed<decltype(meta.log_identity.bytes)>();
  LogRange last;
  last.begin.partition = last.end.partition = reader.Fixed<std::uint32_t>();
  last.begin.offset = reader.Varint();
  last.end.offset = reader.Varint();
  constexpr std::uint64_t kOffsetMax = std::uint64_t{1} << 62;  // as in a footer
  if (last.end.offset > kOffsetMax) reader.MarkBad();
  if (last.begin < last.end) meta.log_ranges.push_back(last);
  return meta;
}

BlockOutline ReadOutline(ByteReader& reader, std::uint64_t byte_size) {
  BlockOutline outline;
  outline.footer_checksum = reader.Fixed<std::uint64_t>();
  outline.pages_end = reader.Varint();
  const std::string_view traces = reader.Text();
  const std::string_view values = reader.Text();
  const std::string_view roll_up = reader.Text();
  const std::uint64_t group_count = reader.Varint();
  for (std::uint64_t i = 0; i < group_count && reader.ok(); ++i) {
    outline.groups.push_back(ReadStats(reader));
  }
  if (outline.pages_end > byte_size) reader.MarkBad();
  if (!reader.ok()) return outline;
  const std::uint64_t room = byte_size - outline.pages_end;
  // What earlier releases noted ends here, or behind the next.
  const bool has_filter_pages = !reader.rest().empty();
  const std::string_view filter_pages = has_filter_pages ? reader.Text() : std::string_view();
  if (has_filter_pages && !DecodeFilterPagesFact(filter_pages, room, &outline.filters)) {
    reader.MarkBad();
  }
  if (!reader.rest().empty() && !DecodeTagsFact(reader.Text(), room, &outline.filters)) {
    reader.MarkBad();
  }
  if (!DecodeTraceFilterFact(traces, room, &outline.filters) ||
      !DecodeValueFilterFact(values, room, outline.groups.size(), &outline.filters) ||
      !DecodeRollUpFact(roll_up, room, &outline.filters)) {
    reader.MarkBad();
  }
  return outline;
}

}  // namespace

std::string EncodeBlockFacts(const BlockFacts& facts) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.Varint(facts.byte_size);
  writer.Fixed(facts.version);
  WriteMeta(facts.meta, writer);
  const BlockOutline& outline = *facts.outline;
  writer.Fixed(outline.footer_checksum);
  writer.Varint(outline.pages_end);
  writer.Text(EncodeTraceFilterFact(outline.filters));
  writer.Text(EncodeValueFilterFact(outline.filters));
  writer.Text(EncodeRollUpFact(outline.filters));
  writer.Varint(outline.groups.size());
  for (const scan::SourceStats& stats : outline.groups) WriteStats(stats, writer);
  writer.Text(EncodeFilterPagesFact(outline.filters));
  writer.Text(EncodeTagsFact(outline.filters));
  const bool has_repeating = !outline.repeating_traces.empty();
  if (has_repeating || !facts.meta.replaces.empty()) {
    writer.Text(EncodeReplacesFact(facts.meta.replaces));
  }
  if (has_repeating) writer.Text(EncodeRepeatingFact(outline.repeating_traces));
  return bytes;
}

std::optional<BlockFacts> DecodeBlockFacts(std::string_view bytes) {
  ByteReader reader(bytes);
  BlockFacts facts;
  facts.byte_size = reader.Varint();
  facts.version = reader.Fixed<std::int64_t>();
  facts.meta = ReadMeta(reader);
  BlockOutline outline = ReadOutline(reader, facts.byte_size);
  // Of earlier releases it ends here, or behind what it replaces.
  const bool has_replaced = reader.ok() && !reader.rest().empty();
  if (has_replaced && !DecodeReplacesFact(reader.Text(), &facts.meta)) return std::nullopt;
  const bool has_repeating = reader.ok() && !reader.rest().empty();
  if (has_repeating &&
      !DecodeRepeatingFact(reader.Text(), outline.groups.size(), &outline.repeating_traces)) {
    return std::nullopt;
  }
  facts.outline = std::make_shared<const BlockOutline>(std::move(outline));
  if (!reader.ok() || !reader.rest().empty()) return std::nullopt;
  return facts;
}

}  // namespace clew::storage
