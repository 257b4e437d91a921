#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/jaeger/json_writer.h"
#include "model/attribute_index.h"
#include "model/span_columns.h"

namespace clew::api::jaeger {

/// 16 digits when the high half is zero, else 32 (jaeger.md section 5).
std::string TraceIdText(const TraceId& id);

/// The member `warnings`, which is null when there are none.
void WriteWarnings(JsonWriter& json, std::span<const std::string> warnings);

/// Writes spans of some columns in the form of the classic API (jaeger.md section 7).
class SpanJsonWriter {
 public:
  /// Both outlive the writer.
  SpanJsonWriter(JsonWriter& json, const model::SpanColumns& columns);

  void Write(std::uint32_t row, std::string_view process_id, std::span<const std::string> warnings);

 private:
  std::string_view RefType(std::uint32_t link) const;
  void WriteReferences(std::uint32_t row);
  void WriteTags(std::uint32_t row);
  void WriteLogs(std::uint32_t row);

  JsonWriter& json_;
  const model::SpanColumns& columns_;
  const model::AttributeIndex span_attributes_;
  const model::AttributeIndex event_attributes_;
  const model::AttributeIndex link_attributes_;
  const std::vector<std::uint32_t> event_starts_;
  const std::vector<std::uint32_t> link_starts_;
};

}  // namespace clew::api::jaeger
