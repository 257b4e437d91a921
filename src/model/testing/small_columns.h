#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/span_columns.h"

namespace clew::model {

/// Columns written by hand in tests, span by span. What belongs to a span is called after it, so
/// that one sees in the result where it went. One thread.
class ColumnsBuilder {
 public:
  /// A span of trace number `trace`, with a resource and a scope of these names (one row each), an
  /// attribute "key", and so many events and links, each with an attribute.
  ColumnsBuilder& Span(std::uint8_t trace, std::string_view name, std::string_view resource = "r",
                       std::size_t event_count = 0, std::size_t link_count = 0) {
    const auto row = static_cast<std::uint32_t>(columns_.span_count());
    AddRow<Owner::kSpan>(&columns_);
    TraceId id;
    id.bytes.back() = trace;
    columns_.trace_ids.Set(row, id);
    columns_.names.Set(row, Keep(name));
    columns_.resource_indexes.Set(row, ResourceOf(resource));
    columns_.scope_indexes.Set(row, ScopeOf(resource));
    Attribute(Owner::kSpan, row, "key", name);
    for (std::size_t i = 0; i < event_count; ++i) {
      const auto event = static_cast<std::uint32_t>(columns_.events.count());
      const std::string text = std::string(name) + ".e" + std::to_string(i);
      AddRow<Owner::kEvent>(&columns_);
      columns_.events.span_rows.Set(event, row);
      columns_.events.names.Set(event, Keep(text));
      Attribute(Owner::kEvent, event, "event", text);
    }
    for (std::size_t i = 0; i < link_count; ++i) {
      const auto link = static_cast<std::uint32_t>(columns_.links.count());
      const std::string text = std::string(name) + ".l" + std::to_string(i);
      AddRow<Owner::kLink>(&columns_);
      columns_.links.span_rows.Set(link, row);
      columns_.links.trace_states.Set(link, Keep(text));
      Attribute(Owner::kLink, link, "link", text);
    }
    return *this;
  }

  SpanColumns& columns() { return columns_; }
  SpanColumnsPtr Share() const { return std::make_shared<const SpanColumns>(columns_); }

 private:
  std::string_view Keep(std::string_view text) {
    columns_.memory.emplace_back(std::string(text));
    return columns_.memory.back().view();
  }
  void Attribute(Owner owner, std::uint32_t row, std::string_view key, std::string_view text) {
    for (AttributeColumn& column : columns_.attributes) {
      if (column.owner != owner || column.key != key) continue;
      column.rows.push_back(row);
      column.strings.push_back(Keep(text));
      return;
    }
    columns_.attributes.push_back({owner, ValueType::kString, Keep(key), {row}, {Keep(text)}, {}});
  }
  std::uint32_t ResourceOf(std::string_view name) {
    for (std::uint32_t row = 0; row < columns_.resources.count(); ++row) {
      if (columns_.resources.schema_urls[row] == name) return row;
    }
    const auto row = static_cast<std::uint32_t>(columns_.resources.count());
    AddRow<Owner::kResource>(&columns_);
    columns_.resources.schema_urls.Set(row, Keep(name));
    Attribute(Owner::kResource, row, "resource", name);
    return row;
  }
  std::uint32_t ScopeOf(std::string_view name) {
    for (std::uint32_t row = 0; row < columns_.scopes.count(); ++row) {
      if (columns_.scopes.names[row] == name) return row;
    }
    const auto row = static_cast<std::uint32_t>(columns_.scopes.count());
    AddRow<Owner::kScope>(&columns_);
    columns_.scopes.names.Set(row, Keep(name));
    Attribute(Owner::kScope, row, "scope", name);
    return row;
  }

  SpanColumns columns_;
};

/// Each span as "name(its attributes) resource(…) scope(…) [events] [links]": what belongs to what.
inline std::vector<std::string> DescribeColumns(const SpanColumns& columns) {
  const auto attributes = [&](Owner owner, std::uint32_t row) {
    std::string text = "(";
    for (const AttributeColumn& column : columns.attributes) {
      for (std::size_t i = 0; i < column.count(); ++i) {
        if (column.owner == owner && column.rows[i] == row) text += column.strings[i];
      }
    }
    return text + ")";
  };
  std::vector<std::string> spans;
  for (std::uint32_t row = 0; row < columns.span_count(); ++row) {
    const std::uint32_t resource = columns.resource_indexes[row];
    const std::uint32_t scope = columns.scope_indexes[row];
    std::string text = std::string(columns.names[row]) + attributes(Owner::kSpan, row);
    text += " " + std::string(columns.resources.schema_urls[resource]) +
            attributes(Owner::kResource, resource);
    text += " " + std::string(columns.scopes.names[scope]) + attributes(Owner::kScope, scope);
    for (std::uint32_t i = 0; i < columns.events.count(); ++i) {
      if (columns.events.span_rows[i] != row) continue;
      text += " " + std::string(columns.events.names[i]) + attributes(Owner::kEvent, i);
    }
    for (std::uint32_t i = 0; i < columns.links.count(); ++i) {
      if (columns.links.span_rows[i] != row) continue;
      text += " " + std::string(columns.links.trace_states[i]) + attributes(Owner::kLink, i);
    }
    spans.push_back(std::move(text));
  }
  return spans;
}

}  // namespace clew::model
