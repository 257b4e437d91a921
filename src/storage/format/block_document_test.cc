#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/compression.h"
#include "base/hash.h"
#include "storage/encoding/byte_stream.h"
#include "storage/format/test_wide_block.h"

/// A reader made of docs/formats/block.md alone, without what the product reads blocks by: what the
/// document says is what is written.
namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using testing::kWideTime;

constexpr std::uint64_t kZone = 4096;

std::uint64_t ZonesOf(std::uint64_t count) { return (count + kZone - 1) / kZone; }

std::int64_t UnZigZag(std::uint64_t n) {
  return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
}

/// "Differences ... packed in as many bits ..., low bits first".
std::uint64_t BitsAt(std::string_view packed, std::uint64_t first_bit, int width) {
  std::uint64_t number = 0;
  for (int i = 0; i < width; ++i) {
    const std::uint64_t bit = first_bit + static_cast<std::uint64_t>(i);
    const auto byte = static_cast<unsigned char>(packed[bit / 8]);
    number |= static_cast<std::uint64_t>(byte >> (bit % 8) & 1) << i;
  }
  return number;
}

std::vector<std::int64_t> ReadNumberPage(std::string_view page) {
  ByteReader reader(page);
  const auto count = reader.Fixed<std::uint32_t>();
  struct Zone {
    std::int64_t min;
    int width;
  };
  std::vector<Zone> zones;
  for (std::uint64_t i = 0; i < ZonesOf(count); ++i) {
    const auto min = reader.Fixed<std::int64_t>();
    reader.Fixed<std::int64_t>();
    zones.push_back({min, reader.Fixed<std::uint8_t>()});
  }
  std::vector<std::int64_t> numbers;
  for (std::uint64_t zone = 0; zone < zones.size(); ++zone) {
    const std::uint64_t in_zone = std::min(kZone, count - zone * kZone);
    const auto [min, width] = zones[zone];
    const std::string_view packed =
        reader.Bytes((in_zone * static_cast<std::uint64_t>(width) + 7) / 8);
    for (std::uint64_t i = 0; i < in_zone; ++i) {
      numbers.push_back(min + static_cast<std::int64_t>(
                                  BitsAt(packed, i * static_cast<std::uint64_t>(width), width)));
    }
  }
  EXPECT_EQ(reader.rest(), std::string_view("\0\0\0\0\0\0\0\0", 8));
  EXPECT_TRUE(reader.ok());
  return numbers;
}

void AppendTextPage(std::string_view page, std::vector<std::string>* texts) {
  ByteReader reader(page);
  const std::vector<std::int64_t> lengths = ReadNumberPage(reader.Text());
  const auto codec = reader.Fixed<std::uint8_t>();
  const std::uint64_t size = reader.Varint();
  std::string all(reader.rest());
  if (codec == 1) {
    all.resize(size);
    EXPECT_TRUE(base::ZstdDecompressInto(reader.rest(), all.data(), size).has_value());
  }
  EXPECT_EQ(all.size(), size);
  std::size_t begin = 0;
  for (const std::int64_t length : lengths) {
    texts->push_back(all.substr(begin, static_cast<std::size_t>(length)));
    begin += static_cast<std::size_t>(length);
  }
  EXPECT_EQ(begin, size);
}

struct DocumentedColumn {
  int field = 0;
  int owner = 0;
  int type = 0;
  std::string key;
  std::uint64_t value_count = 0;
  int rows_encoding = 0;
  int values_encoding = 0;
  std::vector<std::uint64_t> rows;    // unless they are dense
  std::vector<std::int64_t> numbers;  // or codes
  std::vector<std::string> texts;     // or the dictionary
  std::string ids;

  std::string TextAt(std::size_t value) const {
    return values_encoding == 2 ? texts.at(static_cast<std::size_t>(numbers.at(value)))
                                : texts.at(value);
  }
};

/// One row group: its directory, and every page of it.
class DocumentedGroup {
 public:
  DocumentedGroup(std::string_view pages, std::string_view directory) : pages_(pages) {
    ByteReader reader(directory);
    for (std::uint64_t& count : counts) count = reader.Varint();
    start_min = reader.Fixed<std::int64_t>();
    reader.Fixed<std::int64_t>();
    reader.Fixed<std::int64_t>();
    byte_size = reader.Varint();
    order = reader.Fixed<std::uint8_t>();
    for (std::uint64_t i = 0; i < ZonesOf(counts[0]); ++i) {
      reader.Varint();
      reader.Varint();
    }
    const std::uint64_t column_count = reader.Varint();
    for (std::uint64_t i = 0; i < column_count; ++i) columns.push_back(ReadColumn(reader));
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.rest(), "");
  }

  const DocumentedColumn& Column(int field, std::string_view key = {}) const {
    for (const DocumentedColumn& column : columns) {
      if (column.field == field && column.key == key) return column;
    }
    ADD_FAILURE() << "no column " << field << " " << key;
    return columns.front();
  }

  /// Spans, resources, scopes, events, links, traces, operations.
  std::array<std::uint64_t, 7> counts{};
  std::int64_t start_min = 0;
  std::uint64_t byte_size = 0;
  int order = 0;
  std::vector<DocumentedColumn> columns;
  /// Of all pages that were read.
  std::uint64_t page_bytes = 0;

 private:
  std::uint64_t TableRows(const DocumentedColumn& column) const {
    const int field = column.field;
    if (field == 0) return counts[static_cast<std::size_t>(column.owner)];
    if (field < 10) return counts[5];
    if (field < 30) return counts[0];
    if (field < 40) return counts[1];
    if (field < 50) return counts[2];
    if (field < 60) return counts[3];
    return field < 70 ? counts[4] : counts[6];
  }

  std::string_view ReadPage(ByteReader& reader, std::uint64_t length) {
    if (length == 0) return {};
    const std::uint64_t offset = end_ + static_cast<std::uint64_t>(UnZigZag(reader.Varint()));
    const auto checksum = reader.Fixed<std::uint64_t>();
    end_ = offset + length;
    page_bytes += length;
    const std::string_view page = pages_.substr(offset, length);
    EXPECT_EQ(base::Hash64(page), checksum);
    return page;
  }

  DocumentedColumn ReadColumn(ByteReader& reader) {
    end_ = 0;
    DocumentedColumn column;
    column.field = reader.Fixed<std::uint8_t>();
    if (column.field == 0) {
      column.owner = reader.Fixed<std::uint8_t>();
      column.type = reader.Fixed<std::uint8_t>();
      column.key = reader.Text();
    }
    column.value_count = reader.Varint();
    column.rows_encoding = reader.Fixed<std::uint8_t>();
    column.values_encoding = reader.Fixed<std::uint8_t>();
    if (column.rows_encoding != 0) ReadRows(reader, &column);
    switch (column.values_encoding) {
      case 1:
        ReadNumbers(reader, &column);
        break;
      case 2:
        ReadChunks(reader, &column);
        ReadNumbers(reader, &column);
        break;
      case 3:
        ReadChunks(reader, &column);
        EXPECT_EQ(column.texts.size(), column.value_count);
        break;
      case 4:
        ReadIds(reader, 8, &column);
        break;
      case 5:
        ReadIds(reader, 16, &column);
        break;
      case 6:
        ReadOverflow(ReadPage(reader, reader.Varint()));
        break;
      default:
        break;
    }
    return column;
  }

  void ReadRows(ByteReader& reader, DocumentedColumn* column) {
    const std::uint64_t row_count = TableRows(*column);
    std::vector<std::uint64_t> zone_counts;
    for (std::uint64_t i = 0; i < ZonesOf(row_count); ++i) zone_counts.push_back(reader.Varint());
    const std::string_view page = ReadPage(reader, reader.Varint());
    if (column->rows_encoding == 1) {
      for (std::uint64_t row = 0; row < row_count; ++row) {
        if (BitsAt(page, row, 1) != 0) column->rows.push_back(row);
      }
    } else {
      std::int64_t row = 0;
      for (const std::int64_t difference : ReadNumberPage(page)) {
        column->rows.push_back(static_cast<std::uint64_t>(row += difference));
      }
    }
    EXPECT_EQ(column->rows.size(), column->value_count);
    for (const std::uint64_t row : column->rows) --zone_counts.at(row / kZone);
    for (const std::uint64_t left : zone_counts) EXPECT_EQ(left, 0u);
  }

  void ReadNumbers(ByteReader& reader, DocumentedColumn* column) {
    std::int64_t min = 0;
    for (std::uint64_t zone = 0; zone < ZonesOf(column->value_count); ++zone) {
      min += UnZigZag(reader.Varint());
      const int width = static_cast<int>(std::bit_width(reader.Varint()));
      const std::uint64_t count = std::min(kZone, column->value_count - zone * kZone);
      const std::uint64_t bits = count * static_cast<std::uint64_t>(width);
      const std::string_view page = ReadPage(reader, width == 0 ? 0 : (bits + 7) / 8 + 8);
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t difference =
            width == 0 ? 0 : BitsAt(page, i * static_cast<std::uint64_t>(width), width);
        column->numbers.push_back(
            static_cast<std::int64_t>(static_cast<std::uint64_t>(min) + difference));
      }
    }
  }

  void ReadChunks(ByteReader& reader, DocumentedColumn* column) {
    const std::uint64_t chunk_count = reader.Varint();
    std::uint64_t text_count = 0;
    for (std::uint64_t i = 0; i < chunk_count; ++i) {
      text_count += reader.Varint();
      AppendTextPage(ReadPage(reader, reader.Varint()), &column->texts);
      EXPECT_EQ(column->texts.size(), text_count);
    }
  }

  void ReadIds(ByteReader& reader, std::uint64_t width, DocumentedColumn* column) {
    for (std::uint64_t zone = 0; zone < ZonesOf(column->value_count); ++zone) {
      const std::string_view least = reader.Bytes(width);
      const std::string_view greatest = reader.Bytes(width);
      const std::uint64_t count = std::min(kZone, column->value_count - zone * kZone);
      const std::string_view page = ReadPage(reader, count * width);
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::string_view id = page.substr(i * width, width);
        EXPECT_TRUE(least <= id && id <= greatest);
      }
      column->ids += page;
    }
  }

  void ReadOverflow(std::string_view page) {
    ByteReader packed(page);
    std::string bytes(packed.Varint(), '\0');
    ASSERT_TRUE(base::ZstdDecompressInto(packed.rest(), bytes.data(), bytes.size()).has_value());
    ByteReader reader(bytes);
    const std::uint64_t count = reader.Varint();
    for (std::uint64_t i = 0; i < count; ++i) {
      DocumentedColumn column;
      column.owner = reader.Fixed<std::uint8_t>();
      column.type = reader.Fixed<std::uint8_t>();
      column.key = reader.Text();
      column.value_count = reader.Varint();
      std::uint64_t row = 0;
      for (std::uint64_t j = 0; j < column.value_count; ++j) {
        column.rows.push_back(row += reader.Varint());
      }
      for (std::uint64_t j = 0; j < column.value_count; ++j) {
        if (column.type == 1 || column.type > 4) {
          column.texts.emplace_back(reader.Text());
        } else if (column.type != 0) {
          column.numbers.push_back(reader.Fixed<std::int64_t>());
        }
      }
      columns.push_back(std::move(column));
    }
    EXPECT_TRUE(reader.ok() && reader.rest().empty());
  }

  const std::string_view pages_;
  std::uint64_t end_ = 0;  // of the page before, in the same column
};

/// A value of an attribute, as an answer shows it.
std::string TextOf(const DocumentedColumn& column, std::size_t value) {
  switch (column.type) {
    case 1:
      return column.TextAt(value);
    case 2:
      return column.numbers.at(value) != 0 ? "true" : "false";
    case 3:
      return std::to_string(column.numbers.at(value));
    case 4:
      return model::ValueToText({std::bit_cast<double>(column.numbers.at(value))});
    default:
      return "of another type";
  }
}

class BlockDocumentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(testing::kWideFixture, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    object_ = bytes.str();
    ASSERT_GT(object_.size(), 100u) << testing::kWideFixture;
    ByteReader tail(std::string_view(object_).substr(object_.size() - 24));
    const auto checksum = tail.Fixed<std::uint64_t>();
    const auto length = tail.Fixed<std::uint32_t>();
    EXPECT_EQ(tail.Fixed<std::uint32_t>(), 3u);
    EXPECT_EQ(tail.rest(), "CLEWTAIL");
    footer_ = std::string_view(object_).substr(object_.size() - 24 - length, length);
    EXPECT_EQ(base::Hash64(footer_), checksum);
    ReadFooter();
  }

  void ReadFooter() {
    ByteReader reader(footer_);
    tenant_ = reader.Text();
    created_at_ = reader.Fixed<std::int64_t>();
    span_count_ = reader.Varint();
    start_min_ = reader.Fixed<std::int64_t>();
    start_max_ = reader.Fixed<std::int64_t>();
    for (std::uint64_t left = 2 * reader.Varint(); left > 0; --left) {
      log_ends_.push_back(reader.Varint());
    }
    const std::uint64_t group_count = reader.Varint();
    for (std::uint64_t i = 0; i < group_count; ++i) {
      const std::uint64_t offset = reader.Varint();
      groups_.emplace_back(std::string_view(object_).substr(offset), reader.Text());
    }
    for (std::uint64_t left = reader.Varint(); left > 0; --left) {
      const std::uint64_t number = reader.Varint();
      EXPECT_TRUE(facts_.emplace(number, reader.Text()).second) << number;
    }
    EXPECT_TRUE(reader.ok() && reader.rest().empty());
  }

  std::string object_;
  std::string_view footer_;
  std::string_view tenant_;
  std::int64_t created_at_ = 0;
  std::uint64_t span_count_ = 0;
  std::int64_t start_min_ = 0;
  std::int64_t start_max_ = 0;
  std::vector<std::uint64_t> log_ends_;
  std::vector<DocumentedGroup> groups_;
  std::map<std::uint64_t, std::string_view> facts_;
};

TEST_F(BlockDocumentTest, TheFooterIsTheDocumentedOne) {
  EXPECT_EQ(tenant_, TenantId().name());
  EXPECT_EQ(created_at_, kWideTime);
  EXPECT_EQ(span_count_, 4350u);
  EXPECT_EQ(start_min_, kWideTime);
  EXPECT_EQ(start_max_, kWideTime + 4'349'000);
  EXPECT_THAT(log_ends_, ElementsAre(0, 500, 700, 900));
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, content] : facts_) numbers.push_back(number);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_EQ(facts_[1], std::string_view("\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
  EXPECT_EQ(facts_[2], "");
  EXPECT_EQ(facts_[5], std::string_view("\2\0\0\0", 4));
  ByteReader replaced(facts_[9]);
  EXPECT_EQ(replaced.Varint(), 2u);
  EXPECT_EQ(replaced.Text(), BlockName({}, kWideTime - 2, 1));
  EXPECT_EQ(replaced.Text(), BlockName({}, kWideTime - 1, 2));
  EXPECT_TRUE(replaced.ok() && replaced.rest().empty());

  // The same footer stands in front, too.
  EXPECT_TRUE(object_.starts_with("CLEWBLK1"));
  EXPECT_EQ(object_.substr(8, 16), object_.substr(object_.size() - 24, 16));
  EXPECT_EQ(std::string_view(object_).substr(24, footer_.size()), footer_);
}

TEST_F(BlockDocumentTest, ThePagesAreTheDocumentedOnes) {
  const std::vector<model::TraceData> written = testing::WideData();
  ASSERT_EQ(groups_.size(), written.size());
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const DocumentedGroup& group = groups_[i];
    const model::TraceData& data = written[i];
    ASSERT_EQ(group.counts[0], data.spans.size());
    EXPECT_EQ(group.page_bytes, group.byte_size);
    EXPECT_EQ(group.order, 1);
    // Traces follow each other by id, and in each a span its parent: as they were written.
    std::uint64_t row = 0;
    for (std::uint64_t trace = 0; trace < group.counts[5]; ++trace) {
      const std::int64_t count = group.Column(2).numbers.at(trace);
      const std::int64_t trace_start = group.Column(4).numbers.at(trace);
      EXPECT_EQ(count, 10);
      for (std::int64_t place = 0; place < count; ++place, ++row) {
        const model::Span& span = data.spans.at(row);
        const std::string_view id(reinterpret_cast<const char*>(span.span_id.bytes.data()), 8);
        ASSERT_EQ(group.Column(10).ids.substr(8 * row, 8), id) << row;
        EXPECT_EQ(group.Column(11).numbers.at(row), place == 0 ? 0 : place - 1 + 2);
        EXPECT_EQ(trace_start + group.Column(13).numbers.at(row), span.start);
        EXPECT_EQ(group.Column(14).numbers.at(row), span.end - span.start);
        EXPECT_EQ(group.Column(15).numbers.at(row), static_cast<std::int64_t>(span.kind));
        EXPECT_EQ(group.Column(18).TextAt(row), span.name);
      }
    }
    EXPECT_EQ(row, data.spans.size());
  }
}

TEST_F(BlockDocumentTest, TheAttributesAreTheDocumentedOnes) {
  const std::vector<model::TraceData> written = testing::WideData();
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    // By owner, type and key, the values by row.
    std::map<std::string, std::map<std::uint64_t, std::string>> expected;
    const auto& spans = written[i].spans;
    for (std::uint64_t row = 0; row < spans.size(); ++row) {
      for (const auto& [key, value] : spans[row].attributes) {
        expected[key][row] = model::ValueToText(value);
      }
    }
    std::map<std::string, std::map<std::uint64_t, std::string>> found;
    for (const DocumentedColumn& column : groups_[i].columns) {
      if (column.field != 0 || column.owner != 0) continue;
      for (std::uint64_t value = 0; value < column.value_count; ++value) {
        const std::uint64_t row = column.rows.empty() ? value : column.rows.at(value);
        found[column.key][row] = TextOf(column, value);
      }
    }
    EXPECT_TRUE(found == expected) << "row group " << i;
  }
}

}  // namespace
}  // namespace clew::storage
