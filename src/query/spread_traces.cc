#include "query/spread_traces.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/for_each.h"

namespace clew::query {
namespace {

constexpr std::size_t kNotesMax = 64'000'000;
constexpr std::uint64_t kNoteBytes = 2 * sizeof(std::uint64_t);  // in a vector that grows
// Of the filter, for each hash that is in it.
constexpr std::size_t kFilterBits = 8;

}  // namespace

Status SpreadTraces::Note(std::uint32_t unit, std::span<const std::size_t> hashes) {
  if (count_ + hashes.size() > kNotesMax) {
    return MakeError(Code::kResourceExhausted,
                     "more than {} traces are asked for: ask for a shorter time", kNotesMax);
  }
  TRY(memory_.Take(hashes.size() * kNoteBytes));
  count_ += hashes.size();
  for (const std::size_t hash : hashes) parts_[PartOf(hash)].push_back(WordOf(hash, unit));
  return {};
}

// A table of a part stays in the cache of a core, which sorting it does not beat.
std::size_t SpreadTraces::TableSize(std::size_t noted_count) {
  return std::bit_ceil(noted_count * 2 + 1);
}

std::vector<std::uint64_t> SpreadTraces::SpreadOf(std::vector<std::uint64_t> noted) {
  std::vector<Entry> table(TableSize(noted.size()));
  std::size_t spread_count = 0;
  for (const std::uint64_t word : noted) {
    std::size_t place = KeyOf(word) & (table.size() - 1);
    while (table[place].is_used && KeyOf(table[place].word) != KeyOf(word)) {
      place = (place + 1) & (table.size() - 1);
    }
    Entry& entry = table[place];
    if (entry.is_used && !entry.is_spread && UnitOf(entry.word) != UnitOf(word)) {
      entry.is_spread = true;
      ++spread_count;
    }
    entry.word = word;
    entry.is_used = true;
  }
  std::vector<std::uint64_t> spread;
  spread.reserve(spread_count);
  for (const Entry& entry : table) {
    if (entry.is_spread) spread.push_back(entry.word);
  }
  std::ranges::sort(spread);
  return spread;
}

Status SpreadTraces::Find(base::WorkerPool* helpers) {
  std::size_t largest = 0;
  for (const auto& part : parts_) largest = std::max(largest, part.size());
  const std::uint64_t tables =
      base::CountAtOnce(helpers) * TableSize(largest) * std::uint64_t{sizeof(Entry)};
  PassingMemory tables_memory(context_);
  TRY(tables_memory.Take(tables));
  base::ForEach(helpers, parts_.size(), [this](std::size_t i) {
    if (context_.Check()) parts_[i] = SpreadOf(std::exchange(parts_[i], {}));
  });
  TRY(context_.Check());
  return MakeFilter();
}

Status SpreadTraces::MakeFilter() {
  std::size_t spread_count = 0;
  for (const auto& part : parts_) spread_count += part.size();
  memory_.ShrinkTo(spread_count * kNoteBytes);
  const std::size_t bits = std::bit_ceil(std::max<std::size_t>(spread_count * kFilterBits, 64));
  TRY(memory_.Take(bits / 8));
  filter_.assign(bits / 64, 0);
  filter_shift_ = 64 - static_cast<unsigned>(std::countr_zero(bits));
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    for (const std::uint64_t word : parts_[i]) {
      const std::uint64_t hash =
          std::uint64_t{i} << (64 - kPartBits) | KeyOf(word) << (kUnitBits - kPartBits);
      const std::size_t bit = hash >> filter_shift_;
      filter_[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
  }
  return {};
}

bool SpreadTraces::IsSpread(std::size_t hash) const {
  return MayBeSpread(hash) && LookUp(hash).has_value();
}

// They lie anywhere: those ahead are fetched while one is looked at, first in the filter, then in
// the parts.
std::vector<std::uint32_t> SpreadTraces::LastOf(std::span<const std::size_t> hashes,
                                                std::uint32_t unit) const {
  constexpr std::size_t kAhead = 16;
  std::vector<std::uint32_t> last(hashes.size(), unit);
  std::vector<std::uint32_t> may_be_spread;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (i + kAhead < hashes.size()) {
      __builtin_prefetch(&filter_[FilterBit(hashes[i + kAhead]) / 64]);
    }
    if (MayBeSpread(hashes[i])) may_be_spread.push_back(static_cast<std::uint32_t>(i));
  }
  for (std::size_t i = 0; i < may_be_spread.size(); ++i) {
    if (i + kAhead < may_be_spread.size()) {
      const std::size_t ahead = hashes[may_be_spread[i + kAhead]];
      const std::vector<std::uint64_t>& part = parts_[PartOf(ahead)];
      __builtin_prefetch(part.data() + GuessOf(ahead, part.size()));
    }
    last[may_be_spread[i]] = LookUp(hashes[may_be_spread[i]]).value_or(unit);
  }
  return last;
}

// Begins where it should be and goes on from there in steps that double: it is near.
std::optional<std::uint32_t> SpreadTraces::LookUp(std::size_t hash) const {
  const std::vector<std::uint64_t>& part = parts_[PartOf(hash)];
  const std::uint64_t word = WordOf(hash, 0);
  std::size_t first = GuessOf(hash, part.size());
  std::size_t end = first;
  for (std::size_t step = 8; first > 0 && part[first] >= word; step *= 2) {
    end = first;
    first -= std::min(first, step);
  }
  for (std::size_t step = 8; end < part.size() && part[end] < word; step *= 2) {
    first = end;
    end += std::min(part.size() - end, step);
  }
  const auto place = part.begin();
  const auto found = std::lower_bound(place + static_cast<std::ptrdiff_t>(first),
                                      place + static_cast<std::ptrdiff_t>(end), word);
  const bool is_spread = found != part.end() && KeyOf(*found) == KeyOf(word);
  return is_spread ? std::optional(UnitOf(*found)) : std::nullopt;
}

}  // namespace clew::query
