#include "net/grpc_call.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/letter_case.h"
#include "base/logging.h"

namespace clew::net {
namespace {

/// Of the memory of headers, what is counted with the call itself.
constexpr std::uint64_t kFreeHeaderBytes = 2u << 10;
/// More is held in such steps.
constexpr std::uint64_t kHeaderStepBytes = 4u << 10;
/// What a field takes in a multimap, and text too long to lie in its string.
constexpr std::uint64_t kFieldMemory = 128;
constexpr std::uint64_t kShortTextBytes = 15;

std::uint64_t MemoryOf(std::string_view text) {
  return text.size() > kShortTextBytes ? text.size() + 16 : 0;
}

/// Several values of such a field may come as one, with commas between them.
bool IsBinary(std::string_view name) { return name.ends_with("-bin"); }

}  // namespace

const char* NameOf(GrpcMisuse misuse) {
  switch (misuse) {
    case GrpcMisuse::kProtocol:
      return "protocol";
    case GrpcMisuse::kSilent:
      return "silent";
    case GrpcMisuse::kSlow:
      return "slow";
    case GrpcMisuse::kUnread:
      break;
  }
  return "unread";
}

void GrpcShared::NoteClosed(GrpcMisuse misuse, const std::string& client_address) {
  const auto reason = static_cast<std::size_t>(misuse);
  if (closed_counters[reason] != nullptr) closed_counters[reason]->Increment();
  if (!closed_log.MayLog(group.clock.Monotonic())) return;
  base::Log(base::LogLevel::kWarn,
            "a connection was closed for what its client did; those closed within the next "
            "second are only counted",
            {{"server", options.name}, {"client", client_address}, {"reason", NameOf(misuse)}});
}

GrpcCall::GrpcCall(const GrpcShared& shared, std::shared_ptr<ConnectionTotal> connection,
                   std::int32_t stream_id, Deadline now)
    : stream(stream_id),
      since(now),
      looked_at(now),
      hold(shared.options.request_memory, std::move(connection)),
      message(shared.options.message_bytes_max) {
  if (!hold.Grow(kCallBytes)) {
    header_status_ = std::unexpected(ServerBusy("no memory is left for this call"));
  }
}

std::size_t GrpcCall::AddHeader(std::string_view name, std::string_view value) {
  const std::size_t count =
      IsBinary(name) ? static_cast<std::size_t>(std::ranges::count(value, ',')) + 1 : 1;
  header_bytes_ += count * (name.size() + kBesideHeaderBytes) + value.size();
  // What a refusal depends on is taken in any case.
  if (name == ":method") http_method = value.substr(0, kShortTextBytes);
  if (name == "content-type") {
    const std::string_view rest = value.substr(std::min(value.size(), kGrpcContentType.size()));
    const std::string_view begin = value.substr(0, value.size() - rest.size());
    is_grpc = base::EqualsIgnoringCase(begin, kGrpcContentType) &&
              (rest.empty() || rest.front() == '+' || rest.front() == ';');
  }
  if (name == ":path") path = value.substr(0, kPathBytesMax);
  if (!header_status_) return 1;
  if (header_bytes_ > kMetadataBytesMax) {
    header_status_ = base::MakeError(Code::kResourceExhausted,
                                     "the call's metadata has more bytes than the limit of {}: "
                                     "send less",
                                     kMetadataBytesMax);
  } else {
    header_memory_ += count * (kFieldMemory + MemoryOf(name)) + MemoryOf(value);
    if (!HoldHeaders()) {
      header_status_ = std::unexpected(ServerBusy("no memory is left for this call"));
    }
  }
  if (!header_status_) {
    metadata.clear();
    EndHeaders();
    return 1;
  }
  if (name.starts_with(':')) return 1;
  if (name == "grpc-encoding") encoding = value.substr(0, kEncodingBytesMax);
  if (name == "grpc-timeout") timeout = ParseGrpcTimeout(value);
  AddMetadata(name, value);
  return count;
}

void GrpcCall::AddMetadata(std::string_view name, std::string_view value) {
  if (!IsBinary(name)) {
    metadata.emplace(name, value);
    return;
  }
  for (;;) {
    const std::size_t comma = std::min(value.find(','), value.size());
    metadata.emplace(name, DecodeBinaryHeader(value.substr(0, comma)));
    if (comma == value.size()) return;
    value.remove_prefix(comma + 1);
  }
}

bool GrpcCall::HoldHeaders() {
  const std::uint64_t held = hold.bytes() + kFreeHeaderBytes - std::min(hold.bytes(), kCallBytes);
  return header_memory_ <= held || hold.Grow(std::max(header_memory_ - held, kHeaderStepBytes));
}

void GrpcCall::EndHeaders() {
  const std::uint64_t kept = header_status_ ? header_memory_ : 0;
  hold.ShrinkTo(kCallBytes + kept - std::min(kept, kFreeHeaderBytes));
}

Status GrpcCall::CheckHeaders(const GrpcShared& shared) {
  const auto found = shared.handlers.find(path);
  if (found == shared.handlers.end()) {
    return base::MakeError(Code::kUnimplemented, "unknown method {}", path);
  }
  handler = &found->second;
  return header_status_;
}

void GrpcCall::DropRequest() {
  metadata.clear();
  path = {};
  encoding = {};
  std::ignore = message.Take();
  hold.ShrinkTo(kCallBytes);
}

std::shared_ptr<GrpcJob> GrpcCall::MakeJob(const std::string& client_address) {
  const std::uint64_t besides_bytes = hold.bytes() - std::min(hold.bytes(), message.capacity());
  const Deadline deadline = timeout ? since + *timeout : Deadline::max();
  return std::make_shared<GrpcJob>(GrpcJob{.stream = stream,
                                           .handler = handler,
                                           .request = {.method = std::move(path),
                                                       .metadata = std::move(metadata),
                                                       .client_address = client_address,
                                                       .message = message.Take(),
                                                       .deadline = deadline,
                                                       .cancelled = gone.get_token()},
                                           .is_compressed = message.is_compressed(),
                                           .encoding = std::move(encoding),
                                           .hold = std::move(hold),
                                           .besides_bytes = besides_bytes});
}

base::Later<Result<GrpcAnswer>> RunGrpcJob(const GrpcShared& shared, GrpcJob& job) {
  const GrpcServerOptions& options = shared.options;
  if (shared.group.clock.HasPassed(job.request.deadline)) {
    return base::MakeError(Code::kDeadlineExceeded, "the client's deadline has passed");
  }
  GrpcRequest request = std::move(job.request);
  if (job.is_compressed) {
    const auto refuse = [&](Error error) -> Result<GrpcAnswer> {
      shared.CountRefused(error);
      return std::unexpected(std::move(error));
    };
    const auto compression = ParseGrpcEncoding(job.encoding);
    if (!compression.has_value()) return refuse(compression.error());
    const std::uint64_t packed_bytes = job.hold.bytes();
    // How large the message is unpacked is a guess at first: no guess is refused that the message
    // itself would not be.
    const std::uint64_t largest = job.hold.largest();
    const std::uint64_t room = largest - std::min(largest, packed_bytes);
    auto message = UnpackMessage(
        *compression, request.message.view(), options.message_bytes_max, room,
        [&](std::size_t bytes) -> Status {
          job.hold.ShrinkTo(packed_bytes);
          if (job.hold.Grow(bytes)) return {};
          return std::unexpected(ServerBusy("no memory is left to unpack this message"));
        });
    if (!message.has_value()) {
      Error error = std::move(message).error();
      const bool lacks_memory =
          error.code == Code::kResourceExhausted && room < options.message_bytes_max;
      if (lacks_memory) error.message = job.hold.TooLargeText();
      return refuse(std::move(error));
    }
    request.message = std::move(*message);
  }
  // What it was unpacked from is gone, and of the buffer what it did not fill.
  job.hold.ShrinkTo(job.besides_bytes + request.message.size());
  return (*job.handler)(request).MapBy([&job](Result<GrpcAnswer> answer) {
    job.hold.ShrinkTo(job.besides_bytes);
    return answer;
  });
}

}  // namespace clew::net
