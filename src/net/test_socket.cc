#include "net/test_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace clew::net::testing {

TestSocket::TestSocket(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval limit{10, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    close(std::exchange(fd_, -1));
  }
}

TestSocket::~TestSocket() {
  if (fd_ >= 0) close(fd_);
}

TestSocket::TestSocket(TestSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), ahead_(std::move(other.ahead_)) {}

bool TestSocket::Send(std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void TestSocket::FinishSending() { shutdown(fd_, SHUT_WR); }

std::string TestSocket::ReadAll() {
  std::string all = std::exchange(ahead_, {});
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::string TestSocket::Read(std::size_t size) {
  std::array<char, 16384> buffer;
  while (ahead_.size() < size) {
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    ahead_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  std::string read = ahead_.substr(0, size);
  ahead_.erase(0, read.size());
  return read;
}

std::string TestSocket::ReadUntil(std::string_view end) {
  std::array<char, 16384> buffer;
  for (;;) {
    if (const std::size_t at = ahead_.find(end); at != std::string::npos) {
      std::string found = ahead_.substr(0, at + end.size());
      ahead_.erase(0, at + end.size());
      return found;
    }
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) return std::exchange(ahead_, {});
    ahead_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace clew::net::testing
