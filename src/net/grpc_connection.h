#pragma once

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/vocabulary.h"
#include "net/grpc_call.h"
#include "net/header_block.h"
#include "net/request_memory.h"

namespace clew::net {

/// The protocol of one connection of a server, gRPC over HTTP/2, without its socket: bytes in,
/// bytes out, and calls to be answered. nghttp2 keeps the rules of HTTP/2; what a call holds is
/// counted as the memory of requests, from its first header until its stream is closed. Of the
/// loop's thread.
class GrpcConnection {
 public:
  /// Has something done by a worker, later; false when it was not taken.
  struct Posts {
    /// Which is to be answered by Answer.
    std::function<bool(std::shared_ptr<GrpcJob> job)> job;
    /// Whose message is to be given to AnswerNext.
    std::function<bool(std::int32_t stream, std::shared_ptr<NextMessage> next)> next_message;
  };

  /// `shared` outlives it.
  GrpcConnection(GrpcShared& shared, std::string client_address, Posts posts);
  ~GrpcConnection();
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  /// Takes what the client sent, and adds what it is to be sent to `out`, now and below. Returns
  /// how much it took. While is_paused() what is left, if anything is, is to be given again, when
  /// other connections have had their turn; otherwise nothing is left that could be taken.
  std::size_t Receive(std::string_view bytes, std::string& out);
  bool is_paused() const { return is_paused_ && !misuse_; }
  /// Adds what has become ready, and notes what waits after that.
  void AppendOutput(std::string& out);
  /// Calls that now wait for their client count as that; when too much does already, they are
  /// refused, or it is to go.
  void NoteWaiting();
  /// Of `job`, whose hold goes back to its call; nothing when that is gone.
  void Answer(GrpcJob& job, Result<GrpcAnswer> answer);
  /// The next message of an answer of many; nothing when its call is gone.
  void AnswerNext(std::int32_t stream, Result<std::optional<std::string>> message);
  /// The client is told to make no more calls here. Those that it has made by the time that it
  /// hears of it end as usual; then the connection is done. Idempotent.
  void Shutdown();
  /// Likewise at once: calls that are on their way are not taken, and their clients repeat them.
  void ShutdownNow();
  void Ping();
  /// Nobody waits for answers any more: their handlers are asked to stop.
  void Cancel();

  /// Whether Shutdown, or the client's pings, have ended it for new calls.
  bool is_shut_down() const { return is_shut_down_; }
  /// There is nothing more to be read or written.
  bool is_done() const;
  /// Why the client is to go, once what is ready was sent. Nothing: it is not.
  std::optional<GrpcMisuse> misuse() const { return misuse_; }
  /// Whether the client has begun to speak HTTP/2.
  bool is_begun() const { return is_begun_; }
  std::size_t call_count() const { return calls_.size(); }
  /// When Look is due.
  Deadline next_look() const;
  /// Ends calls that are too slow, and notes a client that does not take its answers.
  void Look(Deadline now);

 private:
  struct Callbacks;  // of nghttp2

  /// So much has been done. Whether that is enough for one turn.
  bool NoteWork(std::size_t cost);
  /// What has become ready to be sent.
  void Drain(std::string& out);
  /// Counts what HTTP/2 keeps of headers that have not ended, of which `bytes` have come now.
  void HoldBlock(std::string_view bytes);
  void BeginCall(std::int32_t stream);
  void EndHeaders(GrpcCall& call);
  void TakeData(GrpcCall& call, std::string_view data);
  void EndMessage(GrpcCall& call);
  void EndCall(std::int32_t stream);
  void NotePing(const nghttp2_ping& ping, bool is_ack);
  /// Names the last call that is taken, with an error code of HTTP/2.
  void SendGoAway(std::uint32_t code, std::string_view reason);
  void NoteSent(const nghttp2_frame& frame);
  /// Counts and answers a call whose handler will not run.
  void Refuse(GrpcCall& call, Error error);
  void SendAnswer(GrpcCall& call, GrpcAnswer answer);
  /// Has it sent as `call.answer`.
  void SetMessage(GrpcCall& call, std::string_view text);
  /// Has workers make the messages that their clients are ready for.
  void AskForMessages();
  /// `http_status` is 200 but for what is no gRPC.
  void SendError(GrpcCall& call, const Error& error, std::string_view http_status = "200");
  void MoveTo(GrpcCall& call, GrpcCall::State state);
  /// The call whose headers have not ended; null when there is none.
  GrpcCall* unfinished_call() const;
  void LookAtBlock(Deadline now);
  void LookAtReading(Deadline now);
  void LookAtAnswering(Deadline now);

  GrpcShared& shared_;
  const std::string client_address_;
  const Posts posts_;
  nghttp2_session* session_ = nullptr;
  /// By calls, those that are handled too, and headers.
  const std::shared_ptr<ConnectionTotal> held_ = std::make_shared<ConnectionTotal>(0);
  std::unordered_map<std::int32_t, std::unique_ptr<GrpcCall>> calls_;
  /// Those whose message is not complete, and those whose answer is not taken, by their begin and
  /// by when they were answered.
  std::list<GrpcCall*> reading_;
  std::list<GrpcCall*> answering_;
  /// Whose client has taken a message of many.
  std::vector<std::int32_t> wanting_;
  Deadline next_second_{};
  Deadline last_ping_{};  // of the client, since it was last sent an answer
  int ping_strikes_ = 0;
  /// Headers that have not ended, of which call or of none: nothing else comes before they do.
  HeaderBlockMeter block_;
  RequestHold block_hold_;
  std::uint64_t held_block_ = 0;  // the number of the one that is held
  Deadline block_since_{};
  Deadline block_looked_at_{};
  std::uint64_t block_brought_bytes_ = 0;  // since then
  std::size_t turn_cost_ = 0;
  bool is_paused_ = false;
  bool is_begun_ = false;
  bool is_shut_down_ = false;
  /// When to name the last call although the client has not shown that it has heard of the end.
  Deadline shutdown_deadline_ = Deadline::max();
  std::optional<GrpcMisuse> misuse_;
};

}  // namespace clew::net
