#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "expr/field.h"
#include "expr/literal.h"
#include "expr/pattern.h"
#include "expr/text_range.h"
#include "model/value.h"

/// One typed expression over spans, their resources, scopes, events and links. Whatever states a
/// condition is lowered to it, and scan::Evaluate says for which rows it holds.
namespace clew::expr {

/// Where an attribute is looked for.
enum class Scope : std::uint8_t { kSpan, kResource, kScope, kEvent, kLink, kSpanOrResource, kAny };

/// Whose attributes those are.
std::span<const model::Owner> OwnersOf(Scope scope);

/// Values to compare: those of a field, or of the attribute `key`. Of events and links those of any
/// of the span, inside kSome those of the one in question.
struct Reference {
  std::optional<Field> field{};
  Scope scope = Scope::kSpanOrResource;
  std::string key{};

  bool operator==(const Reference&) const = default;
};

enum class Op : std::uint8_t {
  kAnd,  // without operands: true
  kOr,   // without operands: false
  kNot,
  kSome,
  kExists,
  kHasArray,  // one of the values is an array, whatever is in it
  kHasOdd,    // a row has several values, or one that is no string, number or bool
  kEqual,     // to one of the literals
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kMatches,
  kShownAs,
};

/// A tree that is well formed when Check says so.
///
/// A comparison does not hold for a value that is absent, so that its kNot does; of several values
/// (several events, span and resource, types) one suffices. Of a span that has lost a value to
/// damage neither a comparison that needs it nor its kNot is known to hold.
struct Expression {
  Op op = Op::kAnd;
  /// Of kAnd and kOr any number; of kNot and kSome one.
  std::vector<Expression> operands{};
  /// The left side; and the right one, when it is no literal.
  std::vector<Reference> references{};
  std::vector<Literal> literals{};
  /// kSome: kEvent or kLink, of which one must fulfil the operand. Never nested.
  model::Owner owner = model::Owner::kSpan;
  /// kMatches: found in the value as it is shown, or matches all of it (Pattern::is_whole).
  PatternPtr pattern{};
  /// Of the text that it was made of.
  TextRange range{};
};

Expression True();
Expression False();
/// Of one operand: that itself. Operands that are of the same kind are taken in.
Expression And(std::vector<Expression> operands);
Expression Or(std::vector<Expression> operands);
Expression Not(Expression operand);
/// An event or link of the span fulfils it.
Expression Some(model::Owner owner, Expression operand);
Expression Exists(Reference reference);
Expression HasArray(Reference reference);
/// What languages may know other things of than comparisons here. Fields are never odd.
Expression HasOdd(Reference reference);
/// `op` is kEqual or one of the four that order.
Expression Compare(Op op, Reference left, Literal right);
Expression Compare(Op op, Reference left, Reference right);
Expression IsOneOf(Reference left, std::vector<Literal> right);
Expression Matches(Reference left, PatternPtr pattern);
/// The value reads as `text` where it is shown (model::ValueToText; numbers compare as numbers, so
/// that "1.50" finds 1.5). An empty text finds empty values of attributes, and no field.
Expression ShownAs(Reference left, std::string text);
/// There, and not equal: both sides have a value, and no pair of them is equal.
Expression Differs(Expression equal);

/// The same, which stands there, as do its parts of which nothing more is known.
Expression At(TextRange range, Expression expression);

Reference Of(Field field);
Reference Attribute(Scope scope, std::string key);

/// A lower bound that the number in `field` of every row must meet for which `expression` holds;
/// nothing when none is known.
std::optional<std::int64_t> LeastOf(const Expression& expression, Field field);

}  // namespace clew::expr
