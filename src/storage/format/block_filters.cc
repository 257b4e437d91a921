#include "storage/format/block_filters.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "storage/encoding/bloom_filter.h"
#include "storage/format/roll_up.h"

namespace clew::storage {
namespace {

FilterRef Append(std::string filter, std::string* bytes) {
  FilterRef ref;
  if (filter.empty()) return ref;
  ref.offset = bytes->size();
  ref.length = filter.size();
  ref.checksum = base::Hash64(filter);
  *bytes += filter;
  return ref;
}

void WriteRef(const FilterRef& ref, std::string* out) {
  ByteWriter writer(out);
  writer.Varint(ref.offset);
  writer.Varint(ref.length);
  writer.Fixed(ref.checksum);
}

FilterRef ReadPlace(std::uint64_t room, ByteReader* reader) {
  FilterRef ref;
  ref.offset = reader->Varint();
  ref.length = reader->Varint();
  ref.checksum = reader->Fixed<std::uint64_t>();
  if (ref.length > room || ref.offset > room - ref.length) reader->MarkBad();
  return ref;
}

FilterRef ReadRef(std::uint64_t room, ByteReader* reader) {
  const FilterRef ref = ReadPlace(room, reader);
  if (ref.length % kBloomBlockBytes != 0 || ref.length > kBloomBytesMax) reader->MarkBad();
  return ref;
}

std::string PageChecksums(std::string_view filters) {
  std::string checksums;
  for (std::size_t at = 0; at < filters.size(); at += kFilterPageBytes) {
    ByteWriter(&checksums).Fixed(base::Hash64(filters.substr(at, kFilterPageBytes)));
  }
  return checksums;
}

}  // namespace

std::uint64_t FilterRefs::FiltersSize() const {
  std::uint64_t end = std::max(traces.offset + traces.length, values.offset + values.length);
  for (const FilterRef& ref : group_values) end = std::max(end, ref.offset + ref.length);
  return end;
}

std::uint64_t FilterRefs::ByteSize() const {
  std::uint64_t end = FiltersSize();
  for (const FilterRef& ref : {page_checksums, roll_up, tag_names, tag_values}) {
    end = std::max(end, ref.offset + ref.length);
  }
  return end;
}

BlockFilters MakeBlockFilters(const std::vector<std::shared_ptr<const RowGroup>>& row_groups) {
  BlockFilters filters;
  // There are no pages to lie behind.
  if (row_groups.empty()) return filters;
  std::vector<std::uint64_t> trace_keys;
  std::vector<const FilterKeys*> parts;
  std::uint64_t span_count = 0;
  for (const auto& group : row_groups) {
    const std::vector<std::uint64_t>& keys = group->trace_keys;
    trace_keys.insert(trace_keys.end(), keys.begin(), keys.end());
    parts.push_back(&group->value_keys);
    span_count += group->directory.stats.span_count;
  }
  // Those of a trace in several row groups count once.
  std::ranges::sort(trace_keys);
  trace_keys.erase(std::ranges::unique(trace_keys).begin(), trace_keys.end());
  filters.refs.traces = Append(BuildBloomFilter(trace_keys), &filters.bytes);
  FilterKeys all = JoinFilterKeys(parts);
  all.Fit(span_count);
  filters.refs.values = Append(BuildValueFilter(all), &filters.bytes);
  if (row_groups.size() > 1) {
    for (const FilterKeys* part : parts) {
      filters.refs.group_values.push_back(Append(BuildValueFilter(*part), &filters.bytes));
    }
  }
  // What is no filter comes behind them: so no block of one lies in two pages.
  filters.refs.page_checksums = Append(PageChecksums(filters.bytes), &filters.bytes);
  filters.refs.roll_up = Append(MakeRollUp(row_groups), &filters.bytes);
  std::vector<const TagCounts*> tags;
  for (const auto& group : row_groups) tags.push_back(group->tags ? &*group->tags : nullptr);
  TagRollUp of_tags = MakeTagRollUp(tags);
  filters.refs.tag_names = Append(std::move(of_tags.names), &filters.bytes);
  filters.refs.tag_values = Append(std::move(of_tags.values), &filters.bytes);
  return filters;
}

std::string EncodeTraceFilterFact(const FilterRefs& refs) {
  std::string fact;
  WriteRef(refs.traces, &fact);
  return fact;
}

std::string EncodeValueFilterFact(const FilterRefs& refs) {
  std::string fact;
  WriteRef(refs.values, &fact);
  for (const FilterRef& ref : refs.group_values) WriteRef(ref, &fact);
  return fact;
}

std::string EncodeRollUpFact(const FilterRefs& refs) {
  std::string fact;
  WriteRef(refs.roll_up, &fact);
  return fact;
}

std::string EncodeFilterPagesFact(const FilterRefs& refs) {
  std::string fact;
  WriteRef(refs.page_checksums, &fact);
  return fact;
}

std::string EncodeTagsFact(const FilterRefs& refs) {
  std::string fact;
  WriteRef(refs.tag_names, &fact);
  WriteRef(refs.tag_values, &fact);
  return fact;
}

bool DecodeTraceFilterFact(std::string_view fact, std::uint64_t room, FilterRefs* refs) {
  ByteReader reader(fact);
  refs->traces = ReadRef(room, &reader);
  return reader.ok() && reader.rest().empty();
}

bool DecodeValueFilterFact(std::string_view fact, std::uint64_t room, std::size_t group_count,
                           FilterRefs* refs) {
  ByteReader reader(fact);
  refs->values = ReadRef(room, &reader);
  refs->group_values.clear();
  while (reader.ok() && !reader.rest().empty() && refs->group_values.size() < group_count) {
    refs->group_values.push_back(ReadRef(room, &reader));
  }
  const bool has_all = refs->group_values.empty() || refs->group_values.size() == group_count;
  return reader.ok() && reader.rest().empty() && has_all;
}

bool DecodeRollUpFact(std::string_view fact, std::uint64_t room, FilterRefs* refs) {
  ByteReader reader(fact);
  refs->roll_up = ReadPlace(room, &reader);
  return reader.ok() && reader.rest().empty() && refs->roll_up.length <= 2 * kRollUpBytesMax;
}

// Whether there are as many as the filters have pages is looked at when they are used.
bool DecodeFilterPagesFact(std::string_view fact, std::uint64_t room, FilterRefs* refs) {
  ByteReader reader(fact);
  refs->page_checksums = ReadPlace(room, &reader);
  return reader.ok() && reader.rest().empty();
}

bool DecodeTagsFact(std::string_view fact, std::uint64_t room, FilterRefs* refs) {
  ByteReader reader(fact);
  refs->tag_names = ReadPlace(room, &reader);
  refs->tag_values = ReadPlace(room, &reader);
  return reader.ok() && reader.rest().empty() && refs->tag_names.length <= 2 * kTagRollUpBytesMax &&
         refs->tag_values.length <= kTagRollUpBytesMax;
}

}  // namespace clew::storage
