#include "query/tag_match.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/pace.h"
#include "wire/otlp/json_text.h"
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

Status AddEqualDoubles(const SpanSource& source, const ScanColumn& column, std::string_view text,
                       RowSet* rows) {
  const std::optional<double> wanted = ParseNumber<double>(text);
  Pace pace(source);
  for (std::size_t i = 0; i < column.numbers.size(); ++i) {
    TRY(pace.Step());
    const auto value = std::bit_cast<double>(column.numbers[i]);
    if ((wanted && value == *wanted) || model::ValueToText(model::Value{value}) == text) {
      rows->Add(column.RowOf(i));
    }
  }
  return {};
}

// Text as stored, against the text of the query.
bool TextEquals(ValueType type, std::string_view stored, std::string_view text) {
  switch (type) {
    case ValueType::kBytes:
      return model::ValueToText(model::Value{model::ByteString{std::string(stored)}}) == text;
    case ValueType::kArray:
    case ValueType::kKvList:
      return wire::otlp::IsShownAs(model::ValueToText(wire::otlp::DecodeNestedValue(type, stored)),
                                   text);
    default:
      return wire::otlp::IsShownAs(stored, text);
  }
}

// "10.0.0.1", as numbers under these keys are shown.
bool IsShownAsAddress(Owner owner, std::string_view key) {
  return (owner == Owner::kSpan || owner == Owner::kResource) &&
         (key == "ip" || key == "peer.ipv4");
}

std::optional<std::uint32_t> ParseAddress(std::string_view text) {
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t end = part == 3 ? text.size() : text.find('.');
    if (end == std::string_view::npos) return std::nullopt;
    const auto number = ParseNumber<std::uint8_t>(text.substr(0, end));
    if (!number) return std::nullopt;
    address = address << 8 | *number;
    text.remove_prefix(part == 3 ? end : end + 1);
  }
  return address;
}

void AddEqualAddresses(const ScanColumn& column, std::uint32_t address, RowSet* rows) {
  const bool is_double = column.type == ValueType::kDouble;
  if (!is_double && column.type != ValueType::kInt) return;
  for (std::size_t i = 0; i < column.numbers.size(); ++i) {
    const std::int64_t number = column.numbers[i];
    const double real = is_double ? std::bit_cast<double>(number) : 0;
    const bool is_equal =
        is_double ? real >= 0 && real <= 4294967295.0 && static_cast<std::uint32_t>(real) == address
                  : static_cast<std::uint32_t>(number) == address;
    if (is_equal) rows->Add(column.RowOf(i));
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

// The spans that rows of the owner's table belong to.
Result<RowSet> SpansOfOwner(const SpanSource& source, Owner owner, RowSet rows) {
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

Result<RowSet> MatchAttribute(const SpanSource& source, Owner owner, std::string_view key,
                              std::string_view text) {
  RowSet rows(RowCountOf(source, owner), RowSet::Fill::kNone);
  ASSIGN_OR_RETURN(const std::vector<ScanColumnPtr> columns, source.Attribute(owner, key));
  for (const ScanColumnPtr& column : columns) TRY(AddEqualRows(source, *column, text, &rows));
  if (const auto address = IsShownAsAddress(owner, key) ? ParseAddress(text) : std::nullopt) {
    for (const ScanColumnPtr& column : columns) AddEqualAddresses(*column, *address, &rows);
  }
  return SpansOfOwner(source, owner, std::move(rows));
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

constexpr Owner kOwners[] = {Owner::kSpan, Owner::kResource, Owner::kScope, Owner::kEvent,
                             Owner::kLink};

Result<RowSet> MatchAnywhere(const SpanSource& source, std::string_view key,
                             std::string_view text) {
  RowSet spans(source.stats().span_count, RowSet::Fill::kNone);
  for (const Owner owner : kOwners) {
    ASSIGN_OR_RETURN(const RowSet found, MatchAttribute(source, owner, key, text));
    spans.Unite(found);
  }
  return spans;
}

// The spans of which a value is lost that MatchAnywhere might have found.
Result<RowSet> LostAnywhere(const SpanSource& source, std::string_view key) {
  RowSet spans(source.stats().span_count, RowSet::Fill::kNone);
  for (const Owner owner : kOwners) {
    ASSIGN_OR_RETURN(const std::vector<ScanColumnPtr> columns, source.Attribute(owner, key));
    RowSet rows(RowCountOf(source, owner), RowSet::Fill::kNone);
    for (const ScanColumnPtr& column : columns) AddLostRows(*column, &rows);
    ASSIGN_OR_RETURN(const RowSet found, SpansOfOwner(source, owner, std::move(rows)));
    spans.Unite(found);
    if (columns.empty() || owner == Owner::kSpan) continue;
    // Whose resource is lost may have had any.
    ASSIGN_OR_RETURN(const RowSet lost, SpansWithLost(source, owner));
    spans.Unite(lost);
  }
  return spans;
}

// The rows of the field's table that hold this text.
Result<RowSet> MatchFieldText(const SpanSource& source, SpanField field, std::size_t row_count,
                              std::string_view text) {
  RowSet rows(row_count, RowSet::Fill::kNone);
  ASSIGN_OR_RETURN(const ScanColumnPtr column, source.Field(field));
  TRY(AddEqualTexts(source, *column, text, &rows));
  return rows;
}

// The spans whose field is shown as a tag of this text; an empty one is not shown.
Result<RowSet> MatchShownText(const SpanSource& source, SpanField field, std::string_view text) {
  const storage::SourceStats& stats = source.stats();
  if (text.empty()) return RowSet(stats.span_count, RowSet::Fill::kNone);
  if (field == SpanField::kScopeName || field == SpanField::kScopeVersion) {
    ASSIGN_OR_RETURN(const RowSet scopes, MatchFieldText(source, field, stats.scope_count, text));
    return SpansOf(source, SpanField::kScope, scopes);
  }
  if (field == SpanField::kEventName) {
    ASSIGN_OR_RETURN(const RowSet events, MatchFieldText(source, field, stats.event_count, text));
    return ParentsOf(source, SpanField::kEventSpan, events);
  }
  return MatchFieldText(source, field, stats.span_count, text);
}

// An error is what has the status, or says so in a tag. What has neither, or says the opposite, is
// none; of what has lost either nobody knows.
Result<RowSet> MatchError(const SpanSource& source, bool wants_error) {
  ASSIGN_OR_RETURN(RowSet errors, MatchAnywhere(source, "error", "true"));
  ASSIGN_OR_RETURN(const RowSet failed,
                   MatchNumbers(source, SpanField::kStatusCode, [](std::int64_t code) {
                     return code == static_cast<std::int64_t>(model::StatusCode::kError);
                   }));
  errors.Unite(failed);
  if (wants_error) return errors;
  RowSet others(source.stats().span_count, RowSet::Fill::kAll);
  others.Subtract(errors);
  ASSIGN_OR_RETURN(RowSet lost, LostAnywhere(source, "error"));
  ASSIGN_OR_RETURN(const ScanColumnPtr codes, source.Field(SpanField::kStatusCode));
  AddLostRows(*codes, &lost);
  others.Subtract(lost);
  ASSIGN_OR_RETURN(const RowSet said, MatchAnywhere(source, "error", "false"));
  others.Unite(said);
  return others;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// The fields that the API of Jaeger shows as tags, and as the name of an event.
std::optional<SpanField> ShownField(std::string_view key) {
  struct Entry {
    std::string_view key;
    SpanField field;
  };
  static constexpr Entry kFields[] = {
      {"scope.name", SpanField::kScopeName},
      {"otel.scope.name", SpanField::kScopeName},
      {"otel.library.name", SpanField::kScopeName},
      {"scope.version", SpanField::kScopeVersion},
      {"otel.scope.version", SpanField::kScopeVersion},
      {"otel.library.version", SpanField::kScopeVersion},
      {"otel.status_description", SpanField::kStatusMessage},
      {"w3c.tracestate", SpanField::kTraceState},
      {"event", SpanField::kEventName},
  };
  const auto* found = std::ranges::find(kFields, key, &Entry::key);
  return found == std::end(kFields) ? std::nullopt : std::optional(found->field);
}

// What Jaeger's special keys stand for; nothing when `key` is none of them.
std::optional<Result<RowSet>> MatchSpecial(const SpanSource& source, std::string_view key,
                                           std::string_view text) {
  if (key == "error" && (text == "true" || text == "false")) {
    return MatchError(source, text == "true");
  }
  if (key == "span.status" || key == "otel.status_code") {
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
  if (const auto field = ShownField(key)) return MatchShownText(source, *field, text);
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

Status AddEqualTexts(const SpanSource& source, const ScanColumn& column, std::string_view text,
                     RowSet* rows) {
  Pace pace(source);
  if (!column.is_coded) {
    for (std::size_t i = 0; i < column.texts.size(); ++i) {
      TRY(pace.Step());
      if (TextEquals(column.type, column.texts[i], text)) rows->Add(column.RowOf(i));
    }
    return {};
  }
  for (std::uint32_t code = 0; code < column.dictionary.size(); ++code) {
    TRY(pace.Step());
    if (!TextEquals(column.type, column.dictionary[code], text)) continue;
    for (std::size_t i = 0; i < column.codes.size(); ++i) {
      if (column.codes[i] == code) rows->Add(column.RowOf(i));
    }
    // One that is shown like many others goes through all the rows for each.
    TRY(source.Check());
  }
  return {};
}

void AddLostRows(const ScanColumn& column, RowSet* rows) {
  if (column.is_lost) rows->Unite(RowSet(rows->row_count(), RowSet::Fill::kAll));
  for (const std::uint32_t row : column.lost) rows->Add(row);
}

Status AddEqualRows(const SpanSource& source, const ScanColumn& column, std::string_view text,
                    RowSet* rows) {
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
      return AddEqualDoubles(source, column, text, rows);
    case ValueType::kString:
    case ValueType::kBytes:
    case ValueType::kArray:
    case ValueType::kKvList:
      return AddEqualTexts(source, column, text, rows);
  }
  return {};
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

Result<RowSet> SpansWithLost(const SpanSource& source, Owner owner) {
  RowSet spans(source.stats().span_count, RowSet::Fill::kNone);
  switch (owner) {
    case Owner::kSpan:
      break;
    case Owner::kResource:
    case Owner::kScope: {
      const SpanField field = owner == Owner::kResource ? SpanField::kResource : SpanField::kScope;
      ASSIGN_OR_RETURN(const ScanColumnPtr rows, source.Field(field));
      AddLostRows(*rows, &spans);
      break;
    }
    case Owner::kEvent:
    case Owner::kLink: {
      const SpanField field = owner == Owner::kEvent ? SpanField::kEventSpan : SpanField::kLinkSpan;
      ASSIGN_OR_RETURN(const ScanColumnPtr parents, source.Field(field));
      if (parents->is_lost || !parents->lost.empty()) {
        spans = RowSet(spans.row_count(), RowSet::Fill::kAll);
      }
      break;
    }
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
  ASSIGN_OR_RETURN(RowSet spans, MatchAnywhere(source, tag.key, tag.value));
  if (const auto special = MatchSpecial(source, tag.key, tag.value)) {
    if (!special->has_value()) return std::unexpected(special->error());
    spans.Unite(**special);
  }
  return spans;
}

}  // namespace clew::query
