#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace clew::net {

/// Follows the frames of a client over HTTP/2 (RFC 9113, section 4.1), to know how much has come of
/// a block of headers that has not ended. HTTP/2 keeps that, whichever stream it is of, also when
/// the stream is refused or answered already, so that nobody hears of it.
class HeaderBlockMeter {
 public:
  /// What comes next, from the connection's begin on. What is no HTTP/2 makes no sense and no harm.
  void Put(std::string_view bytes);

  bool is_open() const { return is_open_; }
  /// Of the one that has not ended.
  std::size_t bytes() const { return bytes_; }
  /// Blocks that have begun. It tells them apart.
  std::uint64_t begun_count() const { return begun_count_; }

 private:
  static constexpr std::size_t kPrefaceBytes = 24;
  static constexpr std::size_t kHeadBytes = 9;

  void BeginFrame();
  void EndFrame();

  std::size_t preface_left_ = kPrefaceBytes;
  std::array<unsigned char, kHeadBytes> head_{};
  std::size_t head_size_ = 0;
  std::size_t payload_left_ = 0;
  bool is_last_ = false;  // the frame ends its block
  bool is_open_ = false;
  std::size_t bytes_ = 0;
  std::uint64_t begun_count_ = 0;
};

}  // namespace clew::net
