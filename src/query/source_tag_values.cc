#include "query/source_tag_values.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "query/listed_spans.h"
#include "scan/resource_services.h"

namespace clew::query {
namespace {

constexpr std::size_t kCheckEvery = 4096;

bool IsListed(model::ValueType type) {
  return type >= model::ValueType::kString && type <= model::ValueType::kDouble;
}

// Values of one column with how often each is there, before they are made texts.
class ColumnValues {
 public:
  // Of the rows that are in `rows`; without it of all. All outlive it.
  ColumnValues(const Scan& scan, const std::optional<scan::RowSet>& rows, TagValueCounts& values)
      : scan_(scan), rows_(rows), values_(values) {}

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

  // Of a field of words.
  Status AddWords(const scan::Column& column, expr::Field field) {
    std::map<std::string_view, std::uint64_t> counts;
    const auto small = column.all<std::int32_t>();
    TRY(ForEach(column, [&](std::size_t i) {
      ++counts[WordOf(field, small.empty() ? column.NumberAt(i) : small[i])];
    }));
    for (const auto& [word, count] : counts) {
      TRY(values_.Add(model::ValueType::kString, word, 0, count));
    }
    return {};
  }

  // Of each resource in which `names` has one.
  Status AddServices(const scan::ResourceServices& services) {
    for (std::size_t row = 0; row < services.names.size(); ++row) {
      if (row % kCheckEvery == 0) TRY(scan_.Check());
      if ((rows_ && !rows_->Has(row)) || services.lost.Has(row)) continue;
      TRY(values_.Add(model::ValueType::kString, services.names[row], 0, 1));
    }
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
      const std::uint32_t row = column.RowOf(i);
      if (rows_ && !rows_->Has(row)) continue;
      if (!column.lost.empty() && std::ranges::binary_search(column.lost, row)) continue;
      visit(i);
    }
    return {};
  }

  const Scan& scan_;
  const std::optional<scan::RowSet>& rows_;
  TagValueCounts& values_;
};

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

bool HasOperationCounts(expr::Field field) {
  return field == expr::Field::kName || field == expr::Field::kKind ||
         field == expr::Field::kService;
}

Status AddField(const Scan& scan, const scan::SpanSource& source, expr::Field field,
                ColumnValues columns) {
  if (field == expr::Field::kService) {
    const auto services = scan::ServicesOf(source);
    return services.has_value() ? columns.AddServices(*services)
                                : scan.Tolerate(source, services.error());
  }
  const Result<scan::ColumnPtr> column = source.Field(field);
  if (!column.has_value()) return scan.Tolerate(source, column.error());
  const bool is_word = expr::InfoOf(field).kind == expr::FieldKind::kWord;
  return is_word ? columns.AddWords(**column, field)
                 : columns.Add(**column, model::ValueType::kString);
}

}  // namespace

std::string_view WordOf(expr::Field field, std::int64_t number) {
  const auto words = expr::WordsOf(field);
  const bool is_known = number >= 0 && std::cmp_less(number, words.size());
  return words[is_known ? static_cast<std::size_t>(number) : 0];
}

Status AddValuesOf(const Scan& scan, const scan::SpanSource& source, const expr::Reference& tag,
                   const std::optional<scan::RowSet>& spans, TagValueCounts& values) {
  if (spans && spans->empty()) return {};
  if (tag.field) {
    if (!spans && HasOperationCounts(*tag.field)) {
      return AddOperations(scan, source, *tag.field, values);
    }
    const auto rows = RowsOf(source, spans, expr::InfoOf(*tag.field).owner);
    if (!rows.has_value()) return scan.Tolerate(source, rows.error());
    return AddField(scan, source, *tag.field, ColumnValues(scan, *rows, values));
  }
  for (const model::Owner owner : expr::OwnersOf(tag.scope)) {
    const auto found = source.Attribute(owner, tag.key);
    if (!found.has_value()) return scan.Tolerate(source, found.error());
    if (found->empty()) continue;
    const auto rows = RowsOf(source, spans, owner);
    if (!rows.has_value()) return scan.Tolerate(source, rows.error());
    ColumnValues columns(scan, *rows, values);
    for (const scan::ColumnPtr& column : *found) TRY(columns.Add(*column, column->type));
  }
  return {};
}

}  // namespace clew::query
