#include "query/tag_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "expr/print.h"
#include "wire/otlp/json_text.h"

namespace clew::query {
namespace {

constexpr std::size_t kCheckEvery = 4096;
// A longer name is in no list.
constexpr std::size_t kTagBytesMax = 64u << 10;

bool IsListed(model::ValueType type) {
  return type >= model::ValueType::kString && type <= model::ValueType::kDouble;
}

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

bool IsInRange(const scan::SpanSource& source, const std::optional<UnixNanos>& min,
               const std::optional<UnixNanos>& max) {
  const scan::SourceStats& stats = source.stats();
  return (!min || stats.start_max >= *min) && (!max || stats.start_min <= *max);
}

// Tags by owner, as they are shown. Of very many of an owner the first are kept.
class TagCounts {
 public:
  TagCounts(const QueryContext& context, const ListTags& list) : context_(context), list_(list) {}

  Status Add(model::Owner owner, std::string_view key, std::uint64_t value_count) {
    if (std::ranges::find(list_.owners, owner) == list_.owners.end()) return {};
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

// Values of one column with how often each is there, before they are made texts.
class ColumnValues {
 public:
  ColumnValues(const Scan& scan, TagValueCounts& values) : scan_(scan), values_(values) {}

  // `type`: of its values; a column of a field does not say it.
  Status Add(const scan::Column& column, model::ValueType type) {
    if (!IsListed(type)) return {};
    if (const auto* coded = std::get_if<scan::CodedTexts>(&column.values)) {
      return AddCoded(column, *coded, type);
    }
    if (type == model::ValueType::kString) {
      std::unordered_map<std::string_view, std::uint64_t> counts;
      TRY(ForEach(column, [&](std::size_t i) { ++counts[column.TextAt(i)]; }));
      for (const auto& [text, count] : counts) TRY(values_.Add(type, text, 0, count));
      return {};
    }
    std::unordered_map<std::int64_t, std::uint64_t> counts;
    TRY(ForEach(column, [&](std::size_t i) { ++counts[column.NumberAt(i)]; }));
    for (const auto& [number, count] : counts) TRY(values_.Add(type, {}, number, count));
    return {};
  }

 private:
  Status AddCoded(const scan::Column& column, const scan::CodedTexts& coded,
                  model::ValueType type) {
    std::vector<std::uint64_t> counts(coded.dictionary.size());
    TRY(std::visit(
        [&](const auto& codes) {
          return ForEach(column, [&](std::size_t i) {
            if constexpr (std::is_same_v<std::decay_t<decltype(codes)>, base::PackedNumbers>) {
              ++counts[static_cast<std::size_t>(codes.At(i))];
            } else {
              ++counts[codes[i]];
            }
          });
        },
        coded.codes));
    for (std::size_t code = 0; code < counts.size(); ++code) {
      if (counts[code] == 0) continue;
      TRY(values_.Add(type, coded.dictionary[code], 0, counts[code]));
    }
    return {};
  }

  // What is lost is no value.
  template <typename Visit>
  Status ForEach(const scan::Column& column, const Visit& visit) {
    for (std::size_t i = 0; i < column.count(); ++i) {
      if (i % kCheckEvery == 0) TRY(scan_.Check());
      if (!column.lost.empty() && std::ranges::binary_search(column.lost, column.RowOf(i)))
        continue;
      visit(i);
    }
    return {};
  }

  const Scan& scan_;
  TagValueCounts& values_;
};

std::string_view WordOf(expr::Field field, std::int64_t number) {
  const auto words = expr::WordsOf(field);
  const bool is_known = number >= 0 && std::cmp_less(number, words.size());
  return words[is_known ? static_cast<std::size_t>(number) : 0];
}

// Of fields that a row group has counts of.
Status AddOperations(const Scan& scan, const scan::SpanSource& source, expr::Field field,
                     TagValueCounts& values) {
  const auto operations = source.Operations();
  if (!operations.has_value()) return scan.Tolerate(source, operations.error());
  for (const scan::OperationCount& one : *operations) {
    const std::string_view text = field == expr::Field::kName      ? std::string_view(one.name)
                                  : field == expr::Field::kService ? std::string_view(one.service)
                                                                   : WordOf(field, one.kind);
    TRY(values.Add(model::ValueType::kString, text, 0, one.span_count));
  }
  return {};
}

Status AddStatus(const Scan& scan, const scan::SpanSource& source, TagValueCounts& values) {
  const Result<scan::ColumnPtr> found = source.Field(expr::Field::kStatus);
  if (!found.has_value()) return scan.Tolerate(source, found.error());
  const scan::ColumnPtr& column = *found;
  std::map<std::string_view, std::uint64_t> counts;
  const auto small = column->all<std::int32_t>();
  for (std::size_t i = 0; i < column->count(); ++i) {
    if (i % kCheckEvery == 0) TRY(scan.Check());
    if (std::ranges::binary_search(column->lost, column->RowOf(i))) continue;
    ++counts[WordOf(expr::Field::kStatus, small.empty() ? column->NumberAt(i) : small[i])];
  }
  for (const auto& [word, count] : counts) {
    TRY(values.Add(model::ValueType::kString, word, 0, count));
  }
  return {};
}

// What of the source cannot be read is left out; errors are of the question.
Status AddValuesOf(const Scan& scan, const scan::SpanSource& source, const expr::Reference& tag,
                   TagValueCounts& values) {
  ColumnValues columns(scan, values);
  if (!tag.field) {
    for (const model::Owner owner : expr::OwnersOf(tag.scope)) {
      const auto found = source.Attribute(owner, tag.key);
      if (!found.has_value()) return scan.Tolerate(source, found.error());
      for (const scan::ColumnPtr& column : *found) TRY(columns.Add(*column, column->type));
    }
    return {};
  }
  switch (*tag.field) {
    case expr::Field::kName:
    case expr::Field::kKind:
    case expr::Field::kService:
      return AddOperations(scan, source, *tag.field, values);
    case expr::Field::kStatus:
      return AddStatus(scan, source, values);
    default:
      break;
  }
  const Result<scan::ColumnPtr> column = source.Field(*tag.field);
  if (!column.has_value()) return scan.Tolerate(source, column.error());
  return columns.Add(**column, model::ValueType::kString);
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
      if (!IsInRange(*source, input.start_min, input.start_max)) {
        ++stats.row_groups_skipped;
        continue;
      }
      ++stats.row_groups_read;
      TRY(AddTagsOf(scan, *source, tags));
    }
  }
  return tags.Give(sink, &scan.stats.At(place).rows);
}

Status RunListTagValues(const Scan& scan, const ListTagValues& list, const ReadTagValues& input,
                        TagValueCounts& values, std::size_t place, Sink& sink) {
  const std::size_t limit = list.limit == 0 ? kTagsMax : std::min(list.limit, kTagsMax);
  bool is_all = true;
  {
    const OperatorWork work(scan, place + 1);
    OperatorStats& stats = scan.stats.At(place + 1);
    for (const scan::SpanSourcePtr& source : scan.sources) {
      TRY(scan.Check());
      // What is in memory costs little, and has what is new.
      const bool is_enough = !source->block().empty() && values.size() >= limit;
      is_all = is_all && !is_enough;
      if (is_enough || !IsInRange(*source, input.start_min, input.start_max)) {
        ++stats.row_groups_skipped;
        continue;
      }
      ++stats.row_groups_read;
      TRY(AddValuesOf(scan, *source, input.tag, values));
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
