#include "traceql/metrics/attribute_counts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "traceql/metrics/value_key.h"

namespace clew::traceql::metrics {
namespace {

constexpr std::string_view kTypeLabel = "__meta_type";
constexpr std::string_view kErrorLabel = "__meta_error";
constexpr std::string_view kTooManyValues = "__too_many_values__";

model::KeyValue Label(std::string_view name, std::string_view value) {
  return {std::string(name), {std::string(value)}};
}

}  // namespace

AttributeCounts::AttributeCounts(std::uint32_t bucket_count, std::size_t values_max, Meter* meter)
    : values_max_(values_max), meter_(*meter), names_(meter), cells_(bucket_count, meter) {}

Result<AttributeCounts::Item> AttributeCounts::NewItem() {
  const auto item = static_cast<Item>(last_spans_.size());
  const bool has_room =
      cells_.GrowTo(2 * (std::size_t{item} + 1)) && meter_.TryTake(sizeof(std::uint64_t));
  if (!has_room) return meter_.Exhausted();
  last_spans_.push_back(0);
  return item;
}

Result<std::uint32_t> AttributeCounts::AttributeOf(std::string_view name) {
  const std::optional<std::uint32_t> number = names_.Number(name);
  if (!number) return meter_.Exhausted();
  if (*number == attributes_.size()) {
    attributes_.push_back(std::make_unique<Attribute>(Attribute{.values = KeyTable(&meter_)}));
    ASSIGN_OR_RETURN(attributes_.back()->total, NewItem());
  }
  return *number;
}

void AttributeCounts::Begin(const Subject& span) {
  subject_ = span;
  ++span_;
  if (span.weight != 1) is_weighted_ = true;
}

Status AttributeCounts::Count(std::uint32_t attribute, const evaluate::Value& value) {
  if (value.is_nil()) return {};
  ASSIGN_OR_RETURN(const ValueNumber number, ValueOf(attribute, value));
  return Count(attribute, number);
}

Status AttributeCounts::Count(std::uint32_t attribute, ValueNumber value) {
  const Attribute& counted = *attributes_[attribute];
  TRY(CountItem(counted.total));
  // What was known by its number may have become one of too many.
  return value && !counted.has_too_many ? CountItem(*value) : Status();
}

Result<AttributeCounts::ValueNumber> AttributeCounts::ValueOf(std::uint32_t attribute,
                                                              const evaluate::Value& value) {
  key_.clear();
  AppendKey(value, &key_);
  return ItemOf(attributes_[attribute].get(), key_);
}

Result<AttributeCounts::ValueNumber> AttributeCounts::ItemOf(Attribute* attribute,
                                                             std::string_view key) {
  if (attribute->has_too_many) return std::nullopt;
  const std::optional<std::uint32_t> number = attribute->values.Number(key);
  if (!number) return meter_.Exhausted();
  if (attribute->values.size() > values_max_) {
    Forget(attribute);
    return std::nullopt;
  }
  if (*number == attribute->items.size()) {
    ASSIGN_OR_RETURN(attribute->items.emplace_back(), NewItem());
  }
  return attribute->items[*number];
}

void AttributeCounts::Forget(Attribute* attribute) {
  attribute->has_too_many = true;
  attribute->values.Clear();
  for (const Item item : attribute->items) {
    cells_.Clear(2 * std::size_t{item});
    cells_.Clear(2 * std::size_t{item} + 1);
  }
  attribute->items.clear();
}

Status AttributeCounts::CountItem(Item item) {
  if (std::exchange(last_spans_[item], span_) == span_) return {};
  const std::size_t row = 2 * std::size_t{item} + (subject_.is_selected ? 1 : 0);
  metrics::Count* const cell = cells_.At(subject_.bucket, row);
  if (cell == nullptr) return meter_.Exhausted();
  cell->Add(0, subject_.weight);
  return {};
}

Status AttributeCounts::Merge(const AttributeCounts& other) {
  is_weighted_ = is_weighted_ || other.is_weighted_;
  for (std::size_t i = 0; i < other.attributes_.size(); ++i) {
    ASSIGN_OR_RETURN(const std::uint32_t number, AttributeOf(other.names_.keys()[i]));
    const Attribute& from = *other.attributes_[i];
    Attribute& to = *attributes_[number];
    TRY(MergeItem(other, from.total, to.total));
    if (from.has_too_many) Forget(&to);
    for (std::size_t value = 0; value < from.items.size(); ++value) {
      ASSIGN_OR_RETURN(const ValueNumber item, ItemOf(&to, from.values.keys()[value]));
      if (!item) break;
      TRY(MergeItem(other, from.items[value], *item));
    }
  }
  return {};
}

Status AttributeCounts::MergeItem(const AttributeCounts& other, Item from, Item to) {
  Status status;
  for (std::size_t side = 0; side < 2; ++side) {
    other.cells_.ForEach(
        2 * std::size_t{from} + side, [&](std::uint32_t bucket, const metrics::Count& count) {
          if (!status || count.empty()) return;
          metrics::Count* const cell = cells_.At(bucket, 2 * std::size_t{to} + side);
          if (cell == nullptr) {
            status = meter_.Exhausted();
          } else {
            cell->Merge(count);
          }
        });
  }
  return status;
}

double AttributeCounts::TotalOf(std::size_t row) const {
  metrics::Count total;
  cells_.ForEach(row, [&](std::uint32_t, const metrics::Count& cell) { total.Merge(cell); });
  return total.value();
}

Row AttributeCounts::RowOf(std::size_t row, Labels labels) const {
  Row series{.labels = std::move(labels)};
  series.values.assign(cells_.bucket_count(), 0);
  cells_.ForEach(row, [&](std::uint32_t bucket, const metrics::Count& cell) {
    series.values[bucket] = cell.value();
  });
  return series;
}

void AttributeCounts::AddSide(std::string_view name, const Attribute& attribute, bool is_selection,
                              std::size_t value_count, Table* table) const {
  const std::size_t side = is_selection ? 1 : 0;
  const std::string type = is_selection ? "selection" : "baseline";
  const std::size_t total_row = 2 * std::size_t{attribute.total} + side;
  if (TotalOf(total_row) == 0) return;
  table->push_back(RowOf(total_row, {Label(kTypeLabel, type + "_total"), Label(name, "nil")}));
  if (attribute.has_too_many) {
    table->push_back(RowOf(total_row, {Label(kTypeLabel, type), Label(kErrorLabel, kTooManyValues),
                                       Label(name, "nil")}));
    return;
  }
  struct Candidate {
    double count;
    Labels labels;
    std::size_t row;
  };
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < attribute.items.size(); ++i) {
    const std::size_t row = 2 * std::size_t{attribute.items[i]} + side;
    const double count = TotalOf(row);
    if (count == 0) continue;
    std::string_view key = attribute.values.keys()[i];
    Labels labels = {Label(kTypeLabel, type), {std::string(name), LabelValueOf(TakeValue(&key))}};
    candidates.push_back({.count = count, .labels = std::move(labels), .row = row});
  }
  std::ranges::sort(candidates, [](const Candidate& left, const Candidate& right) {
    if (left.count != right.count) return left.count > right.count;
    return CompareLabels(left.labels, right.labels) < 0;
  });
  if (candidates.size() > value_count) candidates.resize(value_count);
  for (Candidate& each : candidates) table->push_back(RowOf(each.row, std::move(each.labels)));
}

Result<Table> AttributeCounts::ToTable(std::size_t value_count, Meter* meter) const {
  std::uint64_t row_count = 0;
  for (const auto& attribute : attributes_) {
    row_count += 2 * (std::min(value_count, attribute->items.size()) + 1);
  }
  if (!meter->TryTake(row_count * (sizeof(Row) + cells_.bucket_count() * sizeof(double)))) {
    return meter->Exhausted();
  }
  Table table;
  for (std::size_t i = 0; i < attributes_.size(); ++i) {
    for (const bool is_selection : {false, true}) {
      AddSide(names_.keys()[i], *attributes_[i], is_selection, value_count, &table);
    }
  }
  return table;
}

}  // namespace clew::traceql::metrics
