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
#include "net/grpc_threads.h"

namespace clew::net {
namespace {

void ForwardLog(gpr_log_func_args* args) {
  const std::string_view message = args->message;
  const bool is_fatal = message.starts_with("assertion failed");
  base::Log(is_fatal ? base::LogLevel::kError : base::LogLevel::kDebug,
            "grpc: " + std::string(message));
}

/// gRPC's way to keep what a slice points to alive.
void ReleaseOwner(void* owner) { delete static_cast<std::shared_ptr<const void>*>(owner); }

std::string JoinSlices(const grpc_slice_buffer& slices) {
  std::string joined;
  joined.reserve(slices.length);
  for (std::size_t i = 0; i < slices.count; ++i) joined += ViewOf(slices.slices[i]);
  return joined;
}

}  // namespace

GrpcLibrary::GrpcLibrary() {
  static std::once_flag log_once;
  std::call_once(log_once, [] { gpr_set_log_function(&ForwardLog); });
  grpc_init();
}

Status GrpcLibrary::CheckThreads() {
  // Of its event engine one for each core, as it bounds their number; the others are two executors,
  // timers, and those that the engine adds when it begins.
  return base::CheckThreads(std::clamp(gpr_cpu_num_cores(), 2U, 32U) + 6);
}

Status CheckGrpcThreads() { return GrpcLibrary::CheckThreads(); }

std::string_view ViewOf(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

grpc_slice CopyToSlice(std::string_view text) {
  return grpc_slice_from_copied_buffer(text.data(), text.size());
}

Result<std::string> TakeMessage(ByteBufferPtr buffer, std::uint64_t bytes_max) {
  std::string message = JoinSlices(buffer->data.raw.slice_buffer);
  switch (buffer->data.raw.compression) {
    case GRPC_COMPRESS_GZIP:
      return base::Decompress(base::Compression::kGzip, message, bytes_max);
    case GRPC_COMPRESS_DEFLATE:
      return base::Decompress(base::Compression::kZlib, message, bytes_max);
    default:
      return message;  // the channel bounds what it takes
  }
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

gpr_timespec ToGrpcDeadline(Deadline deadline, const Clock& clock) {
  if (deadline == Deadline::max()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const std::int64_t left = clock.Until(deadline).count();
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(left, GPR_TIMESPAN));
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
