#include "scan/equality_keys.h"

#include <string>
#include <utility>

#include "model/shown_keys.h"
#include "wire/otlp/json_text.h"

namespace clew::scan {
namespace {

using expr::Expression;
using expr::Literal;
using expr::Reference;
using model::ValueType;

void AddNumbers(const ValueKeys& of, std::optional<std::int64_t> integer,
                std::optional<double> real, std::vector<std::uint64_t>* keys) {
  if (integer) keys->push_back(of.Int(*integer));
  // Of a double as near as it gets: it may stand for another whole number than the text says.
  if (real) keys->push_back(of.Real(*real));
}

bool IsNumber(const Literal& literal) {
  return literal.type == ValueType::kInt || literal.type == ValueType::kDouble;
}

/// Every key that a value may have which is equal to `literal`. False: there may be others.
bool AddEqual(const ValueKeys& of, const Literal& literal, std::vector<std::uint64_t>* keys) {
  AddNumbers(of, literal.integer, literal.real, keys);
  if (IsNumber(literal)) return true;
  if (literal.text.size() > kFilterTextBytesMax) return false;
  keys->push_back(of.Text(literal.text));
  return true;
}

/// The same of what is shown as `text`.
bool AddShown(const ValueKeys& of, const Reference& reference, const std::string& text,
              std::vector<std::uint64_t>* keys) {
  // Empty values have no key; addresses are some bits of any number.
  if (text.empty() || text.size() > kFilterTextBytesMax) return false;
  if (!reference.field && model::IsAddressKey(reference.key)) return false;
  AddNumbers(of, expr::ParseInt(text), expr::ParseReal(text), keys);
  keys->push_back(of.Text(text));
  return true;
}

}  // namespace

std::optional<std::vector<std::uint64_t>> EqualityKeys(const ValueKeys& of,
                                                       const Expression& comparison) {
  std::vector<std::uint64_t> keys;
  if (comparison.op == expr::Op::kShownAs) {
    const bool is_all = AddShown(of, comparison.references[0], comparison.literals[0].text, &keys);
    return is_all ? std::optional(std::move(keys)) : std::nullopt;
  }
  // Arrays are in no filter, which says so.
  if (comparison.op == expr::Op::kHasArray) return keys;
  if (comparison.op != expr::Op::kEqual || comparison.references.size() != 1) return std::nullopt;
  for (const Literal& literal : comparison.literals) {
    if (!AddEqual(of, literal, &keys)) return std::nullopt;
  }
  return keys;
}

std::vector<std::string> EqualTexts(const Expression& comparison) {
  std::vector<std::string> texts;
  for (const Literal& literal : comparison.literals) {
    if (!IsNumber(literal)) texts.push_back(wire::otlp::RepairUtf8(literal.text));
  }
  return texts;
}

}  // namespace clew::scan
