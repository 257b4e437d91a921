#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace clew::net::testing {

/// A plain TCP connection to 127.0.0.1, for what no client library would send. Reads give up after
/// ten seconds.
class TestSocket {
 public:
  explicit TestSocket(std::uint16_t port);
  ~TestSocket();
  TestSocket(TestSocket&& other) noexcept;
  TestSocket& operator=(TestSocket&&) = delete;

  bool is_connected() const { return fd_ >= 0; }
  /// False when the peer has closed.
  bool Send(std::string_view data);
  void FinishSending();
  /// Everything until the peer closes.
  std::string ReadAll();
  /// So many bytes, or less when the peer closes.
  std::string Read(std::size_t size);
  /// Until `end` was read (it is included) or the peer closes.
  std::string ReadUntil(std::string_view end);

 private:
  int fd_ = -1;
  std::string ahead_;  // read but not yet asked for
};

}  // namespace clew::net::testing
