#include "query/span_values.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "expr/field.h"
#include "model/service_name.h"
#include "scan/owner_rows.h"
#include "traceql/evaluate/array_value.h"
#include "traceql/evaluate/intrinsic_values.h"
#include "traceql/lower.h"

namespace clew::query {
namespace {

using model::Owner;
using model::ValueType;
using scan::ColumnPtr;
using scan::SpanSource;
using traceql::Attribute;
using traceql::Intrinsic;
using traceql::evaluate::Value;

// There is no value; there is one that a query cannot see.
constexpr std::uint32_t kAbsent = 0;
constexpr std::uint32_t kUnseen = 1;

std::vector<std::int64_t> Unpacked(const base::PackedNumbers& packed) {
  std::vector<std::int64_t> numbers(packed.count);
  std::vector<std::uint64_t> of_zone(std::min(packed.count, base::kPackedZoneNumbers));
  for (std::size_t i = 0; i < packed.zones.size(); ++i) {
    const base::PackedZone& zone = packed.zones[i];
    const std::size_t count = packed.CountOf(i);
    base::Unpack(zone.data, zone.width, 0, std::span(of_zone).first(count));
    std::int64_t* const out = numbers.data() + i * base::kPackedZoneNumbers;
    const auto min = static_cast<std::uint64_t>(zone.min);
    for (std::size_t k = 0; k < count; ++k) out[k] = static_cast<std::int64_t>(min + of_zone[k]);
  }
  return numbers;
}

// Calls visit(position, code of the dictionary) for all texts.
template <typename Visit>
void ForEachCode(const scan::CodedTexts& texts, const Visit& visit) {
  std::visit(
      [&](const auto& codes) {
        if constexpr (std::is_same_v<std::decay_t<decltype(codes)>, base::PackedNumbers>) {
          std::vector<std::uint32_t> of_zone(std::min(codes.count, base::kPackedZoneNumbers));
          for (std::size_t i = 0; i < codes.zones.size(); ++i) {
            const base::PackedZone& zone = codes.zones[i];
            const std::size_t count = codes.CountOf(i);
            base::Unpack(zone.data, zone.width, 0, std::span(of_zone).first(count));
            const auto min = static_cast<std::uint32_t>(zone.min);
            const std::size_t first = i * base::kPackedZoneNumbers;
            for (std::size_t k = 0; k < count; ++k) visit(first + k, min + of_zone[k]);
          }
        } else {
          for (std::size_t i = 0; i < codes.size(); ++i) visit(i, std::uint32_t{codes[i]});
        }
      },
      texts.codes);
}

// Of an attribute of this type; a text, and a number as it is stored.
Value ValueOf(ValueType type, std::string_view text) {
  if (type == ValueType::kString) return Value::String(text);
  return type == ValueType::kArray ? traceql::evaluate::ReadArray(text) : Value();
}
Value ValueOf(ValueType type, std::int64_t number) {
  switch (type) {
    case ValueType::kBool:
      return Value::Bool(number != 0);
    case ValueType::kInt:
      return Value::Int(number);
    case ValueType::kDouble:
      return Value::Float(std::bit_cast<double>(number));
    default:
      return {};
  }
}

struct HashOfText {
  std::size_t operator()(std::string_view text) const { return base::Hash64(text); }
};

// The codes of the rows of one table. Columns whose values go before those of others are added
// after them, and so are the values of a column that do: the last one counts.
class CodedTable {
 public:
  CodedTable(std::size_t row_count, AskedRows asked) : asked_(asked) {
    found_.codes.assign(row_count, kAbsent);
  }

  // `value_of` makes a Value of what the column has: a text, a number or an id.
  template <typename ValueOf>
  Status Add(const SpanSource& source, const ColumnPtr& column, const ValueOf& value_of) {
    TRY(source.Check());
    const std::size_t first_code = found_.values.size();
    std::visit(
        [&](const auto& all) {
          if (asked_) {
            AddAsked(*column, all, value_of);
          } else {
            AddValues(*column, all, value_of);
          }
        },
        column->values);
    for (const std::uint32_t row : column->lost) {
      if (found_.codes[row] >= first_code) found_.codes[row] = kAbsent;
    }
    found_.kept.push_back(column);
    return {};
  }

  CodedValues Take() { return std::move(found_); }

 private:
  std::uint32_t CodeOf(const Value& value) {
    if (value.is_nil()) return kUnseen;
    found_.values.push_back(value);
    return static_cast<std::uint32_t>(found_.values.size() - 1);
  }

  // A value that a query cannot see leaves what it can.
  void Put(std::uint32_t row, std::uint32_t code) {
    std::uint32_t& place = found_.codes[row];
    if (code != kUnseen || place == kAbsent) place = code;
  }

  // Calls put(position) from the last one on, where a row may have several.
  template <typename PutAt>
  static void FromBehind(std::size_t count, const PutAt& put) {
    for (std::size_t i = count; i-- > 0;) put(i);
  }

  // Where `row` is or would be among `rows`. It is looked for near `hint`, where the last one was:
  // they mostly ascend.
  static std::size_t FirstOf(std::uint32_t row, std::span<const std::uint32_t> rows,
                             std::size_t hint) {
    if (hint > 0 && rows[hint - 1] >= row) hint = 0;
    std::size_t step = 1;
    std::size_t end = hint;
    while (end < rows.size() && rows[end] < row) {
      hint = end + 1;
      end += step;
      step *= 2;
    }
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(hint);
    const auto limit = rows.begin() + static_cast<std::ptrdiff_t>(std::min(end, rows.size()));
    return static_cast<std::size_t>(std::lower_bound(begin, limit, row) - rows.begin());
  }

  // Calls visit(row, position) from behind, too.
  template <typename Visit>
  void ForEachAsked(const scan::Column& column, const Visit& visit) const {
    std::size_t begin = 0;
    for (const std::uint32_t row : *asked_) {
      if (column.rows.empty()) {
        if (row < column.count()) visit(row, std::size_t{row});
        continue;
      }
      begin = FirstOf(row, column.rows, begin);
      std::size_t end = begin;
      while (end < column.rows.size() && column.rows[end] == row) ++end;
      FromBehind(end - begin, [&](std::size_t i) { visit(row, begin + i); });
    }
  }

  template <typename ValueOf>
  void AddAsked(const scan::Column& column, const scan::Presence&, const ValueOf&) {
    const std::uint32_t code = CodeOfPresence(column);
    ForEachAsked(column, [&](std::uint32_t row, std::size_t) { Put(row, code); });
  }

  // Texts were not asked for; others cannot be seen.
  std::uint32_t CodeOfPresence(const scan::Column& column) {
    return column.type == ValueType::kString ? CodeOf(Value::Bool(true)) : kUnseen;
  }

  template <typename ValueOf>
  void AddAsked(const scan::Column& column, const scan::CodedTexts& texts,
                const ValueOf& value_of) {
    std::vector<std::uint32_t> codes(texts.dictionary.size(), kAbsent);
    std::visit(
        [&](const auto& stored) {
          ForEachAsked(column, [&](std::uint32_t row, std::size_t position) {
            const auto place = static_cast<std::size_t>(At(stored, position));
            if (codes[place] == kAbsent) codes[place] = CodeOf(value_of(texts.dictionary[place]));
            Put(row, codes[place]);
          });
        },
        texts.codes);
  }

  template <typename Held, typename ValueOf>
  void AddAsked(const scan::Column& column, const Held& all, const ValueOf& value_of) {
    if constexpr (std::is_same_v<Held, base::PackedNumbers>) {
      AddByKey<std::int64_t>(value_of, [&](const auto& put) {
        ForEachAsked(column, [&](std::uint32_t row, std::size_t i) { put(row, all.At(i)); });
      });
    } else {
      AddByKey<typename Held::value_type>(value_of, [&](const auto& put) {
        ForEachAsked(column, [&](std::uint32_t row, std::size_t i) { put(row, all[i]); });
      });
    }
  }

  template <typename Codes>
  static auto At(const Codes& codes, std::size_t position) {
    if constexpr (std::is_same_v<Codes, base::PackedNumbers>) {
      return codes.At(position);
    } else {
      return codes[position];
    }
  }

  template <typename ValueOf>
  void AddValues(const scan::Column& column, const scan::Presence& all, const ValueOf&) {
    const std::uint32_t code = CodeOfPresence(column);
    for (std::size_t i = 0; i < all.count; ++i) Put(column.RowOf(i), code);
  }

  template <typename ValueOf>
  void AddValues(const scan::Column& column, const scan::CodedTexts& texts,
                 const ValueOf& value_of) {
    std::vector<std::uint32_t> codes;
    codes.reserve(texts.dictionary.size());
    for (const std::string_view text : texts.dictionary) codes.push_back(CodeOf(value_of(text)));
    if (column.rows.empty()) {
      std::uint32_t* const out = found_.codes.data();
      ForEachCode(texts, [&](std::size_t i, std::uint32_t code) {
        if (out[i] == kAbsent || codes[code] != kUnseen) out[i] = codes[code];
      });
      return;
    }
    std::vector<std::uint32_t> all(texts.count());
    ForEachCode(texts, [&](std::size_t i, std::uint32_t code) { all[i] = codes[code]; });
    FromBehind(all.size(), [&](std::size_t i) { Put(column.rows[i], all[i]); });
  }

  template <typename ValueOf>
  void AddValues(const scan::Column& column, const base::PackedNumbers& packed,
                 const ValueOf& value_of) {
    const std::vector<std::int64_t> numbers = Unpacked(packed);
    AddValues(column, std::span<const std::int64_t>(numbers), value_of);
  }

  template <typename Held, typename ValueOf>
  void AddValues(const scan::Column& column, std::span<const Held> all, const ValueOf& value_of) {
    AddByKey<Held>(value_of, [&](const auto& put) {
      FromBehind(all.size(), [&](std::size_t i) { put(column.RowOf(i), all[i]); });
    });
  }

  // Texts without a dictionary, numbers and ids: equal ones get one code. Calls visit_all with what
  // it is to call for each row and what that holds.
  template <typename Held, typename ValueOf, typename VisitAll>
  void AddByKey(const ValueOf& value_of, const VisitAll& visit_all) {
    using Key = std::conditional_t<std::is_integral_v<Held>, std::int64_t, std::string_view>;
    using Hash = std::conditional_t<std::is_integral_v<Held>, std::hash<Key>, HashOfText>;
    std::unordered_map<Key, std::uint32_t, Hash> codes;
    // Neighbours are often equal.
    std::optional<Key> last;
    std::uint32_t last_code = kAbsent;
    visit_all([&](std::uint32_t row, const Held& held) {
      const Key key = KeyOf<Key>(held);
      if (last != key) {
        const auto [known, is_new] = codes.try_emplace(key, kAbsent);
        if (is_new) known->second = CodeOf(Made(value_of, held));
        last = key;
        last_code = known->second;
      }
      Put(row, last_code);
    });
  }

  template <typename Key, typename Held>
  static Key KeyOf(const Held& held) {
    if constexpr (std::is_same_v<Held, TraceId> || std::is_same_v<Held, SpanId>) {
      return {reinterpret_cast<const char*>(held.bytes.data()), held.bytes.size()};
    } else {
      return static_cast<Key>(held);
    }
  }
  // Numbers are as wide as any.
  template <typename ValueOf, typename Held>
  static Value Made(const ValueOf& value_of, const Held& held) {
    if constexpr (std::is_integral_v<Held>) {
      return value_of(static_cast<std::int64_t>(held));
    } else {
      return value_of(held);
    }
  }

  const AskedRows asked_;
  CodedValues found_{.codes = {}, .values = {Value(), Value()}};
};

// Of the table of `owner`, when rows of spans are asked for: tables of others have few rows, and
// are read whole.
AskedRows AskedOf(Owner owner, AskedRows asked) {
  return owner == Owner::kSpan ? asked : std::nullopt;
}

Result<CodedValues> CodeColumns(const SpanSource& source, Owner owner,
                                std::vector<ColumnPtr> columns, AskedRows asked) {
  CodedTable table(scan::RowCountOf(source, owner), asked);
  // Several keys may be shown alike: of one type the first column goes before the others.
  std::ranges::stable_sort(columns, {}, [](const ColumnPtr& column) { return column->type; });
  std::ranges::reverse(columns);
  for (const ColumnPtr& column : columns) {
    struct OfType {
      Value operator()(std::string_view text) const { return ValueOf(type, text); }
      Value operator()(std::int64_t number) const { return ValueOf(type, number); }
      Value operator()(const TraceId&) const { return {}; }
      Value operator()(const SpanId&) const { return {}; }
      ValueType type;
    };
    TRY(table.Add(source, column, OfType{column->type}));
  }
  return table.Take();
}

Result<CodedValues> ReadKey(const SpanSource& source, Owner owner, std::string_view key,
                            AskedRows asked) {
  ASSIGN_OR_RETURN(std::vector<ColumnPtr> columns, source.Attribute(owner, key));
  return CodeColumns(source, owner, std::move(columns), asked);
}

Result<CodedValues> ReadField(const SpanSource& source, Intrinsic intrinsic, expr::Field field,
                              AskedRows asked) {
  struct OfIntrinsic {
    Value operator()(std::string_view text) const {
      return Value::String(intrinsic == Intrinsic::kName ? model::OperationName(text) : text);
    }
    Value operator()(std::int64_t number) const {
      if (intrinsic == Intrinsic::kDuration) return Value::Duration(number);
      return intrinsic == Intrinsic::kKind ? traceql::evaluate::KindOf(number)
                                           : traceql::evaluate::StatusOf(number);
    }
    Value operator()(const TraceId& id) const { return traceql::evaluate::IdOf(id); }
    Value operator()(const SpanId& id) const { return traceql::evaluate::IdOf(id); }
    Intrinsic intrinsic;
  };
  const Owner owner = expr::InfoOf(field).owner;
  CodedTable table(scan::RowCountOf(source, owner), AskedOf(owner, asked));
  ASSIGN_OR_RETURN(const ColumnPtr column, source.Field(field));
  TRY(table.Add(source, column, OfIntrinsic{intrinsic}));
  return table.Take();
}

// What the spans have of the rows of another table.
Status Lift(const SpanSource& source, Owner owner, CodedValues* values) {
  if (owner == Owner::kSpan) return {};
  ASSIGN_OR_RETURN(const ColumnPtr ties, source.Ties(owner));
  const std::vector<std::uint32_t> of_owner = std::move(values->codes);
  values->codes.assign(source.stats().span_count, kAbsent);
  const auto tie = [&](std::size_t row, std::uint64_t of) {
    if (of < of_owner.size()) values->codes[row] = of_owner[of];
  };
  if (const auto direct = ties->all<std::uint32_t>(); !direct.empty()) {
    for (std::size_t i = 0; i < direct.size(); ++i) tie(ties->RowOf(i), direct[i]);
    return {};
  }
  const std::vector<std::int64_t> numbers = NumbersOf(*ties);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    tie(ties->RowOf(i), static_cast<std::uint64_t>(numbers[i]));
  }
  return {};
}

// Nothing: no span of the source has the attribute.
Result<std::optional<CodedValues>> ReadOf(const SpanSource& source, Owner owner,
                                          const std::string& key, AskedRows asked) {
  ASSIGN_OR_RETURN(std::vector<ColumnPtr> columns, source.Attribute(owner, key));
  if (columns.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(CodedValues values,
                   CodeColumns(source, owner, std::move(columns), AskedOf(owner, asked)));
  values.names.push_back({.first_code = 0, .name = key});
  TRY(Lift(source, owner, &values));
  return values;
}

// Where `first` has nothing it is `second`.
CodedValues Either(CodedValues first, CodedValues second) {
  const auto offset = static_cast<std::uint32_t>(first.values.size());
  first.values.insert(first.values.end(), second.values.begin(), second.values.end());
  first.kept.insert(first.kept.end(), second.kept.begin(), second.kept.end());
  for (CodedValues::Named& named : second.names) {
    first.names.push_back({offset + named.first_code, std::move(named.name)});
  }
  for (std::size_t row = 0; row < first.codes.size(); ++row) {
    const bool is_second = first.codes[row] == kAbsent && second.codes[row] != kAbsent;
    if (is_second) first.codes[row] = offset + second.codes[row];
  }
  return first;
}

// Whose attributes those of a scope are, in the order in which they count.
std::vector<Owner> OwnersOf(traceql::Scope scope) {
  switch (scope) {
    case traceql::Scope::kSpan:
      return {Owner::kSpan};
    case traceql::Scope::kResource:
      return {Owner::kResource};
    case traceql::Scope::kInstrumentation:
      return {Owner::kScope};
    default:
      return {Owner::kSpan, Owner::kResource};
  }
}

}  // namespace

std::vector<std::int64_t> NumbersOf(const scan::Column& column) {
  return std::visit(
      [](const auto& all) -> std::vector<std::int64_t> {
        using Held = std::decay_t<decltype(all)>;
        if constexpr (std::is_same_v<Held, base::PackedNumbers>) {
          return Unpacked(all);
        } else if constexpr (requires { requires std::is_integral_v<typename Held::value_type>; }) {
          return {all.begin(), all.end()};
        } else {
          return {};
        }
      },
      column.values);
}

Result<CodedValues> ReadCoded(const SpanSource& source, const Attribute& attribute,
                              traceql::Naming naming, AskedRows asked) {
  if (const auto field = traceql::FieldOf(attribute.intrinsic)) {
    ASSIGN_OR_RETURN(CodedValues values, ReadField(source, attribute.intrinsic, *field, asked));
    TRY(Lift(source, expr::InfoOf(*field).owner, &values));
    return values;
  }
  std::optional<CodedValues> found;
  for (const Owner owner : OwnersOf(attribute.scope)) {
    for (const std::string& name : traceql::NamesFor(attribute.name, naming)) {
      ASSIGN_OR_RETURN(std::optional<CodedValues> more, ReadOf(source, owner, name, asked));
      if (!more) continue;
      found = found ? Either(*std::move(found), *std::move(more)) : *std::move(more);
    }
  }
  if (found) return *std::move(found);
  return CodedTable(source.stats().span_count, asked).Take();
}

Result<CodedValues> ReadOwned(const SpanSource& source, Owner owner, std::string_view key,
                              AskedRows asked) {
  return ReadKey(source, owner, key, asked);
}

Result<CodedValues> ReadOwnedRows(const SpanSource& source, Owner owner, std::string_view key,
                                  AskedRows asked) {
  ASSIGN_OR_RETURN(std::vector<ColumnPtr> columns, source.AttributeRows(owner, key));
  return CodeColumns(source, owner, std::move(columns), asked);
}

Result<CodedValues> ReadEventNames(const SpanSource& source) {
  return ReadField(source, Intrinsic::kEventName, expr::Field::kEventName, std::nullopt);
}

Result<CodedValues> ReadTraceStates(const SpanSource& source) {
  return ReadField(source, Intrinsic::kNone, expr::Field::kTraceState, std::nullopt);
}

Result<std::vector<double>> ReadNumbers(const SpanSource& source, const Attribute& attribute,
                                        traceql::Naming naming) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> numbers(source.stats().span_count, kNone);
  if (attribute.intrinsic == Intrinsic::kDuration) {
    ASSIGN_OR_RETURN(const ColumnPtr column, source.Field(expr::Field::kDuration));
    const std::vector<std::int64_t> nanos = NumbersOf(*column);
    for (std::size_t i = 0; i < nanos.size(); ++i) {
      numbers[column->RowOf(i)] = static_cast<double>(nanos[i]);
    }
    for (const std::uint32_t row : column->lost) numbers[row] = kNone;
    return numbers;
  }
  ASSIGN_OR_RETURN(const CodedValues coded, ReadCoded(source, attribute, naming));
  std::vector<double> by_code;
  by_code.reserve(coded.values.size());
  for (const Value& value : coded.values) {
    by_code.push_back(value.is_number() ? value.AsReal() : kNone);
  }
  for (std::size_t row = 0; row < numbers.size(); ++row) numbers[row] = by_code[coded.codes[row]];
  return numbers;
}

}  // namespace clew::query
