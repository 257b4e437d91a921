#include "base/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"

namespace clew::base {
namespace {

constexpr std::size_t kLimit = 1 << 20;

std::string Hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// Text that repeats itself about as spans do.
std::string Sample(std::size_t size) {
  SeededRandom random(7);
  std::string text;
  while (text.size() < size) {
    text += "http.request.method=GET url.path=/api/products/" + std::to_string(random.Next() % 97);
    text.push_back(static_cast<char>(random.Next() & 0xff));
  }
  text.resize(size);
  return text;
}

// What Compress() cannot write, written plainly: chunks with their masked CRC-32C.
std::string FramedAbc() {
  // identifier, plain chunk "abc" with the masked CRC-32C of "abc" (0x364b3fb7).
  return Hex(
      "ff060000734e61507059"
      "01070000"
      "6e57f121"
      "616263");
}

class EveryCompression : public ::testing::TestWithParam<Compression> {};

INSTANTIATE_TEST_SUITE_P(Compression, EveryCompression,
                         ::testing::Values(Compression::kNone, Compression::kGzip,
                                           Compression::kZstd, Compression::kZlib,
                                           Compression::kSnappy, Compression::kLz4));

TEST_P(EveryCompression, GivesBackWhatWasCompressed) {
  for (const std::size_t size : {0UL, 1UL, 100UL, 5000UL, 70'000UL, 1'000'000UL}) {
    const std::string sample = Sample(size);

    const auto compressed = Compress(GetParam(), sample);
    ASSERT_TRUE(compressed.has_value());
    const auto back = Decompress(GetParam(), *compressed, kLimit);

    ASSERT_TRUE(back.has_value()) << size << ": " << back.error().message;
    EXPECT_EQ(*back, sample) << size;
  }
}

TEST_P(EveryCompression, TakesExactlyTheLimitAndNotOneByteMore) {
  for (const std::size_t size : {1UL, 4096UL, 4097UL, 65'536UL, 300'000UL}) {
    const std::string compressed = Compress(GetParam(), Sample(size)).value();

    EXPECT_TRUE(Decompress(GetParam(), compressed, size).has_value()) << size;
    const auto refused = Decompress(GetParam(), compressed, size - 1);
    ASSERT_FALSE(refused.has_value()) << size;
    EXPECT_EQ(refused.error().code, Code::kResourceExhausted) << refused.error().message;
  }
}

TEST_P(EveryCompression, EveryLimitBelowTheSizeIsSaidToBeTooSmall) {
  const std::string sample = Sample(3000);
  const std::string compressed = Compress(GetParam(), sample).value();
  for (std::size_t limit = 0; limit < sample.size(); ++limit) {
    const auto refused = Decompress(GetParam(), compressed, limit);
    ASSERT_FALSE(refused.has_value()) << limit;
    ASSERT_EQ(refused.error().code, Code::kResourceExhausted) << limit;
  }
}

TEST_P(EveryCompression, NoCutIsTakenForTheWhole) {
  if (GetParam() == Compression::kNone) return;
  const std::string compressed = Compress(GetParam(), Sample(3000)).value();
  for (std::size_t size = 0; size < compressed.size(); ++size) {
    const auto cut = Decompress(GetParam(), std::string_view(compressed).substr(0, size), kLimit);
    ASSERT_FALSE(cut.has_value()) << size;
    ASSERT_EQ(cut.error().code, Code::kInvalidArgument) << size;
  }
}

TEST_P(EveryCompression, ChangedBytesNeverGiveMoreThanTheLimit) {
  const std::string compressed = Compress(GetParam(), Sample(3000)).value();
  SeededRandom random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string changed = compressed;
    changed[random.Next() % changed.size()] = static_cast<char>(random.Next() & 0xff);
    changed[random.Next() % changed.size()] = static_cast<char>(random.Next() & 0xff);
    const auto result = Decompress(GetParam(), changed, 10'000);
    EXPECT_LE(result.value_or("").size(), 10'000U);
  }
}

TEST_P(EveryCompression, ABombEndsAtTheLimit) {
  const std::string bomb = Compress(GetParam(), std::string(64 << 20, 'a')).value();

  const auto refused = Decompress(GetParam(), bomb, kLimit);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
}

TEST(Compression, GzipMembersAreJoined) {
  const std::string one = Compress(Compression::kGzip, Sample(9000)).value();
  const std::string empty = Compress(Compression::kGzip, "").value();
  const std::string two = Compress(Compression::kGzip, "tail").value();

  const auto joined = Decompress(Compression::kGzip, one + empty + two, kLimit);

  ASSERT_TRUE(joined.has_value());
  EXPECT_EQ(*joined, Sample(9000) + "tail");
}

TEST(Compression, GzipWithBytesAfterItsEndIsRefused) {
  const std::string gzip = Compress(Compression::kGzip, "abc").value();

  const auto refused = Decompress(Compression::kGzip, gzip + gzip + "rest", kLimit);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_EQ(refused.error().message,
            fmt::format("data is not valid gzip: it ends at byte {}, and what follows is none: cut "
                        "it off",
                        2 * gzip.size()));
  const auto cut = Decompress(Compression::kGzip, gzip + gzip.substr(0, 12), kLimit);
  ASSERT_FALSE(cut.has_value());
  EXPECT_EQ(cut.error().message, "data is not valid gzip: it is damaged or cut short");
}

TEST(Compression, GzipClaimOfAHugeSizeReservesNothing) {
  std::string gzip = Compress(Compression::kGzip, "abc").value();
  for (std::size_t i = 1; i <= 4; ++i) gzip[gzip.size() - i] = '\xff';

  const auto refused = Decompress(Compression::kGzip, gzip, std::size_t{1} << 40);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
}

TEST(Compression, ZstdClaimOfAHugeWindowOrSizeReservesNothing) {
  // Magic, frame header with an 8-byte content size of 2^39 and a window of 2^41 bytes, then an
  // empty last block.
  const std::string frame =
      Hex("28b52ffd"
          "c0"
          "f8"
          "0000000080000000"
          "010000");

  const auto refused = Decompress(Compression::kZstd, frame, std::size_t{1} << 41);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
}

TEST(Compression, ZstdFramesAreJoined) {
  const std::string one = Compress(Compression::kZstd, Sample(200'000)).value();
  const std::string two = Compress(Compression::kZstd, "tail").value();

  const auto joined = Decompress(Compression::kZstd, one + two, kLimit);

  ASSERT_TRUE(joined.has_value());
  EXPECT_EQ(*joined, Sample(200'000) + "tail");
}

TEST(Compression, SnappyClaimThatCannotBeTrueIsRefused) {
  // A length of 2^31 in front of three bytes.
  const auto refused = Decompress(Compression::kSnappy,
                                  Hex("8080808008"
                                      "086162"),
                                  std::size_t{1} << 40);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
}

TEST(Compression, SnappyFramesAreReadAndChecked) {
  const auto plain = Decompress(Compression::kSnappyFramed, FramedAbc(), 3);
  ASSERT_TRUE(plain.has_value()) << plain.error().message;
  EXPECT_EQ(*plain, "abc");

  // The same text in a compressed chunk, after a skippable one and padding.
  const std::string block = Compress(Compression::kSnappy, "abc").value();
  ASSERT_EQ(block.size(), 5U);
  const std::string chunks = Hex("ff060000734e61507059"
                                 "80010000"
                                 "00"
                                 "fe010000"
                                 "00"
                                 "00090000"
                                 "6e57f121") +
                             block;
  const auto compressed = Decompress(Compression::kSnappyFramed, chunks, 3);
  ASSERT_TRUE(compressed.has_value()) << compressed.error().message;
  EXPECT_EQ(*compressed, "abc");
}

TEST(Compression, SnappyFramesThatAreWrongAreRefused) {
  std::string wrong_checksum = FramedAbc();
  wrong_checksum.back() = 'd';
  const std::vector<std::string> malformed = {"",
                                              FramedAbc().substr(10),
                                              FramedAbc().substr(0, 15),
                                              wrong_checksum,
                                              Hex("ff060000734e61507058"),  // not the identifier
                                              Hex("ff060000734e61507059"
                                                  "02000000"),  // a chunk that must be understood
                                              Hex("ff060000734e61507059"
                                                  "01020000"
                                                  "00")};

  for (const std::string& data : malformed) {
    const auto refused = Decompress(Compression::kSnappyFramed, data, kLimit);
    ASSERT_FALSE(refused.has_value()) << ::testing::PrintToString(data);
    EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  }
  EXPECT_EQ(Decompress(Compression::kSnappyFramed, FramedAbc(), 2).error().code,
            Code::kResourceExhausted);
  EXPECT_EQ(Compress(Compression::kSnappyFramed, "abc").error().code, Code::kUnimplemented);
}

TEST(Compression, ZstdAndFramedSnappyAreKnownByTheirHead) {
  EXPECT_EQ(CompressionOfHead(*Compress(Compression::kZstd, "")), Compression::kZstd);
  EXPECT_EQ(CompressionOfHead(FramedAbc()), Compression::kSnappyFramed);
  for (const Compression other : {Compression::kNone, Compression::kGzip, Compression::kZlib,
                                  Compression::kSnappy, Compression::kLz4}) {
    EXPECT_EQ(CompressionOfHead(*Compress(other, "abc")), Compression::kNone);
  }
  EXPECT_EQ(CompressionOfHead(""), Compression::kNone);
}

TEST(Compression, NamesAreThoseOfTheCollector) {
  EXPECT_EQ(ParseCompression(""), Compression::kNone);
  EXPECT_EQ(ParseCompression("none"), Compression::kNone);
  EXPECT_EQ(ParseCompression("identity"), Compression::kNone);
  EXPECT_EQ(ParseCompression("GZip"), Compression::kGzip);
  EXPECT_EQ(ParseCompression("zlib"), Compression::kZlib);
  EXPECT_EQ(ParseCompression("deflate"), Compression::kZlib);
  EXPECT_EQ(ParseCompression("x-snappy-framed"), Compression::kSnappyFramed);
  EXPECT_EQ(ParseCompression("br"), std::nullopt);
  for (const char* name :
       {"identity", "gzip", "zstd", "deflate", "snappy", "x-snappy-framed", "lz4"}) {
    EXPECT_EQ(CompressionName(ParseCompression(name).value()), name);
  }
}

TEST(Compression, StoredZstdMustBeExactlyWhatTheFormatSays) {
  const std::string sample = Sample(10'000);
  const std::string compressed = ZstdCompress(sample);
  std::string out(sample.size(), '\0');

  EXPECT_TRUE(ZstdDecompressInto(compressed, out.data(), out.size()).has_value());
  EXPECT_EQ(out, sample);
  EXPECT_EQ(ZstdDecompressInto(compressed, out.data(), out.size() - 1).error().code,
            Code::kDataLoss);
  std::string longer(sample.size() + 1, '\0');
  EXPECT_EQ(ZstdDecompressInto(compressed, longer.data(), longer.size()).error().code,
            Code::kDataLoss);
  EXPECT_EQ(ZstdDecompressInto("nonsense", out.data(), out.size()).error().code, Code::kDataLoss);
}

}  // namespace
}  // namespace clew::base
