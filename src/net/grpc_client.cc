#include "net/grpc_client.h"

#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>

#include <array>
#include <mutex>
#include <set>
#include <utility>

#include "base/excerpt.h"
#include "base/letter_case.h"
#include "base/url.h"
#include "net/connect_hint.h"
#include "net/endpoint.h"
#include "net/grpc_bytes.h"
#include "net/grpc_credentials.h"
#include "net/retry_info.h"

namespace clew::net {
namespace {

/// The largest answer an OTLP client takes (otlp.md section 1).
constexpr std::int64_t kResponseBytesMax = 4 << 20;

/// The queue of one blocking call.
class PluckQueue {
 public:
  PluckQueue() : queue_(grpc_completion_queue_create_for_pluck(nullptr)) {}
  ~PluckQueue() {
    grpc_completion_queue_shutdown(queue_);
    grpc_completion_queue_destroy(queue_);
  }
  PluckQueue(const PluckQueue&) = delete;
  PluckQueue& operator=(const PluckQueue&) = delete;
  grpc_completion_queue* get() const { return queue_; }

 private:
  grpc_completion_queue* queue_;
};

/// What comes back from one call.
struct Answer {
  Answer() {
    grpc_metadata_array_init(&initial_metadata);
    grpc_metadata_array_init(&trailing_metadata);
  }
  ~Answer() {
    grpc_metadata_array_destroy(&initial_metadata);
    grpc_metadata_array_destroy(&trailing_metadata);
    grpc_slice_unref(details);
    if (message != nullptr) grpc_byte_buffer_destroy(message);
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  Error ToError() const {
    Error error{static_cast<Code>(status), std::string(ViewOf(details))};
    for (std::size_t i = 0; i < trailing_metadata.count; ++i) {
      const grpc_metadata& entry = trailing_metadata.metadata[i];
      if (ViewOf(entry.key) == "grpc-status-details-bin") {
        error.retry_after = ParseRetryDelay(ViewOf(entry.value));
      }
    }
    return error;
  }

  grpc_metadata_array initial_metadata;
  grpc_metadata_array trailing_metadata;
  grpc_byte_buffer* message = nullptr;
  grpc_status_code status = GRPC_STATUS_UNKNOWN;
  grpc_slice details = grpc_empty_slice();
};

class CoreGrpcClient final : public GrpcClient {
 public:
  explicit CoreGrpcClient(const GrpcClientOptions& options)
      : clock_(*options.clock),
        wait_for_ready_(options.wait_for_ready),
        compression_(options.compression == base::Compression::kGzip ? GRPC_COMPRESS_GZIP
                                                                     : GRPC_COMPRESS_NONE) {}

  ~CoreGrpcClient() override {
    if (channel_ != nullptr) grpc_channel_destroy(channel_);
    for (grpc_metadata& header : headers_) {
      grpc_slice_unref(header.key);
      grpc_slice_unref(header.value);
    }
  }

  Status Connect(const GrpcClientOptions& options);
  Result<std::string> Call(const std::string& method, const std::vector<Bytes>& pieces,
                           Deadline deadline) override;
  void Cancel() override;

 private:
  /// False when there is to be no call.
  bool Enter(grpc_call* call);
  void Leave(grpc_call* call);
  Status AddHeader(const std::string& name, const std::string& value);
  Result<ByteBufferPtr> Prepare(const std::vector<Bytes>& pieces) const;

  const GrpcLibrary library_;
  const Clock& clock_;
  const bool wait_for_ready_;
  bool has_tls_ = false;
  const grpc_compression_algorithm compression_;
  std::vector<grpc_metadata> headers_;
  grpc_channel* channel_ = nullptr;
  std::mutex mutex_;
  bool is_cancelled_ = false;
  std::set<grpc_call*> calls_;
};

bool CoreGrpcClient::Enter(grpc_call* call) {
  const std::scoped_lock lock(mutex_);
  if (!is_cancelled_) calls_.insert(call);
  return !is_cancelled_;
}

void CoreGrpcClient::Leave(grpc_call* call) {
  const std::scoped_lock lock(mutex_);
  calls_.erase(call);
}

void CoreGrpcClient::Cancel() {
  const std::scoped_lock lock(mutex_);
  is_cancelled_ = true;
  for (grpc_call* const call : calls_) {
    grpc_call_cancel_with_status(call, GRPC_STATUS_CANCELLED, "cancelled before an answer came",
                                 nullptr);
  }
}

ChannelArguments MakeArguments(const GrpcClientOptions& options, bool is_gzip) {
  ChannelArguments arguments;
  const auto milliseconds = [](Nanos nanos) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(nanos).count();
  };
  arguments.Set(GRPC_ARG_SERVICE_CONFIG,
                "{\"loadBalancingConfig\":[{\"" + options.balancer_name + "\":{}}]}");
  arguments.Set(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, std::int64_t{1});
  // Who calls decides about retries.
  arguments.Set(GRPC_ARG_ENABLE_RETRIES, std::int64_t{0});
  arguments.Set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, kResponseBytesMax);
  arguments.Set(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, std::int64_t{0});
  // Each client keeps a channel of its own.
  arguments.Set(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, std::int64_t{1});
  if (is_gzip) {
    arguments.Set(GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM, std::int64_t{GRPC_COMPRESS_GZIP});
  }
  if (!options.user_agent.empty()) {
    arguments.Set(GRPC_ARG_PRIMARY_USER_AGENT_STRING, options.user_agent);
  }
  if (!options.authority.empty()) {
    arguments.Set(GRPC_ARG_DEFAULT_AUTHORITY, options.authority);
  }
  if (options.tls && !options.tls->server_name_override.empty()) {
    arguments.Set(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, options.tls->server_name_override);
  }
  if (options.keepalive_time > Nanos(0)) {
    arguments.Set(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(options.keepalive_time));
    arguments.Set(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, std::int64_t{0});
  }
  if (options.keepalive_timeout > Nanos(0)) {
    arguments.Set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(options.keepalive_timeout));
  }
  arguments.Set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS,
                std::int64_t{options.keepalive_permit_without_stream});
  return arguments;
}

Status CoreGrpcClient::AddHeader(const std::string& name, const std::string& value) {
  std::string key = name;
  for (char& c : key) c = base::LowerCase(c);
  grpc_metadata header{};
  header.key = CopyToSlice(key);
  header.value = CopyToSlice(value);
  headers_.push_back(header);
  const bool is_legal =
      grpc_header_key_is_legal(header.key) != 0 &&
      (grpc_is_binary_header(header.key) != 0 || grpc_header_nonbin_value_is_legal(header.value));
  if (!is_legal) {
    return base::InvalidArgument(
        "header \"{}\" is not legal in gRPC: use letters, digits, '-', '_' "
        "and '.' in its name and printable ASCII in its value",
        name);
  }
  return {};
}

Status CoreGrpcClient::Connect(const GrpcClientOptions& options) {
  if (options.compression != base::Compression::kNone &&
      options.compression != base::Compression::kGzip) {
    return base::InvalidArgument("unsupported compression type \"{}\" for gRPC: use gzip or none",
                                 base::CompressionName(options.compression));
  }
  if (options.balancer_name != "round_robin" && options.balancer_name != "pick_first") {
    return base::InvalidArgument(
        "invalid balancer_name: {} (valid values: round_robin, pick_first)", options.balancer_name);
  }
  for (const auto& [name, value] : options.headers) TRY(AddHeader(name, value));
  ASSIGN_OR_RETURN(const std::string target, ParseGrpcEndpoint(options.endpoint));
  std::optional<TlsOptions> tls = options.tls;
  if (base::HasScheme(options.endpoint, "https") && !tls) tls.emplace();
  has_tls_ = tls.has_value();
  ASSIGN_OR_RETURN(const ChannelCredentialsPtr credentials, MakeChannelCredentials(tls));
  ChannelArguments arguments = MakeArguments(options, compression_ == GRPC_COMPRESS_GZIP);
  const grpc_channel_args args = arguments.args();
  channel_ = grpc_channel_create(target.c_str(), credentials.get(), &args);
  return {};
}

Result<ByteBufferPtr> CoreGrpcClient::Prepare(const std::vector<Bytes>& pieces) const {
  if (compression_ == GRPC_COMPRESS_NONE) return MakeMessage(pieces, GRPC_COMPRESS_NONE);
  std::string joined;
  if (pieces.size() != 1) {
    for (const Bytes& piece : pieces) joined += piece.view();
  }
  // Our deflate is faster than the one inside gRPC.
  ASSIGN_OR_RETURN(std::string compressed,
                   base::Compress(base::Compression::kGzip,
                                  pieces.size() == 1 ? pieces.front().view() : joined));
  return MakeMessage({Bytes(std::move(compressed))}, compression_);
}

Result<std::string> CoreGrpcClient::Call(const std::string& method,
                                         const std::vector<Bytes>& pieces, Deadline deadline) {
  ASSIGN_OR_RETURN(const ByteBufferPtr request, Prepare(pieces));
  const PluckQueue queue;
  const grpc_slice name = CopyToSlice(method);
  const std::unique_ptr<grpc_call, decltype(&grpc_call_unref)> call(
      grpc_channel_create_call(channel_, nullptr, GRPC_PROPAGATE_DEFAULTS, queue.get(), name,
                               nullptr, ToGrpcDeadline(deadline, clock_), nullptr),
      &grpc_call_unref);
  grpc_slice_unref(name);
  if (!Enter(call.get())) return base::MakeError(Code::kCancelled, "the client is stopped");
  const std::shared_ptr<void> leaving(nullptr, [&](void*) { Leave(call.get()); });
  Answer answer;
  std::array<grpc_op, 6> ops{};
  ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
  ops[0].flags = wait_for_ready_ ? GRPC_INITIAL_METADATA_WAIT_FOR_READY |
                                       GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET
                                 : 0;
  ops[0].data.send_initial_metadata.count = headers_.size();
  ops[0].data.send_initial_metadata.metadata = headers_.data();
  ops[1].op = GRPC_OP_SEND_MESSAGE;
  ops[1].data.send_message.send_message = request.get();
  ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
  ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
  ops[3].data.recv_initial_metadata.recv_initial_metadata = &answer.initial_metadata;
  ops[4].op = GRPC_OP_RECV_MESSAGE;
  ops[4].data.recv_message.recv_message = &answer.message;
  ops[5].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
  ops[5].data.recv_status_on_client.trailing_metadata = &answer.trailing_metadata;
  ops[5].data.recv_status_on_client.status = &answer.status;
  ops[5].data.recv_status_on_client.status_details = &answer.details;
  const grpc_call_error error =
      grpc_call_start_batch(call.get(), ops.data(), ops.size(), &answer, nullptr);
  if (error != GRPC_CALL_OK) {
    return base::Internal("gRPC call to {}: {}", method, grpc_call_error_to_string(error));
  }
  grpc_completion_queue_pluck(queue.get(), &answer, gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr);
  if (answer.status != GRPC_STATUS_OK) {
    Error failure = answer.ToError();
    const std::string hint =
        failure.code == Code::kUnavailable ? ConnectHint(failure.message, has_tls_) : std::string();
    failure.message = base::Excerpt(failure.message, base::kExplanationBytesMax) + hint;
    return std::unexpected(std::move(failure));
  }
  if (answer.message == nullptr)
    return base::Internal("gRPC call to {}: no response message", method);
  return TakeMessage(ByteBufferPtr(std::exchange(answer.message, nullptr)),
                     static_cast<std::uint64_t>(kResponseBytesMax));
}

}  // namespace

Result<std::unique_ptr<GrpcClient>> GrpcClient::Create(const GrpcClientOptions& options) {
  TRY(GrpcLibrary::CheckThreads());
  auto client = std::make_unique<CoreGrpcClient>(options);
  TRY(client->Connect(options));
  return client;
}

}  // namespace clew::net
