#include "storage/format/filter_reader.h"

#include <algorithm>
#include <cstring>
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
  // Many questions hang on no value: for them nothing is read.
  const auto of_block = [&](std::uint64_t key) {
    return MayHaveValue(key, outline_->filters.values, "value filter");
  };
  if (!question.MayHold(of_block)) return false;
  const auto& groups = outline_->filters.group_values;
  return groups.empty() || question.MayHold([&](std::uint64_t key) {
    return MayHaveValue(key, groups[row_group], "value filter " + std::to_string(row_group));
  });
}

bool FilterReader::MayHaveValue(std::uint64_t key, const FilterRef& ref,
                                const std::string& what) const {
  const auto is_this = [&](const Answer& answer) {
    return answer.key == key && answer.filter_offset == ref.offset;
  };
  {
    const std::scoped_lock lock(mutex_);
    const auto known = std::ranges::find_if(answers_, is_this);
    if (known != answers_.end()) return known->may_have;
  }
  std::optional<bool> may_have = ReadAnswer(key, ref);
  if (!may_have) {
    const FilterPtr filter = Find(ref, what);
    may_have = filter == nullptr || MayContain(filter->view(), key);
  }
  const std::scoped_lock lock(mutex_);
  const Answer answer{.key = key, .filter_offset = ref.offset, .may_have = *may_have};
  if (answers_.size() < kAnswersMax) {
    answers_.push_back(answer);
  } else {
    answers_[next_answer_++ % kAnswersMax] = answer;
  }
  return *may_have;
}

std::optional<bool> FilterReader::ReadAnswer(std::uint64_t key, const FilterRef& filter) const {
  const FilterRefs& filters = outline_->filters;
  const std::uint64_t size = filters.FiltersSize();
  const bool has_checksums =
      filters.page_checksums.length == FilterPageCount(size) * sizeof(std::uint64_t);
  // One that is no longer than a page is kept.
  const bool is_small = filter.length <= kFilterPageBytes;
  if (!has_checksums || is_small || filter.offset % kBloomBlockBytes != 0) return {};
  const std::uint64_t at = filter.offset + BloomBlockOffset(key, filter.length);
  const std::uint64_t page = at / kFilterPageBytes;
  const std::uint64_t begin = page * kFilterPageBytes;
  const std::uint64_t checksum_begin = filters.page_checksums.offset + page * sizeof(std::uint64_t);
  const auto read = reading_.objects.GetRanges(
      name_, {{outline_->pages_end + begin, std::min(kFilterPageBytes, size - begin)},
              {outline_->pages_end + checksum_begin, sizeof(std::uint64_t)}});
  // Whatever is wrong shows when the whole is read.
  if (!read.has_value()) return {};
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, (*read)[1].view().data(), sizeof(checksum));
  const std::string_view bytes = (*read)[0].view();
  if (base::Hash64(bytes) != checksum) return {};
  return MayContainInBlock(bytes.substr(at - begin, kBloomBlockBytes), key);
}

std::optional<RollUp> FilterReader::ReadRollUp() const {
  const FilterRef& ref = outline_->filters.roll_up;
  if (ref.length == 0) return std::nullopt;
  const auto page = Load(ref, "roll-up");
  return page.has_value() ? DecodeRollUp(page->value->view()) : std::nullopt;
}

std::shared_ptr<const RolledTags> FilterReader::ReadTags() const {
  const FilterRef& ref = outline_->filters.tag_names;
  if (ref.length == 0) return nullptr;
  const auto load = [&]() -> Result<ScanCache::Loaded<std::optional<RolledTags>>> {
    ASSIGN_OR_RETURN(const auto page, Load(ref, "roll-up of tags"));
    auto tags = std::make_shared<const std::optional<RolledTags>>(
        DecodeTagNames(page.value->view(), outline_->filters.tag_values.length));
    std::uint64_t bytes = sizeof(*tags);
    if (*tags) {
      bytes += (*tags)->capacity() * sizeof(RolledTag);
      for (const RolledTag& tag : **tags) bytes += tag.name.key.size();
    }
    return ScanCache::Loaded<std::optional<RolledTags>>{std::move(tags), bytes};
  };
  const auto found = reading_.directories.Get<std::optional<RolledTags>>(source_id_, "tags", load);
  if (!found.has_value() || !**found) return nullptr;
  return {*found, &***found};
}

std::shared_ptr<const std::vector<TagValue>> FilterReader::ReadTagValues(
    const RolledTag& tag) const {
  using Values = std::optional<std::vector<TagValue>>;
  const FilterRef& all = outline_->filters.tag_values;
  if (tag.length == 0) return nullptr;
  const FilterRef ref{all.offset + tag.offset, tag.length, tag.checksum};
  const std::string what = "tag values " + std::to_string(tag.offset);
  const auto load = [&]() -> Result<ScanCache::Loaded<Values>> {
    ASSIGN_OR_RETURN(const auto page, Load(ref, what));
    auto values = std::make_shared<const Values>(DecodeTagValues(tag, page.value->view()));
    std::uint64_t bytes = sizeof(*values);
    if (*values) {
      bytes += (*values)->capacity() * sizeof(TagValue);
      for (const TagValue& value : **values) bytes += value.text.size();
    }
    return ScanCache::Loaded<Values>{std::move(values), bytes};
  };
  const auto found = reading_.directories.Get<Values>(source_id_, what, load);
  if (!found.has_value() || !**found) return nullptr;
  return {*found, &***found};
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
