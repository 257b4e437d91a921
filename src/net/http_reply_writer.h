#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/memory_budget.h"
#include "base/vocabulary.h"
#include "net/http_reply.h"
#include "net/http_session.h"
#include "net/session_timer.h"
#include "net/transport.h"

namespace clew::net {

/// The connection that a reply is written to. On its loop's thread.
class ReplyTarget {
 public:
  virtual ~ReplyTarget() = default;
  virtual std::shared_ptr<ReplyTarget> KeepAlive() = 0;
  virtual bool is_closed() const = 0;
  /// The reply was written to its end.
  virtual void OnReplyWritten(bool is_last) = 0;
  /// Looks, now and then, whether the client still waits, until something else is set to happen
  /// in time.
  virtual void WatchPeer() = 0;
  /// When it still does, `and_then` goes on; else the connection is closed.
  virtual void CheckPeer(const std::function<void()>& and_then) = 0;
  virtual void CloseNow() = 0;
  /// Closes so that no client takes what it has for all of the answer.
  virtual void Break() = 0;
};

/// Writes the replies of a connection, one after the other, and has workers make their pieces when
/// there is memory for them and the client has taken what came before. On the loop's thread, but
/// for TryHold.
class HttpReplyWriter {
 public:
  /// All of it outlives the writer.
  HttpReplyWriter(const HttpShared& shared, Loop& loop, const Clock& clock, SessionTimer& timer,
                  Transport& transport, ReplyTarget& target);

  /// Counts what the next reply holds. False when memory has no room for it. By whoever makes the
  /// reply, on any thread.
  [[nodiscard]] bool TryHold(std::uint64_t bytes) { return hold_.TryGrow(bytes); }
  void Write(HttpReply reply);
  bool is_in_pieces() const { return reply_.next_piece != nullptr; }

 private:
  /// Bytes on their way.
  struct Outgoing {
    std::string before{};
    std::string body{};
    std::string_view after{};
    std::uint64_t written = 0;

    /// Makes the body, if any, a chunk.
    void AddChunkFrame();
    bool IsWritten() const { return written == before.size() + body.size() + after.size(); }
    Transport::Parts Left() const;
  };

  void WriteOut();
  void WriteSome();
  void OnWritten();
  void Pull();
  void OnPiece(Result<std::string> piece);
  /// A write time-out begins.
  void BeginTime();

  const HttpShared& shared_;
  Loop& loop_;
  const Clock& clock_;
  SessionTimer& timer_;
  Transport& transport_;
  ReplyTarget& target_;
  HttpReply reply_;
  Outgoing out_;
  std::uint64_t progress_bytes_ = 0;  // since the write time-out began
  base::MemoryHold hold_;
  Deadline pull_deadline_ = Deadline::max();
};

}  // namespace clew::net
