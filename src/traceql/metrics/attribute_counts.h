#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "traceql/evaluate/value.h"
#include "traceql/metrics/cell_table.h"
#include "traceql/metrics/cells.h"
#include "traceql/metrics/key_table.h"
#include "traceql/metrics/meter.h"
#include "traceql/metrics/table.h"

namespace clew::traceql::metrics {

/// How many spans have which values of which attributes, those of a selection and all others apart:
/// what compare() shows. One thread.
class AttributeCounts {
 public:
  /// A span that is counted.
  struct Subject {
    std::uint32_t bucket = 0;
    bool is_selected = false;
    /// So many it stands for.
    double weight = 1;
  };

  /// The number of a value of an attribute; nothing when there are too many of them.
  using ValueNumber = std::optional<std::uint32_t>;

  /// An attribute with more values than `values_max` is not shown by value. `meter` outlives it.
  AttributeCounts(std::uint32_t bucket_count, std::size_t values_max, Meter* meter);

  /// The number of an attribute, as it is printed. RESOURCE_EXHAUSTED when it is new and takes too
  /// much memory; of Count likewise.
  Result<std::uint32_t> AttributeOf(std::string_view name);

  /// Its values are not counted any more, whatever they are.
  bool HasTooMany(std::uint32_t attribute) const { return attributes_[attribute]->has_too_many; }

  /// What is counted from here on is of this span. A value counts once for it, and so does an
  /// attribute, however many events say it.
  void Begin(const Subject& span);
  Status Count(std::uint32_t attribute, const evaluate::Value& value);
  /// The same by what ValueOf has given, for a value of many spans.
  Status Count(std::uint32_t attribute, ValueNumber value);
  /// `value` is not nil.
  Result<ValueNumber> ValueOf(std::uint32_t attribute, const evaluate::Value& value);

  Status Merge(const AttributeCounts& other);
  bool is_weighted() const { return is_weighted_; }

  /// For each attribute and each of the two sides its `value_count` values of most spans, and how
  /// many spans have it at all. RESOURCE_EXHAUSTED when `meter` has no room for it.
  Result<Table> ToTable(std::size_t value_count, Meter* meter) const;

 private:
  using Cells = CellTable<metrics::Count>;
  /// What is counted, an attribute or a ValueNumber: rows 2n and 2n + 1 of the cells, of the
  /// baseline and the selection.
  using Item = std::uint32_t;

  struct Attribute {
    Item total = 0;
    KeyTable values;
    /// By the number of the value.
    std::vector<Item> items{};
    bool has_too_many = false;
  };

  Result<Item> NewItem();
  Result<ValueNumber> ItemOf(Attribute* attribute, std::string_view key);
  void Forget(Attribute* attribute);
  Status CountItem(Item item);
  Status MergeItem(const AttributeCounts& other, Item from, Item to);
  double TotalOf(std::size_t row) const;
  Row RowOf(std::size_t row, Labels labels) const;
  void AddSide(std::string_view name, const Attribute& attribute, bool is_selection,
               std::size_t value_count, Table* table) const;

  const std::size_t values_max_;
  Meter& meter_;
  KeyTable names_;
  std::vector<std::unique_ptr<Attribute>> attributes_;
  Cells cells_;
  /// By item: the last span it was counted for.
  std::vector<std::uint64_t> last_spans_;
  std::uint64_t span_ = 0;
  Subject subject_;
  bool is_weighted_ = false;
  /// Of the call that goes on.
  std::string key_;
};

}  // namespace clew::traceql::metrics
