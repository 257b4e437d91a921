#include "net/http_reply_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace clew::net {
namespace {

/// How long a streamed answer waits when workers or memory are short, before it looks again.
constexpr Nanos kPieceRetryInterval = std::chrono::milliseconds(50);
/// A write time-out begins anew when the client has taken so much.
constexpr std::uint64_t kWriteProgressBytes = 64u << 10;

base::MemoryHold HoldOf(base::MemoryAccount* account) {
  return account == nullptr ? base::MemoryHold() : base::MemoryHold(*account);
}

}  // namespace

void HttpReplyWriter::Outgoing::AddChunkFrame() {
  if (body.empty()) return;
  before += fmt::format("{:x}\r\n", body.size());
  after = "\r\n";
}

Transport::Parts HttpReplyWriter::Outgoing::Left() const {
  std::uint64_t skip = written;
  const auto rest = [&skip](std::string_view part) {
    const std::uint64_t skipped = std::min<std::uint64_t>(skip, part.size());
    skip -= skipped;
    part.remove_prefix(static_cast<std::size_t>(skipped));
    return part;
  };
  return {rest(before), rest(body), rest(after)};
}

HttpReplyWriter::HttpReplyWriter(const HttpShared& shared, Loop& loop, const Clock& clock,
                                 SessionTimer& timer, Transport& transport, ReplyTarget& target)
    : shared_(shared),
      loop_(loop),
      clock_(clock),
      timer_(timer),
      transport_(transport),
      target_(target),
      hold_(HoldOf(shared.options.answer_memory)) {}

void HttpReplyWriter::Write(HttpReply reply) {
  reply_ = std::move(reply);
  out_ = {.before = std::move(reply_.head),
          .body = std::move(reply_.body),
          .after = reply_.shared_body.view()};
  if (reply_.is_chunked) out_.AddChunkFrame();
  WriteOut();
}

void HttpReplyWriter::WriteOut() {
  BeginTime();
  WriteSome();
}

void HttpReplyWriter::BeginTime() {
  progress_bytes_ = 0;
  timer_.Set(timer_.In(shared_.options.write_timeout),
             [this, keep = target_.KeepAlive()] { target_.CloseNow(); });
}

void HttpReplyWriter::WriteSome() {
  transport_.Write(out_.Left(), [this, keep = target_.KeepAlive()](std::size_t size) {
    if (size == 0) return target_.CloseNow();
    out_.written += size;
    progress_bytes_ += size;
    if (out_.IsWritten()) return OnWritten();
    if (progress_bytes_ >= kWriteProgressBytes) BeginTime();
    WriteSome();
  });
}

void HttpReplyWriter::OnWritten() {
  Outgoing written;
  std::swap(out_, written);  // goes with its memory
  if (reply_.next_piece) {
    reply_.held.reset();
    hold_.Release();
    pull_deadline_ = timer_.In(shared_.options.write_timeout);
    return Pull();
  }
  const bool is_last = reply_.is_last;
  reply_ = {};
  hold_.Release();
  target_.OnReplyWritten(is_last);
}

/// Has a worker make the next piece, when there is memory for it.
void HttpReplyWriter::Pull() {
  const bool has_memory = hold_.bytes() >= kPieceBytesMax || hold_.TryGrow(kPieceBytesMax);
  // The loop's thread lets go of the connection last.
  const auto pull = [this, keep = target_.KeepAlive()]() mutable {
    boost::asio::io_context& context = loop_.context;
    Result<std::string> piece = reply_.next_piece();
    boost::asio::post(context, [this, keep = std::move(keep), piece = std::move(piece)]() mutable {
      if (!target_.is_closed()) OnPiece(std::move(piece));
    });
  };
  if (has_memory && shared_.workers->TryPost(pull)) return target_.WatchPeer();
  if (clock_.HasPassed(pull_deadline_)) return target_.Break();
  timer_.Set(timer_.In(kPieceRetryInterval),
             [this, keep = target_.KeepAlive()] { target_.CheckPeer([this] { Pull(); }); });
}

void HttpReplyWriter::OnPiece(Result<std::string> piece) {
  if (!piece.has_value()) return target_.Break();
  if (piece->empty()) {
    reply_.next_piece = nullptr;
    if (!reply_.is_chunked) return OnWritten();
    out_ = {.before = "0\r\n\r\n"};
  } else {
    out_ = {.body = *std::move(piece)};
    if (reply_.is_chunked) out_.AddChunkFrame();
  }
  WriteOut();
}

}  // namespace clew::net
