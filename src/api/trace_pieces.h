#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/query_call.h"
#include "api/text_source.h"
#include "model/trace_data.h"
#include "wire/otlp/json.h"

namespace clew::api {

/// Traces that are written one after the other, a few spans at a time. What was written is freed,
/// and its memory given back.
class TracePieces {
 public:
  /// What is done to a trace before it is written.
  using Prepare = std::function<void(model::TraceData*)>;

  TracePieces(std::vector<model::TraceData> traces, Prepare prepare, AnswerHold hold);

  struct Part {
    model::TraceData spans;
    bool is_last = false;  // of its trace
  };
  /// The next spans of a trace, some 256 KiB of them and at least one, with the resources and
  /// scopes that they use; nothing at the end. DEADLINE_EXCEEDED when memory is scarce and the
  /// client takes its answer too slowly; UNAVAILABLE when there is none for the text of a span, or
  /// of resources and scopes, that are larger than that.
  Result<std::optional<Part>> Next();

 private:
  Result<Part> TakeSpans(model::TraceData* trace);
  /// Until the part is taken.
  Status TakeForText(std::uint64_t bytes);

  std::vector<model::TraceData> traces_;
  Prepare prepare_;
  AnswerHold hold_;
  std::size_t trace_ = 0;
  std::size_t span_ = 0;
  std::uint64_t given_bytes_ = 0;
  /// Of the part given last: counted until its text is taken.
  std::uint64_t waiting_bytes_ = 0;
};

/// {"<root>":[…]} of OTLP's JSON form; see wire::otlp::TracesToJson.
TextSource OtlpJson(std::shared_ptr<TracePieces> pieces, wire::otlp::JsonDialect dialect,
                    std::string_view root = "resourceSpans");
/// Encoded TracesData, each piece passed through `wrap`: repeated fields of one message may come in
/// several.
TextSource OtlpProtobuf(std::shared_ptr<TracePieces> pieces,
                        std::function<std::string(std::string)> wrap);

}  // namespace clew::api
