#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/metrics.h"
#include "storage/encoding/byte_stream.h"
#include "storage/encoding/text_page.h"
#include "storage/format/block_footer.h"
#include "storage/format/column_reader.h"
#include "storage/format/position_runs.h"
#include "storage/format/row_group.h"

/// Blocks of version 2 (docs/formats/block.md, "Versions 1 and 2"), which nobody writes any more.
namespace clew::storage::testing {

/// A row group as version 2 stored it: the same values in other pages.
class OldRowGroup {
 public:
  explicit OldRowGroup(const RowGroup& group)
      : stats_(group.directory.stats),
        reader_(std::make_shared<const RowGroupDirectory>(group.directory),
                std::make_shared<MemoryPages>(group.pages), cache_, 1),
        stored_(group.pages) {
    ByteWriter columns(&columns_);
    for (const ColumnEntry& column : group.directory.columns) Write(column, &columns);
  }

  const scan::SourceStats& stats() const { return stats_; }
  const std::string& pages() const { return pages_; }
  std::string Directory() const {
    const RowGroupDirectory& directory = reader_.directory();
    std::string out;
    ByteWriter writer(&out);
    for (const std::uint32_t count :
         {stats_.span_count, stats_.resource_count, stats_.scope_count, stats_.event_count,
          stats_.link_count, directory.trace_count, directory.operation_count}) {
      writer.Varint(count);
    }
    for (const std::int64_t number : {stats_.start_min, stats_.start_max, stats_.duration_max}) {
      writer.Fixed(number);
    }
    writer.Varint(pages_.size());
    writer.Varint(directory.columns.size());
    return out + columns_;
  }

 private:
  void Write(const ColumnEntry& column, ByteWriter* writer) {
    writer->Fixed(column.field);
    if (column.field == ColumnField::kAttribute) {
      writer->Fixed(column.owner);
      writer->Fixed(column.type);
      writer->Text(column.key);
    }
    writer->Varint(column.value_count);
    writer->Fixed(column.rows);
    writer->Fixed(column.values);
    if (column.values == ValuesEncoding::kNumbers) {
      writer->Fixed(column.min);
      writer->Fixed(column.max);
    }
    const std::vector<std::string> pages = PagesOf(column);
    writer->Varint(pages.size());
    for (const std::string& page : pages) {
      writer->Varint(pages_.size());
      writer->Varint(page.size());
      writer->Fixed(base::Hash64(page));
      pages_ += page;
    }
  }

  std::vector<std::string> PagesOf(const ColumnEntry& column) {
    std::vector<std::string> pages;
    if (column.rows != RowsEncoding::kDense) pages.push_back(Stored(column.pages.front()));
    Gaps gaps;
    const std::vector<std::uint32_t> all = AllPositions(column.value_count);
    switch (column.values) {
      case ValuesEncoding::kNone:
        break;
      case ValuesEncoding::kNumbers:
        AddNumbers(*reader_.AllNumbers(column, &gaps), &pages);
        break;
      case ValuesEncoding::kDictionary: {
        const Dictionary dictionary = *reader_.DictionaryOf(column);
        pages.push_back(EncodeTexts(dictionary.texts));
        const auto codes = *reader_.AllCodes(column, dictionary.texts.size(), &gaps);
        AddNumbers({codes.begin(), codes.end()}, &pages);
        break;
      }
      case ValuesEncoding::kPlain: {
        std::vector<Bytes> memory;
        const auto texts = *reader_.Texts(column, all, &memory, &gaps);
        ForEachZone<std::string_view>(texts,
                                      [&](auto zone) { pages.push_back(EncodeTexts(zone)); });
        break;
      }
      case ValuesEncoding::kFixed8:
      case ValuesEncoding::kFixed16:
      case ValuesEncoding::kOverflow:
        for (std::size_t i = column.first_value_page(); i < column.pages.size(); ++i) {
          pages.push_back(Stored(column.pages[i]));
        }
        if (column.value_count == 0) pages.emplace_back();
    }
    return pages;
  }

  std::string Stored(const PageRef& page) const {
    return std::string(stored_.view().substr(page.offset, page.length));
  }

  // Calls `write` for each zone, and for none once.
  template <typename Value, typename Write>
  static void ForEachZone(std::span<const Value> values, Write write) {
    do {
      const std::size_t count = std::min<std::size_t>(kZoneValues, values.size());
      write(values.first(count));
      values = values.subspan(count);
    } while (!values.empty());
  }

  static void AddNumbers(const std::vector<std::int64_t>& numbers,
                         std::vector<std::string>* pages) {
    ForEachZone<std::int64_t>(numbers, [&](auto zone) { pages->push_back(EncodeNumbers(zone)); });
  }

  base::Metrics metrics_;
  ScanCache cache_{64u << 20, metrics_};
  const scan::SourceStats stats_;
  const ColumnReader reader_;
  const Bytes stored_;
  std::string columns_;
  std::string pages_;
};

/// The bytes of a block of version 2 of these row groups, without facts.
inline std::string OldBlock(const std::vector<std::shared_ptr<const RowGroup>>& row_groups) {
  std::string block(kBlockHead);
  std::string groups;
  ByteWriter group_writer(&groups);
  scan::SourceStats all{.start_min = row_groups.front()->directory.stats.start_min,
                        .start_max = row_groups.front()->directory.stats.start_max};
  for (const auto& row_group : row_groups) {
    const OldRowGroup old(*row_group);
    group_writer.Varint(block.size());
    group_writer.Text(old.Directory());
    block += old.pages();
    all.span_count += old.stats().span_count;
    all.start_min = std::min(all.start_min, old.stats().start_min);
    all.start_max = std::max(all.start_max, old.stats().start_max);
  }
  std::string footer;
  ByteWriter writer(&footer);
  writer.Text(TenantId().name());
  writer.Fixed(UnixNanos{0});
  writer.Varint(all.span_count);
  writer.Fixed(all.start_min);
  writer.Fixed(all.start_max);
  writer.Varint(0);  // ranges of the log
  writer.Varint(row_groups.size());
  writer.Bytes(groups);
  writer.Varint(0);  // facts
  ByteWriter end(&footer);
  const std::uint64_t checksum = base::Hash64(footer);
  const auto length = static_cast<std::uint32_t>(footer.size());
  end.Fixed(checksum);
  end.Fixed(length);
  end.Fixed(std::uint32_t{2});
  return block + footer + "CLEWTAIL";
}

}  // namespace clew::storage::testing
