#include "api/trace_pieces.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "model/memory.h"
#include "model/own_text.h"
#include "model/select_rows.h"
#include "wire/otlp/encode.h"

namespace clew::api {
namespace {

using model::Owner;
using model::SpanColumns;

constexpr std::uint64_t kPieceMemory = 256u << 10;
/// Of a trace that takes less nothing is freed before it is written.
constexpr std::uint64_t kLargeTrace = 1u << 20;
/// Taken more slowly than this, as text, after its deadline, an answer gives way.
constexpr std::uint64_t kSlowBytesPerSecond = 256u << 10;

// About how long things are as text, besides what they hold.
constexpr std::size_t kSpanText = 300;
constexpr std::size_t kRowText = 100;
constexpr std::size_t kValueText = 48;

// To the length of a row, which stays below 4 GiB.
void Add(std::size_t bytes, std::uint32_t* length) {
  constexpr std::size_t kMax = 0xffffffff;
  *length = static_cast<std::uint32_t>(std::min(kMax, *length + bytes));
}

void AddTexts(const model::Column<std::string_view>& texts, std::vector<std::uint32_t>* lengths) {
  for (std::size_t row = 0; row < texts.size(); ++row) Add(texts[row].size(), &(*lengths)[row]);
}

void AddChildren(const model::Column<std::uint32_t>& span_rows,
                 const model::Column<std::string_view>& texts,
                 std::vector<std::uint32_t>* lengths) {
  for (std::size_t row = 0; row < texts.size(); ++row) {
    Add(kRowText + texts[row].size(), &(*lengths)[span_rows[row]]);
  }
}

}  // namespace

TracePieces::TracePieces(std::vector<model::SpanColumnsPtr> traces, Prepare prepare,
                         AnswerHold hold)
    : traces_(std::move(traces)), prepare_(std::move(prepare)), hold_(std::move(hold)) {}

Result<std::optional<TracePieces::Part>> TracePieces::Next() {
  const auto extra = std::chrono::seconds(given_bytes_ / kSlowBytesPerSecond);
  if (hold_.memory->IsScarce() && hold_.deadline < hold_.clock->Time() - extra) {
    return MakeError(Code::kDeadlineExceeded,
                     "the client takes its answer too slowly while memory is scarce");
  }
  // Text that waited was made of the last part, and is gone by now.
  hold_.memory->GiveBack(std::exchange(waiting_bytes_, 0));
  for (;;) {
    if (open_ && open_->next == open_->trace.spans.span_count()) {
      hold_.memory->GiveBack(open_->held_bytes);
      open_.reset();
    }
    if (!open_ && trace_ == traces_.size()) return std::nullopt;
    if (!open_) Begin();
    if (open_->next == open_->trace.spans.span_count()) continue;
    FreeWritten();
    ASSIGN_OR_RETURN(Part part, TakeSpans());
    return part;
  }
}

void TracePieces::Begin() {
  model::SpanColumnsPtr trace = std::exchange(traces_[trace_++], nullptr);
  open_.emplace();
  open_->held_bytes = model::MemoryOf(*trace);
  open_->trace.spans = *trace;
  trace.reset();  // what nobody shares is edited in place
  prepare_(&open_->trace);
  Measure();
}

void TracePieces::Measure() {
  const SpanColumns& spans = open_->trace.spans;
  open_->span_bytes.assign(spans.span_count(), kSpanText);
  open_->resource_bytes.assign(spans.resources.count(), kRowText);
  open_->scope_bytes.assign(spans.scopes.count(), kRowText);
  AddTexts(spans.names, &open_->span_bytes);
  AddTexts(spans.status_messages, &open_->span_bytes);
  AddTexts(spans.trace_states, &open_->span_bytes);
  AddChildren(spans.events.span_rows, spans.events.names, &open_->span_bytes);
  AddChildren(spans.links.span_rows, spans.links.trace_states, &open_->span_bytes);
  AddTexts(spans.resources.schema_urls, &open_->resource_bytes);
  AddTexts(spans.resources.entity_refs, &open_->resource_bytes);
  AddTexts(spans.scopes.names, &open_->scope_bytes);
  AddTexts(spans.scopes.versions, &open_->scope_bytes);
  AddTexts(spans.scopes.schema_urls, &open_->scope_bytes);
  for (const model::AttributeColumn& column : spans.attributes) {
    const std::size_t value_bytes = kValueText + column.key.size();
    for (std::size_t i = 0; i < column.count(); ++i) {
      const std::uint32_t row = column.rows[i];
      const std::size_t bytes =
          value_bytes + (column.strings.empty() ? 0 : column.strings[i].size());
      switch (column.owner) {
        case Owner::kSpan:
          Add(bytes, &open_->span_bytes[row]);
          break;
        case Owner::kEvent:
          Add(bytes, &open_->span_bytes[spans.events.span_rows[row]]);
          break;
        case Owner::kLink:
          Add(bytes, &open_->span_bytes[spans.links.span_rows[row]]);
          break;
        case Owner::kResource:
          Add(bytes, &open_->resource_bytes[row]);
          break;
        case Owner::kScope:
          Add(bytes, &open_->scope_bytes[row]);
          break;
      }
    }
  }
}

// Of a trace that is halved again and again all of it is copied once.
void TracePieces::FreeWritten() {
  SpanColumns& spans = open_->trace.spans;
  const auto count = static_cast<std::uint32_t>(spans.span_count());
  if (open_->next == 0 || open_->next < count / 2 || open_->held_bytes < kLargeTrace) return;
  if (!hold_.memory->TryTake(open_->held_bytes)) return;
  std::vector<std::uint32_t> rest(count - open_->next);
  std::iota(rest.begin(), rest.end(), open_->next);
  spans = model::SelectSpans(spans, rest);
  model::OwnText(&spans);
  open_->trace.warnings.Select(rest);
  open_->next = 0;
  Measure();
  const std::uint64_t before = 2 * open_->held_bytes;
  open_->held_bytes = std::min(open_->held_bytes, model::MemoryOf(spans));
  hold_.memory->GiveBack(before - open_->held_bytes);
}

Result<TracePieces::Part> TracePieces::TakeSpans() {
  const SpanColumns& spans = open_->trace.spans;
  const std::uint32_t begin = open_->next;
  std::vector<std::uint32_t> rows;
  std::vector<bool> has_resource(spans.resources.count());
  std::vector<bool> has_scope(spans.scopes.count());
  std::uint64_t bytes = 0;
  std::uint64_t table_bytes = 0;
  for (; open_->next < spans.span_count() && bytes < kPieceMemory; ++open_->next) {
    const std::uint32_t resource = spans.resource_indexes[open_->next];
    const std::uint32_t scope = spans.scope_indexes[open_->next];
    if (!has_resource[resource]) table_bytes += open_->resource_bytes[resource];
    if (!has_scope[scope]) table_bytes += open_->scope_bytes[scope];
    has_resource[resource] = true;
    has_scope[scope] = true;
    // Encoded, as text, which may need escapes, and cut into what is sent.
    if (table_bytes > kPieceMemory) TRY(TakeForText(4 * std::exchange(table_bytes, 0)));
    bytes += open_->span_bytes[open_->next];
    rows.push_back(open_->next);
  }
  given_bytes_ += bytes;
  // Likewise.
  if (bytes > 2 * kPieceMemory) TRY(TakeForText(4 * bytes));
  Part part;
  part.spans = model::SelectSpans(spans, rows);
  part.warnings = open_->trace.warnings.Take(begin, open_->next);
  part.is_last = open_->next == spans.span_count();
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
