#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "expr/pattern.h"
#include "model/value.h"
#include "traceql/field_expression.h"
#include "traceql/naming.h"

namespace clew::traceql::evaluate {

/// The number of an attribute in its FieldProgram.
using Slot = std::uint32_t;

/// A field expression that is ready to be evaluated.
struct Term {
  enum class Kind : std::uint8_t {
    kStatic,
    kAttribute,
    kNot,
    kNegate,
    kAnd,
    kOr,
    /// `= nil` or `!= nil`, of one operand.
    kNilTest,
    /// `=~` or `!~`, of one operand.
    kMatch,
    kComparison,
    kArithmetic,
  };
  /// Of what a condition is asked: of the span, or of each of its events, links or pairs of them.
  enum class Bound : std::uint8_t { kSpan, kEvent, kLink, kEventAndLink };

  Kind kind = Kind::kStatic;
  Op op = Op::kStatic;
  /// Of kAnd also those of a kAnd in it, and by what they are bound to.
  std::vector<Term> operands{};
  /// Of kStatic.
  Static value{};
  /// The value is the octets of an id.
  bool is_id = false;
  /// Of kAttribute.
  Slot slot = 0;
  /// Of kMatch.
  expr::PatternPtr pattern{};
  Bound bound = Bound::kSpan;

  bool NeedsEvent() const { return bound == Bound::kEvent || bound == Bound::kEventAndLink; }
  bool NeedsLink() const { return bound == Bound::kLink || bound == Bound::kEventAndLink; }
};

/// The field expressions of a query: which attributes there are in them, and where those are found.
/// Made once for a query and then read by any thread.
class FieldProgram {
 public:
  /// The values of one key of one owner.
  struct Fetch {
    bool operator==(const Fetch&) const = default;

    model::Owner owner = model::Owner::kSpan;
    std::string key{};
  };
  /// The numbers of the fetches that an attribute is read from: the first that has something
  /// counts. All names of a span come before those of its resource.
  struct Source {
    Attribute attribute{};
    std::vector<std::uint32_t> fetches{};
  };

  explicit FieldProgram(Naming naming) : naming_(naming) {}

  Naming naming() const { return naming_; }
  /// The number of an attribute; the same one whenever it is named.
  Slot SlotOf(const Attribute& attribute);
  /// Of an expression that has passed Check. INVALID_ARGUMENT for a regular expression that does
  /// not compile.
  Result<Term> Prepare(const FieldExpression& expression);

  /// Everything that the query touches, in the order in which it was first named.
  std::span<const Source> sources() const { return sources_; }
  std::span<const Fetch> fetches() const { return fetches_; }

 private:
  void AddFetch(model::Owner owner, std::string_view key, Source* source);
  Result<Term> PrepareComparison(const FieldExpression& expression);
  Status AddOperands(const FieldExpression& expression, Term* term);

  Naming naming_;
  std::vector<Source> sources_;
  std::vector<Fetch> fetches_;
};

}  // namespace clew::traceql::evaluate
