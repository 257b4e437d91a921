#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/shown_trace.h"
#include "api/query_call.h"
#include "api/text_source.h"
#include "model/span_columns.h"
#include "wire/otlp/json.h"

namespace clew::api {

/// Traces that are written one after the other, a few spans at a time. A trace that was written is
/// freed, and of a large one the half that was; their memory is given back.
class TracePieces {
 public:
  /// What is done to a trace before it is written, or to a piece of it.
  using Prepare = std::function<void(analysis::ShownTrace*)>;

  /// Of each of the `traces` model::MemoryOf is held by `hold`, and given back. What takes a copy
  /// for each row of what rows share is for `prepare_piece`. Both may be null.
  TracePieces(std::vector<model::SpanColumnsPtr> traces, Prepare prepare, AnswerHold hold,
              Prepare prepare_piece = nullptr);

  struct Part : analysis::ShownTrace {
    bool is_last = false;  // of its trace
  };
  /// The next spans of a trace, of some 256 KiB as text and at least one, with the resources and
  /// scopes that they use; nothing at the end. DEADLINE_EXCEEDED when memory is scarce and the
  /// client takes its answer too slowly; UNAVAILABLE when there is none to prepare a trace, or for
  /// the text of a span, or of resources and scopes, that are larger than that.
  Result<std::optional<Part>> Next();

 private:
  /// A trace that is being written.
  struct Open {
    analysis::ShownTrace trace;
    /// About how long each row is as text; a span with its events and links.
    std::vector<std::uint32_t> span_bytes;
    std::vector<std::uint32_t> resource_bytes;
    std::vector<std::uint32_t> scope_bytes;
    /// While the spans of a piece are chosen: which rows it has.
    std::vector<bool> has_resource;
    std::vector<bool> has_scope;
    /// Of all spans together, and of those that are written.
    std::uint64_t bytes = 0;
    std::uint64_t written_bytes = 0;
    /// The first span that is not written.
    std::uint32_t next = 0;
    /// Of the answer's memory.
    std::uint64_t held_bytes = 0;
  };

  Status Begin();
  Status Prepared();
  void Measure();
  /// Frees what was written when that is half of it as text, and there is room for the other half
  /// meanwhile.
  void FreeWritten();
  Result<Part> TakeSpans();
  /// Until the part is taken.
  Status TakeForText(std::uint64_t bytes);

  std::vector<model::SpanColumnsPtr> traces_;
  Prepare prepare_;
  Prepare prepare_piece_;
  AnswerHold hold_;
  std::size_t trace_ = 0;  // the next one to begin
  std::optional<Open> open_;
  std::uint64_t given_bytes_ = 0;
  /// For the text of the part given last, until it is taken.
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
