#include "api/trace_pieces.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "model/span_mover.h"
#include "wire/otlp/encode.h"

namespace clew::api {
namespace {

constexpr std::uint64_t kPieceMemory = 256u << 10;
/// Taken more slowly than this, of objects, after its deadline, an answer gives way.
constexpr std::uint64_t kSlowBytesPerSecond = 256u << 10;

/// What is freed with a trace whose spans were given.
std::uint64_t TableBytes(const model::TraceData& trace) {
  std::uint64_t bytes = trace.spans.size() * sizeof(model::Span);
  for (const model::Resource& resource : trace.resources) bytes += model::MemoryOf(resource);
  for (const model::Scope& scope : trace.scopes) bytes += model::MemoryOf(scope);
  return bytes;
}

}  // namespace

TracePieces::TracePieces(std::vector<model::TraceData> traces, Prepare prepare, AnswerHold hold)
    : traces_(std::move(traces)), prepare_(std::move(prepare)), hold_(std::move(hold)) {}

Result<std::optional<TracePieces::Part>> TracePieces::Next() {
  const auto extra = std::chrono::seconds(given_bytes_ / kSlowBytesPerSecond);
  if (hold_.memory->IsScarce() && hold_.deadline < hold_.clock->Time() - extra) {
    return MakeError(Code::kDeadlineExceeded,
                     "the client takes its answer too slowly while memory is scarce");
  }
  // Text that waited was made of the last part, and is gone by now.
  hold_.memory->GiveBack(std::exchange(waiting_bytes_, 0));
  while (trace_ < traces_.size()) {
    model::TraceData& trace = traces_[trace_];
    if (span_ == 0) prepare_(&trace);
    if (span_ < trace.spans.size()) {
      ASSIGN_OR_RETURN(Part part, TakeSpans(&trace));
      return part;
    }
    hold_.memory->GiveBack(TableBytes(trace));
    trace = {};
    ++trace_;
    span_ = 0;
  }
  return std::nullopt;
}

Result<TracePieces::Part> TracePieces::TakeSpans(model::TraceData* trace) {
  Part part;
  model::SpanMover mover(*trace, part.spans);
  std::uint64_t bytes = 0;
  std::uint64_t copied_bytes = 0;
  for (; span_ < trace->spans.size() && bytes < kPieceMemory; ++span_) {
    const model::Span& span = trace->spans[span_];
    copied_bytes += mover.CopiedBytes(span);
    // Copied, encoded, as text, and cut into what is sent.
    if (copied_bytes > kPieceMemory) TRY(TakeForText(4 * std::exchange(copied_bytes, 0)));
    bytes += model::MemoryOf(span);
    mover.Move(std::exchange(trace->spans[span_], {}));
  }
  given_bytes_ += bytes;
  part.is_last = span_ == trace->spans.size();
  // The table of spans is freed as a whole, with the trace.
  waiting_bytes_ += bytes - part.spans.spans.size() * sizeof(model::Span);
  // Encoded, as text, and cut.
  if (bytes > 2 * kPieceMemory) TRY(TakeForText(3 * bytes));
  return part;
}

Status TracePieces::TakeForText(std::uint64_t bytes) {
  if (!hold_.memory->TryTake(bytes)) return std::unexpected(NoMemoryError());
  waiting_bytes_ += bytes;
  return {};
}

TextSource OtlpJson(std::shared_ptr<TracePieces> pieces, wire::otlp::JsonDialect dialect,
                    std::string_view root) {
  const std::string before = "{\"" + std::string(root) + "\":[";
  TextSource elements = [pieces = std::move(pieces), dialect, root = std::string(root),
                         is_first = true](std::string* out) mutable -> Result<bool> {
    ASSIGN_OR_RETURN(const std::optional<TracePieces::Part> part, pieces->Next());
    if (!part) return false;
    ASSIGN_OR_RETURN(
        const std::string json,
        wire::otlp::TracesToJson(wire::otlp::EncodeRequest(part->spans), dialect, root));
    const std::size_t begin = json.find('[') + 1;
    if (!std::exchange(is_first, false)) *out += ',';
    out->append(json, begin, json.rfind(']') - begin);
    return true;
  };
  return Surround(before, std::move(elements), "]}");
}

TextSource OtlpProtobuf(std::shared_ptr<TracePieces> pieces,
                        std::function<std::string(std::string)> wrap) {
  return [pieces = std::move(pieces), wrap = std::move(wrap)](std::string* out) -> Result<bool> {
    ASSIGN_OR_RETURN(const std::optional<TracePieces::Part> part, pieces->Next());
    if (part) *out += wrap(wire::otlp::EncodeRequest(part->spans));
    return part.has_value();
  };
}

}  // namespace clew::api
