#include "app/send/request_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "app/send/json_scan.h"
#include "base/compression.h"
#include "base/excerpt.h"
#include "wire/jaeger/trace_json.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/json.h"
#include "wire/otlp/rewrite.h"

namespace clew::app::send {
namespace {

constexpr std::size_t kReadBytes = 1u << 20;
constexpr std::size_t kFrameHeadBytes = 4;
/// First byte of an ExportTraceServiceRequest: the tag of resource_spans.
constexpr char kRequestTag = 0x0A;
/// So much of a file tells whether it is text.
constexpr std::size_t kTextBytes = 256;
constexpr std::string_view kWhatToSend =
    "send OTLP's JSON (\"resourceSpans\") or protobuf, or a trace downloaded from Jaeger "
    "(\"data\") "
    "or Tempo (\"batches\", \"trace\")";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::string_view kUnpackIt =
    "unpack it and send what comes out, which is read piece by piece, as in gzip -dc FILE | clew "
    "send -";

std::unexpected<Error> TooLarge(const std::string& request, std::size_t limit) {
  return InvalidArgument("{} is larger than {} bytes: split it into requests of fewer spans",
                         request, limit);
}

base::Compression SniffCompression(std::string_view bytes) {
  if (bytes.starts_with("\x1f\x8b")) {
    return base::Compression::kGzip;
  }
  if (bytes.starts_with("\x28\xb5\x2f\xfd")) {
    return base::Compression::kZstd;
  }
  return base::Compression::kNone;
}

bool IsSpace(char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && IsSpace(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

/// Whether there are no control characters, which JSON never has and protobuf nearly always.
bool IsText(std::string_view bytes) {
  return std::ranges::all_of(
      bytes, [](char byte) { return static_cast<unsigned char>(byte) >= 0x20 || IsSpace(byte); });
}

/// Whether it begins as JSON does. An empty line in front begins as a request does, and "\n{" is
/// one of 123 bytes.
bool LooksLikeJson(std::string_view bytes) {
  const std::string_view text = Trim(bytes.substr(0, kTextBytes));
  return (text.starts_with('{') || text.starts_with('[')) &&
         (!bytes.starts_with(kRequestTag) || IsText(text));
}

/// Whether a file that is neither JSON nor a request is text. The length of a frame, which has its
/// highest byte first, never begins with a letter.
bool IsWords(std::string_view bytes) {
  return !bytes.empty() && bytes.front() >= ' ' && bytes.front() < '\x7F' &&
         IsText(bytes.substr(0, kTextBytes));
}

/// Of text that is something else.
std::string NoJsonText(std::string_view text) {
  const std::string_view line = Trim(text.substr(0, text.find('\n')));
  return fmt::format("begins with \"{}\", which is no JSON object: {}", base::Excerpt(line),
                     kWhatToSend);
}

std::size_t FrameSize(std::string_view head) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < kFrameHeadBytes; ++i) {
    size = (size << 8) | static_cast<unsigned char>(head[i]);
  }
  return size;
}

}  // namespace

RequestReader::~RequestReader() {
  if (fd_ != STDIN_FILENO) {
    close(fd_);
  }
}

Result<std::unique_ptr<RequestReader>> RequestReader::Open(const std::string& path,
                                                           const ReadLimits& limits) {
  const bool is_stdin = path == "-";
  const int fd = is_stdin ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return NotFound("cannot open {}: {}", path, std::strerror(errno));
  }
  std::unique_ptr<RequestReader> reader(
      new RequestReader(is_stdin ? "standard input" : path, fd, limits));
  TRY(reader->Sniff());
  return reader;
}

Result<bool> RequestReader::Fill(std::size_t size) {
  while (buffer_.size() - begin_ < size && !is_at_end_) {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + kReadBytes);
    // Not fread, which would wait until a slow pipe has filled the buffer.
    const ssize_t count = read(fd_, buffer_.data() + kept, kReadBytes);
    buffer_.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno != EINTR) {
      return Unavailable("cannot read {}: {}", name_, std::strerror(errno));
    }
    is_at_end_ = count == 0;
    bytes_read_ += buffer_.size() - kept;
  }
  return buffer_.size() - begin_ >= size;
}

void RequestReader::Consume(std::size_t size) { begin_ += size; }

Status RequestReader::Unpack(base::Compression compression) {
  while (!is_at_end_) {
    TRY(Fill(Unread().size() + 1));
    if (Unread().size() > limits_.compressed) {
      return InvalidArgument("{} is compressed and larger than {} bytes: {}", name_,
                             limits_.compressed, kUnpackIt);
    }
  }
  auto content = base::Decompress(compression, Unread(), limits_.unpacked);
  if (!content.has_value() && content.error().code == Code::kResourceExhausted) {
    return InvalidArgument("{} unpacks to more than {} bytes: {}", name_, limits_.unpacked,
                           kUnpackIt);
  }
  if (!content.has_value()) {
    return std::unexpected(std::move(content).error().Annotate("decompressing " + name_));
  }
  buffer_ = std::move(*content);
  begin_ = 0;
  return {};
}

Status RequestReader::Sniff() {
  TRY(Fill(kFrameHeadBytes));
  if (const base::Compression compression = SniffCompression(Unread());
      compression != base::Compression::kNone) {
    TRY(Unpack(compression));
  }
  if (Unread().starts_with(kByteOrderMark)) {
    Consume(kByteOrderMark.size());
    TRY(Fill(kFrameHeadBytes));
  }
  form_ = SniffForm();
  return {};
}

RequestReader::Form RequestReader::SniffForm() const {
  const std::string_view head = Unread();
  if (Trim(head).empty() || LooksLikeJson(head)) {
    return Form::kJson;
  }
  return head.starts_with(kRequestTag) ? Form::kOneProtobuf : Form::kFrames;
}

Result<bool> RequestReader::SkipBlank() {
  while (true) {
    while (!Unread().empty() && IsSpace(Unread().front())) {
      ++line_bytes_;
      if (Unread().front() == '\n') {
        ++line_count_;
        line_bytes_ = 0;
        is_in_line_ = false;
      }
      Consume(1);
    }
    if (!Unread().empty() || is_at_end_) {
      return !Unread().empty();
    }
    TRY(Fill(1));
  }
}

Result<std::string_view> RequestReader::PeekLine(std::size_t index) {
  std::size_t begin = 0;
  std::size_t searched = 0;
  while (true) {
    const std::size_t end = Unread().find('\n', searched);
    if (end == std::string_view::npos && !is_at_end_) {
      searched = Unread().size();
      if (searched - begin > limits_.request) {
        return TooLarge(fmt::format("{}, line {}", name_, line_count_ + 1 + index),
                        limits_.request);
      }
      TRY(Fill(searched + 1));
      continue;
    }
    if (index == 0 || end == std::string_view::npos) {
      return index == 0 ? Unread().substr(begin, end - begin) : std::string_view();
    }
    --index;
    begin = searched = end + 1;
  }
}

Result<RawRequest> RequestReader::TakeJson(std::size_t size) {
  if (size > limits_.request) {  // of what was unpacked all is here
    return TooLarge(fmt::format("{}: the document that begins in line {}", name_, line_count_ + 1),
                    limits_.request);
  }
  const std::string_view text = Unread().substr(0, size);
  const std::uint64_t first = line_count_ + 1;
  const auto ends = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  std::string where = ends == 0 ? fmt::format("{}, line {}", name_, first)
                                : fmt::format("{}, lines {} to {}", name_, first, first + ends);
  if (is_in_line_) where += fmt::format(" from column {}", line_bytes_ + 1);
  line_count_ += ends;
  line_bytes_ = ends == 0 ? line_bytes_ + size : size - text.rfind('\n') - 1;
  is_in_line_ = true;
  was_line_ = ends == 0;
  RawRequest request{std::string(Trim(text)), std::move(where), true};
  Consume(size);
  return request;
}

Result<std::optional<RawRequest>> RequestReader::NextLine() {
  ASSIGN_OR_RETURN(const bool has_more, SkipBlank());
  if (!has_more) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const std::string_view line, PeekLine(0));
  return TakeJson(line.size());
}

Result<std::optional<RawRequest>> RequestReader::NextJson() {
  ASSIGN_OR_RETURN(const bool has_more, SkipBlank());
  if (!has_more || (Unread().front() != '{' && Unread().front() != '[')) {
    return NextLine();
  }
  JsonScan scan;
  ASSIGN_OR_RETURN(const std::string_view line, PeekLine(0));
  if (scan.Run(line) == JsonScan::State::kEnded) {
    return TakeJson(scan.end());
  }
  const std::size_t line_size = line.size();
  ASSIGN_OR_RETURN(const std::string_view successor, PeekLine(1));
  const bool is_followed_by_whole = IsWholeObject(Trim(successor));
  // Among documents of a line each it is one that was cut.
  if (was_line_ && is_followed_by_whole) {
    return TakeJson(line_size);
  }
  JsonScan::State state = scan.Run(Unread());
  while (state == JsonScan::State::kOpen && !is_at_end_) {
    if (Unread().size() > limits_.request) {
      return TooLarge(
          fmt::format("{}: the document that begins in line {}", name_, line_count_ + 1),
          limits_.request);
    }
    TRY(Fill(Unread().size() + 1));
    state = scan.Run(Unread());
  }
  // It never ends. What follows is not looked at twice, but line by line.
  if (state == JsonScan::State::kOpen && (was_line_ || is_followed_by_whole)) {
    form_ = Form::kLines;
    return TakeJson(line_size);
  }
  return TakeJson(scan.end());
}

Result<std::optional<RawRequest>> RequestReader::NextFrame() {
  ASSIGN_OR_RETURN(const bool has_head, Fill(kFrameHeadBytes));
  if (!has_head) {
    if (Unread().empty()) {
      return std::nullopt;
    }
    return DataLoss("{} ends within a frame: it was cut, or is not a file of OTLP requests", name_);
  }
  const std::size_t size = FrameSize(Unread());
  if (request_count_ == 0 && IsWords(Unread())) {
    return DataLoss("{} {}", name_, NoJsonText(Unread()));
  }
  ++request_count_;
  if (size > limits_.request) {
    return DataLoss(
        "{}, request {} claims {} bytes: this is not a file of OTLP requests, or one "
        "of larger requests than the {} bytes that are taken",
        name_, request_count_, size, limits_.request);
  }
  ASSIGN_OR_RETURN(const bool is_whole, Fill(kFrameHeadBytes + size));
  if (!is_whole) {
    return DataLoss("{}, request {} claims {} bytes, but the file ends before them", name_,
                    request_count_, size);
  }
  RawRequest request{std::string(Unread().substr(kFrameHeadBytes, size)),
                     fmt::format("{}, request {}", name_, request_count_)};
  Consume(kFrameHeadBytes + size);
  return request;
}

Result<std::optional<RawRequest>> RequestReader::Next() {
  switch (form_) {
    case Form::kJson:
      return NextJson();
    case Form::kLines:
      return NextLine();
    case Form::kFrames:
      return NextFrame();
    case Form::kOneProtobuf:
      break;
  }
  return NextWhole();
}

Result<std::optional<RawRequest>> RequestReader::NextWhole() {
  while (!is_at_end_ && Unread().size() <= limits_.request) TRY(Fill(Unread().size() + 1));
  if (Unread().size() > limits_.request) {
    return TooLarge(fmt::format("{}, which is one request,", name_), limits_.request);
  }
  if (Unread().empty()) {
    return std::nullopt;
  }
  RawRequest request{std::string(Unread()), name_};
  Consume(request.bytes.size());
  return request;
}

namespace {

std::unexpected<Error> NoSpans() {
  return InvalidArgument("holds no spans in a form that is known: {}", kWhatToSend);
}

/// `request`, unless it is well-formed and without spans, which `what` is then said to be.
Result<EncodedRequest> WithSpans(EncodedRequest request, std::string_view what) {
  const auto facts = wire::otlp::InspectRequest(request.bytes);
  if (facts.has_value() && facts->span_count == 0) {
    return InvalidArgument("is {}: nothing to send", what);
  }
  return request;
}

Result<wire::jaeger::Download> FromJaegerJson(std::string_view json) {
  auto download = wire::jaeger::TracesFromJson(json);
  // Of what is no JSON the reader of OTLP can tell where it ceases to be.
  if (!download.has_value()) TRY(wire::otlp::CheckJson(json));
  return download;
}

/// A request from JSON in any form that holds traces.
Result<EncodedRequest> FromJson(std::string_view json) {
  if (const std::string_view text = Trim(json); !text.starts_with('{') && !text.starts_with('[')) {
    return InvalidArgument("{}", NoJsonText(text));
  }
  // A download that is right in itself: none was found, or an error.
  constexpr std::string_view kEmptyAnswer = "an answer without a trace";
  switch (wire::otlp::FormOf(json)) {
    case wire::otlp::JsonForm::kOtlp:
      break;
    case wire::otlp::JsonForm::kAnswer: {
      ASSIGN_OR_RETURN(std::string traces, wire::otlp::TracesFromAnswerJson(json));
      return WithSpans({std::move(traces), {}}, kEmptyAnswer);
    }
    case wire::otlp::JsonForm::kJaeger: {
      ASSIGN_OR_RETURN(wire::jaeger::Download download, FromJaegerJson(json));
      return WithSpans({wire::otlp::EncodeRequest(download.traces), std::move(download.notes)},
                       kEmptyAnswer);
    }
    case wire::otlp::JsonForm::kUnknown:
      return NoSpans();
  }
  ASSIGN_OR_RETURN(std::string request, wire::otlp::TracesFromJson(json));
  return WithSpans({std::move(request), {}}, "a request without spans");
}

/// A request from protobuf: a request, what Tempo's /api/traces gives and has the same fields, or
/// what its /api/v2/traces gives, where the same is in the first field.
Result<EncodedRequest> FromProtobuf(std::string bytes) {
  const auto facts = wire::otlp::InspectRequest(bytes);
  if (facts.has_value() && facts->span_count > 0) return EncodedRequest{std::move(bytes), {}};
  std::string inner = wire::otlp::TracesFromAnswer(bytes);
  const auto inner_facts = wire::otlp::InspectRequest(inner);
  if (inner_facts.has_value() && inner_facts->span_count > 0) {
    return EncodedRequest{std::move(inner), {}};
  }
  // What is no protobuf at all is told with the place where it ceases to be.
  if (!facts.has_value()) return std::unexpected(facts.error());
  return NoSpans();
}

}  // namespace

Result<EncodedRequest> ToProtobuf(RawRequest raw) {
  if (const base::Compression compression = SniffCompression(raw.bytes);
      compression != base::Compression::kNone) {
    constexpr ReadLimits kLimits;
    auto content = base::Decompress(compression, raw.bytes, kLimits.request);
    if (!content.has_value() && content.error().code == Code::kResourceExhausted) {
      return TooLarge(raw.where + ", unpacked,", kLimits.request);
    }
    if (!content.has_value()) {
      return std::unexpected(std::move(content).error().Annotate(raw.where));
    }
    raw.bytes = std::move(*content);
  }
  const bool is_json = raw.is_json || LooksLikeJson(raw.bytes);
  auto request = is_json ? FromJson(raw.bytes) : FromProtobuf(std::move(raw.bytes));
  if (!request.has_value()) {
    return std::unexpected(std::move(request).error().Annotate(raw.where));
  }
  return request;
}

}  // namespace clew::app::send
