#include "wire/otlp/testing/canonical_json.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <utility>

namespace clew::wire::otlp::testing {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

constexpr std::string_view kMalformed = "(malformed)";

/// Members by name; a map so that they come sorted.
using Members = std::map<std::string, std::string>;

std::string Joined(const Members& members) {
  std::string text = "{";
  for (const auto& [key, value] : members) text += fmt::format("{}:{},", key, value);
  return text + '}';
}

std::string Canonical(const element& value) {
  switch (value.type()) {
    case element_type::ARRAY: {
      std::string text = "[";
      for (const element item : array(value)) text += Canonical(item) + ',';
      return text + ']';
    }
    case element_type::OBJECT: {
      Members members;
      for (const auto [key, item] : object(value)) members[std::string(key)] = Canonical(item);
      return Joined(members);
    }
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return fmt::format("{}", double(value));
    default:
      return simdjson::minify(value);
  }
}

/// The text of member `key`, empty when there is none.
std::string_view TextOf(const element& parent, std::string_view key) {
  std::string_view text;
  if (parent[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

/// Attributes sorted by key and kind; those equal in both keep their order.
std::string CanonicalAttributes(const element& attributes) {
  std::vector<std::pair<std::string, std::string>> sorted;
  for (const element attribute : array(attributes)) {
    const std::string_view key = TextOf(attribute, "key");
    std::string kind;
    element value;
    if (attribute["value"].get(value) == simdjson::SUCCESS && object(value).size() > 0) {
      kind = (*object(value).begin()).key;
    }
    const std::string text = kind.empty() ? "{}" : Canonical(value);
    sorted.emplace_back(fmt::format("{}\n{}", key, kind), text);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [key, value] : sorted) text += fmt::format("{}={};", key, value);
  return text;
}

bool IsId(std::string_view hex, std::size_t size) {
  return hex.size() == size && hex.find_first_not_of('0') != hex.npos;
}

std::string CanonicalItems(const element& items);

/// A span, event, link, resource or scope.
std::string CanonicalOwner(const element& owner) {
  Members members;
  for (const auto [key, value] : object(owner)) {
    if (key == "attributes") {
      members["attributes"] = CanonicalAttributes(value);
    } else if (key == "events" || key == "links") {
      members[std::string(key)] = CanonicalItems(value);
    } else if (key == "traceId" || key == "spanId" || key == "parentSpanId") {
      const std::string_view id = value;
      if (IsId(id, key == "traceId" ? 32 : 16)) members[std::string(key)] = id;
    } else {
      members[std::string(key)] = Canonical(value);
    }
  }
  // An empty message says no more than none.
  std::erase_if(members, [](const auto& member) { return member.second == "{}"; });
  return Joined(members);
}

std::string CanonicalItems(const element& items) {
  std::string text;
  for (const element item : array(items)) text += CanonicalOwner(item) + ';';
  return text;
}

/// The list `key` of `parent`, empty when there is none.
std::vector<element> ListOf(const element& parent, std::string_view key) {
  array list;
  if (parent[key].get(list) != simdjson::SUCCESS) return {};
  return {list.begin(), list.end()};
}

/// Whether the id `key` of `owner` is not there or has `size` digits.
bool IsAbsentOrId(const element& owner, std::string_view key, std::size_t size) {
  const std::string_view id = TextOf(owner, key);
  return id.empty() || id.size() == size;
}

bool IsTaken(const element& span) {
  const std::vector<element> links = ListOf(span, "links");
  return IsId(TextOf(span, "traceId"), 32) && IsId(TextOf(span, "spanId"), 16) &&
         IsAbsentOrId(span, "parentSpanId", 16) &&
         std::all_of(links.begin(), links.end(), [](const element& link) {
           return IsAbsentOrId(link, "traceId", 32) && IsAbsentOrId(link, "spanId", 16);
         });
}

/// The message `key` of `parent` and the schema URL beside it.
std::string Heading(const element& parent, std::string_view key) {
  element message;
  const std::string_view schema_url = TextOf(parent, "schemaUrl");
  const bool has_message = parent[key].get(message) == simdjson::SUCCESS;
  return fmt::format("{}={} {}\n", key, has_message ? CanonicalOwner(message) : "{}", schema_url);
}

}  // namespace

std::string CanonicalJson(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return std::string(kMalformed);
  }
  return Canonical(root);
}

std::vector<std::string> CanonicalSpans(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return {std::string(kMalformed)};
  }
  std::vector<std::string> spans;
  for (const element& resource : ListOf(root, "resourceSpans")) {
    for (const element& scope : ListOf(resource, "scopeSpans")) {
      for (const element& span : ListOf(scope, "spans")) {
        if (!IsTaken(span)) continue;
        spans.push_back(Heading(resource, "resource") + Heading(scope, "scope") +
                        CanonicalOwner(span));
      }
    }
  }
  std::sort(spans.begin(), spans.end());
  return spans;
}

}  // namespace clew::wire::otlp::testing
