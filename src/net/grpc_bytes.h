#pragma once

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/slice.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/compression.h"
#include "base/vocabulary.h"

namespace clew::net {

/// Keeps gRPC's library initialised and sends its own log lines to ours at debug level: they tell
/// of single connections, which any peer can break at will.
class GrpcLibrary {
 public:
  GrpcLibrary();
  ~GrpcLibrary() { grpc_shutdown(); }
  GrpcLibrary(const GrpcLibrary&) = delete;
  GrpcLibrary& operator=(const GrpcLibrary&) = delete;

  /// To be asked before one is made, also while there are others: the threads of gRPC end with its
  /// last channel, and it waits without end for those that it could not start.
  /// RESOURCE_EXHAUSTED when it could not.
  static Status CheckThreads();
};

struct ByteBufferDeleter {
  void operator()(grpc_byte_buffer* buffer) const { grpc_byte_buffer_destroy(buffer); }
};
using ByteBufferPtr = std::unique_ptr<grpc_byte_buffer, ByteBufferDeleter>;

/// Valid while `slice` is neither moved nor released.
std::string_view ViewOf(const grpc_slice& slice);
grpc_slice CopyToSlice(std::string_view text);

/// The message of `buffer`, decompressed by us because gRPC would not bound the result.
/// RESOURCE_EXHAUSTED when it is larger than `bytes_max`; INVALID_ARGUMENT when it does not
/// decompress.
Result<std::string> TakeMessage(ByteBufferPtr buffer, std::uint64_t bytes_max);

/// A message of `pieces`, which are shared and not copied.
ByteBufferPtr MakeMessage(const std::vector<Bytes>& pieces, grpc_compression_algorithm compression);

/// `deadline` is one of `clock`.
gpr_timespec ToGrpcDeadline(Deadline deadline, const Clock& clock);

/// Channel arguments.
class ChannelArguments {
 public:
  void Set(const char* key, std::int64_t value);
  void Set(const char* key, std::string value);
  /// Valid until the next Set.
  grpc_channel_args args();

 private:
  struct Entry {
    std::string key;
    std::string text;
    int number = 0;
    bool is_text = false;
  };
  std::vector<Entry> entries_;
  std::vector<grpc_arg> args_;
};

}  // namespace clew::net
