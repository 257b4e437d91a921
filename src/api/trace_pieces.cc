#include "api/trace_pieces.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "wire/otlp/encode.h"

namespace clew::api {
namespace {

constexpr std::uint64_t kPieceMemory = 256u << 10;
/// Taken more slowly than this, of objects, after its deadline, an answer gives way.
constexpr std::uint64_t kSlowBytesPerSecond = 256u << 10;

/// Copies rows of one table to another, each once.
template <typename Row>
class RowCopier {
 public:
  RowCopier(const std::vector<Row>& from, std::vector<Row>& to) : from_(from), to_(to) {}
  std::uint32_t Copy(std::uint32_t row) {
    const auto [place, is_new] = places_.emplace(row, static_cast<std::uint32_t>(to_.size()));
    if (is_new) to_.push_back(from_[row]);
    return place->second;
  }

 private:
  const std::vector<Row>& from_;
  std::vector<Row>& to_;
  std::unordered_map<std::uint32_t, std::uint32_t> places_;
};

}  // namespace

TracePieces::TracePieces(std::vector<model::TraceData> traces, Prepare prepare, AnswerHold hold)
    : traces_(std::move(traces)), prepare_(std::move(prepare)), hold_(std::move(hold)) {}

Result<std::optional<TracePieces::Part>> TracePieces::Next() {
  const auto extra = std::chrono::seconds(given_bytes_ / kSlowBytesPerSecond);
  if (hold_.memory->IsScarce() && hold_.deadline < std::chrono::steady_clock::now() - extra) {
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
    trace = {};
    ++trace_;
    span_ = 0;
  }
  return std::nullopt;
}

Result<TracePieces::Part> TracePieces::TakeSpans(model::TraceData* trace) {
  Part part;
  RowCopier<model::Resource> resources(trace->resources, part.spans.resources);
  RowCopier<model::Scope> scopes(trace->scopes, part.spans.scopes);
  std::uint64_t bytes = 0;
  for (; span_ < trace->spans.size() && bytes < kPieceMemory; ++span_) {
    model::Span& span = part.spans.spans.emplace_back(std::exchange(trace->spans[span_], {}));
    bytes += model::MemoryOf(span);
    span.resource = resources.Copy(span.resource);
    span.scope = scopes.Copy(span.scope);
  }
  given_bytes_ += bytes;
  part.is_last = span_ == trace->spans.size();
  // The table of spans is freed as a whole, with the trace.
  waiting_bytes_ = bytes - part.spans.spans.size() * sizeof(model::Span);
  if (bytes > 2 * kPieceMemory) {
    // Encoded, as text, and cut into what is sent.
    const std::uint64_t text_bytes = 3 * bytes;
    if (!hold_.memory->TryTake(text_bytes)) return std::unexpected(NoMemoryError());
    waiting_bytes_ += text_bytes;
  }
  return part;
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
