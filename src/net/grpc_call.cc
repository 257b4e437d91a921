#include "net/grpc_call.h"

#include <fmt/format.h>
#include <grpc/support/alloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include "net/http_server.h"
#include "net/retry_info.h"

namespace clew::net {
namespace {

/// After which calls are asked for although much is under way: nothing of that has ended, as when
/// clients do not take their answers; or some did all the time.
constexpr auto kStandstill = std::chrono::milliseconds(10);
constexpr auto kOwedMax = std::chrono::milliseconds(100);
/// A call that waits for its message gives way to others at the earliest.
constexpr Nanos kSlowAfter = std::chrono::seconds(1);
constexpr Nanos kBusyRetryAfter = std::chrono::seconds(1);

Error Busy(const char* what) {
  return Error{Code::kUnavailable, std::string(what) + ": try again later", kBusyRetryAfter};
}

Error Late(Nanos timeout) {
  const auto seconds = std::chrono::duration<double>(timeout).count();
  return Error{Code::kDeadlineExceeded,
               fmt::format("the message did not arrive within {} s: send smaller ones", seconds)};
}

/// "ipv4:127.0.0.1:4317" and "ipv6:%5B::1%5D:4317" as people write addresses.
std::string PeerAddress(grpc_call* call) {
  const std::unique_ptr<char, decltype(&gpr_free)> peer(grpc_call_get_peer(call), &gpr_free);
  std::string_view text = peer.get();
  if (text.starts_with("ipv4:") || text.starts_with("ipv6:")) text.remove_prefix(5);
  return PercentDecode(text, false);
}

}  // namespace

InboundCall::InboundCall(CallScope& scope, CallQueue& queue)
    : scope_(scope), queue_(queue), hold_(scope.request_memory) {
  ++scope_.call_count;
  grpc_call_details_init(&details_);
  grpc_metadata_array_init(&metadata_);
}

InboundCall::~InboundCall() {
  if (received_ != nullptr) grpc_byte_buffer_destroy(received_);
  response_.reset();
  grpc_metadata_array_destroy(&metadata_);
  grpc_call_details_destroy(&details_);
  if (peer_calls_ != nullptr && was_worked_on_ && is_cancelled_ != 0) peer_calls_->Leave();
  if (call_ != nullptr) grpc_call_unref(call_);
  if (peer_calls_ != nullptr) {
    if (is_answered_) peer_calls_->EndAnswer(hold_.bytes());
    peer_calls_->End();
  }
  const std::scoped_lock lock(scope_.mutex);
  if (--scope_.call_count == 0) scope_.all_answered.notify_all();
}

void InboundCall::Request(CallScope& scope, CallQueue& queue) {
  auto* call = new InboundCall(scope, queue);
  call->operation_count_ = 1;
  call->stage_ = Stage::kRequested;
  const grpc_call_error error =
      grpc_server_request_call(scope.server, &call->call_, &call->details_, &call->metadata_,
                               queue.events, queue.events, call);
  if (error != GRPC_CALL_OK) delete call;  // the server is shutting down
}

Deadline InboundCall::NextRequest(const CallQueue& queue) {
  if (queue.owed_count == 0) return Deadline::max();
  return std::min(queue.last_end + kStandstill, queue.owed_since + kOwedMax);
}

void InboundCall::RequestOwed(CallScope& scope, CallQueue& queue) {
  if (queue.owed_count == 0) return;
  if (queue.operation_count >= queue.operation_count_max) {
    scope.peers->NoteHoldBack();
    if (std::chrono::steady_clock::now() < NextRequest(queue)) return;
  }
  for (; queue.owed_count > 0; --queue.owed_count) Request(scope, queue);
}

void InboundCall::Complete(void* tag, bool is_ok) {
  auto* call = static_cast<InboundCall*>(tag);
  const Stage stage = call->stage_;
  --call->operation_count_;
  if (stage != Stage::kRequested) {
    CallQueue& queue = call->queue_;
    --queue.operation_count;
    if (queue.owed_count > 0) queue.last_end = std::chrono::steady_clock::now();
  }
  switch (stage) {
    case Stage::kRequested:
      if (is_ok) return call->OnRequested();
      break;
    case Stage::kReading:
      return call->OnMessage(is_ok);
    case Stage::kAnswering:
      if (call->operation_count_ > 0) return;
      break;
  }
  delete call;
}

Deadline InboundCall::NextLate(const CallQueue& queue) {
  return queue.reading.empty() ? Deadline::max() : queue.reading.front()->read_deadline_;
}

void InboundCall::EndLate(CallQueue& queue) {
  while (!queue.reading.empty() && NextLate(queue) <= std::chrono::steady_clock::now()) {
    InboundCall* const call = queue.reading.front();
    queue.reading.pop_front();
    call->Refuse(Late(call->scope_.read_timeout));
  }
}

void InboundCall::EndSlow(CallQueue& queue) {
  const Deadline now = std::chrono::steady_clock::now();
  for (auto next = queue.reading.begin(); next != queue.reading.end();) {
    InboundCall* const call = *next;
    const Nanos waited = now - call->begin_;
    if (waited < kSlowAfter) return;
    if (!call->hold_.IsTooSlow(0, waited)) {
      ++next;
      continue;
    }
    next = queue.reading.erase(next);
    call->Refuse(Busy("no memory is left for a call that waits for its message"));
  }
}

void InboundCall::OnRequested() {
  if (queue_.owed_count++ == 0) {
    queue_.owed_since = queue_.last_end = std::chrono::steady_clock::now();
  }
  client_address_ = PeerAddress(call_);
  peer_calls_ = scope_.peers->Find(client_address_);
  if (peer_calls_ != nullptr) peer_calls_->Begin();
  const auto handler = scope_.handlers.find(std::string(ViewOf(details_.method)));
  if (handler == scope_.handlers.end()) {
    return Answer(
        base::MakeError(Code::kUnimplemented, "unknown method {}", ViewOf(details_.method)));
  }
  if (Status held = HoldMetadata(); !held) {
    EndSlow(queue_);
    return Refuse(std::move(held).error());
  }
  handler_ = &handler->second;
  grpc_op read{};
  read.op = GRPC_OP_RECV_MESSAGE;
  read.data.recv_message.recv_message = &received_;
  const Nanos timeout = scope_.read_timeout;
  begin_ = std::chrono::steady_clock::now();
  read_deadline_ = timeout > Nanos(0) ? begin_ + timeout : Deadline::max();
  place_ = queue_.reading.insert(queue_.reading.end(), this);
  grpc_call* const call = call_;
  ++operation_count_;
  ++queue_.operation_count;
  stage_ = Stage::kReading;
  grpc_call_start_batch(call, &read, 1, this, nullptr);
  if (queue_.reading.size() <= queue_.reading_max) return;
  InboundCall* const oldest = queue_.reading.front();
  queue_.reading.pop_front();
  oldest->Refuse(Busy("too many calls wait for their message"));
}

Status InboundCall::HoldMetadata() {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < metadata_.count; ++i) {
    // 32 for each, as HTTP/2 counts the size of a list of headers.
    bytes +=
        ViewOf(metadata_.metadata[i].key).size() + ViewOf(metadata_.metadata[i].value).size() + 32;
  }
  if (bytes > kMetadataBytesMax) {
    return base::MakeError(Code::kResourceExhausted,
                           "the call's metadata has {} bytes, the limit is {}: send less", bytes,
                           kMetadataBytesMax);
  }
  if (!hold_.Grow(bytes)) return std::unexpected(Busy("no memory is left for this call"));
  metadata_bytes_ = bytes;
  return {};
}

void InboundCall::OnMessage(bool is_ok) {
  queue_.reading.erase(place_);
  // A failed read has already given the client its status; answering only ends the call.
  if (!is_ok || received_ == nullptr) {
    return Refuse({Code::kInvalidArgument, "the call carries no message: send exactly one"});
  }
  const std::uint64_t bytes = grpc_byte_buffer_length(received_);
  const bool can_never_hold = hold_.CanNeverHold(hold_.bytes() + bytes);
  // The transport has it in memory already; now it counts until its handler is done.
  if (can_never_hold || !hold_.Grow(bytes)) {
    if (!can_never_hold) EndSlow(queue_);
    // A client that does not take its answer must not keep it there.
    grpc_byte_buffer_destroy(std::exchange(received_, nullptr));
    return Refuse(can_never_hold
                      ? Error{Code::kResourceExhausted, TooLargeForMemory(*scope_.request_memory)}
                      : Busy("no memory is left for this message"));
  }
  if (peer_calls_ != nullptr) peer_calls_->BeginWork();
  was_worked_on_ = scope_.workers->TryPost([this] { RunHandler(*handler_); });
  if (was_worked_on_) return;
  EndWork();
  Refuse(Busy("the server is busy"));
}

void InboundCall::EndWork() {
  if (peer_calls_ != nullptr) peer_calls_->EndWork();
}

void InboundCall::RunHandler(const GrpcHandler& handler) {
  GrpcRequest request = MakeRequest();
  const std::uint64_t packed_bytes = hold_.bytes();
  // How large the message is unpacked is a guess at first: no guess is refused that the message
  // itself would not be.
  const std::uint64_t largest = LargestRequest(scope_.request_memory);
  const std::uint64_t room = largest - std::min(largest, packed_bytes);
  auto message =
      TakeMessage(ByteBufferPtr(std::exchange(received_, nullptr)), IsCompressed(*call_),
                  scope_.message_bytes_max, room, [&](std::size_t bytes) -> Status {
                    hold_.ShrinkTo(packed_bytes);
                    if (hold_.Grow(bytes)) return {};
                    return std::unexpected(Busy("no memory is left to unpack this message"));
                  });
  if (!message.has_value()) {
    Error error = std::move(message).error();
    const bool lacks_memory =
        error.code == Code::kResourceExhausted && room < scope_.message_bytes_max;
    if (lacks_memory) error.message = TooLargeForMemory(*scope_.request_memory);
    EndWork();
    return Refuse(std::move(error));
  }
  // What it was unpacked from is gone, and of the buffer what it did not fill.
  hold_.ShrinkTo(metadata_bytes_ + message->size());
  request.message = std::move(*message);
  Result<std::string> answer = handler(request);
  request = {};
  EndWork();
  Answer(std::move(answer));
}

GrpcRequest InboundCall::MakeRequest() const {
  GrpcRequest request;
  request.method = ViewOf(details_.method);
  for (std::size_t i = 0; i < metadata_.count; ++i) {
    const grpc_metadata& entry = metadata_.metadata[i];
    request.metadata.emplace(ViewOf(entry.key), ViewOf(entry.value));
  }
  request.client_address = client_address_;
  return request;
}

void InboundCall::Refuse(Error error) {
  if (scope_.on_refused) scope_.on_refused(error);
  Answer(std::unexpected(std::move(error)));
}

void InboundCall::Answer(Result<std::string> result) {
  std::array<grpc_op, 4> ops{};
  std::size_t count = 0;
  ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
  grpc_op& close = ops[count++];
  close.op = GRPC_OP_RECV_CLOSE_ON_SERVER;
  close.data.recv_close_on_server.cancelled = &is_cancelled_;
  grpc_op& status = ops[count++];
  status.op = GRPC_OP_SEND_STATUS_FROM_SERVER;
  grpc_slice message = grpc_empty_slice();
  grpc_metadata details{};
  details.value = grpc_empty_slice();
  if (result.has_value()) {
    response_ = MakeMessage(std::move(*result));
    grpc_op& send = ops[count++];
    send.op = GRPC_OP_SEND_MESSAGE;
    send.data.send_message.send_message = response_.get();
  } else {
    const Error& error = result.error();
    message = CopyToSlice(error.message);
    status.data.send_status_from_server.status = static_cast<grpc_status_code>(error.code);
    status.data.send_status_from_server.status_details = &message;
    if (error.retry_after) {
      details.key = grpc_slice_from_static_string("grpc-status-details-bin");
      details.value = CopyToSlice(EncodeStatusDetails(error));
      status.data.send_status_from_server.trailing_metadata = &details;
      status.data.send_status_from_server.trailing_metadata_count = 1;
    }
  }
  grpc_call* const call = call_;
  ++operation_count_;
  ++queue_.operation_count;
  // That stays until the client takes the answer.
  hold_.ShrinkTo(metadata_bytes_);
  is_answered_ = true;
  if (peer_calls_ != nullptr) peer_calls_->BeginAnswer(hold_.bytes());
  stage_ = Stage::kAnswering;
  grpc_call_start_batch(call, ops.data(), count, this, nullptr);
  // From here on `this` may be gone: the queue's thread deletes it when the batch is done.
  grpc_slice_unref(message);
  grpc_slice_unref(details.value);
}

}  // namespace clew::net
