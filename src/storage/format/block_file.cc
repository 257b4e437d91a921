#include "storage/format/block_file.h"

#include <fmt/format.h>

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
  return reading_.directories.Get<scan::SpanSource>(ScanCache::Key{.source_id = IdOf(row_group)},
                                                    [&] { return Load(row_group); });
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

Result<ScanCache::Loaded<scan::SpanSource>> BlockFile::Load(std::size_t row_group) const {
  ASSIGN_OR_RETURN(const auto directories,
                   reading_.directories.Get<Directories>(first_source_id_, "directories",
                                                         [&] { return LoadDirectories(); }));
  const BlockLayout::Group& group = directories->groups[row_group];
  Result<RowGroupDirectory> read = ReadDirectory(group.stored, directories->format_version);
  if (!read.has_value()) {
    return std::unexpected(std::move(read).error().Annotate(
        fmt::format("block {}: footer: row group {}", name_, row_group)));
  }
  auto directory = std::make_shared<const RowGroupDirectory>(*std::move(read));
  const std::uint64_t byte_size = MemoryOf(*directory) + sizeof(RowGroupSource);
  const std::uint64_t id = IdOf(row_group);
  return ScanCache::Loaded<scan::SpanSource>{
      std::make_shared<RowGroupSource>(
          std::move(directory),
          MakeBlockPages(reading_.objects, name_, group.offset, reading_.cache, id), reading_.cache,
          id + 1),
      byte_size};
}

Result<ScanCache::Loaded<BlockFile::Directories>> BlockFile::LoadDirectories() const {
  Result<BlockLayout> layout =
      ReadKnownLayout(reading_.objects, name_, *outline_, DirectoryExtent::kHead);
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
  auto directories = std::make_shared<Directories>();
  directories->format_version = layout->format_version;
  directories->groups = std::move(layout->groups);
  std::uint64_t byte_size = sizeof(Directories);
  for (const BlockLayout::Group& group : directories->groups) {
    byte_size += sizeof(group) + group.stored.capacity() + sizeof(RowGroupDirectory);
  }
  // The only one is opened already.
  const bool is_kept = directories->groups.size() > 1;
  return ScanCache::Loaded<Directories>{std::move(directories), byte_size, is_kept};
}

}  // namespace clew::storage
