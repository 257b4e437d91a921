#include "storage/format/block_file.h"

#include <utility>

#include "storage/format/block_pages.h"
#include "storage/format/filter_reader.h"
#include "storage/format/row_group_source.h"

namespace clew::storage {

BlockFile::BlockFile(const BlockReading& reading, std::string name,
                     std::shared_ptr<const BlockOutline> outline,
                     std::shared_ptr<const FilterReader> filters, BlockUsePtr use)
    : reading_(reading),
      name_(std::move(name)),
      outline_(std::move(outline)),
      first_source_id_(reading.cache.NewSourceIds(kIdsOfGroup * outline_->groups.size())),
      filters_(std::move(filters)),
      use_(std::move(use)) {}

Result<scan::SpanSourcePtr> BlockFile::Open(std::size_t row_group) const {
  ASSIGN_OR_RETURN(const auto groups,
                   reading_.directories.Get<Groups>(first_source_id_, {}, [&] { return Load(); }));
  return groups->at(row_group);
}

bool BlockFile::MayHold(const scan::FilterQuestion& question, std::size_t row_group) const {
  if (filters_->MayHold(question, row_group)) return true;
  const bool is_by_filter = question.CanHold();
  if (is_by_filter && reading_.filter_meters != nullptr) {
    reading_.filter_meters->skipped_by_value.Increment();
  }
  return false;
}

std::vector<std::size_t> BlockFile::MayHold(std::span<const TraceId> ids) const {
  std::vector<std::size_t> places = filters_->MayHold(ids);
  const bool is_skipped = places.empty() && !ids.empty();
  if (is_skipped && reading_.filter_meters != nullptr) {
    reading_.filter_meters->skipped_by_trace.Increment();
  }
  return places;
}

Result<ScanCache::Loaded<BlockFile::Groups>> BlockFile::Load() const {
  Result<BlockLayout> layout = ReadBlockLayout(reading_.objects, name_);
  if (!layout.has_value()) {
    Error error = std::move(layout).error();
    // An open block is not deleted by us.
    if (error.code == Code::kNotFound) error.code = Code::kDataLoss;
    return std::unexpected(std::move(error));
  }
  // What is known of the row groups is relied upon.
  if (OutlineOf(*layout) != *outline_) {
    return DataLoss("block {}: its footer is another one than when it was opened", name_);
  }
  auto groups = std::make_shared<Groups>();
  std::uint64_t byte_size = sizeof(Groups);
  std::uint64_t id = first_source_id_;
  for (BlockLayout::Group& group : layout->groups) {
    byte_size += MemoryOf(*group.directory) + sizeof(RowGroupSource);
    groups->push_back(std::make_shared<RowGroupSource>(
        std::move(group.directory),
        MakeBlockPages(reading_.objects, name_, group.offset, reading_.cache, id), reading_.cache,
        id + 1));
    id += kIdsOfGroup;
  }
  return ScanCache::Loaded<Groups>{std::move(groups), byte_size};
}

}  // namespace clew::storage
