#include "net/http_linger.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace clew::net {
namespace {

constexpr std::uint64_t kDroppedBytesMax = 64u << 20;
constexpr std::size_t kReadBytes = 16u << 10;

struct Lingering {
  std::shared_ptr<Transport> transport;
  std::function<void()> close;
  std::uint64_t dropped_bytes = 0;
};

void ReadAndDrop(std::shared_ptr<Lingering> state) {
  Transport& transport = *state->transport;
  transport.Read(kReadBytes, [state = std::move(state)](std::string_view bytes) {
    state->dropped_bytes += bytes.size();
    if (bytes.empty() || state->dropped_bytes > kDroppedBytesMax) return state->close();
    ReadAndDrop(state);
  });
}

}  // namespace

void Linger(std::shared_ptr<Transport> transport, std::function<void()> close) {
  if (!transport->has_tls()) transport->FinishWriting();
  ReadAndDrop(std::make_shared<Lingering>(Lingering{std::move(transport), std::move(close)}));
}

}  // namespace clew::net
