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
  if (!question.MayHold([&](std::uint64_t key) { return MayHaveValue(key); })) return false;
  return outline_->filters.group_values.empty() || MayHoldInGroup(question, row_group);
}

bool FilterReader::MayHoldInGroup(const scan::FilterQuestion& question,
                                  std::size_t row_group) const {
  std::optional<FilterPtr> filter;
  return question.MayHold([&](std::uint64_t key) {
    if (!filter) {
      filter = Find(outline_->filters.group_values[row_group],
                    "value filter " + std::to_string(row_group));
    }
    return *filter == nullptr || MayContain((*filter)->view(), key);
  });
}

bool FilterReader::MayHaveValue(std::uint64_t key) const {
  {
    const std::scoped_lock lock(mutex_);
    const auto known = std::ranges::find(answers_, key, &Answer::key);
    if (known != answers_.end()) return known->may_have;
  }
  std::optional<bool> may_have = ReadAnswer(key);
  if (!may_have) {
    const FilterPtr filter = Find(outline_->filters.values, "value filter");
    may_have = filter == nullptr || MayContain(filter->view(), key);
  }
  const std::scoped_lock lock(mutex_);
  if (answers_.size() < kAnswersMax) {
    answers_.push_back({key, *may_have});
  } else {
    answers_[next_answer_++ % kAnswersMax] = {key, *may_have};
  }
  return *may_have;
}

std::optional<bool> FilterReader::ReadAnswer(std::uint64_t key) const {
  const FilterRef& filter = outline_->filters.values;
  const FilterRef& checksums = outline_->filters.value_pages;
  // One that is a page is kept.
  constexpr std::uint64_t kPagesMin = 2;
  const std::uint64_t page_count = FilterPageCount(filter);
  if (page_count < kPagesMin || checksums.length != page_count * sizeof(std::uint64_t)) return {};
  const std::uint64_t in_filter = BloomBlockOffset(key, filter.length);
  const std::uint64_t page = in_filter / kFilterPageBytes;
  const std::uint64_t begin = page * kFilterPageBytes;
  const std::uint64_t length = std::min(kFilterPageBytes, filter.length - begin);
  const std::uint64_t checksum_begin = checksums.offset + page * sizeof(std::uint64_t);
  const auto read = reading_.objects.GetRanges(
      name_, {{outline_->pages_end + filter.offset + begin, length},
              {outline_->pages_end + checksum_begin, sizeof(std::uint64_t)}});
  // Whatever is wrong shows when the whole is read.
  if (!read.has_value()) return {};
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, (*read)[1].view().data(), sizeof(checksum));
  const std::string_view bytes = (*read)[0].view();
  if (base::Hash64(bytes) != checksum) return {};
  return MayContainInBlock(bytes.substr(in_filter - begin, kBloomBlockBytes), key);
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
