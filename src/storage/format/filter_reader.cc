#include "storage/format/filter_reader.h"

#include <optional>
#include <utility>

#include "base/hash.h"
#include "base/logging.h"
#include "storage/encoding/bloom_filter.h"

namespace clew::storage {

FilterReader::FilterReader(const BlockReading& reading, std::string name,
                           std::shared_ptr<const BlockOutline> outline)
    : reading_(reading),
      name_(std::move(name)),
      outline_(std::move(outline)),
      source_id_(reading.cache.NewSourceIds()) {}

std::vector<std::size_t> FilterReader::MayHold(std::span<const TraceId> ids) const {
  std::vector<std::size_t> places;
  if (ids.empty()) return places;
  const FilterPtr filter = Find(outline_->filters.traces, "trace filter");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (filter == nullptr || MayContain(filter->view(), TraceKeyOf(ids[i]))) places.push_back(i);
  }
  return places;
}

bool FilterReader::MayHold(const scan::FilterQuestion& question, std::size_t row_group) const {
  if (!MayHold(question, outline_->filters.values, "value filter")) return false;
  return outline_->filters.group_values.empty() ||
         MayHold(question, outline_->filters.group_values[row_group],
                 "value filter " + std::to_string(row_group));
}

bool FilterReader::MayHold(const scan::FilterQuestion& question, const FilterRef& ref,
                           const std::string& what) const {
  // Many questions hang on no value: for them nothing is read.
  std::optional<FilterPtr> filter;
  return question.MayHold([&](std::uint64_t key) {
    if (!filter) filter = Find(ref, what);
    return *filter == nullptr || MayContain((*filter)->view(), key);
  });
}

std::optional<RollUp> FilterReader::ReadRollUp() const {
  const FilterRef& ref = outline_->filters.roll_up;
  if (ref.length == 0) return std::nullopt;
  const auto page = Load(ref, "roll-up");
  return page.has_value() ? DecodeRollUp(page->value->view()) : std::nullopt;
}

FilterReader::FilterPtr FilterReader::Find(const FilterRef& ref, const std::string& what) const {
  if (ref.length == 0) return nullptr;
  auto found = reading_.directories.Get<Bytes>(source_id_, what, [&] { return Load(ref, what); });
  return found.has_value() ? *std::move(found) : nullptr;
}

// A damaged one is kept as an empty one, which says nothing: it is not read again and again.
Result<ScanCache::Loaded<Bytes>> FilterReader::Load(const FilterRef& ref,
                                                    const std::string& what) const {
  const auto read =
      reading_.objects.GetRanges(name_, {{outline_->pages_end + ref.offset, ref.length}});
  std::string damage;
  if (!read.has_value()) {
    const Error& error = read.error();
    const bool is_short = error.code == Code::kOutOfRange || error.code == Code::kDataLoss;
    if (!is_short) return std::unexpected(error);
    damage = error.message;
  } else if (base::Hash64(read->front().view()) != ref.checksum) {
    damage = "its checksum does not match";
  } else {
    return ScanCache::Loaded<Bytes>{std::make_shared<const Bytes>(read->front()),
                                    ref.length + sizeof(Bytes)};
  }
  base::Log(base::LogLevel::kWarn,
            "a filter of a block is damaged; the block answers without it, more slowly",
            {{"block", name_}, {"filter", what}, {"error", damage}});
  return ScanCache::Loaded<Bytes>{std::make_shared<const Bytes>(), sizeof(Bytes)};
}

}  // namespace clew::storage
