#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/testing/test_query.h"
#include "storage/testing/test_store.h"

namespace clew::query {
namespace {

using model::Owner;
using model::Value;
using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// Where the spans of a test are.
enum class Where { kFresh, kBlocks, kBoth };

// Lists must say the same of all of them.
class TagListsTest : public ::testing::TestWithParam<Where> {
 protected:
  void Load(const std::vector<SpanSpec>& specs) {
    ASSERT_TRUE(store_.Append(MakeData(specs)).has_value());
    const bool is_sealed =
        GetParam() == Where::kBlocks || (GetParam() == Where::kBoth && load_count_++ % 2 == 0);
    if (is_sealed) {
      ASSERT_TRUE(store_.storage().Flush().has_value());
    }
  }

  std::vector<std::string> Tags(std::vector<Owner> owners, std::size_t limit = 0,
                                const ReadTags& read = {}) {
    const auto tags =
        TestQuery(store_.storage()).Tags({.left_out = &left_out_}, read, std::move(owners), limit);
    if (!tags.has_value()) return {tags.error().message};
    std::vector<std::string> lines;
    for (const TagName& tag : *tags) {
      lines.push_back(fmt::format("{}.{} {}", int(tag.owner), tag.key, tag.value_count));
    }
    return lines;
  }
  std::vector<std::string> Values(const expr::Reference& tag, std::size_t limit = 0) {
    return Values(ReadTagValues{.tag = tag}, limit);
  }
  std::vector<std::string> Values(const ReadTagValues& read, std::size_t limit = 0) {
    const auto values =
        TestQuery(store_.storage()).TagValues({.left_out = &left_out_}, read, limit);
    if (!values.has_value()) return {values.error().message};
    std::vector<std::string> lines;
    for (const TagValue& value : *values) {
      lines.push_back(fmt::format("{}:{}={}", int(value.type), value.text, value.count));
    }
    return lines;
  }
  static expr::Reference OfSpan(const std::string& key) {
    return expr::Attribute(expr::Scope::kSpan, key);
  }

  void LoadSome() {
    model::Event event;
    event.name = "retry";
    event.attributes = {{"attempt", Value{std::int64_t{2}}}};
    Load({{.trace = "a",
           .span = "1",
           .service = "web",
           .name = "get",
           .start = 10,
           .status = model::StatusCode::kError,
           .kind = model::SpanKind::kClient,
           .attributes = {{"method", Value{"GET"}},
                          {"code", Value{std::int64_t{200}}},
                          {"empty", Value{""}},
                          {"list", Value{Value::Array{Value{"x"}}}}},
           .resource_attributes = {{"host", Value{"h1"}}},
           .events = {event}},
          {.trace = "a",
           .span = "2",
           .service = "shop",
           .name = "",
           .start = 11,
           .attributes = {{"method", Value{"PUT"}}, {"code", Value{"200"}}}}});
    Load({{.trace = "b",
           .span = "3",
           .service = "web",
           .name = "get",
           .start = 20,
           .attributes = {{"method", Value{"GET"}},
                          {"ratio", Value{0.5}},
                          {"is_new", Value{true}},
                          {"host", Value{"h2"}},
                          {"code", Value{std::int64_t{-1}}}}}});
  }

  TestStore store_;
  LeftOut left_out_;
  int load_count_ = 0;
};

TEST_P(TagListsTest, GiveTheTagsOfEachOwner) {
  LoadSome();
  EXPECT_THAT(Tags({Owner::kSpan}), ElementsAre("0.code 3", "0.empty 1", "0.host 1", "0.is_new 1",
                                                "0.list 1", "0.method 3", "0.ratio 1"));
  EXPECT_THAT(Tags({Owner::kEvent, Owner::kResource, Owner::kLink}),
              ElementsAre("1.host 1", "1.service.name 3", "3.attempt 1"));
  EXPECT_THAT(Tags({}), IsEmpty());
  EXPECT_TRUE(left_out_.empty());
}

TEST_P(TagListsTest, GiveTheFirstOfEachOwner) {
  LoadSome();
  EXPECT_THAT(Tags({Owner::kSpan, Owner::kResource}, 2),
              ElementsAre("0.code 3", "0.empty 1", "1.host 1", "1.service.name 3"));
  EXPECT_TRUE(left_out_.empty()) << "who asks for two knows";
}

TEST_P(TagListsTest, GiveValuesByHowOftenTheyAreThere) {
  LoadSome();
  EXPECT_THAT(Values(OfSpan("method")), ElementsAre("1:GET=2", "1:PUT=1"));
  EXPECT_THAT(Values(OfSpan("method"), 1), ElementsAre("1:GET=2"));
  EXPECT_THAT(Values(OfSpan("code")), ElementsAre("1:200=1", "3:-1=1", "3:200=1"));
  EXPECT_THAT(Values(OfSpan("is_new")), ElementsAre("2:true=1"));
  EXPECT_THAT(Values(OfSpan("ratio")), ElementsAre("4:0.5=1"));
  EXPECT_THAT(Values(OfSpan("list")), IsEmpty());
  EXPECT_THAT(Values(OfSpan("empty")), IsEmpty());
  EXPECT_THAT(Values(OfSpan("absent")), IsEmpty());
  EXPECT_THAT(Values(OfSpan("host")), ElementsAre("1:h2=1"));
  EXPECT_THAT(Values(expr::Attribute(expr::Scope::kSpanOrResource, "host")),
              ElementsAre("1:h1=1", "1:h2=1"));
  EXPECT_THAT(Values(expr::Attribute(expr::Scope::kEvent, "attempt")), ElementsAre("3:2=1"));
  EXPECT_TRUE(left_out_.empty());
}

TEST_P(TagListsTest, GiveValuesOfFields) {
  LoadSome();
  EXPECT_THAT(Values(expr::Of(expr::Field::kName)), ElementsAre("1:get=2"));
  EXPECT_THAT(Values(expr::Of(expr::Field::kService)), ElementsAre("1:web=2", "1:shop=1"));
  EXPECT_THAT(Values(expr::Of(expr::Field::kKind)), ElementsAre("1:server=2", "1:client=1"));
  EXPECT_THAT(Values(expr::Of(expr::Field::kStatus)), ElementsAre("1:unset=2", "1:error=1"));
  EXPECT_THAT(Values(expr::Of(expr::Field::kEventName)), ElementsAre("1:retry=1"));
  EXPECT_THAT(Values(expr::Of(expr::Field::kStatusMessage)), IsEmpty());
  EXPECT_THAT(Values(expr::Of(expr::Field::kTraceId)),
              ElementsAre(HasSubstr("span:traceID are not listed")));
}

TEST_P(TagListsTest, AreOfSpansForWhichAConditionHolds) {
  LoadSome();
  const auto is = [](expr::Field field, const char* text) {
    return expr::Compare(expr::Op::kEqual, expr::Of(field), expr::Literal::String(text));
  };
  const expr::Expression web = is(expr::Field::kService, "web");
  const expr::Expression shop = is(expr::Field::kService, "shop");
  const expr::Expression error = is(expr::Field::kStatus, "error");
  const auto names = [&](const expr::Expression& condition) {
    return Tags({Owner::kSpan, Owner::kResource, Owner::kEvent}, 0, {.condition = condition});
  };
  const auto values = [&](const expr::Reference& tag, const expr::Expression& condition) {
    return Values(ReadTagValues{.tag = tag, .condition = condition});
  };

  EXPECT_THAT(names(shop), ElementsAre("0.code 1", "0.method 1", "1.service.name 1"));
  EXPECT_THAT(names(error), ElementsAre("0.code 1", "0.empty 1", "0.list 1", "0.method 1",
                                        "1.host 1", "1.service.name 1", "3.attempt 1"));
  EXPECT_THAT(names(is(expr::Field::kService, "nobody")), IsEmpty());

  EXPECT_THAT(values(OfSpan("method"), web), ElementsAre("1:GET=2"));
  EXPECT_THAT(values(OfSpan("method"), shop), ElementsAre("1:PUT=1"));
  EXPECT_THAT(values(OfSpan("code"), shop), ElementsAre("1:200=1"));
  EXPECT_THAT(values(OfSpan("code"), error), ElementsAre("3:200=1"));
  EXPECT_THAT(values(expr::Attribute(expr::Scope::kSpanOrResource, "host"), error),
              ElementsAre("1:h1=1"));
  EXPECT_THAT(values(expr::Attribute(expr::Scope::kEvent, "attempt"), error), ElementsAre("3:2=1"));
  EXPECT_THAT(values(expr::Attribute(expr::Scope::kEvent, "attempt"), shop), IsEmpty());
  EXPECT_THAT(values(expr::Of(expr::Field::kName), error), ElementsAre("1:get=1"));
  EXPECT_THAT(values(expr::Of(expr::Field::kName), shop), IsEmpty());
  EXPECT_THAT(values(expr::Of(expr::Field::kKind), error), ElementsAre("1:client=1"));
  EXPECT_THAT(values(expr::Of(expr::Field::kStatus), web), ElementsAre("1:error=1", "1:unset=1"));
  EXPECT_THAT(values(expr::Of(expr::Field::kService), error), ElementsAre("1:web=1"));
  EXPECT_THAT(values(expr::Of(expr::Field::kEventName), web), ElementsAre("1:retry=1"));
  EXPECT_THAT(values(expr::Of(expr::Field::kEventName), shop), IsEmpty());
  EXPECT_TRUE(left_out_.empty());
}

TEST_P(TagListsTest, UnderAConditionAreOfSpansThatStartInTime) {
  LoadSome();
  const expr::Expression web = expr::Compare(expr::Op::kEqual, expr::Of(expr::Field::kService),
                                             expr::Literal::String("web"));
  EXPECT_THAT(Tags({Owner::kResource}, 0, {.start_min = 11, .start_max = 11, .condition = web}),
              IsEmpty());
  EXPECT_THAT(Values(ReadTagValues{.tag = OfSpan("code"), .start_min = 11, .condition = web}),
              ElementsAre("3:-1=1"));
}

TEST_P(TagListsTest, AreOfWhatHasSomethingInTime) {
  LoadSome();
  const ReadTags late{.start_min = 12, .start_max = 30};
  EXPECT_THAT(Tags({Owner::kEvent}, 0, late), IsEmpty());
  EXPECT_THAT(Tags({Owner::kResource}, 0, late), ElementsAre("1.service.name 1"));
  EXPECT_THAT(Values({.tag = OfSpan("method"), .start_max = 9}), IsEmpty());
  EXPECT_THAT(Values({.tag = OfSpan("method"), .start_min = 20, .start_max = 20}),
              ElementsAre("1:GET=1"));
}

TEST_P(TagListsTest, OfVeryManyValuesSomeAreGivenAndItIsSaid) {
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= 20'010; ++i) {
    specs.push_back({.trace = "a",
                     .span = fmt::format("{:x}", i),
                     .service = "x",
                     .start = 100,
                     .attributes = {{"user", Value{std::to_string(i)}}}});
  }
  Load(specs);
  EXPECT_EQ(Values(OfSpan("user")).size(), kTagsMax);
  EXPECT_THAT(left_out_.first(), StartsWith("the list of values is cut: it holds up to 20000"));
  EXPECT_EQ(Values(OfSpan("user"), 7).size(), 7u);
}

TEST_P(TagListsTest, TakeMemoryAndTime) {
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= 500; ++i) {
    specs.push_back({.trace = "a",
                     .span = fmt::format("{:x}", i),
                     .service = "x",
                     .start = 100,
                     .attributes = {{fmt::format("{:01000}", i), Value{"x"}},
                                    {"long", Value{fmt::format("{:01000}", i)}}}});
  }
  Load(specs);
  base::Metrics metrics;
  base::MemoryBudget budget(2u << 20, metrics);
  AnswerMemory little(budget.account(base::MemoryUse::kAnswers));
  TestQuery query(store_.storage());
  EXPECT_EQ(query.Tags({.memory = &little}, {}, {Owner::kSpan}).error().code,
            Code::kResourceExhausted);
  EXPECT_EQ(query.TagValues({.memory = &little}, {.tag = OfSpan("long")}).error().code,
            Code::kResourceExhausted);
  const QueryContext late{.deadline = Deadline::min()};
  EXPECT_EQ(query.Tags(late, {}, {Owner::kSpan}).error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(query.TagValues(late, {.tag = OfSpan("long")}).error().code, Code::kDeadlineExceeded);
}

TEST_P(TagListsTest, AreExplained) {
  LoadSome();
  EXPECT_EQ(Explain(TagsPlan({.start_max = 9}, {Owner::kSpan, Owner::kLink}, 0), nullptr),
            "group by owner and key: spans, links\n  read tags, start <= 9\n");
  const Plan plan = TagValuesPlan({.tag = OfSpan("method"), .start_min = 5}, 10);
  EXPECT_EQ(Explain(plan, nullptr),
            "group by value, up to 10\n  read values of span.method, start >= 5\n");
  const expr::Expression condition = expr::Exists(OfSpan("code"));
  EXPECT_EQ(Explain(TagsPlan({.start_max = 9, .condition = condition}, {Owner::kSpan}, 0), nullptr),
            "group by owner and key: spans\n  read tags where span.code exists, start <= 9\n");
  EXPECT_EQ(Explain(TagValuesPlan({.tag = OfSpan("method"), .condition = condition}, 0), nullptr),
            "group by value\n  read values of span.method where span.code exists\n");
  TestQuery query(store_.storage());
  QueryStats stats;
  ASSERT_TRUE(Collect<TagValue>(query, plan, {.stats = &stats}).has_value());
  ASSERT_EQ(stats.operators.size(), 2u);
  EXPECT_EQ(stats.operators[0].rows, 2u);
  EXPECT_EQ(stats.operators[1].rows, 2u);
  // What roll-ups tell is not read.
  EXPECT_EQ(stats.operators[1].row_groups_read > 0, GetParam() != Where::kBlocks);
}

std::string NameOf(const ::testing::TestParamInfo<Where>& where) {
  static constexpr const char* kNames[] = {"Fresh", "Blocks", "Both"};
  return kNames[static_cast<int>(where.param)];
}

INSTANTIATE_TEST_SUITE_P(Sources, TagListsTest,
                         ::testing::Values(Where::kFresh, Where::kBlocks, Where::kBoth), NameOf);

}  // namespace
}  // namespace clew::query
