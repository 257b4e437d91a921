#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "base/metrics.h"
#include "storage/format/block.h"
#include "storage/format/column_schema.h"
#include "storage/format/test_old_block.h"
#include "storage/format/test_wide_block.h"
#include "storage/testing/faulty_object_store.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/scatter_objects.h"
#include "wire/otlp/testing/describe.h"

// Blocks of which one page is damaged, read through a cache. Whatever is asked, and however often,
// the answer is right or says what is damaged.
namespace clew::storage {
namespace {

using ::testing::IsSubsetOf;
using testing::OldBlock;
using wire::otlp::testing::DescribeSpans;

constexpr const char* kName = "blocks/t/1.block";

using Ask = std::function<Result<std::string>(const scan::SpanSource&)>;
using Questions = std::map<std::string, Ask>;

Result<std::string> Describe(Result<model::SpanColumnsPtr> read) {
  ASSIGN_OR_RETURN(const model::SpanColumnsPtr spans, std::move(read));
  if (spans == nullptr) return "none";
  std::string text;
  for (const std::string& span : DescribeSpans(wire::otlp::MaterializeSpans(*spans))) {
    text += span + '\n';
  }
  return text;
}

// The values that are there, each with its row.
std::string Describe(const scan::Column& column) {
  std::string text;
  for (std::size_t i = 0; i < column.count(); ++i) {
    text += fmt::format("{} {} {}", column.RowOf(i), column.NumberAt(i), column.TextAt(i));
    if (!column.all<TraceId>().empty()) text += column.all<TraceId>()[i].ToHex();
    if (!column.all<SpanId>().empty()) text += column.all<SpanId>()[i].ToHex();
    text += '\n';
  }
  return text;
}

Result<std::string> Describe(Result<scan::ColumnPtr> column) {
  if (!column.has_value()) return std::unexpected(column.error());
  return Describe(**column);
}

Result<std::string> Describe(const Result<std::vector<scan::ColumnPtr>>& columns) {
  if (!columns.has_value()) return std::unexpected(columns.error());
  std::string text;
  for (const scan::ColumnPtr& column : *columns) text += Describe(*column) + "\n";
  return text;
}

void AddTraces(Questions* questions) {
  for (const int trace : {1, 425}) {  // of the first zone of spans, and of the second
    const auto read = [trace](scan::ReadExtent extent) {
      return [trace, extent](const scan::SpanSource& source) {
        const TraceId id = *TraceId::FromHex(fmt::format("{:x}", trace));
        return Describe(source.ReadTraces({&id, 1}, extent));
      };
    };
    (*questions)[fmt::format("trace {}", trace)] = read(scan::ReadExtent::kAll);
    (*questions)[fmt::format("tree {}", trace)] = read(scan::ReadExtent::kTree);
  }
}

void AddColumns(const RowGroupDirectory& directory, Questions* questions) {
  for (const expr::FieldInfo& info : expr::AllFields()) {
    const expr::Field field = info.field;
    if (field == expr::Field::kService) continue;
    (*questions)[fmt::format("field {}", static_cast<int>(field))] =
        [field](const scan::SpanSource& source) { return Describe(source.Field(field)); };
  }
  for (const model::Owner owner :
       {model::Owner::kResource, model::Owner::kScope, model::Owner::kEvent, model::Owner::kLink}) {
    (*questions)[fmt::format("ties {}", static_cast<int>(owner))] =
        [owner](const scan::SpanSource& source) { return Describe(source.Ties(owner)); };
  }
  for (const ColumnEntry& column : directory.columns) {
    if (column.field != ColumnField::kAttribute) continue;
    (*questions)[NameOf(column)] = [owner = column.owner,
                                    key = column.key](const scan::SpanSource& source) {
      return Describe(source.Attribute(owner, key));
    };
  }
}

void AddLists(Questions* questions) {
  (*questions)["all"] = [](const scan::SpanSource& source) {
    return Describe(source.ReadAll(scan::ReadExtent::kAll));
  };
  (*questions)["trace ids"] = [](const scan::SpanSource& source) -> Result<std::string> {
    ASSIGN_OR_RETURN(const auto ids, source.TraceIds({0, source.stats().span_count - 1}));
    return ids[0].ToHex() + ids[1].ToHex();
  };
  (*questions)["operations"] = [](const scan::SpanSource& source) -> Result<std::string> {
    ASSIGN_OR_RETURN(const auto operations, source.Operations());
    std::string text;
    for (const scan::OperationCount& each : operations) {
      text += fmt::format("{} {} {} {}\n", each.service, each.name, static_cast<int>(each.kind),
                          each.span_count);
    }
    return text;
  };
}

class CachedDamageTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const RowGroup> Group(const model::TraceData& data) {
    const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
    return std::make_shared<const RowGroup>(
        BuildRowGroup({columns}, {.attribute_column_count_max = 6}));
  }
  static model::TraceData WithoutEvents(model::TraceData data) {
    for (model::Span& span : data.spans) {
      span.events.clear();
      span.links.clear();
    }
    return data;
  }
  static std::string BlockOf(const model::TraceData& data) {
    const BlockObject object = MakeBlockObject({}, {Group(data)});
    std::string bytes;
    for (const std::string_view part : object.parts()) bytes += part;
    return bytes;
  }
  static std::string File(const char* path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
  }

  // A block in an object store of its own, with caches of its own.
  struct Opened {
    testing::FaultyObjectStore objects;
    base::Metrics metrics;
    ScanCache cache{64u << 20, metrics};
    ScanCache directories{64u << 20, metrics};
    BlockPtr block;

    explicit Opened(const std::string& bytes) {
      EXPECT_TRUE(objects.PutIfAbsent(kName, {bytes}).has_value());
      block = *OpenBlock({objects, cache, directories}, kName);
    }
  };

  // What each question is answered of a whole block.
  static std::map<std::string, std::string> AnswersOf(const std::string& bytes,
                                                      const Questions& questions) {
    const Opened opened(bytes);
    std::map<std::string, std::string> answers;
    for (const auto& [name, ask] : questions) {
      const Result<std::string> answer = ask(*opened.block->sources[0]);
      EXPECT_TRUE(answer.has_value()) << name << ": " << answer.error().message;
      answers[name] = answer.value_or("");
    }
    return answers;
  }

  // Asks everything past the damage, twice, and then so that damage ends a read. Gives how often
  // damage was told.
  static std::size_t AskAll(const scan::SpanSource& source, const std::string& column,
                            const Questions& questions,
                            const std::map<std::string, std::string>& expected) {
    const std::string damage = fmt::format("block {}: {}: ", kName, column);
    std::size_t told_count = 0;
    for (const char* time : {"first", "second", "strict"}) {
      const bool is_strict = std::string_view(time) == "strict";
      for (const auto& [name, ask] : questions) {
        SCOPED_TRACE(fmt::format("{}, {}: {}", column, time, name));
        std::vector<std::string> told;
        scan::Reader reader;
        if (!is_strict) reader.report = [&](const Error& e) { told.push_back(e.message); };
        const Result<std::string> answer = ask(*source.PastDamage(reader));
        if (!answer.has_value()) {
          EXPECT_EQ(answer.error().code, Code::kDataLoss);
          told.push_back(answer.error().message);
        }
        for (const std::string& message : told) EXPECT_TRUE(message.starts_with(damage)) << message;
        if (told.empty()) {
          EXPECT_EQ(*answer, expected.at(name));
        }
        told_count += told.size();
      }
    }
    return told_count;
  }

  // Damages each page in turn. Gives the columns with values of which a page was told by no answer.
  static std::set<std::string> Untold(const std::string& bytes, bool is_wide) {
    const auto memory = MakeMemoryObjectStore();
    EXPECT_TRUE(memory->PutIfAbsent(kName, {bytes}).has_value());
    const Result<BlockLayout> layout = ReadBlockLayout(*memory, kName);
    if (!layout.has_value()) {
      ADD_FAILURE() << layout.error().message;
      return {};
    }
    const RowGroupDirectory& directory = *layout->groups[0].directory;
    Questions questions;
    AddTraces(&questions);
    if (!is_wide) {
      AddColumns(directory, &questions);
      AddLists(&questions);
    }
    const auto expected = AnswersOf(bytes, questions);
    std::set<std::string> untold;
    for (const ColumnEntry& column : directory.columns) {
      for (const PageRef& page : column.pages) {
        if (page.length == 0) continue;
        Opened opened(bytes);
        opened.objects.Spoil(layout->groups[0].offset + page.offset + page.length / 2);
        const std::size_t told_count =
            AskAll(*opened.block->sources[0], NameOf(column), questions, expected);
        if (told_count == 0 && column.value_count > 0) untold.insert(NameOf(column));
      }
    }
    return untold;
  }
};

TEST_F(CachedDamageTest, EveryAnswerIsRightOrNamesTheDamage) {
  const model::TraceData small = testing::WideSpans(0, 20);
  const std::vector<std::string> blocks = {BlockOf(small), OldBlock({Group(small)}),
                                           OldBlock({Group(WithoutEvents(small))}),
                                           File("tests/fixtures/block/v2_filter_pages.block")};
  for (const std::string& block : blocks) {
    // Nobody asks for these.
    EXPECT_THAT(Untold(block, false),
                IsSubsetOf({"error count of traces", "duration of traces", "root of traces"}));
  }
}

// More than one zone of spans: the pages of the others are not needed for a trace.
TEST_F(CachedDamageTest, EveryTraceIsRightOrNamesTheDamage) {
  const model::TraceData wide = testing::WideSpans(0, 4300);
  for (const std::string& block : {BlockOf(wide), OldBlock({Group(WithoutEvents(wide))})}) {
    const std::set<std::string> untold = Untold(block, true);
    for (const char* column : {"trace id", "span id", "span name"}) {
      EXPECT_FALSE(untold.contains(column)) << column;
    }
  }
}

}  // namespace
}  // namespace clew::storage
