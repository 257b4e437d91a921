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

constexpr int kRoundsMax = 1000;
// As many as a single source may have; of everything that references bring in.
constexpr std::size_t kLevelsMax = 100;
constexpr std::size_t kNodesMax = 100'000;
constexpr std::size_t kBytesMax = 4u << 20;

struct Range {
  std::size_t begin;
  std::size_t end;
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
    const std::size_t open = text.substr(0, close).rfind("${");
    if (open != std::string_view::npos && open >= from && !IsEscaped(text, open)) {
      return Range{open, close + 1};
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
    if (open_.empty()) round_count_ = 0;
    const std::size_t outer_count = open_.size();
    ExpandReferences(node);
    open_.resize(outer_count);
  }

  void ExpandReferences(Node& node) {
    while (const std::optional<Range> range = FindReference(node.text)) {
      if (++round_count_ > kRoundsMax) return Fail(node, "too many recursive expansions");
      const std::string reference = node.text.substr(range->begin, range->end - range->begin);
      const bool is_whole = reference.size() == node.text.size();
      if (is_whole && !Open(reference, node)) return;
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

  /// Notes that the rest of `node` comes from what `reference` names. False when it cannot.
  bool Open(const std::string& reference, Node& node) {
    const auto same = std::find(open_.begin(), open_.end(), reference);
    if (same != open_.end()) {
      std::string chain;
      for (auto link = same; link != open_.end(); ++link) chain += *link + " -> ";
      Fail(node, fmt::format("{} includes itself: {}{}", reference, chain, reference));
      return false;
    }
    if (open_.size() == kLevelsMax) {
      Fail(node, fmt::format("more than {} references lead from one to the next, the last is {}",
                             kLevelsMax, reference));
      return false;
    }
    open_.push_back(reference);
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
      problems_.push_back(
          {place, fmt::format("the uri \"{}\" contains unsupported characters ('$')", text)});
      return std::nullopt;
    }
    const bool has_scheme = text.find(':') != std::string::npos;
    const std::optional<Uri> uri = has_scheme ? ParseUri(text) : Uri{"env", text};
    if (!uri) {
      problems_.push_back({place, fmt::format("invalid uri: \"{}\", write ${{env:NAME}}", text)});
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
  /// References that stand for what is being expanded, from the outermost in.
  std::vector<std::string> open_;
  int round_count_ = 0;
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
