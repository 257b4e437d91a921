#include "net/http_body.h"

#include <gtest/gtest.h>

#include "base/compression.h"

namespace clew::net {
namespace {

TEST(HttpBody, UndoesEveryEncoding) {
  const std::string text(10'000, 'a');
  const std::pair<const char*, base::Compression> cases[] = {
      {"gzip", base::Compression::kGzip},     {"zstd", base::Compression::kZstd},
      {"zlib", base::Compression::kZlib},     {"deflate", base::Compression::kZlib},
      {"snappy", base::Compression::kSnappy}, {"lz4", base::Compression::kLz4}};
  for (const auto& [name, compression] : cases) {
    const Bytes body(*base::Compress(compression, text));

    const auto decoded = DecodeBody(body, name, 20'000);
    const auto over = DecodeBody(body, name, 9'999);

    ASSERT_TRUE(decoded.has_value()) << name << decoded.error().message;
    EXPECT_EQ(decoded->view(), text) << name;
    ASSERT_FALSE(over.has_value()) << name;
    EXPECT_EQ(over.error().code, Code::kResourceExhausted) << name;
    EXPECT_NE(over.error().message.find("9999"), std::string::npos) << name;
  }
}

TEST(HttpBody, IdentityIsShared) {
  const Bytes body(std::string("abc"));

  EXPECT_EQ(DecodeBody(body, "", 3)->view().data(), body.view().data());
  EXPECT_EQ(DecodeBody(body, "identity", 3)->view().data(), body.view().data());
  EXPECT_EQ(DecodeBody(body, "", 2).error().code, Code::kResourceExhausted);
}

TEST(HttpBody, FramedSnappyIsRecognised) {
  // The stream identifier and nothing else: an empty body.
  const Bytes body(std::string("\xff\x06\x00\x00sNaPpY", 10));

  for (const char* name : {"snappy", "x-snappy-framed"}) {
    const auto decoded = DecodeBody(body, name, 10);
    ASSERT_TRUE(decoded.has_value()) << name << ": " << decoded.error().message;
    EXPECT_TRUE(decoded->empty());
  }
}

TEST(HttpBody, OtherEncodingsAreNamed) {
  for (const char* name : {"br", "GZIP", "gzip, gzip", "none"}) {
    const auto decoded = DecodeBody(Bytes(std::string("x")), name, 10);
    EXPECT_EQ(decoded.error().code, Code::kInvalidArgument);
    EXPECT_EQ(decoded.error().message, std::string("unsupported Content-Encoding: ") + name);
  }
}

TEST(HttpBody, DamagedDataIsRefused) {
  for (const char* name : {"gzip", "zstd", "zlib", "snappy", "x-snappy-framed", "lz4"}) {
    const auto decoded = DecodeBody(Bytes(std::string("not compressed at all")), name, 1000);
    ASSERT_FALSE(decoded.has_value()) << name;
    EXPECT_EQ(decoded.error().code, Code::kInvalidArgument) << name;
  }
}

}  // namespace
}  // namespace clew::net
