#include "query/compared_attributes.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/service_name.h"
#include "query/span_values.h"
#include "scan/owner_rows.h"

namespace clew::query {
namespace {

using model::Owner;
using traceql::Attribute;
using traceql::Intrinsic;
using traceql::Scope;
using traceql::evaluate::Value;
using traceql::metrics::AttributeCounts;
using traceql::metrics::ComparedField;

// A number of a value is below: it is not known yet.
constexpr std::uint64_t kNotLookedUp = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kTooMany = kNotLookedUp - 1;

constexpr std::array kScopes = {
    std::pair(Owner::kSpan, Scope::kSpan),
    std::pair(Owner::kResource, Scope::kResource),
    std::pair(Owner::kScope, Scope::kInstrumentation),
    std::pair(Owner::kEvent, Scope::kEvent),
    std::pair(Owner::kLink, Scope::kLink),
};

bool IsEmptyText(const Value& value) {
  return value.kind == Value::Kind::kString && value.text.empty();
}

// One attribute of many spans.
class CodedCounter {
 public:
  // Codes are those of `values`. Both outlive it.
  CodedCounter(const std::vector<Value>& values, std::uint32_t attribute, AttributeCounts* counts)
      : values_(values),
        attribute_(attribute),
        counts_(*counts),
        numbers_(values.size(), kNotLookedUp) {}

  // Of the span that the counts have begun with; of a value that is not nil.
  Status Count(std::uint32_t code) {
    std::uint64_t& number = numbers_[code];
    if (number == kNotLookedUp) {
      ASSIGN_OR_RETURN(const AttributeCounts::ValueNumber found,
                       counts_.ValueOf(attribute_, values_[code]));
      number = found ? *found : kTooMany;
    }
    return number == kTooMany ? counts_.Count(attribute_, AttributeCounts::ValueNumber())
                              : counts_.Count(attribute_, static_cast<std::uint32_t>(number));
  }

 private:
  const std::vector<Value>& values_;
  const std::uint32_t attribute_;
  AttributeCounts& counts_;
  std::vector<std::uint64_t> numbers_;
};

// For each subject, calls visit(its place, count), which calls count(row of `values`) for each that
// is its.
template <typename Visit>
Status CountEach(const std::string& name, const CodedValues& values, bool are_empty_counted,
                 const std::vector<AttributeCounts::Subject>& subjects, AttributeCounts* counts,
                 const Visit& visit) {
  std::optional<CodedCounter> counter;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    bool is_begun = false;
    TRY(visit(i, [&](std::uint32_t row) -> Status {
      const std::uint32_t code = values.codes[row];
      const Value& value = values.values[code];
      if (value.is_nil() || (!are_empty_counted && IsEmptyText(value))) return {};
      if (!counter) {
        ASSIGN_OR_RETURN(const std::uint32_t attribute, counts->AttributeOf(name));
        counter.emplace(values.values, attribute, counts);
      }
      if (!std::exchange(is_begun, true)) counts->Begin(subjects[i]);
      return counter->Count(code);
    }));
  }
  return {};
}

class ComparedSource {
 public:
  ComparedSource(const scan::SpanSource& source, const ComparedSpans& spans,
                 AttributeCounts* counts)
      : source_(source), spans_(spans), counts_(*counts) {}

  Status CountFields(const std::vector<ComparedField>& fields) {
    for (const ComparedField& field : fields) {
      if (field.is_of_root()) continue;
      TRY(source_.Check());
      ASSIGN_OR_RETURN(const CodedValues values, ReadCoded(source_, {.intrinsic = field.intrinsic},
                                                           traceql::Naming::kAsAsked, spans_.rows));
      TRY(CountEach(field.name, values, false, spans_.subjects, &counts_,
                    [this](std::size_t i, const auto& count) { return count(spans_.rows[i]); }));
    }
    return {};
  }

  Status CountEventNames() {
    if (source_.stats().event_count == 0) return {};
    ASSIGN_OR_RETURN(const CodedValues names, ReadEventNames(source_));
    ASSIGN_OR_RETURN(const scan::OwnerRows* const events, RowsOf(Owner::kEvent));
    return CountOwned(std::string(InfoOf(Intrinsic::kEventName).scoped), names, false, *events);
  }

  Status CountAttributes() {
    ASSIGN_OR_RETURN(const std::vector<scan::AttributeCount> all, source_.Attributes());
    for (const auto& [owner, scope] : kScopes) {
      std::vector<std::string_view> keys;
      for (const scan::AttributeCount& attribute : all) {
        if (attribute.owner == owner) keys.push_back(attribute.key);
      }
      std::ranges::sort(keys);
      const auto repeats = std::ranges::unique(keys);
      keys.erase(repeats.begin(), repeats.end());
      if (keys.empty()) continue;
      ASSIGN_OR_RETURN(const scan::OwnerRows* const rows, RowsOf(owner));
      const std::vector<std::uint32_t> asked = AskedOf(*rows);
      for (const std::string_view key : keys) {
        TRY(source_.Check());
        const std::string name = Print(Attribute{.scope = scope, .name = std::string(key)});
        ASSIGN_OR_RETURN(const std::uint32_t attribute, counts_.AttributeOf(name));
        ASSIGN_OR_RETURN(const CodedValues values, counts_.HasTooMany(attribute)
                                                       ? ReadOwnedRows(source_, owner, key, asked)
                                                       : ReadOwned(source_, owner, key, asked));
        TRY(CountOwned(name, values, true, *rows));
      }
    }
    return {};
  }

 private:
  // Which rows of a table belong to each span.
  Result<const scan::OwnerRows*> RowsOf(Owner owner) {
    auto& rows = rows_[static_cast<std::size_t>(owner)];
    if (!rows) {
      ASSIGN_OR_RETURN(rows, scan::OwnerRows::Read(source_, owner, Owner::kSpan));
    }
    return &*rows;
  }

  // Those of all the spans, ascending, each once.
  std::vector<std::uint32_t> AskedOf(const scan::OwnerRows& rows) const {
    std::vector<std::uint32_t> asked;
    for (const std::uint32_t row : spans_.rows) {
      rows.ForEach(row, [&](std::uint32_t of) { asked.push_back(of); });
    }
    std::ranges::sort(asked);
    const auto repeats = std::ranges::unique(asked);
    asked.erase(repeats.begin(), repeats.end());
    return asked;
  }

  Status CountOwned(const std::string& name, const CodedValues& values, bool are_empty_counted,
                    const scan::OwnerRows& rows) {
    return CountEach(name, values, are_empty_counted, spans_.subjects, &counts_,
                     [this, &rows](std::size_t i, const auto& count) {
                       Status status;
                       rows.ForEach(spans_.rows[i], [&](std::uint32_t row) {
                         if (status) status = count(row);
                       });
                       return status;
                     });
  }

  const scan::SpanSource& source_;
  const ComparedSpans& spans_;
  AttributeCounts& counts_;
  /// By owner, once asked for.
  std::array<std::optional<scan::OwnerRows>, model::kOwnerCount> rows_;
};

}  // namespace

Status CountCompared(const scan::SpanSource& source, const traceql::metrics::Comparison& comparison,
                     const std::vector<std::uint32_t>& roots, const ComparedSpans& spans,
                     AttributeCounts* counts) {
  if (spans.rows.empty()) return {};
  ComparedSource compared(source, spans, counts);
  TRY(compared.CountFields(comparison.fields));
  TRY(compared.CountEventNames());
  TRY(compared.CountAttributes());
  return CountRoots(source, comparison, roots, spans.subjects, counts);
}

Status CountRoots(const scan::SpanSource& source, const traceql::metrics::Comparison& comparison,
                  const std::vector<std::uint32_t>& roots,
                  const std::vector<AttributeCounts::Subject>& subjects, AttributeCounts* counts) {
  std::vector<std::uint32_t> asked;
  for (const std::uint32_t root : roots) {
    if (root != kNoRoot && (asked.empty() || asked.back() != root)) asked.push_back(root);
  }
  if (asked.empty()) return {};
  for (const ComparedField& field : comparison.fields) {
    if (!field.is_of_root()) continue;
    TRY(source.Check());
    const Attribute of_root =
        field.intrinsic == Intrinsic::kRootName
            ? Attribute{.intrinsic = Intrinsic::kName}
            : Attribute{.scope = Scope::kResource, .name = std::string(model::kServiceNameKey)};
    ASSIGN_OR_RETURN(const CodedValues values,
                     ReadCoded(source, of_root, traceql::Naming::kAsAsked, asked));
    TRY(CountEach(field.name, values, false, subjects, counts,
                  [&](std::size_t i, const auto& count) -> Status {
                    const std::uint32_t root = roots[i];
                    const bool is_text =
                        root != kNoRoot && values.Of(root).kind == Value::Kind::kString;
                    return is_text ? count(root) : Status();
                  }));
  }
  return {};
}

}  // namespace clew::query
