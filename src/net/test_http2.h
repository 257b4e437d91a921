#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "net/test_socket.h"

namespace clew::net::testing {

// What no client of gRPC's library sends: the frames of HTTP/2 as they are on the wire.

inline constexpr char kDataFrame = 0;
inline constexpr char kHeadersFrame = 1;
inline constexpr char kResetFrame = 3;
inline constexpr char kSettingsFrame = 4;
inline constexpr char kPingFrame = 6;
inline constexpr char kGoAwayFrame = 7;
inline constexpr char kWindowUpdateFrame = 8;
inline constexpr char kContinuationFrame = 9;

inline constexpr char kAck = 1;
inline constexpr char kEndStream = 1;
inline constexpr char kEndHeaders = 4;

std::string Frame(char type, char flags, std::uint32_t stream, std::string_view payload);

/// A literal that is not to be remembered, of less than 127 bytes each.
std::string HeaderField(std::string_view name, std::string_view value);

/// SETTINGS_INITIAL_WINDOW_SIZE of 0: the client takes no answers.
inline constexpr std::string_view kNoWindow("\0\4\0\0\0\0", 6);

/// The begin of a connection, whose client never acknowledges the server's settings.
std::string Preface(std::string_view settings = "");

/// The fields of a call to kEcho.
std::string HeadersOfCall(std::string_view grpc_encoding = "identity");

/// A message with its prefix.
std::string Message(std::string_view data, bool is_compressed = false);

/// A connection with a call whose message has not been sent, on stream 1.
std::string BeginOfCall(std::string_view grpc_encoding);

/// All of a call, with an empty message.
std::string WholeCall(std::uint32_t stream);

std::string CancelledCall(std::uint32_t stream);

/// What a server sent on one stream.
struct RawAnswer {
  std::map<std::string, std::string> fields;  // headers and trailers
  std::string data;
  bool is_ended = false;         // as it should
  std::uint32_t reset_code = 0;  // when it was reset instead
};

/// Reads frames until `stream` ends, is reset, or the connection does.
RawAnswer ReadAnswer(TestSocket& socket, std::uint32_t stream = 1);

}  // namespace clew::net::testing
