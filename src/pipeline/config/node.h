#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clew::pipeline {

/// Where in which source something was written.
struct Place {
  /// A file name, "env:NAME", "yaml:…" or "--set …"; null when unknown.
  std::shared_ptr<const std::string> source;
  /// From 1; 0 when unknown.
  int line = 0;
};

enum class ScalarType { kNull, kBool, kInt, kFloat, kString };

/// The type of an unquoted YAML scalar by its looks (YAML 1.2 core schema and Go's number forms).
ScalarType ResolvePlainScalar(std::string_view text);

/// A configuration as written: YAML without a meaning yet. A value type.
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  Place place;
  /// Of a scalar.
  std::string text;
  ScalarType type = ScalarType::kNull;
  /// The text that a whole ${…} stood for: what a field of text takes, whatever YAML makes of it.
  std::optional<std::string> original;
  std::vector<Node> items;
  /// In the order of the file; keys are unique.
  std::vector<Entry> entries;

  static Node Scalar(std::string text, ScalarType type, Place place);
  static Node Map(Place place);

  bool is_null() const { return kind == Kind::kNull; }
  bool is_map() const { return kind == Kind::kMap; }
  /// Null when this is no map or has no such key.
  const Node* Find(std::string_view key) const;
  Node* Find(std::string_view key);
  void Remove(std::string_view key);
  /// What it is, for messages: "the integer 5", "a list".
  std::string Describe() const;
};

struct Node::Entry {
  std::string key;
  Place place;
  Node value;
};

/// Lays `over` on `base`: maps merge key by key; everything else, null too, replaces.
void MergeInto(Node& base, const Node& over);

/// Says of everything in `node` that it was written at `place`.
void MoveTo(Node& node, const Place& place);

/// How many nodes it is made of, counted up to `limit`.
std::size_t CountNodes(const Node& node, std::size_t limit);

}  // namespace clew::pipeline
