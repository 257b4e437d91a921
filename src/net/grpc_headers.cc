#include "net/grpc_headers.h"

#include "base/excerpt.h"
#include "net/grpc_message.h"
#include "net/retry_info.h"

namespace clew::net {
namespace {

/// Of an error's text: HTTP/2 sends no more than 64 KiB of headers.
constexpr std::size_t kErrorTextBytesMax = 8u << 10;

// nghttp2 copies them.
std::uint8_t* Octets(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

void GrpcHeaders::Add(std::string_view name, std::string value) {
  if (!value.empty()) fields_.emplace_back(name, std::move(value));
}

void GrpcHeaders::AddStatus(const Error& error) {
  Add("grpc-status", std::to_string(static_cast<int>(error.code)));
  Add("grpc-message", EncodeGrpcText(base::Excerpt(error.message, kErrorTextBytesMax)));
  if (error.retry_after) {
    Add("grpc-status-details-bin", EncodeBinaryHeader(EncodeStatusDetails(error)));
  }
}

std::vector<nghttp2_nv> GrpcHeaders::native() const {
  std::vector<nghttp2_nv> native;
  native.reserve(fields_.size());
  for (const auto& [name, value] : fields_) {
    native.push_back(
        {Octets(name), Octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return native;
}

}  // namespace clew::net
