#include "pipeline/config/expand.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "pipeline/config/yaml_reader.h"

namespace clew::pipeline {
namespace {

/// In one value that was written in a source.
constexpr int kReferencesMax = 1000;
// As many as a single source may have; of everything that references bring in.
constexpr std::size_t kLevelsMax = 100;
constexpr std::size_t kNodesMax = 100'000;
constexpr std::size_t kBytesMax = 4u << 20;

struct Range {
  std::size_t begin;
  std::size_t end;
};

/// A reference, and where in the text stands what it brought in.
struct OpenReference {
  std::string text;
  std::size_t begin;
  std::size_t rest;  // bytes behind it, which no expansion within changes
};

/// True when the `$` at `index` follows an odd number of `$`: it is the second half of `$$`.
bool IsEscaped(std::string_view text, std::size_t index) {
  std::size_t count = 0;
  while (index > count && text[index - count - 1] == '$') ++count;
  return count % 2 == 1;
}

/// The first innermost ${…}.
std::optional<Range> FindReference(std::string_view text) {
  std::size_t from = 0;
  while (true) {
    const std::size_t close = text.find('}', from);
    if (close == std::string_view::npos) return std::nullopt;
    const std::size_t open = text.substr(from, close - from).rfind("${");
    if (open != std::string_view::npos && !IsEscaped(text, from + open)) {
      return Range{from + open, close + 1};
    }
    from = close + 1;
  }
}

std::string Unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    plain += text[i];
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$') ++i;
  }
  return plain;
}

class Expander {
 public:
  Expander(const Environment& environment, ProblemList& problems,
           std::vector<std::string>& warnings)
      : environment_(environment), problems_(problems), warnings_(warnings) {}

  void Walk(Node& node) {
    if (node.kind == Node::Kind::kScalar) return ExpandScalar(node);
    if (level_ == kLevelsMax) {
      return Fail(node, fmt::format("expands to more than {} levels", kLevelsMax));
    }
    ++level_;
    for (Node& item : node.items) Walk(item);
    for (Node::Entry& entry : node.entries) Walk(entry.value);
    --level_;
  }

 private:
  void ExpandScalar(Node& node) {
    // Counted anew for each value that was written in a source.
    if (open_.empty()) reference_count_ = 0;
    const std::size_t outer_count = open_.size();
    ExpandReferences(node, outer_count);
    open_.resize(outer_count);
  }

  void ExpandReferences(Node& node, std::size_t outer_count) {
    while (const std::optional<Range> range = FindReference(node.text)) {
      const std::string reference = node.text.substr(range->begin, range->end - range->begin);
      if (++reference_count_ > kReferencesMax) {
        return Fail(node, fmt::format("takes more than {} references to expand: the text has grown "
                                      "to {} bytes, the next reference is {}: expand fewer in one "
                                      "text",
                                      kReferencesMax, node.text.size(), reference));
      }
      const bool is_whole = reference.size() == node.text.size();
      CloseBefore(*range, node.text.size(), outer_count);
      if (!Open(reference, *range, node)) return;
      std::optional<Node> value = Resolve(reference, node.place);
      if (!value) return Fail(node, "");
      if (is_whole) {
        node = std::move(*value);
        if (node.kind != Node::Kind::kScalar) return Walk(node);
      } else if (!Splice(node, *range, *value)) {
        return;
      }
    }
    node.text = Unescape(node.text);
    if (node.original) node.original = Unescape(*node.original);
  }

  /// Closes what does not hold all of `range`, from the innermost out; not the outermost
  /// `outer_count`, which hold the text as a whole.
  void CloseBefore(const Range& range, std::size_t text_size, std::size_t outer_count) {
    while (open_.size() > outer_count &&
           (range.begin < open_.back().begin || range.end > text_size - open_.back().rest)) {
      open_.pop_back();
    }
  }

  /// Notes that what will stand at `range` of `node` comes from `reference`. False when it cannot.
  bool Open(const std::string& reference, const Range& range, Node& node) {
    const auto same = std::ranges::find(open_, reference, &OpenReference::text);
    if (same != open_.end()) {
      std::string chain;
      for (auto link = same; link != open_.end(); ++link) chain += link->text + " -> ";
      Fail(node, fmt::format("{} includes itself: {}{}", reference, chain, reference));
      return false;
    }
    if (open_.size() == kLevelsMax) {
      Fail(node, fmt::format("more than {} references lead from one to the next, the last is {}",
                             kLevelsMax, reference));
      return false;
    }
    open_.push_back({reference, range.begin, node.text.size() - range.end});
    return true;
  }

  /// Counts what was retrieved. False when that is too much for one configuration.
  bool TakeIn(const Node& value, const std::string& reference) {
    byte_count_ += value.original->size();
    node_count_ += CountNodes(value, kNodesMax + 1);
    if (byte_count_ <= kBytesMax && node_count_ <= kNodesMax) return true;
    problems_.push_back(
        {value.place,
         fmt::format("the references of the configuration expand to more than {} bytes "
                     "or {} values, the first too many is {}",
                     kBytesMax, kNodesMax, reference)});
    is_full_ = true;
    return false;
  }

  bool Splice(Node& node, const Range& range, const Node& value) {
    if (value.is_map() || value.kind == Node::Kind::kList) {
      Fail(node, "retrieved value does not have unambiguous string representation");
      return false;
    }
    node.text.replace(range.begin, range.end - range.begin, *value.original);
    node.type = ScalarType::kString;
    if (node.original) node.original = node.text;
    return true;
  }

  /// Puts an empty text in place of what cannot be expanded, so that it is reported once.
  void Fail(Node& node, std::string message) {
    if (!message.empty()) problems_.push_back({node.place, std::move(message)});
    node = Node::Scalar("", ScalarType::kNull, node.place);
  }

  std::optional<Node> Resolve(const std::string& reference, const Place& place) {
    if (is_full_) return std::nullopt;  // reported already
    const std::string text = reference.substr(2, reference.size() - 3);
    if (text.find('$') != std::string::npos) {
      // Not what it is, here and below: it may be a secret with a dollar sign in it.
      problems_.push_back(
          {place, "a reference ${…} contains unsupported characters ('$'): write $$ for a dollar"});
      return std::nullopt;
    }
    const bool has_scheme = text.find(':') != std::string::npos;
    const std::optional<Uri> uri = has_scheme ? ParseUri(text) : Uri{"env", text};
    if (!uri) {
      problems_.push_back({place, "a reference ${…} is no valid uri, write ${env:NAME}"});
      return std::nullopt;
    }
    Result<Retrieved> retrieved = Retrieve(*uri, environment_);
    if (!retrieved) {
      problems_.push_back({place, std::move(retrieved).error().message});
      return std::nullopt;
    }
    if (!retrieved->is_set) {
      warnings_.push_back(
          fmt::format("Configuration references unset environment variable: {}", uri->opaque));
    }
    Node value = Interpret(std::move(retrieved->text), place);
    return TakeIn(value, reference) ? std::optional(std::move(value)) : std::nullopt;
  }

  /// As YAML when it is some, else as text.
  static Node Interpret(std::string text, const Place& place) {
    if (text.ends_with('\n')) text.pop_back();
    ProblemList ignored;
    std::optional<Node> node = ReadYaml(text, place.source, ignored);
    if (!node || !ignored.empty() ||
        (node->kind == Node::Kind::kScalar && node->type == ScalarType::kString)) {
      node = Node::Scalar(text, ScalarType::kString, place);
    }
    MoveTo(*node, place);
    node->original = std::move(text);
    return std::move(*node);
  }

  const Environment& environment_;
  ProblemList& problems_;
  std::vector<std::string>& warnings_;
  /// Lists and maps around what is being expanded.
  std::size_t level_ = 0;
  /// References that what is being expanded came from, from the outermost in.
  std::vector<OpenReference> open_;
  int reference_count_ = 0;
  // Of all that was retrieved.
  std::size_t byte_count_ = 0;
  std::size_t node_count_ = 0;
  bool is_full_ = false;
};

}  // namespace

void Expand(Node& node, const Environment& environment, ProblemList& problems,
            std::vector<std::string>& warnings) {
  Expander(environment, problems, warnings).Walk(node);
}

}  // namespace clew::pipeline
