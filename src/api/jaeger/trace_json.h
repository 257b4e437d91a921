#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "analysis/shown_trace.h"
#include "api/jaeger/json_writer.h"
#include "model/span_columns.h"

namespace clew::api::jaeger {

/// Writes one trace in the form of the classic API (jaeger.md sections 7 and 10); its spans share
/// one trace id.
class TraceJsonWriter {
 public:
  /// `json` outlives the writer.
  explicit TraceJsonWriter(JsonWriter& json);
  ~TraceJsonWriter();

  /// The next spans of the trace, with the resources and scopes that they use, and what there is to
  /// say of them.
  void Add(const model::SpanColumns& spans, const analysis::SpanWarnings& warnings);
  void Finish();
  /// Of text that is kept until the end of the trace.
  std::uint64_t kept_bytes() const;

 private:
  class Processes;
  JsonWriter& json_;
  std::unique_ptr<Processes> processes_;
  bool is_begun_ = false;
};

}  // namespace clew::api::jaeger
