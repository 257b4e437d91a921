#include "pipeline/receiving/request_room.h"

#include <fmt/format.h>

#include <chrono>

namespace clew::pipeline::receiving {

std::uint64_t HandlingBytesMax(const base::MemoryAccount& memory) {
  return memory.limit() - memory.limit() / 4;
}

const char* NameOfRefusal(const Error& error) {
  return error.code == Code::kUnavailable ? "memory" : "too_large";
}

Status ReserveForRequest(const base::MemoryAccount& memory, base::MemoryHold& hold,
                         std::uint64_t bytes, std::string_view what, std::uint64_t besides) {
  const std::uint64_t share = HandlingBytesMax(memory);
  const std::uint64_t needed = besides + hold.bytes() + bytes;
  if (needed > share) {
    return base::InvalidArgument(
        "{} takes up to {} bytes of memory, and all requests together may take {}: send smaller "
        "requests, or raise limit_mib of memory_limiter",
        what, needed, share);
  }
  if (memory.used() + bytes <= share && hold.TryGrow(bytes)) return {};
  Error error{Code::kUnavailable,
              fmt::format("{} takes up to {} bytes of memory, and other requests leave no room for "
                          "it below {}: send again later",
                          what, needed, share)};
  error.retry_after = std::chrono::seconds(1);
  return std::unexpected(std::move(error));
}

}  // namespace clew::pipeline::receiving
