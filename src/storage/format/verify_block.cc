#include "storage/format/verify_block.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/metrics.h"
#include "storage/encoding/number_page.h"
#include "storage/format/block.h"
#include "storage/format/block_pages.h"
#include "storage/format/column_schema.h"
#include "storage/format/row_group_source.h"

namespace clew::storage {
namespace {

// A row group's pages, each read several times when it is decoded.
constexpr std::uint64_t kCacheBytes = 64u << 20;

// Which values a page holds.
std::string ContentOf(const ColumnEntry& column, std::size_t page) {
  if (page < column.first_value_page()) {
    return fmt::format("the rows of all {} values", column.value_count);
  }
  std::size_t index = page - column.first_value_page();
  if (column.values == ValuesEncoding::kOverflow) {
    return fmt::format("all {} of them", column.value_count);
  }
  if (index < column.chunk_count()) {
    if (!column.is_zoned && column.values == ValuesEncoding::kDictionary) {
      return fmt::format("the texts of all {} values", column.value_count);
    }
    if (column.is_zoned) {
      const std::uint32_t begin = index == 0 ? 0 : column.chunk_ends[index - 1];
      const char* const what = column.values == ValuesEncoding::kDictionary ? "texts" : "values";
      return fmt::format("{} {} to {} of {}", what, begin, column.chunk_ends[index] - 1,
                         column.chunk_ends.back());
    }
  } else {
    index -= column.chunk_count();
  }
  if (column.value_count == 0) return "no values";
  const std::uint64_t first = std::uint64_t{index} * kZoneValues;
  const std::uint64_t last = std::min<std::uint64_t>(first + kZoneValues, column.value_count) - 1;
  return fmt::format("values {} to {} of {}", first, last, column.value_count);
}

class Verifier {
 public:
  Verifier(ObjectStore& store, const std::string& name)
      : store_(store), name_(name), cache_(kCacheBytes, metrics_) {}

  Result<BlockVerdict> Run() {
    ASSIGN_OR_RETURN(const ObjectInfo info, store_.Stat(name_));
    verdict_.byte_size = info.size_bytes;
    const Result<BlockLayout> layout = ReadBlockLayout(store_, name_);
    if (!layout.has_value()) {
      Note(0, info.size_bytes, "the whole block: " + layout.error().message);
      return std::move(verdict_);
    }
    verdict_.span_count = layout->meta.span_count;
    CheckFrame(*layout);
    CheckFilters(*layout);
    for (std::size_t i = 0; i < layout->groups.size(); ++i) CheckGroup(i, layout->groups[i]);
    return std::move(verdict_);
  }

 private:
  void Note(std::uint64_t offset, std::uint64_t length, std::string what) {
    verdict_.damage.push_back(
        {.path = name_, .offset = offset, .size_bytes = length, .what = std::move(what)});
  }

  // The two places of the footer.
  void CheckFrame(const BlockLayout& layout) {
    if (const Status front = CheckBlockFront(store_, name_, layout); !front.has_value()) {
      Note(0, layout.has_front ? layout.pages_begin : kBlockHead.size(),
           "what stands in front of the pages; no spans: " + front.error().message);
    }
    if (layout.end_damage.empty()) return;
    const std::uint64_t filters_end = layout.pages_end + layout.filters.ByteSize();
    const std::uint64_t begin = filters_end <= layout.byte_size
                                    ? filters_end
                                    : std::min(layout.pages_end, layout.byte_size);
    Note(begin, layout.byte_size - begin, "the footer at its end; no spans: " + layout.end_damage);
  }

  void CheckFilters(const BlockLayout& layout) {
    const FilterRefs& filters = layout.filters;
    CheckFilter(layout, filters.traces, "the filter of trace ids");
    CheckFilter(layout, filters.values, "the filter of values");
    CheckFilter(layout, filters.page_checksums, "the checksums of the filters");
    CheckFilter(layout, filters.roll_up, "the roll-up of names");
    CheckFilter(layout, filters.tag_names, "the roll-up of tags");
    CheckFilter(layout, filters.tag_values, "the roll-up of the values of tags");
    for (std::size_t i = 0; i < filters.group_values.size(); ++i) {
      CheckFilter(layout, filters.group_values[i],
                  fmt::format("the filter of the values of row group {}", i));
    }
  }

  // Without one queries are slower, and answers the same.
  void CheckFilter(const BlockLayout& layout, const FilterRef& ref, const std::string& what) {
    const std::uint64_t offset = layout.pages_end + ref.offset;
    // Where the end is cut off that is what is told.
    if (ref.length == 0 || offset + ref.length > layout.byte_size) return;
    const auto found = store_.GetRanges(name_, {{offset, ref.length}});
    if (found.has_value() && base::Hash64(found->front().view()) == ref.checksum) return;
    const std::string why =
        found.has_value() ? "its checksum does not match" : found.error().message;
    Note(offset, ref.length, what + "; no spans: " + why);
  }

  void CheckGroup(std::size_t index, const BlockLayout::Group& group) {
    const std::size_t before = verdict_.damage.size();
    for (const ColumnEntry& column : group.directory->columns) {
      for (std::size_t page = 0; page < column.pages.size(); ++page) {
        if (column.pages[page].length > 0) CheckPage(index, group, column, page);
      }
    }
    // What a checksum vouches for may still be no page.
    if (verdict_.damage.size() == before) Decode(index, group);
  }

  void CheckPage(std::size_t index, const BlockLayout::Group& group, const ColumnEntry& column,
                 std::size_t number) {
    ++verdict_.page_count;
    const PageRef& page = column.pages[number];
    const std::uint64_t offset = group.offset + page.offset;
    const auto found = store_.GetRanges(name_, {{offset, page.length}});
    if (found.has_value() && base::Hash64(found->front().view()) == page.checksum) return;
    const std::string why =
        found.has_value() ? "its checksum does not match" : found.error().message;
    Note(offset, page.length,
         fmt::format("row group {} of {} spans: {}: {}: {}", index,
                     group.directory->stats.span_count, NameOf(column), ContentOf(column, number),
                     why));
  }

  void Decode(std::size_t index, const BlockLayout::Group& group) {
    const RowGroupSource strict(
        group.directory, MakeBlockPages(store_, name_, group.offset, cache_, cache_.NewSourceIds()),
        cache_);
    const auto note = [&](const Error& error) {
      Note(group.offset, group.directory->byte_size,
           fmt::format("row group {} of {} spans: {}", index, group.directory->stats.span_count,
                       error.message));
    };
    const auto source = strict.PastDamage({.report = note});
    const auto spans = source->ReadAll(scan::ReadExtent::kAll);
    if (!spans.has_value()) note(spans.error());
    const auto operations = source->Operations();
    if (!operations.has_value()) note(operations.error());
  }

  ObjectStore& store_;
  const std::string& name_;
  base::Metrics metrics_;
  ScanCache cache_;
  BlockVerdict verdict_;
};

}  // namespace

Result<BlockVerdict> VerifyBlock(ObjectStore& store, const std::string& name) {
  return Verifier(store, name).Run();
}

}  // namespace clew::storage
