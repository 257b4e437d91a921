#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/log_pause.h"
#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "net/grpc_message.h"
#include "net/grpc_server.h"
#include "net/request_memory.h"
#include "net/session.h"

namespace clew::net {

/// Why a connection was closed before its client wanted that.
enum class GrpcMisuse : std::uint8_t {
  kProtocol,  // it broke the rules of HTTP/2, or one of its limits
  kSilent,    // it did not even begin in time, or did not answer a ping
  kSlow,      // the headers of a call did not end in time, or there was no memory for more of them
  kUnread,    // it does not take what it is sent
};

/// As metrics and logs have it.
const char* NameOf(GrpcMisuse misuse);

/// What all connections of one server that speak gRPC share. Outlives them.
struct GrpcShared {
  const SessionGroup& group;
  GrpcServerOptions options{};
  base::WorkerPool* workers = nullptr;
  std::map<std::string, GrpcHandler> handlers{};
  std::array<prometheus::Counter*, 4> closed_counters{};  // by GrpcMisuse; null without metrics
  base::LogPause closed_log{std::chrono::seconds(1)};

  void CountRefused(const Error& error) const {
    if (options.on_refused) options.on_refused(error);
  }
  /// Counts and logs that a client's connection is closed.
  void NoteClosed(GrpcMisuse misuse, const std::string& client_address);
};

/// A call whose message is complete, on its way through a worker. It is used by one thread at a
/// time.
struct GrpcJob {
  std::int32_t stream = 0;
  const GrpcHandler* handler = nullptr;
  GrpcRequest request;  // `message` as sent
  bool is_compressed = false;
  std::string encoding;
  RequestHold hold;                 // the call's, which gets it back with the answer
  std::uint64_t besides_bytes = 0;  // of what is held, without the message
};

/// The answer to a call: unpacks the message and asks the handler. Of what the job holds the bytes
/// of the message are given back when the answer is there; until then it lives. Runs on a worker.
base::Later<Result<GrpcAnswer>> RunGrpcJob(const GrpcShared& shared, GrpcJob& job);

inline constexpr std::string_view kGrpcContentType = "application/grpc";

/// One call of a connection, from its first header until its stream is closed. Of the loop's
/// thread.
struct GrpcCall {
  enum class State : std::uint8_t { kHeaders, kReading, kHandling, kAnswering };
  /// What a call is counted with until it ends: itself, what HTTP/2 has of it, its first headers
  /// and an answer.
  static constexpr std::uint64_t kCallBytes = 4u << 10;
  /// As HTTP/2 counts the size of a list of headers (RFC 9113, section 6.5.2), beside each.
  static constexpr std::uint64_t kBesideHeaderBytes = 32;
  /// More of them is of no method and no encoding that is known.
  static constexpr std::size_t kPathBytesMax = 200;
  static constexpr std::size_t kEncodingBytesMax = 40;
  /// `connection` counts what all calls of the connection hold.
  GrpcCall(const GrpcShared& shared, std::shared_ptr<ConnectionTotal> connection,
           std::int32_t stream_id, Deadline now);

  /// One more; how much there may be is checked, but a refusal waits for the end of the headers.
  /// Returns as how many it counts: a field may stand for several.
  std::size_t AddHeader(std::string_view name, std::string_view value);
  /// They have ended.
  void EndHeaders();
  /// INVALID_ARGUMENT and so on when it cannot go on to its message.
  Status CheckHeaders(const GrpcShared& shared);
  /// Of a call that will not be answered by its handler: all that came with it goes.
  void DropRequest();
  /// Takes everything out of it that the answering needs.
  std::shared_ptr<GrpcJob> MakeJob(const std::string& client_address);

  const std::int32_t stream;
  State state = State::kHeaders;
  std::list<GrpcCall*>::iterator place;  // in the list of its state, if there is one
  Deadline since;                        // it was begun, or answered
  Deadline looked_at;
  std::uint64_t brought_bytes = 0;  // of its message, since then
  std::string http_method;
  std::string path;
  bool is_grpc = false;  // by its content-type
  std::string encoding;
  std::multimap<std::string, std::string> metadata;
  std::optional<Nanos> timeout;
  const GrpcHandler* handler = nullptr;
  RequestHold hold;  // kCallBytes, more metadata than those are for, and the message
  GrpcMessageReader message;
  /// Asked to stop when nobody waits for the answer any more.
  std::stop_source gone;
  std::string answer;  // framed; of many messages that which is sent now
  std::size_t answer_sent = 0;
  std::shared_ptr<NextMessage> next_message;  // null when `answer` is the last
  std::optional<Error> failure;               // of next_message

 private:
  void AddMetadata(std::string_view name, std::string_view value);
  /// Of those that are kept.
  [[nodiscard]] bool HoldHeaders();

  Status header_status_;
  std::uint64_t header_bytes_ = 0;   // as HTTP/2 counts them
  std::uint64_t header_memory_ = 0;  // of those that are kept
};

}  // namespace clew::net
