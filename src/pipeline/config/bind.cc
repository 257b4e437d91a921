#include "pipeline/config/bind.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include "base/duration.h"
#include "base/letter_case.h"
#include "base/nearest.h"

namespace clew::pipeline {
namespace {

struct Integer {
  bool is_negative = false;
  std::uint64_t magnitude = 0;
};

std::optional<Integer> ParseInteger(std::string text) {
  std::erase(text, '_');
  std::string_view digits = text;
  Integer integer;
  if (digits.starts_with('-') || digits.starts_with('+')) {
    integer.is_negative = digits.starts_with('-');
    digits.remove_prefix(1);
  }
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char mark = digits[1];
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    const bool has_mark = !(mark >= '0' && mark <= '9');
    digits.remove_prefix(has_mark ? 2 : 1);
  }
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, integer.magnitude, base);
  if (error != std::errc() || stop != end || digits.empty()) return std::nullopt;
  return integer;
}

class FillBinder final : public Binder {
 public:
  FillBinder(const Node& node, std::string path, ProblemList& problems)
      : node_(node), path_(std::move(path)), problems_(problems) {}

  void Field(std::string_view name, bool* value, std::string_view) override {
    const Node* node = Take(name);
    if (!node) return;
    if (node->kind != Node::Kind::kScalar || node->type != ScalarType::kBool) {
      return Mismatch(name, *node, "true or false");
    }
    *value = node->text[0] == 't' || node->text[0] == 'T';
  }

  void Field(std::string_view name, std::int64_t* value, std::string_view) override {
    const Node* node = Take(name);
    if (!node) return;
    const std::optional<Integer> integer = IntegerOf(*node);
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!integer || integer->magnitude > kMax) return Mismatch(name, *node, "an integer");
    const auto magnitude = static_cast<std::int64_t>(integer->magnitude);
    *value = integer->is_negative ? -magnitude : magnitude;
  }

  void Field(std::string_view name, std::uint64_t* value, std::string_view) override {
    const Node* node = Take(name);
    if (!node) return;
    const std::optional<Integer> integer = IntegerOf(*node);
    if (!integer || (integer->is_negative && integer->magnitude != 0)) {
      return Mismatch(name, *node, "an integer of at least 0");
    }
    *value = integer->magnitude;
  }

  void Field(std::string_view name, double* value, std::string_view) override {
    const Node* node = Take(name);
    if (!node) return;
    if (const std::optional<Integer> integer = IntegerOf(*node)) {
      const auto magnitude = static_cast<double>(integer->magnitude);
      *value = integer->is_negative ? -magnitude : magnitude;
      return;
    }
    const bool is_number = node->kind == Node::Kind::kScalar && node->type == ScalarType::kFloat &&
                           node->text.find_first_not_of("+-.0123456789eE") == std::string::npos;
    if (!is_number) return Mismatch(name, *node, "a number");
    *value = std::strtod(node->text.c_str(), nullptr);
  }

  void Field(std::string_view name, std::string* value, std::string_view) override {
    const Node* node = TakeText(name);
    if (!node) return;
    if (std::optional<std::string> text = TextOf(*node)) {
      *value = std::move(*text);
    } else {
      Mismatch(name, *node, "text (put it in quotes)");
    }
  }

  void Field(std::string_view name, Secret* value, std::string_view) override {
    const Node* node = TakeText(name);
    if (!node) return;
    if (std::optional<std::string> text = TextOf(*node)) {
      value->value = std::move(*text);
    } else {
      Report(node->place, name, "expected text (put it in quotes)");
    }
  }

  void Field(std::string_view name, Nanos* value, std::string_view) override {
    const Node* node = Take(name);
    if (!node) return;
    if (const std::optional<Integer> integer = IntegerOf(*node);
        integer && integer->magnitude == 0) {
      *value = Nanos(0);
      return;
    }
    const bool is_text = node->kind == Node::Kind::kScalar && node->type == ScalarType::kString;
    if (!is_text) return Mismatch(name, *node, "a duration with its unit, e.g. 5s");
    if (const Result<Nanos> duration = base::ParseDuration(node->text)) {
      *value = *duration;
    } else {
      Report(node->place, name, duration.error().message);
    }
  }

  void Field(std::string_view name, std::vector<std::string>* value, std::string_view) override {
    const Node* node = Take(name);
    if (!node) return;
    if (node->kind != Node::Kind::kList) return Mismatch(name, *node, "a list of texts");
    std::vector<std::string> list;
    for (const Node& item : node->items) {
      if (std::optional<std::string> text = TextOf(item)) {
        list.push_back(std::move(*text));
      } else {
        Mismatch(fmt::format("{}[{}]", name, list.size()), item, "text (put it in quotes)");
        return;
      }
    }
    *value = std::move(list);
  }

  void Field(std::string_view name, std::map<std::string, Secret>* value,
             std::string_view) override {
    const Node* node = Take(name);
    if (!node) return;
    std::map<std::string, Secret> map;
    if (node->is_map()) {
      for (const Node::Entry& entry : node->entries) {
        if (!AddPair(name, entry.key, entry.value, map)) return;
      }
    } else if (node->kind == Node::Kind::kList) {
      for (const Node& item : node->items) {
        const Node* key = item.Find("name");
        const Node* text = item.Find("value");
        const std::optional<std::string> key_text = key ? TextOf(*key) : std::nullopt;
        if (!key_text || !text || item.entries.size() != 2) {
          return Report(item.place, name, "expected a list of {name, value}");
        }
        if (!AddPair(name, *key_text, *text, map)) return;
      }
    } else {
      return Report(node->place, name, "expected a map or a list of {name, value}");
    }
    *value = std::move(map);
  }

  void Word(std::string_view name, std::string* value, std::string_view help) override {
    Field(name, value, help);
    *value = base::LowerCase(*value);
  }

  void Choice(std::string_view name, std::string* value, const std::vector<std::string>& allowed,
              std::string_view) override {
    const Node* node = Take(name);
    if (!node) return;
    const std::string word = base::LowerCase(TextOf(*node).value_or("?"));
    const auto found = std::ranges::find_if(
        allowed, [&](const auto& other) { return base::LowerCase(other) == word; });
    if (found == allowed.end()) {
      return Mismatch(name, *node, fmt::format("one of {}", fmt::join(allowed, ", ")));
    }
    *value = *found;
  }

  void Nested(std::string_view name, Section* section, std::string_view) override {
    static const Node kNone;
    const Node* node = Take(name);
    BindSection(*section, node ? *node : kNone, Join(name), problems_);
  }

  void Optional(std::string_view name, bool* is_enabled, Section* section,
                std::string_view) override {
    Remember(name);
    const Node* node = node_.Find(name);
    if (!node) return;
    *is_enabled = true;
    FillBinder inner(*node, Join(name), problems_);
    if (!inner.IsMapOrNull()) return;
    section->Describe(inner);
    if (!inner.Knows("enabled")) inner.Field("enabled", is_enabled, "");
    inner.ReportUnknown();
  }

  bool IsMapOrNull() {
    if (node_.is_map() || node_.is_null()) return true;
    problems_.push_back(
        {node_.place, fmt::format("'{}' expected a map, got {}", path_, node_.Describe())});
    return false;
  }

  void ReportUnknown() {
    for (const Node::Entry& entry : node_.entries) {
      if (!Knows(entry.key)) {
        problems_.push_back({entry.place, UnknownKeyMessage(path_, entry.key, known_)});
      }
    }
  }

 private:
  bool Knows(std::string_view name) const {
    return std::find(known_.begin(), known_.end(), name) != known_.end();
  }

  void Remember(std::string_view name) { known_.emplace_back(name); }

  /// The value of a key; null when it is absent or null, which both leave the default.
  const Node* Take(std::string_view name) {
    Remember(name);
    const Node* node = node_.Find(name);
    return node && !node->is_null() ? node : nullptr;
  }

  /// The same for a field of text, for which an empty variable is a value.
  const Node* TakeText(std::string_view name) {
    Remember(name);
    const Node* node = node_.Find(name);
    return node && (!node->is_null() || node->original) ? node : nullptr;
  }

  static std::optional<Integer> IntegerOf(const Node& node) {
    if (node.kind != Node::Kind::kScalar || node.type != ScalarType::kInt) return std::nullopt;
    return ParseInteger(node.text);
  }

  static std::optional<std::string> TextOf(const Node& node) {
    if (node.original) return node.original;
    if (node.kind != Node::Kind::kScalar || node.type != ScalarType::kString) return std::nullopt;
    return node.text;
  }

  bool AddPair(std::string_view name, const std::string& key, const Node& value,
               std::map<std::string, Secret>& map) {
    std::optional<std::string> text = TextOf(value);
    if (!text) {
      // The value may be a token: say what is wrong, not what it is.
      Report(value.place, fmt::format("{}::{}", name, key), "expected text (put it in quotes)");
      return false;
    }
    map[key].value = std::move(*text);
    return true;
  }

  std::string Join(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}::{}", path_, name);
  }

  void Report(const Place& place, std::string_view name, std::string_view message) {
    problems_.push_back({place, fmt::format("'{}' {}", Join(name), message)});
  }

  void Mismatch(std::string_view name, const Node& node, std::string_view expected) {
    Report(node.place, name, fmt::format("expected {}, got {}", expected, node.Describe()));
  }

  const Node& node_;
  const std::string path_;
  ProblemList& problems_;
  std::vector<std::string> known_;
};

class PlacedProblems final : public Problems {
 public:
  PlacedProblems(const Node& node, const std::string& path, ProblemList& problems)
      : node_(node), path_(path), problems_(problems) {}

  void Add(std::string_view path, std::string message) override {
    const Node* node = &node_;
    Place place = node_.place;
    std::string_view rest = path;
    while (node && !rest.empty()) {
      const std::size_t cut = rest.find("::");
      const std::string_view key = rest.substr(0, cut);
      rest = cut == std::string_view::npos ? "" : rest.substr(cut + 2);
      const Node* parent = node;
      node = nullptr;
      for (const Node::Entry& entry : parent->entries) {
        if (entry.key != key) continue;
        node = &entry.value;
        place = entry.place;
      }
    }
    const std::string full = path.empty() ? path_ : fmt::format("{}::{}", path_, path);
    problems_.push_back({place, fmt::format("{}: {}", full, message)});
  }

 private:
  const Node& node_;
  const std::string& path_;
  ProblemList& problems_;
};

}  // namespace

std::string UnknownKeyMessage(const std::string& parent, const std::string& name,
                              const std::vector<std::string>& known) {
  return fmt::format("'{}' has invalid keys: {}{}", parent, name, base::DidYouMean(name, known));
}

void BindSection(Section& section, const Node& node, const std::string& path,
                 ProblemList& problems) {
  FillBinder binder(node, path, problems);
  if (!binder.IsMapOrNull()) return;
  section.Describe(binder);
  binder.ReportUnknown();
}

void ValidateSection(const Section& section, const Node& node, const std::string& path,
                     ProblemList& problems) {
  PlacedProblems placed(node, path, problems);
  section.Validate(placed);
}

}  // namespace clew::pipeline
