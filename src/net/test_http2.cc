#include "net/test_http2.h"

#include <nghttp2/nghttp2.h>

#include <memory>

#include "net/test_grpc.h"

namespace clew::net::testing {
namespace {

std::uint32_t ReadNumber(std::string_view octets) {
  std::uint32_t number = 0;
  for (const char octet : octets) number = number << 8 | static_cast<unsigned char>(octet);
  return number;
}

void AppendNumber(std::string& text, std::uint32_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(number >> (8 * i)));
}

void ReadFields(nghttp2_hd_inflater& inflater, std::string_view block,
                std::map<std::string, std::string>& fields) {
  const auto* next = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t left = block.size();
  for (;;) {
    nghttp2_nv field{};
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(&inflater, &field, &flags, next, left, 1);
    if (used < 0) return;
    next += used;
    left -= static_cast<std::size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      fields[std::string(reinterpret_cast<const char*>(field.name), field.namelen)] =
          std::string(reinterpret_cast<const char*>(field.value), field.valuelen);
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
  }
  nghttp2_hd_inflate_end_headers(&inflater);
}

}  // namespace

std::string Frame(char type, char flags, std::uint32_t stream, std::string_view payload) {
  std::string frame;
  AppendNumber(frame, static_cast<std::uint32_t>(payload.size()), 3);
  frame.push_back(type);
  frame.push_back(flags);
  AppendNumber(frame, stream, 4);
  return frame.append(payload);
}

std::string HeaderField(std::string_view name, std::string_view value) {
  std::string field(1, '\0');
  field.push_back(static_cast<char>(name.size()));
  field.append(name);
  field.push_back(static_cast<char>(value.size()));
  return field.append(value);
}

std::string Preface(std::string_view settings) {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettingsFrame, 0, 0, settings);
}

std::string HeadersOfCall(std::string_view grpc_encoding) {
  return HeaderField(":method", "POST") + HeaderField(":scheme", "http") +
         HeaderField(":path", kEcho) + HeaderField(":authority", "test") +
         HeaderField("te", "trailers") + HeaderField("content-type", "application/grpc") +
         HeaderField("grpc-encoding", grpc_encoding);
}

std::string Message(std::string_view data, bool is_compressed) {
  std::string message(1, is_compressed ? '\1' : '\0');
  AppendNumber(message, static_cast<std::uint32_t>(data.size()), 4);
  return message.append(data);
}

std::string BeginOfCall(std::string_view grpc_encoding) {
  return Preface() + Frame(kHeadersFrame, kEndHeaders, 1, HeadersOfCall(grpc_encoding));
}

std::string WholeCall(std::uint32_t stream) {
  return Frame(kHeadersFrame, kEndHeaders, stream, HeadersOfCall()) +
         Frame(kDataFrame, kEndStream, stream, Message(""));
}

std::string CancelledCall(std::uint32_t stream) {
  return Frame(kHeadersFrame, kEndHeaders, stream, HeadersOfCall()) +
         Frame(kResetFrame, 0, stream, std::string_view("\0\0\0\x8", 4));
}

RawAnswer ReadAnswer(TestSocket& socket, std::uint32_t stream) {
  RawAnswer answer;
  nghttp2_hd_inflater* made = nullptr;
  nghttp2_hd_inflate_new(&made);
  const std::unique_ptr<nghttp2_hd_inflater, decltype(&nghttp2_hd_inflate_del)> inflater(
      made, &nghttp2_hd_inflate_del);
  for (;;) {
    const std::string head = socket.Read(9);
    if (head.size() < 9) return answer;
    const std::string_view view = head;
    const std::string payload = socket.Read(ReadNumber(view.substr(0, 3)));
    const char type = view[3];
    const char flags = view[4];
    const bool is_ours = ReadNumber(view.substr(5)) == stream;
    std::map<std::string, std::string> others;
    // Those of other streams count, too: they change what later ones mean.
    if (type == kHeadersFrame) ReadFields(*inflater, payload, is_ours ? answer.fields : others);
    if (!is_ours) continue;
    if (type == kDataFrame) answer.data += payload;
    const bool can_end = type == kDataFrame || type == kHeadersFrame;
    answer.is_ended = can_end && (flags & kEndStream) != 0;
    if (type == kResetFrame) answer.reset_code = ReadNumber(payload);
    if (answer.is_ended || type == kResetFrame) return answer;
  }
}

}  // namespace clew::net::testing
