#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace clew::net {

/// Bytes on their way to a client.
struct Outgoing {
  std::string before{};
  std::string body{};
  std::string_view after{};
  std::uint64_t written = 0;

  /// Makes the body, if any, a chunk.
  void AddChunkFrame() {
    if (body.empty()) return;
    before += fmt::format("{:x}\r\n", body.size());
    after = "\r\n";
  }

  bool IsWritten() const { return written == before.size() + body.size() + after.size(); }

  std::array<boost::asio::const_buffer, 3> Left() const {
    std::uint64_t skip = written;
    const auto rest = [&skip](std::string_view part) {
      const std::uint64_t skipped = std::min<std::uint64_t>(skip, part.size());
      skip -= skipped;
      part.remove_prefix(static_cast<std::size_t>(skipped));
      return boost::asio::buffer(part);
    };
    return {rest(before), rest(body), rest(after)};
  }
};

}  // namespace clew::net
