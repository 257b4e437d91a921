#include "net/open_sockets.h"

#include <sys/stat.h>

namespace clew::net {
namespace {

constexpr auto kLookInterval = std::chrono::milliseconds(100);

}  // namespace

std::optional<OpenSockets::Identity> OpenSockets::Identify(int descriptor) {
  struct stat found{};
  if (fstat(descriptor, &found) != 0) return std::nullopt;
  return Identity{found.st_dev, found.st_ino};
}

void OpenSockets::Add(int descriptor) {
  if (const std::optional<Identity> identity = Identify(descriptor)) {
    sockets_.push_back({descriptor, *identity});
  }
}

std::size_t OpenSockets::Count() {
  const auto now = std::chrono::steady_clock::now();
  if (sockets_.size() < asked_from_ || now < next_look_) return sockets_.size();
  next_look_ = now + kLookInterval;
  std::erase_if(sockets_, [](const Socket& socket) {
    return Identify(socket.descriptor) != socket.identity;
  });
  return sockets_.size();
}

}  // namespace clew::net
