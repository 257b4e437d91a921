#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/compression.h"
#include "base/vocabulary.h"

namespace clew::app::send {

/// One request as it lies in a file: JSON or protobuf, perhaps compressed.
struct RawRequest {
  std::string bytes;
  /// For messages: "traces.jsonl, line 12" or "trace.json, lines 1 to 80"; with " from column 81",
  /// in bytes, behind another document of that line.
  std::string where;
  /// Whether it must be JSON; else the content tells.
  bool is_json = false;
};

/// What a reader holds in memory at most, in bytes.
struct ReadLimits {
  /// A compressed file, and what it unpacks to; for a moment both at once.
  std::size_t compressed = 256u << 20;
  std::size_t unpacked = 512u << 20;
  /// One request: a line, a document or a frame, also when it is compressed in its frame.
  std::size_t request = 128u << 20;
};

/// Reads requests from a file: JSON, one document behind the other, each on a line of its own or
/// over many; protobuf, one request a file, or many framed by their length in 4 bytes, big-endian
/// first, as the `file` exporter writes them. Which of them it is, and whether it is compressed
/// (gzip, zstd), is told by the content, not by the name. Plain files and plain standard input are
/// read as they come, compressed ones as a whole. A line of JSON that is broken costs no other
/// line. One thread.
class RequestReader {
 public:
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// `path` "-" means standard input. NOT_FOUND, INVALID_ARGUMENT (damaged compression, or more
  /// than the limits).
  static Result<std::unique_ptr<RequestReader>> Open(const std::string& path,
                                                     const ReadLimits& limits = {});

  /// The next request, nothing at the end. DATA_LOSS when the file ends within a frame or a frame
  /// is too long.
  Result<std::optional<RawRequest>> Next();

  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  enum class Form { kJson, kLines, kFrames, kOneProtobuf };

  RequestReader(std::string name, int fd, const ReadLimits& limits)
      : name_(std::move(name)), fd_(fd), limits_(limits) {}
  Status Sniff();
  /// Puts the content of the file into the buffer.
  Status Unpack(base::Compression compression);
  Form SniffForm() const;
  /// Reads until the buffer holds `size` unread bytes or the file ends; false at the end.
  Result<bool> Fill(std::size_t size);
  std::string_view Unread() const { return std::string_view(buffer_).substr(begin_); }
  void Consume(std::size_t size);
  /// Consumes white space; false at the end.
  Result<bool> SkipBlank();
  /// The unread line `index`, the first being 0, without its end; empty behind the last. Valid
  /// until more is read. DATA_LOSS when it is too long.
  Result<std::string_view> PeekLine(std::size_t index);
  /// The next so many bytes, which are JSON. DATA_LOSS when they are too many.
  Result<RawRequest> TakeJson(std::size_t size);
  Result<std::optional<RawRequest>> NextJson();
  Result<std::optional<RawRequest>> NextLine();
  Result<std::optional<RawRequest>> NextFrame();
  Result<std::optional<RawRequest>> NextWhole();

  const std::string name_;
  const int fd_;
  const ReadLimits limits_;
  Form form_ = Form::kJson;
  std::string buffer_;
  std::size_t begin_ = 0;
  bool is_at_end_ = false;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t request_count_ = 0;
  /// Lines that were read before the unread bytes, of JSON.
  std::uint64_t line_count_ = 0;
  /// Of the line that the unread bytes begin in, what was read before them.
  std::uint64_t line_bytes_ = 0;
  /// Whether there is more than blanks in that.
  bool is_in_line_ = false;
  /// Whether the last document of JSON had a line of its own.
  bool was_line_ = false;
};

/// An encoded ExportTraceServiceRequest, and what is to be known of its spans, a line each.
struct EncodedRequest {
  std::string bytes;
  std::vector<std::string> notes;
};

/// The request of `raw`, which is decompressed and translated as needed: OTLP's JSON, and what
/// Jaeger's and Tempo's APIs answer. INVALID_ARGUMENT for what holds no spans, or unpacks to more
/// than ReadLimits::request. Any thread.
Result<EncodedRequest> ToProtobuf(RawRequest raw);

}  // namespace clew::app::send
