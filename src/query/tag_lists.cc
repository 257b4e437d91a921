#include "query/tag_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "expr/print.h"
#include "query/listed_spans.h"
#include "query/source_tag_values.h"
#include "wire/otlp/json_text.h"

namespace clew::query {
namespace {

constexpr std::size_t kCheckEvery = 4096;
// A longer name is in no list.
constexpr std::size_t kTagBytesMax = 64u << 10;

std::string Shown(model::ValueType type, std::string_view text, std::int64_t number) {
  switch (type) {
    case model::ValueType::kBool:
      return number != 0 ? "true" : "false";
    case model::ValueType::kInt:
      return std::to_string(number);
    case model::ValueType::kDouble:
      return model::ValueToText({std::bit_cast<double>(number)});
    default:
      return wire::otlp::RepairUtf8(text);
  }
}

// Tags by owner, as they are shown. Of very many of an owner the first are kept.
class TagCounts {
 public:
  TagCounts(const QueryContext& context, const ListTags& list) : context_(context), list_(list) {}

  bool IsListed(model::Owner owner) const {
    return std::ranges::find(list_.owners, owner) != list_.owners.end();
  }
  bool Has(model::Owner owner, std::string_view key) const {
    return keys_[static_cast<std::size_t>(owner)].counts.contains(wire::otlp::RepairUtf8(key));
  }

  Status Add(model::Owner owner, std::string_view key, std::uint64_t value_count) {
    if (!IsListed(owner)) return {};
    Keys& keys = keys_[static_cast<std::size_t>(owner)];
    std::string shown = wire::otlp::RepairUtf8(key);
    if (shown.size() > kTagBytesMax || (keys.end && *keys.end <= shown)) {
      keys.is_cut = true;
      return {};
    }
    const auto [entry, is_new] = keys.counts.try_emplace(std::move(shown), 0);
    entry->second += value_count;
    if (!is_new) return {};
    keys.text_bytes += entry->first.size();
    TRY(context_.TakeMemory(MemoryOf(entry->first)));
    while (keys.counts.size() > limit() || keys.text_bytes > kTagsBytesMax) {
      const auto last = std::prev(keys.counts.end());
      keys.text_bytes -= last->first.size();
      if (context_.memory != nullptr) context_.memory->GiveBack(MemoryOf(last->first));
      keys.end = std::move(keys.counts.extract(last).key());
      keys.is_cut = true;
    }
    return {};
  }

  Status Give(Sink& sink, std::uint64_t* count) {
    NoteCut();
    for (std::size_t owner = 0; owner < keys_.size(); ++owner) {
      for (auto& [key, value_count] : keys_[owner].counts) {
        TRY(sink.Take(TagName{static_cast<model::Owner>(owner), key, value_count}));
        ++*count;
      }
    }
    return {};
  }

 private:
  struct Keys {
    std::map<std::string, std::uint64_t> counts{};
    std::uint64_t text_bytes = 0;
    // Neither it nor what comes behind it had room.
    std::optional<std::string> end{};
    bool is_cut = false;
  };

  std::size_t limit() const {
    return list_.limit == 0 ? kTagsMax : std::min(list_.limit, kTagsMax);
  }
  // In the map, in the list, and in a part of the text.
  static std::uint64_t MemoryOf(const std::string& key) { return 250 + 2 * key.size(); }

  // Who asks for a few knows that there are more.
  void NoteCut() const {
    const bool is_cut = std::ranges::any_of(keys_, &Keys::is_cut);
    if (!is_cut || limit() < kTagsMax || context_.left_out == nullptr) return;
    context_.left_out->Add(
        fmt::format("the list of tags is cut: of each scope it holds the first {} names, or {} MiB "
                    "of them, and none that is longer than {} KiB",
                    kTagsMax, kTagsBytesMax >> 20, kTagBytesMax >> 10));
  }

  const QueryContext& context_;
  const ListTags& list_;
  std::array<Keys, model::kOwnerCount> keys_;
};

Status AddTagsOf(const Scan& scan, const scan::SpanSource& source, TagCounts& tags) {
  const auto attributes = source.Attributes();
  if (!attributes.has_value()) return scan.Tolerate(source, attributes.error());
  for (const scan::AttributeCount& one : *attributes) {
    TRY(tags.Add(one.owner, one.key, one.value_count));
  }
  return {};
}

// How many values of an attribute are in these rows.
Result<std::uint64_t> CountIn(const scan::SpanSource& source, const scan::AttributeCount& attribute,
                              const scan::RowSet& rows) {
  ASSIGN_OR_RETURN(const std::vector<scan::ColumnPtr> columns,
                   source.Attribute(attribute.owner, attribute.key));
  std::uint64_t count = 0;
  for (const scan::ColumnPtr& column : columns) {
    for (std::size_t i = 0; i < column->count(); ++i) {
      if (rows.Has(column->RowOf(i))) ++count;
    }
  }
  return count;
}

// Those that these spans have, and what belongs to them. A key that is in the list already is not
// looked for again.
Status AddTagsOf(const Scan& scan, const scan::SpanSource& source, const scan::RowSet& spans,
                 TagCounts& tags) {
  if (spans.empty()) return {};
  const auto attributes = source.Attributes();
  if (!attributes.has_value()) return scan.Tolerate(source, attributes.error());
  std::array<std::optional<scan::RowSet>, model::kOwnerCount> rows_by_owner;
  for (const scan::AttributeCount& one : *attributes) {
    if (!tags.IsListed(one.owner) || tags.Has(one.owner, one.key)) continue;
    TRY(scan.Check());
    std::optional<scan::RowSet>& rows = rows_by_owner[static_cast<std::size_t>(one.owner)];
    if (!rows) {
      auto found = RowsOf(source, spans, one.owner);
      if (!found.has_value()) return scan.Tolerate(source, found.error());
      rows = *std::move(found);
    }
    const auto count = CountIn(source, one, *rows);
    if (!count.has_value()) return scan.Tolerate(source, count.error());
    if (*count > 0) TRY(tags.Add(one.owner, one.key, *count));
  }
  return {};
}

}  // namespace

Status TagValueCounts::Add(model::ValueType type, std::string_view text, std::int64_t number,
                           std::uint64_t count) {
  Key key{type, Shown(type, text, number)};
  if (key.text.empty()) return {};
  const auto known = counts_.find(key);
  if (known != counts_.end()) {
    known->second += count;
    return {};
  }
  if (counts_.size() >= kTagsMax || text_bytes_ + key.text.size() > kTagsBytesMax) {
    is_cut_ = true;
    return {};
  }
  // In the map, in the list, and in a part of the text.
  TRY(context_.TakeMemory(250 + 2 * key.text.size()));
  text_bytes_ += key.text.size();
  counts_.emplace(std::move(key), count);
  return {};
}

std::vector<TagValue> TagValueCounts::Take() {
  std::vector<TagValue> values;
  values.reserve(counts_.size());
  while (!counts_.empty()) {
    auto entry = counts_.extract(counts_.begin());
    values.push_back({entry.key().type, std::move(entry.key().text), entry.mapped()});
  }
  std::ranges::sort(values, [](const TagValue& a, const TagValue& b) {
    return std::tie(b.count, a.type, a.text) < std::tie(a.count, b.type, b.text);
  });
  return values;
}

Status CheckTag(const expr::Reference& tag) {
  if (!tag.field || storage::IsRolled(*tag.field)) return {};
  return base::InvalidArgument("values of {} are not listed", expr::Print(tag));
}

Status AddRolled(const expr::Reference& tag, const storage::TagName& name,
                 const storage::TagValue& value, TagValueCounts& values) {
  if (!tag.field) return values.Add(name.type, value.text, value.number, value.count);
  const std::string_view text =
      name.holds_numbers() ? WordOf(*tag.field, value.number) : std::string_view(value.text);
  return values.Add(model::ValueType::kString, text, 0, value.count);
}

Status RunListTags(const Scan& scan, const ListTags& list, const ReadTags& input, std::size_t place,
                   Sink& sink) {
  TRY(scan.Check());
  TagCounts tags(scan.context, list);
  const ListedSpans listed(input.condition, input.start_min, input.start_max);
  {
    const OperatorWork work(scan, place + 1);
    OperatorStats& stats = scan.stats.At(place + 1);
    for (const TagTotalsPtr& totals : scan.rolled_tags) {
      stats.rows += totals->size();
      std::size_t looked_at = 0;
      for (const storage::TagTotal& total : *totals) {
        if (++looked_at % kCheckEvery == 0) TRY(scan.Check());
        if (total.name.field != storage::ColumnField::kAttribute) continue;
        TRY(tags.Add(total.name.owner, total.name.key, total.value_count));
      }
    }
    for (const scan::SpanSourcePtr& source : scan.sources) {
      TRY(scan.Check());
      if (listed.CanSkip(*source, &stats)) {
        ++stats.row_groups_skipped;
        continue;
      }
      ++stats.row_groups_read;
      const auto spans = listed.In(*source, &stats);
      if (!spans.has_value()) {
        TRY(scan.Tolerate(*source, spans.error()));
      } else if (*spans) {
        TRY(AddTagsOf(scan, *source, **spans, tags));
      } else {
        TRY(AddTagsOf(scan, *source, tags));
      }
    }
  }
  return tags.Give(sink, &scan.stats.At(place).rows);
}

Status RunListTagValues(const Scan& scan, const ListTagValues& list, const ReadTagValues& input,
                        TagValueCounts& values, std::size_t place, Sink& sink) {
  const std::size_t limit = list.limit == 0 ? kTagsMax : std::min(list.limit, kTagsMax);
  const ListedSpans listed(input.condition, input.start_min, input.start_max);
  bool is_all = true;
  {
    const OperatorWork work(scan, place + 1);
    OperatorStats& stats = scan.stats.At(place + 1);
    for (const scan::SpanSourcePtr& source : scan.sources) {
      TRY(scan.Check());
      // What is in memory costs little, and has what is new.
      const bool is_enough = !source->block().empty() && values.size() >= limit;
      is_all = is_all && !is_enough;
      if (is_enough || listed.CanSkip(*source, &stats)) {
        ++stats.row_groups_skipped;
        continue;
      }
      ++stats.row_groups_read;
      const auto spans = listed.In(*source, &stats);
      if (spans.has_value()) {
        TRY(AddValuesOf(scan, *source, input.tag, *spans, values));
      } else {
        TRY(scan.Tolerate(*source, spans.error()));
      }
    }
    stats.rows = values.size();
  }
  if ((values.is_cut() || (!is_all && limit == kTagsMax)) && scan.context.left_out != nullptr) {
    scan.context.left_out->Add(
        fmt::format("the list of values is cut: it holds up to {} values, or {} MiB of them, of "
                    "those that were found first",
                    kTagsMax, kTagsBytesMax >> 20));
  }
  std::vector<TagValue> all = values.Take();
  if (all.size() > limit) all.resize(limit);
  scan.stats.At(place).rows = all.size();
  for (TagValue& value : all) TRY(sink.Take(std::move(value)));
  return {};
}

}  // namespace clew::query
