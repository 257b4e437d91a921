#include "query/tag_match.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "wire/otlp/materialize.h"

namespace clew::query {
namespace {

using model::Owner;
using model::ValueType;
using storage::ScanColumn;
using storage::ScanColumnPtr;
using storage::SpanField;
using storage::SpanSource;

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

void AddEqualNumbers(const ScanColumn& column, std::int64_t number, RowSet* rows) {
  for (std::size_t i = 0; i < column.numbers.size(); ++i) {
    if (column.numbers[i] == number) rows->Add(column.RowOf(i));
  }
}

void AddEqualDoubles(const ScanColumn& column, std::string_view text, RowSet* rows) {
  const std::optional<double> wanted = ParseNumber<double>(text);
  for (std::size_t i = 0; i < column.numbers.size(); ++i) {
    const auto value = std::bit_cast<double>(column.numbers[i]);
    if ((wanted && value == *wanted) || model::ValueToText(model::Value{value}) == text) {
      rows->Add(column.RowOf(i));
    }
  }
}

// Text as stored, against the text of the query.
bool TextEquals(ValueType type, std::string_view stored, std::string_view text) {
  switch (type) {
    case ValueType::kBytes:
      return model::ValueToText(model::Value{model::ByteString{std::string(stored)}}) == text;
    case ValueType::kArray:
    case ValueType::kKvList:
      return model::ValueToText(wire::otlp::DecodeNestedValue(type, stored)) == text;
    default:
      return stored == text;
  }
}

// The spans that the rows of events or links hang on.
Result<RowSet> ParentsOf(const SpanSource& source, SpanField field, const RowSet& children) {
  RowSet spans(source.stats().span_count, RowSet::Fill::kNone);
  if (children.empty()) return spans;
  ASSIGN_OR_RETURN(const ScanColumnPtr parents, source.Field(field));
  for (std::size_t i = 0; i < parents->numbers.size(); ++i) {
    if (children.Has(parents->RowOf(i))) {
      spans.Add(static_cast<std::size_t>(parents->numbers[i]));
    }
  }
  return spans;
}

Result<RowSet> MatchAttribute(const SpanSource& source, Owner owner, std::string_view key,
                              std::string_view text) {
  RowSet rows(RowCountOf(source, owner), RowSet::Fill::kNone);
  ASSIGN_OR_RETURN(const std::vector<ScanColumnPtr> columns, source.Attribute(owner, key));
  for (const ScanColumnPtr& column : columns) AddEqualRows(*column, text, &rows);
  switch (owner) {
    case Owner::kResource:
      return SpansOf(source, SpanField::kResource, rows);
    case Owner::kScope:
      return SpansOf(source, SpanField::kScope, rows);
    case Owner::kEvent:
      return ParentsOf(source, SpanField::kEventSpan, rows);
    case Owner::kLink:
      return ParentsOf(source, SpanField::kLinkSpan, rows);
    case Owner::kSpan:
      break;
  }
  return rows;
}

// The spans for which `matches(number)` holds.
template <typename Matches>
Result<RowSet> MatchNumbers(const SpanSource& source, SpanField field, const Matches& matches) {
  RowSet rows(source.stats().span_count, RowSet::Fill::kNone);
  ASSIGN_OR_RETURN(const ScanColumnPtr column, source.Field(field));
  for (std::size_t i = 0; i < column->numbers.size(); ++i) {
    if (matches(column->numbers[i])) rows.Add(column->RowOf(i));
  }
  return rows;
}

Result<RowSet> MatchScopeText(const SpanSource& source, SpanField field, std::string_view text) {
  RowSet scopes(source.stats().scope_count, RowSet::Fill::kNone);
  ASSIGN_OR_RETURN(const ScanColumnPtr column, source.Field(field));
  AddEqualTexts(*column, text, &scopes);
  return SpansOf(source, SpanField::kScope, scopes);
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// What Jaeger's special keys stand for; nothing when `key` is none of them.
std::optional<Result<RowSet>> MatchSpecial(const SpanSource& source, std::string_view key,
                                           std::string_view text) {
  constexpr auto kError = static_cast<std::int64_t>(model::StatusCode::kError);
  if (key == "error" && (text == "true" || text == "false")) {
    const bool wants_error = text == "true";
    return MatchNumbers(source, SpanField::kStatusCode,
                        [=](std::int64_t code) { return (code == kError) == wants_error; });
  }
  if (key == "span.status") {
    constexpr std::string_view kNames[] = {"unset", "ok", "error"};
    const std::string wanted = LowerCase(text);
    return MatchNumbers(source, SpanField::kStatusCode, [=](std::int64_t code) {
      return code >= 0 && code <= 2 && kNames[code] == wanted;
    });
  }
  if (key == "span.kind") {
    return MatchNumbers(source, SpanField::kKind, [=](std::int64_t kind) {
      return model::SpanKindName(static_cast<model::SpanKind>(kind)) == text && !text.empty();
    });
  }
  if (key == "scope.name") return MatchScopeText(source, SpanField::kScopeName, text);
  if (key == "scope.version") return MatchScopeText(source, SpanField::kScopeVersion, text);
  constexpr std::string_view kResourcePrefix = "resource.";
  if (key.starts_with(kResourcePrefix)) {
    return MatchAttribute(source, Owner::kResource, key.substr(kResourcePrefix.size()), text);
  }
  return std::nullopt;
}

}  // namespace

std::size_t RowCountOf(const SpanSource& source, Owner owner) {
  const storage::SourceStats& stats = source.stats();
  switch (owner) {
    case Owner::kResource:
      return stats.resource_count;
    case Owner::kScope:
      return stats.scope_count;
    case Owner::kEvent:
      return stats.event_count;
    case Owner::kLink:
      return stats.link_count;
    case Owner::kSpan:
      break;
  }
  return stats.span_count;
}

void AddEqualTexts(const ScanColumn& column, std::string_view text, RowSet* rows) {
  if (!column.is_coded) {
    for (std::size_t i = 0; i < column.texts.size(); ++i) {
      if (TextEquals(column.type, column.texts[i], text)) rows->Add(column.RowOf(i));
    }
    return;
  }
  for (std::uint32_t code = 0; code < column.dictionary.size(); ++code) {
    if (!TextEquals(column.type, column.dictionary[code], text)) continue;
    for (std::size_t i = 0; i < column.codes.size(); ++i) {
      if (column.codes[i] == code) rows->Add(column.RowOf(i));
    }
  }
}

void AddEqualRows(const ScanColumn& column, std::string_view text, RowSet* rows) {
  switch (column.type) {
    case ValueType::kEmpty:
      if (text.empty()) {
        for (std::size_t i = 0; i < column.count(); ++i) rows->Add(column.RowOf(i));
      }
      break;
    case ValueType::kBool:
      if (text == "true" || text == "false") AddEqualNumbers(column, text == "true" ? 1 : 0, rows);
      break;
    case ValueType::kInt:
      if (const auto number = ParseNumber<std::int64_t>(text)) {
        AddEqualNumbers(column, *number, rows);
      }
      break;
    case ValueType::kDouble:
      AddEqualDoubles(column, text, rows);
      break;
    case ValueType::kString:
    case ValueType::kBytes:
    case ValueType::kArray:
    case ValueType::kKvList:
      AddEqualTexts(column, text, rows);
      break;
  }
}

Result<RowSet> SpansOf(const SpanSource& source, SpanField field, const RowSet& owner_rows) {
  RowSet spans(source.stats().span_count, RowSet::Fill::kNone);
  if (owner_rows.empty()) return spans;
  ASSIGN_OR_RETURN(const ScanColumnPtr owners, source.Field(field));
  for (std::size_t i = 0; i < owners->numbers.size(); ++i) {
    if (owner_rows.Has(static_cast<std::size_t>(owners->numbers[i]))) spans.Add(owners->RowOf(i));
  }
  return spans;
}

Result<RowSet> MatchTag(const SpanSource& source, const Tag& tag) {
  if (tag.scope == TagScope::kSpan) {
    return MatchAttribute(source, Owner::kSpan, tag.key, tag.value);
  }
  if (tag.scope == TagScope::kResource) {
    return MatchAttribute(source, Owner::kResource, tag.key, tag.value);
  }
  RowSet spans(source.stats().span_count, RowSet::Fill::kNone);
  for (const Owner owner :
       {Owner::kSpan, Owner::kResource, Owner::kScope, Owner::kEvent, Owner::kLink}) {
    ASSIGN_OR_RETURN(const RowSet found, MatchAttribute(source, owner, tag.key, tag.value));
    spans.Unite(found);
  }
  if (const auto special = MatchSpecial(source, tag.key, tag.value)) {
    if (!special->has_value()) return std::unexpected(special->error());
    spans.Unite(**special);
  }
  return spans;
}

}  // namespace clew::query
