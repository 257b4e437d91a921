#include "api/trace_pieces.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "model/memory.h"
#include "model/own_text.h"
#include "model/select_rows.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/nested_value.h"
#include "wire/otlp/same_spans.h"

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

// About how long the values of a column are as text.
class ValueLengths {
 public:
  explicit ValueLengths(const model::AttributeColumn& column)
      : column_(column),
        is_nested_(column.type == model::ValueType::kArray ||
                   column.type == model::ValueType::kKvList) {}

  std::size_t Of(std::size_t value) {
    const std::size_t besides = kValueText + column_.key.size();
    if (column_.strings.empty()) return besides;
    const std::string_view text = column_.strings[value];
    if (!is_nested_) return besides + text.size();
    // Four encoded bytes may be a name and a number of JSON, and on the way an object. Neighbours
    // mostly view the same bytes.
    if (text.data() != last_.data() || text.size() != last_.size()) {
      last_ = text;
      last_bytes_ = wire::otlp::NestedBytes(column_.type, text);
    }
    return besides + text.size() + last_bytes_;
  }

 private:
  const model::AttributeColumn& column_;
  const bool is_nested_;
  std::string_view last_;
  std::uint64_t last_bytes_ = 0;
};

}  // namespace

TracePieces::TracePieces(std::vector<model::SpanColumnsPtr> traces, Prepare prepare,
                         AnswerHold hold, Prepare prepare_piece)
    : traces_(std::move(traces)),
      prepare_(std::move(prepare)),
      prepare_piece_(std::move(prepare_piece)),
      hold_(std::move(hold)) {}

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
    if (!open_) TRY(Begin());
    if (open_->next == open_->trace.spans.span_count()) continue;
    FreeWritten();
    ASSIGN_OR_RETURN(Part part, TakeSpans());
    return part;
  }
}

Status TracePieces::Begin() {
  model::SpanColumnsPtr trace = std::exchange(traces_[trace_++], nullptr);
  open_ = Open();
  open_->held_bytes = model::MemoryOf(*trace);
  open_->trace.spans = *trace;
  trace.reset();  // what nobody shares is edited in place
  if (prepare_) {
    if (Status prepared = Prepared(); !prepared) {
      hold_.memory->GiveBack(open_->held_bytes);
      open_.reset();
      return prepared;
    }
  }
  Measure();
  return {};
}

// An edit copies the tables that it changes, and spans are compared on the way.
Status TracePieces::Prepared() {
  SpanColumns& spans = open_->trace.spans;
  const std::uint64_t meanwhile =
      model::TableBytes(spans) + wire::otlp::CompareBytes(spans, /*repeats_ids=*/true);
  if (!hold_.memory->TryTake(meanwhile)) return std::unexpected(NoMemoryError());
  const std::uint64_t taken = std::exchange(open_->held_bytes, open_->held_bytes + meanwhile);
  prepare_(&open_->trace);
  const std::uint64_t bytes = model::MemoryOf(spans) + open_->trace.warnings.bytes();
  // Texts that are made are few and short, but not none.
  const std::uint64_t all = taken + meanwhile;
  if (bytes > all && !hold_.memory->TryTake(bytes - all)) return std::unexpected(NoMemoryError());
  if (bytes < all) hold_.memory->GiveBack(all - bytes);
  open_->held_bytes = bytes;
  return {};
}

void TracePieces::Measure() {
  const SpanColumns& spans = open_->trace.spans;
  open_->span_bytes.assign(spans.span_count(), kSpanText);
  open_->resource_bytes.assign(spans.resources.count(), kRowText);
  open_->scope_bytes.assign(spans.scopes.count(), kRowText);
  open_->has_resource.assign(spans.resources.count(), false);
  open_->has_scope.assign(spans.scopes.count(), false);
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
    ValueLengths lengths(column);
    for (std::size_t i = 0; i < column.count(); ++i) {
      const std::uint32_t row = column.rows[i];
      const std::size_t bytes = lengths.Of(i);
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
  open_->written_bytes = 0;
  open_->bytes =
      std::accumulate(open_->span_bytes.begin(), open_->span_bytes.end(), std::uint64_t{0});
}

// Of a trace that is halved again and again all of it is copied once.
void TracePieces::FreeWritten() {
  const std::uint64_t held = open_->held_bytes;
  // By their text: the first half of the spans may be a small part of it.
  if (open_->written_bytes < (open_->bytes + 1) / 2 || held < kLargeTrace) return;
  if (!hold_.memory->TryTake(held)) return;
  std::vector<std::uint32_t> rest(open_->trace.spans.span_count() - open_->next);
  std::iota(rest.begin(), rest.end(), open_->next);
  SpanColumns left = model::SelectSpans(open_->trace.spans, rest);
  // A text that many rows view is mostly copied once, but it is not known before.
  const std::uint64_t bytes_max = model::TableBytes(left) + model::TextLength(left).OwnBytesMax();
  const std::uint64_t more = bytes_max - std::min(bytes_max, held);
  const bool has_room = hold_.memory->TryTake(more);
  if (has_room) model::OwnText(&left);
  const std::uint64_t meanwhile = held + (has_room ? more : 0);
  // What rows share may be more once it is copied than all that there is.
  if (!has_room || model::MemoryOf(left) >= held) {
    left = {};
    hold_.memory->GiveBack(meanwhile);
    // Not before half of the rest is written, too.
    open_->bytes -= std::exchange(open_->written_bytes, 0);
    return;
  }
  open_->trace.spans = std::move(left);
  open_->trace.warnings.Select(rest);
  open_->next = 0;
  Measure();
  open_->held_bytes = model::MemoryOf(open_->trace.spans) + open_->trace.warnings.bytes();
  const std::uint64_t taken = held + meanwhile;
  hold_.memory->GiveBack(taken - std::min(taken, open_->held_bytes));
}

Result<TracePieces::Part> TracePieces::TakeSpans() {
  const SpanColumns& spans = open_->trace.spans;
  const std::uint32_t begin = open_->next;
  std::vector<std::uint32_t> rows;
  std::vector<bool>& has_resource = open_->has_resource;
  std::vector<bool>& has_scope = open_->has_scope;
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
  for (const std::uint32_t row : rows) {
    has_resource[spans.resource_indexes[row]] = false;
    has_scope[spans.scope_indexes[row]] = false;
  }
  open_->written_bytes += bytes;
  given_bytes_ += bytes;
  // Likewise.
  if (bytes > 2 * kPieceMemory) TRY(TakeForText(4 * bytes));
  Part part;
  part.spans = model::SelectSpans(spans, rows);
  part.warnings = open_->trace.warnings.Take(begin, open_->next);
  part.is_last = open_->next == spans.span_count();
  if (prepare_piece_) prepare_piece_(&part);
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
