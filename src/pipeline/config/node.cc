#include "pipeline/config/node.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace clew::pipeline {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool IsBasedInteger(std::string_view digits) {
  if (digits.size() < 3 || digits[0] != '0') return false;
  std::string_view alphabet;
  switch (digits[1]) {
    case 'x':
    case 'X':
      alphabet = "0123456789abcdefABCDEF_";
      break;
    case 'o':
    case 'O':
      alphabet = "01234567_";
      break;
    case 'b':
    case 'B':
      alphabet = "01_";
      break;
    default:
      return false;
  }
  return digits.substr(2).find_first_not_of(alphabet) == std::string_view::npos;
}

bool IsInteger(std::string_view digits) {
  if (IsBasedInteger(digits)) return true;
  return !digits.empty() && IsDigit(digits[0]) &&
         digits.find_first_not_of("0123456789_") == std::string_view::npos;
}

/// (\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool IsFloat(std::string_view digits) {
  std::size_t i = 0;
  const auto skip_digits = [&] {
    const std::size_t begin = i;
    while (i < digits.size() && IsDigit(digits[i])) ++i;
    return i - begin;
  };
  const std::size_t whole_count = skip_digits();
  std::size_t fraction_count = 0;
  if (i < digits.size() && digits[i] == '.') {
    ++i;
    fraction_count = skip_digits();
  }
  if (whole_count + fraction_count == 0) return false;
  if (i < digits.size() && (digits[i] == 'e' || digits[i] == 'E')) {
    ++i;
    if (i < digits.size() && (digits[i] == '-' || digits[i] == '+')) ++i;
    if (skip_digits() == 0) return false;
  }
  return i == digits.size();
}

}  // namespace

ScalarType ResolvePlainScalar(std::string_view text) {
  if (IsOneOf(text, {"", "~", "null", "Null", "NULL"})) return ScalarType::kNull;
  if (IsOneOf(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return ScalarType::kBool;
  if (IsOneOf(text, {".nan", ".NaN", ".NAN"})) return ScalarType::kFloat;
  const std::string_view digits =
      text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
  if (IsOneOf(digits, {".inf", ".Inf", ".INF"})) return ScalarType::kFloat;
  if (IsInteger(digits)) return ScalarType::kInt;
  if (IsFloat(digits)) return ScalarType::kFloat;
  return ScalarType::kString;
}

Node Node::Scalar(std::string text, ScalarType type, Place place) {
  Node node;
  node.kind = type == ScalarType::kNull ? Kind::kNull : Kind::kScalar;
  node.text = std::move(text);
  node.type = type;
  node.place = std::move(place);
  return node;
}

Node Node::Map(Place place) {
  Node node;
  node.kind = Kind::kMap;
  node.place = std::move(place);
  return node;
}

const Node* Node::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::Find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).Find(key)); }

void Node::Remove(std::string_view key) {
  std::erase_if(entries, [&](const Entry& entry) { return entry.key == key; });
}

std::string Node::Describe() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kScalar:
      break;
  }
  switch (type) {
    case ScalarType::kBool:
      return fmt::format("the boolean {}", text);
    case ScalarType::kInt:
      return fmt::format("the integer {}", text);
    case ScalarType::kFloat:
      return fmt::format("the number {}", text);
    case ScalarType::kNull:
    case ScalarType::kString:
      break;
  }
  // What came out of ${…} may be a secret that was put into the wrong field.
  return original ? "a text from an expansion" : fmt::format("the text \"{}\"", text);
}

void MergeInto(Node& base, const Node& over) {
  if (!base.is_map() || !over.is_map()) {
    base = over;
    return;
  }
  for (const Node::Entry& entry : over.entries) {
    if (Node* mine = base.Find(entry.key)) {
      MergeInto(*mine, entry.value);
    } else {
      base.entries.push_back(entry);
    }
  }
}

void MoveTo(Node& node, const Place& place) {
  node.place = place;
  for (Node& item : node.items) MoveTo(item, place);
  for (Node::Entry& entry : node.entries) {
    entry.place = place;
    MoveTo(entry.value, place);
  }
}

std::size_t CountNodes(const Node& node, std::size_t limit) {
  std::size_t count = 1;
  for (const Node& item : node.items) {
    if (count >= limit) return limit;
    count += CountNodes(item, limit - count);
  }
  for (const Node::Entry& entry : node.entries) {
    if (count >= limit) return limit;
    count += CountNodes(entry.value, limit - count);
  }
  return count;
}

}  // namespace clew::pipeline
