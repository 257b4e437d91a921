#include "log/segment_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "log/testing/memory_file.h"
#include "log/testing/segment_builder.h"

namespace clew::log {
namespace {

using testing::ElementsAre;

constexpr SegmentHeader kHeader{.base = 4096, .salt = 0x0123456789abcdef};

Record RecordOf(std::string body) {
  Record record;
  record.pipeline = "traces";
  record.received_at = 42;
  record.body = Bytes(std::move(body));
  return record;
}

// Bodies of the sound records, "!<size>" for a damaged piece.
std::vector<std::string> Pieces(const std::string& content) {
  const MemoryFile file(content);
  SegmentReader reader(file, kHeader, 0, content.size());
  std::vector<std::string> pieces;
  std::uint64_t last_end = kSegmentHeaderBytes;
  for (;;) {
    const auto piece = reader.Next().value();
    if (!piece.has_value()) return pieces;
    EXPECT_EQ(piece->begin, last_end);
    last_end = piece->end;
    pieces.push_back(piece->is_corrupt ? "!" + std::to_string(piece->end - piece->begin)
                                       : std::string(piece->record.body.view()));
  }
}

TEST(SegmentFormat, TheBytesAreTheDocumentedOnes) {
  SegmentBuilder builder({.base = 0x1122334455667788, .salt = 0, .gap = 0x50});
  Record record = RecordOf("body");
  record.signal = model::Signal::kProfiles;
  record.kind = RecordKind::kDecision;
  record.is_for_follower = true;
  builder.Add(record);
  const std::string& content = builder.content();

  EXPECT_EQ(content.substr(0, 8), std::string("clg2\x0a\0\0\0", 8));
  EXPECT_EQ(content.substr(8, 8), "\x88\x77\x66\x55\x44\x33\x22\x11");
  EXPECT_EQ(content.substr(0, 32), content.substr(32, 32));
  EXPECT_EQ(content.substr(72, 4), "CRec");
  EXPECT_EQ(content.substr(76, 4), std::string("\x04\0\0\0", 4));
  EXPECT_EQ(content.substr(80, 8), "\xc8\x77\x66\x55\x44\x33\x22\x11");
  EXPECT_EQ(content.substr(88, 8), std::string("\x2a\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(content.substr(104, 8), std::string("\0\x0d\x06\x03\x01\x01\0\0", 8));
  EXPECT_EQ(content.substr(112),
            "single-tenanttracesbody" + std::string(content.size() - 135, '\0'));
  EXPECT_EQ(content.size() % 8, 0U);
}

TEST(SegmentFormat, ReadsTheHeaderOfTheFirstRelease) {
  // Base 4096, salt 2.
  const std::string copy("clewlog1\0\x10\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 24);
  const std::uint64_t checksum = base::Hash64(copy);
  const std::string sealed = copy + std::string(reinterpret_cast<const char*>(&checksum), 8);

  const auto header = DecodeSegmentHeader(sealed + sealed);

  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->base, 4096U);
  EXPECT_EQ(header->salt, 2U);
  EXPECT_FALSE(header->gap.has_value());
}

TEST(SegmentFormat, ReadsASegmentFromBeforeSignalsAndKinds) {
  std::ifstream fixture("tests/fixtures/log/v2.seg", std::ios::binary);
  ASSERT_TRUE(fixture);
  std::ostringstream bytes;
  bytes << fixture.rdbuf();
  const std::string content = std::move(bytes).str();
  const std::optional<SegmentHeader> header = DecodeSegmentHeader(content);
  ASSERT_TRUE(header.has_value());
  const MemoryFile file(content);
  SegmentReader reader(file, *header, 0, content.size());

  for (int i = 0; i < 2; ++i) {
    const auto piece = reader.Next().value();

    ASSERT_TRUE(piece.has_value());
    EXPECT_FALSE(piece->is_corrupt);
    EXPECT_FALSE(piece->is_unknown);
    EXPECT_TRUE(HoldsSpans(piece->record));
    EXPECT_FALSE(piece->record.is_for_follower);
    EXPECT_EQ(piece->record.tenant, TenantId());
    EXPECT_EQ(piece->record.pipeline, "traces");
    EXPECT_NE(piece->record.body.view().find("an old span"), std::string_view::npos);
  }
  EXPECT_EQ(reader.Next().value(), std::nullopt);
}

TEST(SegmentReader, ARecordOfAnUnknownSignalOrKindIsWholeAndSaysSo) {
  SegmentBuilder builder(kHeader);
  Record later = RecordOf("later");
  later.signal = static_cast<model::Signal>(4);
  builder.Add(later);
  later.signal = model::Signal::kTraces;
  later.kind = static_cast<RecordKind>(2);
  builder.Add(later);
  builder.Add(RecordOf("known"));
  const MemoryFile file(builder.content());
  SegmentReader reader(file, kHeader, 0, builder.content().size());

  for (const bool is_unknown : {true, true, false}) {
    const auto piece = reader.Next().value();
    ASSERT_TRUE(piece.has_value());
    EXPECT_FALSE(piece->is_corrupt);
    EXPECT_EQ(piece->is_unknown, is_unknown);
  }
}

TEST(SegmentFormat, AGapTooLargeToSayIsUnknown) {
  const auto gap_of = [](std::uint64_t gap) {
    return DecodeSegmentHeader(EncodeSegmentHeader({.base = 1u << 20, .salt = 1, .gap = gap}))->gap;
  };
  EXPECT_EQ(gap_of(0), 0U);
  EXPECT_EQ(gap_of(8 * (std::uint64_t{UINT32_MAX} - 1)), 8 * (std::uint64_t{UINT32_MAX} - 1));
  EXPECT_EQ(gap_of(8 * std::uint64_t{UINT32_MAX}), std::nullopt);
}

TEST(SegmentReader, ReadsRecordsOfAllSizes) {
  SegmentBuilder builder(kHeader);
  std::vector<std::string> bodies;
  for (const std::size_t size : {0UL, 1UL, 7UL, 8UL, 300'000UL, 100UL, 262'144UL, 200'000UL}) {
    bodies.emplace_back(size, 'x');
    builder.Add(RecordOf(bodies.back()));
  }

  EXPECT_EQ(Pieces(builder.content()), bodies);
}

TEST(SegmentReader, FindsTheNextRecordAfterDamageOfAnySize) {
  SegmentBuilder builder(kHeader);
  const std::uint64_t first = builder.Add(RecordOf(std::string(600'000, 'a')));
  const std::uint64_t second = builder.Add(RecordOf("second"));
  builder.Add(RecordOf("third"));
  std::string content = builder.content();
  content[first] = static_cast<char>(content[first] ^ 1);

  EXPECT_THAT(Pieces(content),
              ElementsAre("!" + std::to_string(second - first), "second", "third"));
}

TEST(SegmentReader, ADamagedBodyCostsOnlyItsRecord) {
  SegmentBuilder builder(kHeader);
  const std::uint64_t first = builder.Add(RecordOf("first"));
  const std::uint64_t second = builder.Add(RecordOf("second"));
  std::string content = builder.content();
  content[first + kRecordHeaderBytes + 19] = 'F';

  EXPECT_THAT(Pieces(content), ElementsAre("!" + std::to_string(second - first), "second"));
}

TEST(SegmentReader, ARecordThatIsNotInItsPlaceIsNone) {
  SegmentBuilder builder(kHeader);
  const std::uint64_t first = builder.Add(RecordOf("first"));
  const std::uint64_t second = builder.Add(RecordOf("other"));
  std::string content = builder.content();
  content.replace(second, second - first, content.substr(first, second - first));

  EXPECT_THAT(Pieces(content), ElementsAre("first", "!" + std::to_string(second - first)));
}

TEST(SegmentReader, ARecordThatReachesPastTheEndIsNone) {
  SegmentBuilder builder(kHeader);
  builder.Add(RecordOf("first"));
  const std::uint64_t second = builder.Add(RecordOf("second"));
  std::string content = builder.content();
  content.pop_back();

  EXPECT_THAT(Pieces(content), ElementsAre("first", "!" + std::to_string(content.size() - second)));
}

}  // namespace
}  // namespace clew::log
