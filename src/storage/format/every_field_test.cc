// That no field of model/field_list.h is lost on any way that spans go. New fields are looked at as
// soon as they are in the list.
#include "model/testing/every_field.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "base/metrics.h"
#include "storage/format/column_schema.h"
#include "storage/format/row_group.h"
#include "storage/format/row_group_source.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/json.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/same_spans.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::storage {
namespace {

using model::LastObject;
using model::Owner;
using model::TraceData;
using wire::otlp::MaterializeSpans;

// Calls visit(field) for the whole list.
template <typename Visit>
void ForEachListed(const Visit& visit) {
  model::ForEach(model::AllFields(), visit);
}

void ExpectEveryField(const TraceData& trace, const TraceData& expected) {
  ASSERT_EQ(trace.spans.size(), 1u);
  ASSERT_EQ(trace.spans[0].events.size(), 1u);
  ASSERT_EQ(trace.spans[0].links.size(), 1u);
  ForEachListed([&](auto field) {
    EXPECT_TRUE(field.ObjectIn(LastObject<field.owner>(trace)) ==
                field.ObjectIn(LastObject<field.owner>(expected)))
        << field.title;
  });
}

model::SpanColumnsPtr Decoded(std::string body) {
  wire::otlp::DecodeCounts counts;
  return wire::otlp::DecodeRequest({Bytes(std::move(body))}, {}, counts).value();
}

class EveryFieldTest : public ::testing::Test {
 protected:
  const TraceData trace_ = model::EveryField();
  const std::string wire_ = wire::otlp::EncodeRequest(trace_);

  model::SpanColumnsPtr ReadAll(const RowGroup& group) {
    const RowGroupSource source(std::make_shared<const RowGroupDirectory>(group.directory),
                                std::make_shared<MemoryPages>(group.pages), cache_);
    return source.ReadAll(scan::ReadExtent::kAll).value();
  }

  base::Metrics metrics_;
  ScanCache cache_{1u << 20, metrics_};
};

TEST_F(EveryFieldTest, HasAValueOfItsOwn) {
  ForEachListed([&](auto a) {
    ForEachListed([&](auto b) {
      const auto& value = a.ObjectIn(LastObject<a.owner>(trace_));
      const auto& other = b.ObjectIn(LastObject<b.owner>(trace_));
      if constexpr (std::is_same_v<decltype(value), decltype(other)>) {
        EXPECT_EQ(value == other, a.stored == b.stored) << a.title << ", " << b.title;
      }
    });
  });
}

TEST_F(EveryFieldTest, PassesObjectsColumnsAndTheWire) {
  ExpectEveryField(MaterializeSpans(wire::otlp::ScatterSpans(trace_)), trace_);
  ExpectEveryField(MaterializeSpans(*Decoded(wire_)), trace_);
  EXPECT_EQ(wire::otlp::EncodeRequest(*Decoded(wire_)), wire_);
}

TEST_F(EveryFieldTest, PassesJson) {
  const auto json = wire::otlp::RequestToJson(model::Signal::kTraces, wire_);
  ASSERT_TRUE(json.has_value());
  const auto again = wire::otlp::TracesFromJson(*json);
  ASSERT_TRUE(again.has_value());
  ExpectEveryField(MaterializeSpans(*Decoded(*again)), trace_);
}

TEST_F(EveryFieldTest, PassesABlock) {
  const RowGroup group = BuildRowGroup({Decoded(wire_)}, {});

  const model::SpanColumnsPtr read = ReadAll(group);

  ExpectEveryField(MaterializeSpans(*read), trace_);
  EXPECT_EQ(wire::otlp::EncodeRequest(*read), wire_);
}

TEST_F(EveryFieldTest, TellsSpansApart) {
  TraceData twice = trace_;
  twice.resources.push_back(trace_.resources[0]);
  twice.scopes.push_back(trace_.scopes[0]);
  twice.spans.push_back(trace_.spans[0]);
  twice.spans[1].resource = 1;
  twice.spans[1].scope = 1;
  ASSERT_EQ(wire::otlp::DistinctSpans(wire::otlp::ScatterSpans(twice)).rows.size(), 1u);
  ForEachListed([&](auto field) {
    TraceData differing = twice;
    model::OwnValues(100).Give(&field.ObjectIn(LastObject<field.owner>(differing)));
    EXPECT_EQ(wire::otlp::DistinctSpans(wire::otlp::ScatterSpans(differing)).rows.size(), 2u)
        << field.title;
  });
}

// As older blocks are when a field is added.
TEST_F(EveryFieldTest, IsEmptyInABlockWithoutItsColumn) {
  const RowGroup group = BuildRowGroup({Decoded(wire_)}, {});
  ForEachListed([&](auto field) {
    constexpr ColumnField kColumn = kColumnOf<decltype(field)>;
    if constexpr (IsPlain(kColumn)) {
      RowGroup older = group;
      std::erase_if(older.directory.columns,
                    [](const ColumnEntry& column) { return column.field == kColumn; });
      TraceData expected = trace_;
      field.ObjectIn(LastObject<field.owner>(expected)) = {};
      SCOPED_TRACE(field.title);
      ExpectEveryField(MaterializeSpans(*ReadAll(older)), expected);
    }
  });
}

TEST(ColumnSchema, KnowsTheColumnOfEveryField) {
  ForEachListed([](auto field) {
    const ColumnSchema* schema = SchemaOf(kColumnOf<decltype(field)>);
    ASSERT_NE(schema, nullptr) << field.title;
    EXPECT_EQ(schema->name, field.title);
    // What blocks have had from their first version stays required.
    EXPECT_EQ(schema->is_optional, field.stored > 80) << field.title;
  });
}

}  // namespace
}  // namespace clew::storage
