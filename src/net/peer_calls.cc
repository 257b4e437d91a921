#include "net/peer_calls.h"

namespace clew::net {

void PeerCalls::BeginWork() {
  const std::uint64_t count = ++at_work_;
  std::uint64_t most = at_work_max_;
  while (most < count && !at_work_max_.compare_exchange_weak(most, count)) {
  }
}

}  // namespace clew::net
