#include "storage/format/block_source.h"

#include <utility>

#include "storage/format/filter_reader.h"
#include "storage/format/row_group_source.h"

namespace clew::storage {
namespace {

/// A block whose directories may have to be read again. Any thread.
class BlockFile {
 public:
  BlockFile(const BlockReading& reading, std::string name,
            std::shared_ptr<const BlockOutline> outline,
            std::shared_ptr<const FilterReader> filters, BlockUsePtr use)
      : reading_(reading),
        name_(std::move(name)),
        outline_(std::move(outline)),
        first_source_id_(reading.cache.NewSourceIds(kIdsOfGroup * outline_->groups.size())),
        filters_(std::move(filters)),
        use_(std::move(use)) {}

  const std::string& name() const { return name_; }
  const BlockOutline& outline() const { return *outline_; }
  /// The row group as a source that has its directory.
  Result<scan::SpanSourcePtr> Open(std::size_t row_group) const {
    ASSIGN_OR_RETURN(const auto groups, reading_.directories.Get<Groups>(first_source_id_, {},
                                                                         [&] { return Load(); }));
    return groups->at(row_group);
  }

  /// False when the filters rule out that a span of the row group meets the condition.
  bool MayHold(const scan::FilterQuestion& question, std::size_t row_group) const {
    if (filters_->MayHold(question, row_group)) return true;
    const bool is_by_filter = question.CanHold();
    if (is_by_filter && reading_.filter_meters != nullptr) {
      reading_.filter_meters->skipped_by_value.Increment();
    }
    return false;
  }
  /// The places of those of `ids` that the filter does not rule out.
  std::vector<std::size_t> MayHold(std::span<const TraceId> ids) const {
    std::vector<std::size_t> places = filters_->MayHold(ids);
    const bool is_skipped = places.empty() && !ids.empty();
    if (is_skipped && reading_.filter_meters != nullptr) {
      reading_.filter_meters->skipped_by_trace.Increment();
    }
    return places;
  }

 private:
  using Groups = std::vector<scan::SpanSourcePtr>;
  // One for its pages, one for its columns: what was read of them stays of use.
  static constexpr std::uint64_t kIdsOfGroup = 2;

  Result<ScanCache::Loaded<Groups>> Load() const {
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

  const BlockReading reading_;
  const std::string name_;
  const std::shared_ptr<const BlockOutline> outline_;
  const std::uint64_t first_source_id_;
  const std::shared_ptr<const FilterReader> filters_;
  const BlockUsePtr use_;
};

/// One of its row groups.
class BlockSource final : public scan::SpanSource {
 public:
  BlockSource(std::shared_ptr<const BlockFile> file, std::size_t row_group, scan::Reader behalf)
      : file_(std::move(file)), row_group_(row_group), behalf_(std::move(behalf)) {}

  const scan::SourceStats& stats() const override { return file_->outline().groups[row_group_]; }
  std::string_view block() const override { return file_->name(); }
  bool MayHold(const scan::FilterQuestion& condition) const override {
    return file_->MayHold(condition, row_group_);
  }
  Result<scan::ColumnPtr> Field(expr::Field field) const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->Field(field);
  }
  Result<scan::ColumnPtr> Ties(model::Owner owner) const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->Ties(owner);
  }
  Result<std::vector<scan::ColumnPtr>> Attribute(model::Owner owner,
                                                 std::string_view key) const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->Attribute(owner, key);
  }
  Result<scan::ColumnPtr> FieldWithin(expr::Field field, scan::IntRange range) const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->FieldWithin(field, range);
  }
  Result<std::vector<scan::ColumnPtr>> AttributeWithin(model::Owner owner, std::string_view key,
                                                       scan::IntRange range) const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->AttributeWithin(owner, key, range);
  }
  Result<std::vector<scan::AttributeCount>> Attributes() const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->Attributes();
  }
  Result<scan::StartIntervalsPtr> Starts() const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->Starts();
  }
  Result<std::vector<TraceId>> TraceIds(
      const std::vector<std::uint32_t>& span_rows) const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->TraceIds(span_rows);
  }
  Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                           scan::ReadExtent extent) const override {
    const std::vector<TraceId> here = Select(ids, file_->MayHold(ids));
    if (here.empty()) return model::SpanColumnsPtr();
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->ReadTraces(here, extent);
  }
  Result<std::vector<std::optional<UnixNanos>>> TraceStarts(
      std::span<const TraceId> ids) const override {
    const std::vector<std::size_t> places = file_->MayHold(ids);
    std::vector<std::optional<UnixNanos>> starts(ids.size());
    if (places.empty()) return starts;
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    ASSIGN_OR_RETURN(const auto found, source->TraceStarts(Select(ids, places)));
    for (std::size_t i = 0; i < places.size(); ++i) starts[places[i]] = found[i];
    return starts;
  }
  Result<std::vector<scan::TraceSize>> Traces() const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->Traces();
  }
  Result<scan::TraceTreesPtr> Trees(bool with_starts) const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->Trees(with_starts);
  }
  Result<std::vector<scan::OperationCount>> Operations() const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->Operations();
  }
  Result<model::SpanColumnsPtr> ReadAll(scan::ReadExtent extent) const override {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return source->ReadAll(extent);
  }
  std::shared_ptr<const scan::SpanSource> PastDamage(scan::Reader reader) const override {
    return std::make_shared<BlockSource>(file_, row_group_, Joined(std::move(reader), behalf_));
  }
  Status Check() const override { return behalf_.check ? behalf_.check() : Status(); }

 private:
  static std::vector<TraceId> Select(std::span<const TraceId> ids,
                                     const std::vector<std::size_t>& places) {
    std::vector<TraceId> selected;
    selected.reserve(places.size());
    for (const std::size_t place : places) selected.push_back(ids[place]);
    return selected;
  }
  Result<scan::SpanSourcePtr> Open() const {
    ASSIGN_OR_RETURN(scan::SpanSourcePtr source, file_->Open(row_group_));
    return behalf_.report ? source->PastDamage(behalf_) : source;
  }

  const std::shared_ptr<const BlockFile> file_;
  const std::size_t row_group_;
  const scan::Reader behalf_;
};

}  // namespace

std::vector<scan::SpanSourcePtr> MakeBlockSources(const BlockReading& reading,
                                                  const std::string& name,
                                                  std::shared_ptr<const BlockOutline> outline,
                                                  std::shared_ptr<const FilterReader> filters,
                                                  BlockUsePtr use) {
  const auto file = std::make_shared<const BlockFile>(reading, name, std::move(outline),
                                                      std::move(filters), std::move(use));
  std::vector<scan::SpanSourcePtr> sources;
  for (std::size_t i = 0; i < file->outline().groups.size(); ++i) {
    sources.push_back(std::make_shared<BlockSource>(file, i, scan::Reader()));
  }
  return sources;
}

}  // namespace clew::storage
