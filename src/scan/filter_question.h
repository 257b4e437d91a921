#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "expr/expression.h"
#include "expr/needed_texts.h"
#include "scan/value_keys.h"

namespace clew::scan {

/// Says false only when nothing with that key (ValueKeys) is there.
using KeyTest = std::function<bool(std::uint64_t key)>;

/// What an expression asks of a filter of values: hashed once, asked of many. Immutable; any
/// thread.
///
/// A comparison of equality is false for every span where the filter has none of its values, a
/// pattern where it has not the parts of texts that a match needs, and any comparison with an
/// attribute where it has not that attribute; of all others nothing is known. What follows for the
/// whole is three-valued: false for every span, true for every span, or neither known.
class FilterQuestion {
 public:
  explicit FilterQuestion(const expr::Expression& expression);

  /// False: the expression holds for no span of those that the filter was made of, whatever of
  /// their values was lost since. Asks `may_have` only when an answer hangs on it.
  bool MayHold(const KeyTest& may_have) const;
  /// False: it holds for no span whatever there is, so that no filter is needed to say so.
  bool CanHold() const;

 private:
  /// Of how many of the spans something holds.
  enum class Extent : std::uint8_t { kNone, kUnknown, kAll };
  enum class Op : std::uint8_t { kAnd, kOr, kNot, kSome, kValue, kUnknown };
  struct Node {
    Op op = Op::kUnknown;
    std::vector<Node> operands{};
    // kValue: one of `keys` (nothing: whatever it is), or something that is left out. Without a key
    // for its presence the column is always there.
    std::optional<std::uint64_t> presence{};
    std::uint64_t left_out = 0;
    std::optional<std::vector<std::uint64_t>> keys{};
    /// What is asked of texts that are left out: the keys of the grams of each text that would do.
    /// With `needed` those of each of its texts.
    std::optional<std::array<std::uint64_t, 8>> has_grams{};
    std::vector<std::vector<std::uint64_t>> texts{};
    expr::NeededTextsPtr needed{};
  };

  static Node Make(const expr::Expression& expression);
  static Node MakeComparison(const expr::Expression& comparison);
  static Node MakePlaces(const expr::Expression& comparison, const expr::Reference& reference,
                         const expr::NeededTextsPtr& needed);
  static Node MakeValue(const expr::Expression& comparison, const ValueKeys& of,
                        const expr::NeededTextsPtr& needed);
  static Extent ExtentOf(const Node& node, const KeyTest& may_have);
  static Extent ExtentOfGroup(const Node& group, const KeyTest& may_have);
  static bool MayHaveValue(const Node& value, const KeyTest& may_have);
  static bool MayHaveTexts(const Node& value, const KeyTest& may_have);

  Node root_;
};

/// As FilterQuestion(expression).MayHold(may_have).
bool MayHold(const expr::Expression& expression, const KeyTest& may_have);

}  // namespace clew::scan
