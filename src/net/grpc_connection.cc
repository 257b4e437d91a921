#include "net/grpc_connection.h"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

#include "net/grpc_headers.h"

namespace clew::net {
namespace {

/// What a client may send of a message before it hears of more room. Nothing stays in these
/// windows: it is counted and kept with its call, or the call is refused.
constexpr std::int32_t kStreamWindowBytes = 1 << 20;
constexpr std::int32_t kConnectionWindowBytes = 8 << 20;
/// Told to clients, which then refuse calls with more by themselves: HTTP/2 ends a connection with
/// a field of more than 64 KiB.
constexpr std::uint32_t kToldHeaderBytesMax = 66u << 10;
/// For metadata of kMetadataBytesMax.
constexpr std::size_t kContinuationsMax = 16;
/// Streams that a client may reset: at once, and in a second. Deadlines do that when a disk is
/// slow; nothing of such a call stays.
constexpr std::uint64_t kResetBurstMax = 20'000;
constexpr std::uint64_t kResetsPerSecondMax = 2'000;
/// What is taken in before what goes out for it is made compact.
constexpr std::size_t kSliceBytes = 16u << 10;
/// What may be done in one turn, some half a millisecond: bytes of fields, as one byte may stand
/// for a field of 4 KiB that came before, and what goes with each field and each frame.
constexpr std::size_t kTurnCostMax = 256u << 10;
constexpr std::size_t kFieldCost = 256;
constexpr std::size_t kFrameCost = 256;
/// Of headers, as they come: each may be a field, also of a stream for which nobody hears of it.
constexpr std::size_t kHeaderByteCost = 16;
/// What HTTP/2 keeps of a field that is not whole: name and value, of 64 KiB each, which may come
/// packed. The first bytes are counted with the connection.
constexpr std::uint64_t kUnfinishedFieldBytesMax = 128u << 10;
constexpr std::uint64_t kUnpackedFactor = 2;
constexpr std::uint64_t kFreeBlockBytes = 4u << 10;
constexpr auto kSecond = std::chrono::seconds(1);
/// How long an answer may wait for its client to take it.
constexpr auto kUnreadTimeout = std::chrono::minutes(1);
/// Pings that come sooner than they may (as gRPC's libraries count them).
constexpr int kPingStrikesMax = 2;
constexpr auto kPingInterval = std::chrono::minutes(5);
constexpr auto kPingIntervalWithoutCalls = std::chrono::hours(2);

constexpr std::array<std::uint8_t, 8> kShutdownPing = {'s', 'h', 'u', 't', 'd', 'o', 'w', 'n'};

std::string_view View(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

Error Late(Nanos timeout) {
  return {Code::kDeadlineExceeded,
          fmt::format("the message did not arrive within {} s: send smaller ones",
                      std::chrono::duration<double>(timeout).count())};
}

}  // namespace

/// What nghttp2 calls; `user` is the connection.
struct GrpcConnection::Callbacks {
  static GrpcConnection& Of(void* user) { return *static_cast<GrpcConnection*>(user); }

  static GrpcCall* CallOf(nghttp2_session* session, std::int32_t stream) {
    return static_cast<GrpcCall*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  /// nghttp2 is C: nothing may be thrown through it.
  template <typename Function>
  static int Guard(const Function& function) {
    try {
      function();
      return 0;
    } catch (const std::exception&) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }

  static bool IsRequest(const nghttp2_frame& frame) {
    return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
  }

  static int OnBeginFrame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
    const bool is_header = head->type == NGHTTP2_HEADERS || head->type == NGHTTP2_CONTINUATION;
    Of(user).NoteWork(kFrameCost + (is_header ? kHeaderByteCost * head->length : 0));
    return 0;
  }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (!IsRequest(*frame)) return 0;
    return Guard([&] { Of(user).BeginCall(frame->hd.stream_id); });
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                      std::size_t value_size, std::uint8_t, void* user) {
    GrpcCall* const call = CallOf(session, frame->hd.stream_id);
    std::size_t count = 1;
    if (IsRequest(*frame) && call != nullptr) {
      const int failure =
          Guard([&] { count = call->AddHeader(View(name, name_size), View(value, value_size)); });
      if (failure != 0) return failure;
    }
    const std::size_t cost = count * (name_size + kFieldCost) + value_size;
    if (!Of(user).NoteWork(cost)) return 0;
    Of(user).is_paused_ = true;
    return NGHTTP2_ERR_PAUSE;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    GrpcConnection& connection = Of(user);
    connection.is_begun_ = true;
    if (frame->hd.type == NGHTTP2_PING) {
      connection.NotePing(frame->ping, (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0);
    }
    GrpcCall* const call =
        frame->hd.stream_id == 0 ? nullptr : CallOf(session, frame->hd.stream_id);
    if (call == nullptr) return 0;
    return Guard([&] {
      if (IsRequest(*frame)) connection.EndHeaders(*call);
      const bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
      if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) connection.EndMessage(*call);
    });
  }

  static int OnData(nghttp2_session* session, std::uint8_t, std::int32_t stream,
                    const std::uint8_t* data, std::size_t size, void* user) {
    GrpcCall* const call = CallOf(session, stream);
    if (call == nullptr) return 0;
    return Guard([&] { Of(user).TakeData(*call, View(data, size)); });
  }

  static int OnStreamClose(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
    Of(user).EndCall(stream);
    return 0;
  }

  static int OnFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return Guard([&] { Of(user).NoteSent(*frame); });
  }

  static ssize_t ReadAnswer(nghttp2_session* session, std::int32_t stream, std::uint8_t* out,
                            std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                            void* user) {
    auto& call = *static_cast<GrpcCall*>(source->ptr);
    if (call.answer_sent == call.answer.size() && call.next_message != nullptr) {
      const auto note = [&] { Of(user).wanting_.push_back(stream); };
      return Guard(note) == 0 ? NGHTTP2_ERR_DEFERRED : NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    const std::size_t count = std::min(size, call.answer.size() - call.answer_sent);
    std::copy_n(call.answer.data() + call.answer_sent, count, out);
    call.answer_sent += count;
    if (call.answer_sent == call.answer.size() && call.next_message == nullptr) {
      *flags = NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const int ended = Guard([&] { SubmitTrailers(session, call); });
      if (ended != 0) return ended;
    }
    return static_cast<ssize_t>(count);
  }

  static void SubmitTrailers(nghttp2_session* session, const GrpcCall& call) {
    GrpcHeaders trailers;
    if (call.failure) {
      trailers.AddStatus(*call.failure);
    } else {
      trailers.Add("grpc-status", "0");
    }
    const std::vector<nghttp2_nv> native = trailers.native();
    if (nghttp2_submit_trailer(session, call.stream, native.data(), native.size()) != 0) {
      throw std::bad_alloc();
    }
  }
};

GrpcConnection::GrpcConnection(GrpcShared& shared, std::string client_address, Posts posts)
    : shared_(shared),
      client_address_(std::move(client_address)),
      posts_(std::move(posts)),
      block_hold_(shared.options.request_memory, held_) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  const bool has_room =
      nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&options) == 0;
  if (has_room) {
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, &Callbacks::OnBeginFrame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &Callbacks::OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &Callbacks::OnHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Callbacks::OnFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Callbacks::OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Callbacks::OnStreamClose);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &Callbacks::OnFrameSent);
    nghttp2_option_set_no_closed_streams(options, 1);
    nghttp2_option_set_max_continuations(options, kContinuationsMax);
    nghttp2_option_set_stream_reset_rate_limit(options, kResetBurstMax, kResetsPerSecondMax);
    nghttp2_session_server_new2(&session_, callbacks, this, options);
  }
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_option_del(options);
  if (session_ == nullptr) throw std::bad_alloc();
  std::vector<nghttp2_settings_entry> settings = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kToldHeaderBytesMax}};
  const std::uint64_t calls_max = shared.options.concurrent_streams_max;
  if (calls_max > 0) {
    settings.push_back(
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<std::uint32_t>(calls_max)});
  }
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes);
}

GrpcConnection::~GrpcConnection() { nghttp2_session_del(session_); }

void GrpcConnection::Cancel() {
  for (const auto& [stream, call] : calls_) call->gone.request_stop();
}

std::size_t GrpcConnection::Receive(std::string_view bytes, std::string& out) {
  std::string_view rest = bytes;
  turn_cost_ = 0;
  do {
    is_paused_ = false;
    const std::string_view slice = rest.substr(0, kSliceBytes);
    const ssize_t taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const std::uint8_t*>(slice.data()), slice.size());
    if (taken < 0) misuse_ = GrpcMisuse::kProtocol;
    // All, but for what is left by a pause.
    const std::string_view used = slice.substr(0, taken < 0 ? 0 : static_cast<std::size_t>(taken));
    HoldBlock(used);
    Drain(out);
    rest.remove_prefix(used.size());
    if (turn_cost_ >= kTurnCostMax && !rest.empty()) is_paused_ = true;
  } while (!rest.empty() && !is_paused_ && !misuse_);
  AppendOutput(out);
  return bytes.size() - rest.size();
}

bool GrpcConnection::NoteWork(std::size_t cost) {
  turn_cost_ += cost;
  return turn_cost_ >= kTurnCostMax;
}

void GrpcConnection::HoldBlock(std::string_view bytes) {
  block_.Put(bytes);
  if (!block_.is_open()) {
    if (block_hold_.bytes() > 0 || block_hold_.is_waiting()) block_hold_.Release();
    return;
  }
  if (held_block_ != block_.begun_count()) {
    held_block_ = block_.begun_count();
    block_hold_.Release();
    block_since_ = block_looked_at_ = shared_.group.clock.Time();
    block_brought_bytes_ = 0;
  }
  block_brought_bytes_ += bytes.size();
  const std::uint64_t kept = std::min(kUnpackedFactor * block_.bytes(), kUnfinishedFieldBytesMax);
  const std::uint64_t wanted = kept - std::min(kept, kFreeBlockBytes);
  const std::uint64_t held = block_hold_.bytes();
  // It cannot be refused alone: what follows on the connection would not be understood.
  if (wanted > held && !block_hold_.Grow(wanted - held)) misuse_ = GrpcMisuse::kSlow;
}

GrpcCall* GrpcConnection::unfinished_call() const {
  // Nothing else comes between a call's headers, so that it is the newest.
  const bool is_newest = !reading_.empty() && reading_.back()->state == GrpcCall::State::kHeaders;
  return is_newest ? reading_.back() : nullptr;
}

void GrpcConnection::AppendOutput(std::string& out) {
  Drain(out);
  AskForMessages();
  NoteWaiting();
  Drain(out);  // refusals
}

void GrpcConnection::NoteWaiting() {
  for (GrpcCall* const call : answering_) {
    if (call->hold.Wait()) continue;
    misuse_ = GrpcMisuse::kUnread;
    return;
  }
  auto next = reading_.end();
  if (GrpcCall* const call = unfinished_call()) {
    // One that takes no more than every call does may come on.
    if (!call->hold.Wait() && call->hold.bytes() > GrpcCall::kCallBytes) {
      misuse_ = GrpcMisuse::kSlow;
    }
    --next;
  }
  if (block_hold_.bytes() > 0 && !block_hold_.Wait()) misuse_ = GrpcMisuse::kSlow;
  while (next != reading_.begin()) {
    GrpcCall& call = **std::prev(next);
    if (call.hold.is_waiting()) return;  // and so are those before it
    if (call.hold.Wait()) {
      --next;
    } else {
      Refuse(call, ServerBusy("no memory is left for calls that wait for their message"));
    }
  }
}

void GrpcConnection::Drain(std::string& out) {
  for (;;) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) misuse_ = GrpcMisuse::kProtocol;
    if (size <= 0) return;
    out.append(View(data, static_cast<std::size_t>(size)));
  }
}

bool GrpcConnection::is_done() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

void GrpcConnection::Shutdown() {
  if (is_shut_down_) return;
  is_shut_down_ = true;
  // Calls that are on their way are taken: those that came before the answer to this ping.
  nghttp2_submit_shutdown_notice(session_);
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kShutdownPing.data());
  shutdown_deadline_ = shared_.group.clock.Time() + kSecond;
}

void GrpcConnection::ShutdownNow() {
  if (!is_shut_down_) SendGoAway(NGHTTP2_NO_ERROR, "");
}

void GrpcConnection::SendGoAway(std::uint32_t code, std::string_view reason) {
  is_shut_down_ = true;
  shutdown_deadline_ = Deadline::max();
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), code,
                        reinterpret_cast<const std::uint8_t*>(reason.data()), reason.size());
}

void GrpcConnection::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void GrpcConnection::NotePing(const nghttp2_ping& ping, bool is_ack) {
  if (is_ack) {
    const bool is_heard = std::ranges::equal(ping.opaque_data, kShutdownPing);
    if (is_heard && shutdown_deadline_ != Deadline::max()) SendGoAway(NGHTTP2_NO_ERROR, "");
    return;
  }
  const Deadline now = shared_.group.clock.Time();
  const GrpcServerOptions& options = shared_.options;
  Nanos interval =
      options.keepalive_min_time > Nanos(0) ? options.keepalive_min_time : Nanos(kPingInterval);
  if (calls_.empty() && !options.keepalive_permit_without_stream) {
    interval = std::max<Nanos>(interval, kPingIntervalWithoutCalls);
  }
  const bool is_early = last_ping_ != Deadline() && now - last_ping_ < interval;
  last_ping_ = now;
  if (!is_early || ++ping_strikes_ != kPingStrikesMax + 1) return;
  SendGoAway(NGHTTP2_ENHANCE_YOUR_CALM, "too_many_pings");  // as gRPC's clients know it
}

void GrpcConnection::NoteSent(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_GOAWAY) {
    if (frame.goaway.error_code != NGHTTP2_NO_ERROR) misuse_ = GrpcMisuse::kProtocol;
    return;
  }
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return;
  last_ping_ = {};
  ping_strikes_ = 0;
  const std::int32_t stream = frame.hd.stream_id;
  const bool is_answered = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  // Whoever was answered early need not send the rest.
  if (is_answered && nghttp2_session_get_stream_remote_close(session_, stream) == 0) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_NO_ERROR);
  }
}

void GrpcConnection::BeginCall(std::int32_t stream) {
  auto call = std::make_unique<GrpcCall>(shared_, held_, stream, shared_.group.clock.Time());
  nghttp2_session_set_stream_user_data(session_, stream, call.get());
  call->place = reading_.insert(reading_.end(), call.get());
  calls_[stream] = std::move(call);
}

void GrpcConnection::EndHeaders(GrpcCall& call) {
  MoveTo(call, GrpcCall::State::kReading);
  call.EndHeaders();
  call.looked_at = shared_.group.clock.Time();  // its message is waited for from now on
  if (call.http_method != "POST" || !call.is_grpc) {
    const Error error{Code::kInvalidArgument,
                      "not a gRPC call: send POST with content-type application/grpc"};
    return SendError(call, error, "415");
  }
  Status checked = call.CheckHeaders(shared_);
  if (checked) return;
  if (call.handler != nullptr) return Refuse(call, std::move(checked).error());
  SendError(call, checked.error());
}

void GrpcConnection::TakeData(GrpcCall& call, std::string_view data) {
  if (call.state != GrpcCall::State::kReading) return;  // it is answered already
  call.brought_bytes += data.size();
  if (Status taken = call.message.Put(data, call.hold); !taken) {
    Refuse(call, std::move(taken).error());
  }
}

void GrpcConnection::EndMessage(GrpcCall& call) {
  if (call.state != GrpcCall::State::kReading) return;
  if (Status whole = call.message.End(); !whole) return Refuse(call, std::move(whole).error());
  MoveTo(call, GrpcCall::State::kHandling);
  call.hold.EndWait();
  const std::shared_ptr<GrpcJob> job = call.MakeJob(client_address_);
  if (posts_.job(job)) return;
  call.hold = std::move(job->hold);
  Refuse(call, ServerBusy("the server is busy"));
}

void GrpcConnection::EndCall(std::int32_t stream) {
  const auto found = calls_.find(stream);
  if (found == calls_.end()) return;
  MoveTo(*found->second, GrpcCall::State::kHandling);  // in no list
  found->second->gone.request_stop();
  calls_.erase(found);
}

void GrpcConnection::MoveTo(GrpcCall& call, GrpcCall::State state) {
  using State = GrpcCall::State;
  const auto list_of = [this](State of) -> std::list<GrpcCall*>* {
    if (of == State::kHeaders || of == State::kReading) return &reading_;
    return of == State::kAnswering ? &answering_ : nullptr;
  };
  std::list<GrpcCall*>* const from = list_of(call.state);
  std::list<GrpcCall*>* const to = list_of(state);
  call.state = state;
  if (from == to) return;
  if (from != nullptr) from->erase(call.place);
  if (to != nullptr) call.place = to->insert(to->end(), &call);
}

void GrpcConnection::Answer(GrpcJob& job, Result<GrpcAnswer> answer) {
  const auto found = calls_.find(job.stream);
  if (found == calls_.end()) return;
  GrpcCall& call = *found->second;
  call.hold = std::move(job.hold);
  if (!answer.has_value()) return SendError(call, answer.error());
  SendAnswer(call, *std::move(answer));
}

void GrpcConnection::Refuse(GrpcCall& call, Error error) {
  shared_.CountRefused(error);
  SendError(call, error);
}

void GrpcConnection::SendAnswer(GrpcCall& call, GrpcAnswer answer) {
  if (answer.next_message != nullptr) {
    call.next_message = std::make_shared<NextMessage>(std::move(answer.next_message));
  } else {
    SetMessage(call, answer.message);
  }
  GrpcHeaders headers;
  headers.Add(":status", "200");
  headers.Add("content-type", std::string(kGrpcContentType));
  nghttp2_data_provider provider{};
  provider.source.ptr = &call;
  provider.read_callback = &Callbacks::ReadAnswer;
  const std::vector<nghttp2_nv> native = headers.native();
  nghttp2_submit_response(session_, call.stream, native.data(), native.size(), &provider);
}

void GrpcConnection::SetMessage(GrpcCall& call, std::string_view text) {
  MoveTo(call, GrpcCall::State::kAnswering);
  call.since = call.looked_at = shared_.group.clock.Time();
  call.answer = FrameMessage(text);
  call.answer_sent = 0;
  // What it acknowledges has been taken: it is sent though it may not be held.
  call.hold.ShrinkTo(GrpcCall::kCallBytes);
  if (call.answer.size() > GrpcCall::kCallBytes) std::ignore = call.hold.Grow(call.answer.size());
}

// Meanwhile nothing waits for the client.
void GrpcConnection::AskForMessages() {
  for (const std::int32_t stream : std::exchange(wanting_, {})) {
    const auto found = calls_.find(stream);
    if (found == calls_.end()) continue;
    MoveTo(*found->second, GrpcCall::State::kHandling);
    if (posts_.next_message(stream, found->second->next_message)) continue;
    AnswerNext(stream, std::unexpected(ServerBusy("the server is busy")));
  }
}

void GrpcConnection::AnswerNext(std::int32_t stream, Result<std::optional<std::string>> message) {
  const auto found = calls_.find(stream);
  if (found == calls_.end()) return;
  GrpcCall& call = *found->second;
  if (message.has_value() && message->has_value()) {
    SetMessage(call, **message);
  } else {
    MoveTo(call, GrpcCall::State::kAnswering);
    call.since = call.looked_at = shared_.group.clock.Time();
    call.next_message = nullptr;
    if (!message.has_value()) call.failure = std::move(message).error();
  }
  nghttp2_session_resume_data(session_, stream);
}

void GrpcConnection::SendError(GrpcCall& call, const Error& error, std::string_view http_status) {
  MoveTo(call, GrpcCall::State::kAnswering);
  call.since = call.looked_at = shared_.group.clock.Time();
  call.DropRequest();
  GrpcHeaders headers;
  headers.Add(":status", std::string(http_status));
  headers.Add("content-type", std::string(kGrpcContentType));
  headers.AddStatus(error);
  if (error.code == Code::kUnimplemented) {
    headers.Add("grpc-accept-encoding", std::string(kGrpcEncodings));
  }
  const std::vector<nghttp2_nv> native = headers.native();
  nghttp2_submit_response(session_, call.stream, native.data(), native.size(), nullptr);
}

Deadline GrpcConnection::next_look() const {
  if (reading_.empty() && answering_.empty() && !block_.is_open()) return shutdown_deadline_;
  Deadline next = std::min(next_second_, shutdown_deadline_);
  const Nanos timeout = shared_.options.read_timeout;
  if (timeout <= Nanos(0)) return next;
  if (!reading_.empty() && reading_.front() != unfinished_call()) {
    next = std::min<Deadline>(next, reading_.front()->since + timeout);
  }
  if (block_.is_open()) next = std::min<Deadline>(next, block_since_ + timeout);
  return next;
}

void GrpcConnection::Look(Deadline now) {
  if (now >= shutdown_deadline_) SendGoAway(NGHTTP2_NO_ERROR, "");
  LookAtBlock(now);
  LookAtReading(now);
  LookAtAnswering(now);
  if (now >= next_second_) next_second_ = now + kSecond;
}

void GrpcConnection::LookAtBlock(Deadline now) {
  if (!block_.is_open()) return;
  if (is_paused_) {
    // Not the client is waited for, but our next turn.
    block_since_ = block_looked_at_ = now;
    return;
  }
  const Nanos timeout = shared_.options.read_timeout;
  const bool is_late = timeout > Nanos(0) && now >= block_since_ + timeout;
  const Nanos looked = now - block_looked_at_;
  if (!is_late && looked < kSecond) return;
  const GrpcCall* const call = unfinished_call();
  const bool is_slow =
      block_hold_.IsTooSlow(block_brought_bytes_, looked) ||
      (call != nullptr && call->hold.IsTooSlow(block_brought_bytes_, looked)) ||
      (shared_.group.is_stopping && block_brought_bytes_ < kStoppingBytesPerSecondMin);
  block_looked_at_ = now;
  block_brought_bytes_ = 0;
  if (is_late || is_slow) misuse_ = GrpcMisuse::kSlow;
}

void GrpcConnection::LookAtReading(Deadline now) {
  const Nanos timeout = shared_.options.read_timeout;
  for (auto next = reading_.begin(); next != reading_.end();) {
    GrpcCall& call = **next++;  // which leaves the list when it is refused
    if (&call == unfinished_call()) continue;
    const bool is_late = timeout > Nanos(0) && now >= call.since + timeout;
    const Nanos looked = now - call.looked_at;
    if (!is_late && looked < kSecond) continue;
    const bool is_slow =
        call.hold.IsTooSlow(call.brought_bytes, looked) ||
        (shared_.group.is_stopping && call.brought_bytes < kStoppingBytesPerSecondMin);
    call.looked_at = now;
    call.brought_bytes = 0;
    if (!is_late && !is_slow) continue;
    Refuse(call,
           is_late ? Late(timeout)
                   : ServerBusy("no time or memory is left for a call that waits for its message"));
  }
}

void GrpcConnection::LookAtAnswering(Deadline now) {
  for (GrpcCall* const call : answering_) {
    const Nanos waited = now - call->since;
    if (waited < kSecond) return;
    if (waited >= kUnreadTimeout || call->hold.IsTooSlow(0, waited)) {
      misuse_ = GrpcMisuse::kUnread;
      return;
    }
  }
}

}  // namespace clew::net
