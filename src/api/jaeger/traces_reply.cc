#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "api/jaeger/handlers.h"
#include "api/jaeger/show_trace.h"
#include "api/jaeger/trace_json.h"

namespace clew::api::jaeger {
namespace {

/// A list of traces, a few spans at a time.
class TraceListWriter {
 public:
  /// `memory` is that of the pieces.
  TraceListWriter(TracePieces pieces, const std::shared_ptr<query::AnswerMemory>& memory)
      : pieces_(std::move(pieces)), memory_(memory), json_(buffer_) {
    json_.StartArray();
  }
  Result<bool> Next(std::string* out) {
    ASSIGN_OR_RETURN(const std::optional<TracePieces::Part> part, pieces_.Next());
    if (!part) {
      json_.EndArray();
    } else {
      if (!trace_) trace_.emplace(json_);
      trace_->Add(part->spans, part->warnings);
      TRY(CountKept());
      if (part->is_last) {
        trace_->Finish();
        trace_.reset();
        // The text of it is on its way, as that of pieces is.
        memory_->GiveBack(std::exchange(kept_bytes_, 0));
      }
    }
    out->append(buffer_.GetString(), buffer_.GetSize());
    buffer_.Clear();
    return part.has_value();
  }

 private:
  // Kept, written, and cut into what is sent. Little is not counted, as with pieces.
  Status CountKept() {
    constexpr std::uint64_t kLittle = 64u << 10;
    const std::uint64_t bytes = 4 * trace_->kept_bytes();
    if (bytes < kept_bytes_ + kLittle) return {};
    if (!memory_->TryTake(bytes - kept_bytes_)) return std::unexpected(NoMemoryError());
    kept_bytes_ = bytes;
    return {};
  }

  TracePieces pieces_;
  const std::shared_ptr<query::AnswerMemory> memory_;
  std::uint64_t kept_bytes_ = 0;
  rapidjson::StringBuffer buffer_;
  JsonWriter json_;
  std::optional<TraceJsonWriter> trace_;  // that is being written
};

}  // namespace

void CountShown(const JaegerOptions& options, const std::vector<model::SpanColumnsPtr>& traces,
                Reply* reply) {
  const std::uint64_t count_max = options.trace_span_count_max;
  reply->trace_count = traces.size();
  for (const model::SpanColumnsPtr& trace : traces) {
    const std::uint64_t count = trace->span_count();
    reply->span_count += count_max == 0 ? count : std::min(count, count_max);
  }
}

Reply TracesReply(const Call& call, std::vector<model::SpanColumnsPtr> traces,
                  TracePieces::Prepare prepare) {
  Reply reply;
  CountShown(call.options, traces, &reply);
  const AnswerHold hold = call.query_call.hold();
  auto writer = std::make_shared<TraceListWriter>(
      TracePieces(std::move(traces), std::move(prepare), hold, TakeStoredWarnings), hold.memory);
  reply.source = [writer = std::move(writer)](std::string* out) { return writer->Next(out); };
  return reply;
}

}  // namespace clew::api::jaeger
