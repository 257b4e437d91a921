#include "net/grpc_bytes.h"

#include <grpc/support/cpu.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>
#include <utility>

#include "base/logging.h"
#include "base/thread_failure.h"

/// Of gRPC's library, which exports it, but in no header: how the last message came.
std::uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);

namespace clew::net {
namespace {

/// Of those flags: compressed, as its prefix on the wire says.
constexpr std::uint32_t kCompressedFlag = 0x80000000u;

void ForwardLog(gpr_log_func_args* args) {
  const std::string_view message = args->message;
  const bool is_fatal = message.starts_with("assertion failed");
  base::Log(is_fatal ? base::LogLevel::kError : base::LogLevel::kDebug,
            "grpc: " + std::string(message));
}

/// A slice keeps the buffer of 32 KiB that it was read into; a smaller message is copied out of it.
constexpr std::size_t kShareBytesMin = 24u << 10;

/// gRPC's way to keep what a slice points to alive.
void ReleaseOwner(void* owner) { delete static_cast<std::shared_ptr<const void>*>(owner); }
void ReleaseText(void* text) { delete static_cast<std::string*>(text); }

Bytes JoinSlices(const grpc_slice_buffer& slices) {
  auto joined = std::make_shared_for_overwrite<char[]>(slices.length);
  char* out = joined.get();
  for (std::size_t i = 0; i < slices.count; ++i) {
    const std::string_view part = ViewOf(slices.slices[i]);
    std::memcpy(out, part.data(), part.size());
    out += part.size();
  }
  const std::string_view view(joined.get(), slices.length);
  return Bytes(std::move(joined), view);
}

Bytes Contiguous(grpc_slice_buffer& slices) {
  const bool is_shared = slices.count == 1 && slices.slices[0].refcount != nullptr;
  if (!is_shared || slices.length < kShareBytesMin) return JoinSlices(slices);
  const grpc_slice slice = grpc_slice_ref(slices.slices[0]);
  const std::string_view view = ViewOf(slice);
  std::shared_ptr<const void> owner(view.data(), [slice](const void*) { grpc_slice_unref(slice); });
  return Bytes(std::move(owner), view);
}

/// gRPC's core knows gzip and deflate. A message in another grpc-encoding comes as if it had none,
/// and nothing says which; but zstd and the snappy of gRPC (framed) can be told by how they begin.
Result<base::Compression> CompressionOf(grpc_compression_algorithm algorithm, bool is_compressed,
                                        std::string_view message) {
  if (algorithm == GRPC_COMPRESS_GZIP) return base::Compression::kGzip;
  if (algorithm == GRPC_COMPRESS_DEFLATE) return base::Compression::kZlib;
  if (!is_compressed) return base::Compression::kNone;
  const base::Compression known = base::CompressionOfHead(message);
  if (known != base::Compression::kNone) return known;
  return base::MakeError(
      Code::kUnimplemented,
      "the message of {} bytes is compressed, but not with gzip, deflate, zstd or framed snappy: "
      "set the sender's compression to one of these or none",
      message.size());
}

std::unexpected<Error> TooLarge(std::uint64_t bytes_max) {
  return base::MakeError(
      Code::kResourceExhausted,
      "message is larger than the limit of {} bytes: send smaller batches or raise "
      "max_recv_msg_size_mib",
      bytes_max);
}

}  // namespace

GrpcLibrary::GrpcLibrary() {
  static std::once_flag log_once;
  std::call_once(log_once, [] { gpr_set_log_function(&ForwardLog); });
  grpc_init();
}

Status GrpcLibrary::CheckThreads() {
  if (grpc_is_initialized() != 0) return {};
  // Of its event engine one for each core, as it bounds their number; the others are two executors,
  // timers, and those that the engine adds when it begins.
  return base::CheckThreads(std::clamp(gpr_cpu_num_cores(), 2U, 32U) + 6);
}

std::string_view ViewOf(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

grpc_slice CopyToSlice(std::string_view text) {
  return grpc_slice_from_copied_buffer(text.data(), text.size());
}

bool IsCompressed(grpc_call& call) {
  return (grpc_call_test_only_get_message_flags(&call) & kCompressedFlag) != 0;
}

Result<Bytes> TakeMessage(ByteBufferPtr buffer, bool is_compressed, std::uint64_t bytes_max,
                          std::uint64_t unpacked_bytes_max, const base::ReserveBuffer& reserve) {
  grpc_slice_buffer& slices = buffer->data.raw.slice_buffer;
  Bytes message = Contiguous(slices);
  ASSIGN_OR_RETURN(const base::Compression compression,
                   CompressionOf(buffer->data.raw.compression, is_compressed, message.view()));
  if (compression == base::Compression::kNone) {
    if (message.size() > bytes_max) return TooLarge(bytes_max);
    return message;
  }
  Status reserved;
  auto inflated =
      base::Decompress(compression, message.view(), std::min(bytes_max, unpacked_bytes_max),
                       [&](std::size_t bytes) -> Status {
                         if (reserve) reserved = reserve(bytes);
                         return reserved;
                       });
  if (inflated.has_value()) return Bytes(std::move(*inflated));
  if (!reserved.has_value()) return std::unexpected(std::move(reserved).error());
  if (inflated.error().code == Code::kResourceExhausted) return TooLarge(bytes_max);
  return std::unexpected(std::move(inflated).error());
}

ByteBufferPtr MakeMessage(const std::vector<Bytes>& pieces,
                          grpc_compression_algorithm compression) {
  std::vector<grpc_slice> slices;
  slices.reserve(pieces.size());
  for (const Bytes& piece : pieces) {
    auto owner = std::make_unique<std::shared_ptr<const void>>(piece.owner());
    // gRPC never writes to what it sends.
    char* data = const_cast<char*>(piece.view().data());
    slices.push_back(
        grpc_slice_new_with_user_data(data, piece.size(), &ReleaseOwner, owner.release()));
  }
  ByteBufferPtr message(
      compression == GRPC_COMPRESS_NONE
          ? grpc_raw_byte_buffer_create(slices.data(), slices.size())
          : grpc_raw_compressed_byte_buffer_create(slices.data(), slices.size(), compression));
  for (const grpc_slice& slice : slices) grpc_slice_unref(slice);
  return message;
}

ByteBufferPtr MakeMessage(std::string text) {
  auto owner = std::make_unique<std::string>(std::move(text));
  char* data = owner->data();
  const std::size_t size = owner->size();
  grpc_slice slice = grpc_slice_new_with_user_data(data, size, &ReleaseText, owner.release());
  ByteBufferPtr message(grpc_raw_byte_buffer_create(&slice, 1));
  grpc_slice_unref(slice);
  return message;
}

gpr_timespec ToGrpcDeadline(Deadline deadline) {
  if (deadline == Deadline::max()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const Nanos left = deadline - std::chrono::steady_clock::now();
  const std::int64_t nanos = std::max<std::int64_t>(left.count(), 0);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(nanos, GPR_TIMESPAN));
}

void ChannelArguments::Set(const char* key, std::int64_t value) {
  constexpr std::int64_t kMax = std::numeric_limits<int>::max();
  entries_.push_back({key, {}, static_cast<int>(std::clamp<std::int64_t>(value, -1, kMax)), false});
}

void ChannelArguments::Set(const char* key, std::string value) {
  entries_.push_back({key, std::move(value), 0, true});
}

grpc_channel_args ChannelArguments::args() {
  args_.clear();
  for (Entry& entry : entries_) {
    grpc_arg arg{};
    arg.key = entry.key.data();
    arg.type = entry.is_text ? GRPC_ARG_STRING : GRPC_ARG_INTEGER;
    if (entry.is_text) {
      arg.value.string = entry.text.data();
    } else {
      arg.value.integer = entry.number;
    }
    args_.push_back(arg);
  }
  return {args_.size(), args_.data()};
}

}  // namespace clew::net
