#include "storage/format/block_source.h"

#include <utility>

#include "storage/format/block_file.h"
#include "storage/format/joined_reader.h"

namespace clew::storage {
namespace {

/// A row group of a block.
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
    return Opened([&](const auto& source) { return source.Field(field); });
  }
  Result<scan::ColumnPtr> Ties(model::Owner owner) const override {
    return Opened([&](const auto& source) { return source.Ties(owner); });
  }
  Result<std::vector<scan::ColumnPtr>> Attribute(model::Owner owner,
                                                 std::string_view key) const override {
    return Opened([&](const auto& source) { return source.Attribute(owner, key); });
  }
  Result<scan::ColumnPtr> FieldWithin(expr::Field field, scan::IntRange range) const override {
    return Opened([&](const auto& source) { return source.FieldWithin(field, range); });
  }
  Result<std::vector<scan::ColumnPtr>> AttributeRows(model::Owner owner,
                                                     std::string_view key) const override {
    return Opened([&](const auto& source) { return source.AttributeRows(owner, key); });
  }
  Result<std::vector<scan::ColumnPtr>> AttributeWithin(model::Owner owner, std::string_view key,
                                                       scan::IntRange range) const override {
    return Opened([&](const auto& source) { return source.AttributeWithin(owner, key, range); });
  }
  Result<std::vector<scan::AttributeCount>> Attributes() const override {
    return Opened([&](const auto& source) { return source.Attributes(); });
  }
  Result<scan::StartIntervalsPtr> Starts() const override {
    return Opened([&](const auto& source) { return source.Starts(); });
  }
  Result<std::vector<TraceId>> TraceIds(
      const std::vector<std::uint32_t>& span_rows) const override {
    return Opened([&](const auto& source) { return source.TraceIds(span_rows); });
  }
  Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                           scan::ReadExtent extent) const override {
    const std::vector<TraceId> here = Select(ids, file_->MayHold(ids));
    if (here.empty()) return model::SpanColumnsPtr();
    return Opened([&](const auto& source) { return source.ReadTraces(here, extent); });
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
    return Opened([&](const auto& source) { return source.Traces(); });
  }
  Result<scan::TraceTreesPtr> Trees(scan::TreeParts parts) const override {
    return Opened([&](const auto& source) { return source.Trees(parts); });
  }
  std::optional<std::vector<TraceId>> RepeatingTraces() const override {
    const auto& groups = file_->outline().repeating_traces;
    return groups.empty() ? std::nullopt : groups[row_group_];
  }
  Result<std::vector<scan::OperationCount>> Operations() const override {
    return Opened([&](const auto& source) { return source.Operations(); });
  }
  Result<model::SpanColumnsPtr> ReadAll(scan::ReadExtent extent) const override {
    return Opened([&](const auto& source) { return source.ReadAll(extent); });
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
  /// What `ask` gets of the row group itself.
  template <typename Ask>
  auto Opened(const Ask& ask) const -> decltype(ask(std::declval<const scan::SpanSource&>())) {
    ASSIGN_OR_RETURN(const scan::SpanSourcePtr source, Open());
    return ask(*source);
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
