#include "app/send/request_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/compression.h"
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
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

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

Result<std::unique_ptr<RequestReader>> RequestReader::Open(const std::string& path) {
  const bool is_stdin = path == "-";
  const int fd = is_stdin ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return NotFound("cannot open {}: {}", path, std::strerror(errno));
  }
  std::unique_ptr<RequestReader> reader(new RequestReader(is_stdin ? "standard input" : path, fd));
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

Status RequestReader::Sniff() {
  TRY(Fill(kFrameHeadBytes));
  if (const base::Compression compression = SniffCompression(Unread());
      compression != base::Compression::kNone) {
    while (!is_at_end_) {
      TRY(Fill(buffer_.size() + kReadBytes));
    }
    auto content = base::Decompress(compression, Unread(), kDecompressedBytesMax);
    if (!content.has_value()) {
      return std::unexpected(std::move(content).error().Annotate("decompressing " + name_));
    }
    buffer_ = std::move(*content);
    begin_ = 0;
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
  if (head.empty()) {
    return Form::kLines;
  }
  const bool is_json =
      head[0] == '{' || head[0] == '[' || head[0] == ' ' || head[0] == '\r' ||
      (head.size() >= 2 && head[0] == '\n' && (IsSpace(head[1]) || head[1] == '{'));
  if (!is_json) {
    return head[0] == kRequestTag ? Form::kOneProtobuf : Form::kFrames;
  }
  // No line of OTLP is a list; what it is will be said of it as a whole.
  if (head[0] == '[') return Form::kOneJson;
  // A line of one brace is no request: the document goes on, as `jq .` and people write it.
  const std::string_view text = head.substr(std::min(head.find('{'), head.size()));
  const std::size_t end = text.find('\n');
  return end != std::string_view::npos && Trim(text.substr(0, end)) == "{" ? Form::kOneJson
                                                                           : Form::kLines;
}

Result<std::optional<RawRequest>> RequestReader::NextLine() {
  while (true) {
    std::size_t searched = 0;
    std::size_t end = std::string_view::npos;
    while ((end = Unread().find('\n', searched)) == std::string_view::npos && !is_at_end_) {
      searched = Unread().size();
      if (searched > kRequestBytesMax) {
        return DataLoss("{}, line {} is longer than {} bytes", name_, request_count_ + 1,
                        kRequestBytesMax);
      }
      TRY(Fill(searched + 1));
    }
    if (Unread().empty()) {
      return std::nullopt;
    }
    const std::string_view line = Unread().substr(0, end);
    std::string text(Trim(line));
    Consume(end == std::string_view::npos ? line.size() : line.size() + 1);
    ++request_count_;
    if (!text.empty()) {
      return RawRequest{std::move(text), fmt::format("{}, line {}", name_, request_count_), true};
    }
  }
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
  ++request_count_;
  if (size > kRequestBytesMax) {
    return DataLoss("{}, request {} claims {} bytes: this is not a file of OTLP requests", name_,
                    request_count_, size);
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
    case Form::kLines:
      return NextLine();
    case Form::kFrames:
      return NextFrame();
    case Form::kOneJson:
    case Form::kOneProtobuf:
      break;
  }
  return NextWhole();
}

Result<std::optional<RawRequest>> RequestReader::NextWhole() {
  while (!is_at_end_) {
    TRY(Fill(Unread().size() + kReadBytes));
    if (Unread().size() > kRequestBytesMax) {
      return DataLoss("{} is longer than {} bytes", name_, kRequestBytesMax);
    }
  }
  if (Unread().empty()) {
    return std::nullopt;
  }
  RawRequest request{std::string(Unread()), name_, form_ == Form::kOneJson};
  Consume(request.bytes.size());
  return request;
}

namespace {

std::unexpected<Error> NoSpans() {
  return InvalidArgument(
      "holds no spans in a form that is known: send OTLP's JSON (\"resourceSpans\") or protobuf, "
      "or "
      "a trace downloaded from Jaeger (\"data\") or Tempo (\"batches\", \"trace\")");
}

/// A download that is right in itself and without a trace: none was found, or an error.
Result<std::string> NotEmpty(std::string request) {
  if (request.empty()) return InvalidArgument("is an answer without a trace: nothing to send");
  return request;
}

/// A request from JSON in any form that holds traces.
Result<std::string> FromJson(std::string_view json) {
  switch (wire::otlp::FormOf(json)) {
    case wire::otlp::JsonForm::kOtlp:
      break;
    case wire::otlp::JsonForm::kAnswer: {
      ASSIGN_OR_RETURN(std::string traces, wire::otlp::TracesFromAnswerJson(json));
      return NotEmpty(std::move(traces));
    }
    case wire::otlp::JsonForm::kJaeger: {
      ASSIGN_OR_RETURN(const model::TraceData traces, wire::jaeger::TracesFromJson(json));
      return NotEmpty(wire::otlp::EncodeRequest(traces));
    }
    case wire::otlp::JsonForm::kUnknown:
      return NoSpans();
  }
  return wire::otlp::TracesFromJson(json);
}

bool HasSpans(std::string_view request) {
  const auto facts = wire::otlp::InspectRequest(request);
  return facts.has_value() && facts->span_count > 0;
}

/// A request from protobuf: a request, what Tempo's /api/traces gives and has the same fields, or
/// what its /api/v2/traces gives, where the same is in the first field.
Result<std::string> FromProtobuf(std::string bytes) {
  const auto facts = wire::otlp::InspectRequest(bytes);
  if (facts.has_value() && facts->span_count > 0) return bytes;
  std::string inner = wire::otlp::TracesFromAnswer(bytes);
  if (HasSpans(inner)) return inner;
  // What is no protobuf at all is told with the place where it ceases to be.
  if (!facts.has_value()) return std::unexpected(facts.error());
  return NoSpans();
}

}  // namespace

Result<std::string> ToProtobuf(RawRequest raw) {
  if (const base::Compression compression = SniffCompression(raw.bytes);
      compression != base::Compression::kNone) {
    auto content = base::Decompress(compression, raw.bytes, RequestReader::kRequestBytesMax);
    if (!content.has_value()) {
      return std::unexpected(std::move(content).error().Annotate(raw.where));
    }
    raw.bytes = std::move(*content);
  }
  const std::string_view text = Trim(raw.bytes);
  const bool is_json = raw.is_json || text.starts_with('{') || text.starts_with('[');
  auto request = is_json ? FromJson(raw.bytes) : FromProtobuf(std::move(raw.bytes));
  if (!request.has_value()) {
    return std::unexpected(std::move(request).error().Annotate(raw.where));
  }
  return request;
}

}  // namespace clew::app::send
