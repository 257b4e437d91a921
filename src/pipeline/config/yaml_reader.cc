#include "pipeline/config/yaml_reader.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>
#include <vector>

namespace clew::pipeline {
namespace {

constexpr std::size_t kTextBytesMax = 4u << 20;
constexpr std::size_t kNodeCountMax = 100'000;
constexpr std::size_t kDepthMax = 100;
constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

/// Leaves the parser from within its callbacks; caught in ReadYaml.
struct GivenUp {
  YAML::Mark mark;
  std::string message;
};

ScalarType TypeOf(const std::string& tag, const std::string& text) {
  if (tag == "?" || tag.empty()) return ResolvePlainScalar(text);
  if (!std::string_view(tag).starts_with(kTagPrefix)) return ScalarType::kString;
  const std::string_view name = std::string_view(tag).substr(kTagPrefix.size());
  if (name == "null") return ScalarType::kNull;
  if (name == "bool") return ScalarType::kBool;
  if (name == "int") return ScalarType::kInt;
  if (name == "float") return ScalarType::kFloat;
  return ScalarType::kString;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::shared_ptr<const std::string> source, ProblemList& problems)
      : source_(std::move(source)), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(mark, anchor, Node::Scalar("", ScalarType::kNull, At(mark)));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw GivenUp{mark, "an alias must not contain itself"};
    Count(mark, CountNodes(found->second, kNodeCountMax));
    Add(mark, 0, found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Add(mark, anchor, Node::Scalar(value, TypeOf(tag, value), At(mark)));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Begin(mark, anchor, Node::Kind::kList);
  }
  void OnSequenceEnd() override { End(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Begin(mark, anchor, Node::Kind::kMap);
  }
  void OnMapEnd() override { End(); }

  Node TakeRoot() { return std::move(root_); }
  Place At(const YAML::Mark& mark) const { return {source_, mark.line + 1}; }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
    std::optional<std::string> key;
    Place key_place;
    std::unordered_map<std::string, int> lines;
    /// What `<<` brings: it yields to the map's own keys.
    std::vector<Node> merged;
  };

  void Count(const YAML::Mark& mark, std::size_t more) {
    node_count_ += more;
    if (node_count_ > kNodeCountMax) {
      throw GivenUp{mark, fmt::format("more than {} values", kNodeCountMax)};
    }
  }

  void Begin(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    if (frames_.size() >= kDepthMax) {
      throw GivenUp{mark, fmt::format("nested deeper than {} levels", kDepthMax)};
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.place = At(mark);
    frame.anchor = anchor;
    frame.mark = mark;
    frames_.push_back(std::move(frame));
  }

  void End() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    for (const Node& merged : frame.merged) {
      for (const Node::Entry& entry : merged.entries) {
        if (!frame.node.Find(entry.key)) frame.node.entries.push_back(entry);
      }
    }
    Add(frame.mark, frame.anchor, std::move(frame.node));
  }

  void Add(const YAML::Mark& mark, YAML::anchor_t anchor, Node node) {
    Count(mark, 1);
    if (anchor != 0) anchors_[anchor] = node;
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == Node::Kind::kList) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      AddKey(mark, frame, std::move(node));
    } else {
      AddValue(frame, std::move(node));
    }
  }

  void AddKey(const YAML::Mark& mark, Frame& frame, Node node) {
    if (node.kind == Node::Kind::kList || node.is_map()) {
      throw GivenUp{mark, "a key must be text, not a list or a map"};
    }
    frame.key = std::move(node.text);
    frame.key_place = At(mark);
  }

  void AddValue(Frame& frame, Node node) {
    std::string key = std::move(*frame.key);
    frame.key.reset();
    if (key == "<<" && (node.is_map() || node.kind == Node::Kind::kList)) {
      if (node.is_map()) {
        frame.merged.push_back(std::move(node));
      } else {
        for (Node& item : node.items) frame.merged.push_back(std::move(item));
      }
      return;
    }
    const auto [first, is_new] = frame.lines.emplace(key, frame.key_place.line);
    if (!is_new) {
      problems_.push_back(
          {frame.key_place,
           fmt::format("mapping key \"{}\" already defined at line {}", key, first->second)});
      return;
    }
    frame.node.entries.push_back({std::move(key), frame.key_place, std::move(node)});
  }

  const std::shared_ptr<const std::string> source_;
  ProblemList& problems_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t node_count_ = 0;
  Node root_;
};

}  // namespace

std::optional<Node> ReadYaml(std::string_view text, std::shared_ptr<const std::string> source,
                             ProblemList& problems) {
  if (text.size() > kTextBytesMax) {
    problems.push_back({{source, 0},
                        fmt::format("{} bytes are too many for a configuration, at most {}",
                                    text.size(), kTextBytesMax)});
    return std::nullopt;
  }
  TreeBuilder builder(source, problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder))
      return Node::Scalar("", ScalarType::kNull, {source, 1});
    Node root = builder.TakeRoot();
    // Reads on: what follows a document may be broken, or another document.
    TreeBuilder rest(source, problems);
    if (parser.HandleNextDocument(rest) && !rest.TakeRoot().is_null()) {
      problems.push_back({{source, 0}, "only one YAML document is allowed"});
    }
    return root;
  } catch (const GivenUp& given_up) {
    problems.push_back({builder.At(given_up.mark), given_up.message});
  } catch (const YAML::Exception& error) {
    problems.push_back(
        {{source, std::max(error.mark.line, 0) + 1}, fmt::format("not valid YAML: {}", error.msg)});
  } catch (const std::exception& error) {
    problems.push_back({{source, 0}, fmt::format("not valid YAML: {}", error.what())});
  }
  return std::nullopt;
}

}  // namespace clew::pipeline
