#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "query/collect.h"
#include "query/matched_trace.h"
#include "query/testing/random_cases.h"
#include "query/traceql_plan.h"
#include "traceql/evaluate/testing/plain_evaluate.h"
#include "traceql/evaluate/testing/plain_shown.h"
#include "traceql/evaluate/testing/random_query.h"
#include "traceql/evaluate/testing/run_query.h"
#include "traceql/naming.h"

// What a search finds in a store is what a slow and plain evaluator finds in rows: which traces,
// which of their spans, and what is told of them.
namespace clew::query::testing {
namespace {

using traceql::evaluate::testing::FoundSpans;
using traceql::evaluate::testing::PlainShown;
using traceql::evaluate::testing::PlainValue;
using traceql::evaluate::testing::SeenOf;

// A number and a text that reads so are told apart.
std::string TypedText(const PlainValue& value) {
  const bool has_own_type = value.value.type == traceql::Type::kInt ||
                            value.value.type == traceql::Type::kFloat ||
                            value.value.type == traceql::Type::kBool || value.is_array();
  const std::string text = traceql::evaluate::testing::PlainText(value);
  return has_own_type ? text : '\'' + text + '\'';
}

// Those of a span are in any order.
std::string Joined(std::vector<std::string> parts) {
  std::ranges::sort(parts);
  std::string text;
  for (const std::string& part : parts) text += ' ' + part;
  return text;
}

std::string Describe(const MatchedTrace& trace) {
  const model::SpanColumns& spans = *trace.spans;
  std::string text = fmt::format("{} {}{}", spans.trace_ids[0].ToHex(), spans.span_count(),
                                 trace.shows_names ? " with names" : "");
  for (const MatchedSet& set : trace.sets) {
    text += fmt::format("\n  {}", set.span_count);
    for (const NamedValue& value : set.attributes) {
      text += fmt::format(" {}={}", value.name,
                          traceql::evaluate::testing::PlainText(SeenOf(value.value)));
    }
    for (const MatchedSpan& span : set.spans) {
      std::vector<std::string> shown;
      for (const NamedValue& value : span.attributes) {
        shown.push_back(value.name + '=' + TypedText(SeenOf(value.value)));
      }
      text += fmt::format("\n    {} {} {}:{}", span.row, spans.span_ids[span.row].ToHex(),
                          spans.starts[span.row], Joined(std::move(shown)));
    }
  }
  return text;
}

class PlainSearch {
 public:
  PlainSearch(const traceql::Query& query, const std::vector<model::TraceData>& traces,
              std::size_t spans_per_set)
      : query_(query),
        naming_(traceql::NamingOf(query)),
        traces_(traces),
        spans_per_set_(spans_per_set) {}

  // The traces that match, newest first, then by id. Whatever fails fails.
  Status Run() {
    for (const model::TraceData& trace : traces_) {
      ASSIGN_OR_RETURN(const auto sets,
                       traceql::evaluate::testing::PlainRun(query_.pipeline, trace, naming_));
      if (sets.empty()) continue;
      found_.push_back({&trace, Describe(trace, sets)});
    }
    std::ranges::stable_sort(found_, std::ranges::greater(),
                             [](const Match& match) { return match.trace->spans[0].start; });
    return {};
  }

  struct Match {
    const model::TraceData* trace;
    std::string text;
  };
  const std::vector<Match>& found() const { return found_; }

 private:
  std::string Describe(const model::TraceData& trace, const std::vector<FoundSpans>& sets) const {
    const auto asked = traceql::evaluate::testing::PlainAsked(query_.pipeline);
    const traceql::Attribute name{.intrinsic = traceql::Intrinsic::kName};
    const bool shows_names = std::ranges::find(asked, name) != asked.end();
    std::string text = fmt::format("{} {}{}", trace.spans[0].trace_id.ToHex(), trace.spans.size(),
                                   shows_names ? " with names" : "");
    for (const FoundSpans& set : sets) {
      text += fmt::format("\n  {}", set.rows.size());
      for (const auto& [key, value] : set.values) text += fmt::format(" {}={}", key, value);
      const std::size_t count = std::min(set.rows.size(), spans_per_set_);
      for (const std::uint32_t row : std::span(set.rows).first(count)) {
        std::vector<std::string> shown;
        for (const PlainShown& value :
             traceql::evaluate::testing::PlainShownOf(query_.pipeline, trace, row, naming_)) {
          shown.push_back(value.name + '=' + TypedText(value.value));
        }
        text += fmt::format("\n    {} {} {}:{}", row, trace.spans[row].span_id.ToHex(),
                            trace.spans[row].start, Joined(std::move(shown)));
      }
    }
    return text;
  }

  const traceql::Query& query_;
  const traceql::Naming naming_;
  const std::vector<model::TraceData>& traces_;
  const std::size_t spans_per_set_;
  std::vector<Match> found_;
};

class SearchProperty : public ::testing::Test {
 protected:
  static Result<std::vector<MatchedTrace>> Search(RandomCase* each, const traceql::Query& query,
                                                  const TraceQlSearch& search) {
    ASSIGN_OR_RETURN(const Plan plan, TraceQlPlan(query, search));
    LeftOut left_out;
    each->context.left_out = &left_out;
    auto found = Collect<MatchedTrace>(*each->service, plan, each->context);
    EXPECT_TRUE(left_out.empty()) << left_out.first();
    return found;
  }

  void Compare(RandomCase* each) {
    std::string text = traceql::evaluate::testing::RandomQuery(&each->dice);
    if (each->dice.OneIn(4)) text += " with(semantic_conventions=false)";
    SCOPED_TRACE(each->Name() + ":\n" + text);
    const auto query = traceql::evaluate::testing::ParseAndCheck(text);
    ASSERT_TRUE(query.has_value()) << query.error().message;
    TraceQlSearch search{.limit = 1000, .spans_per_set = each->dice.OneIn(2) ? 3u : 100u};
    PlainSearch plain(*query, each->store->traces(), search.spans_per_set);
    // Which part fails first, and whether one that is not needed is asked, is not told.
    if (!plain.Run().has_value()) return;
    ++compared_;
    if (!plain.found().empty()) ++found_count_;
    CompareAll(each, *query, search, plain);
    if (HasFatalFailure()) return;
    ComparePart(each, *query, search, plain);
  }

  std::uint64_t compared_ = 0;
  std::uint64_t found_count_ = 0;

 private:
  // As many as are asked for, of all times.
  void CompareAll(RandomCase* each, const traceql::Query& query, TraceQlSearch search,
                  const PlainSearch& plain) {
    if (each->dice.OneIn(3)) search.limit = 1 + each->dice.Below(4);
    const auto found = Search(each, query, search);
    ASSERT_TRUE(found.has_value()) << found.error().message;
    for (std::size_t i = 0; i < std::max(found->size(), plain.found().size()); ++i) {
      if (i == search.limit) break;
      const std::string is = i < found->size() ? Describe((*found)[i]) : "nothing";
      const bool is_any = i < plain.found().size();
      ASSERT_EQ(is, is_any ? plain.found()[i].text : "nothing")
          << "is other than plainly.\n"
          << (is_any ? DescribeTrace(*plain.found()[i].trace) : DescribeAll(*each->store));
    }
    ASSERT_LE(found->size(), search.limit);
  }

  // With a range those are found that have a span in it which may match. Which spans may is told by
  // what a scan knows of the query: all that is certain is that a trace inside of it has one, and
  // one outside has none.
  void ComparePart(RandomCase* each, const traceql::Query& query, TraceQlSearch search,
                   const PlainSearch& plain) {
    if (!each->dice.OneIn(4)) return;
    search.start_min = 1'000'000 * static_cast<UnixNanos>(each->dice.Below(20));
    search.start_max = *search.start_min + 1'000'000 * static_cast<UnixNanos>(each->dice.Below(9));
    const auto is_inside = [&](UnixNanos start) {
      return start >= *search.start_min && start <= *search.start_max;
    };
    const auto found = Search(each, query, search);
    ASSERT_TRUE(found.has_value()) << found.error().message;
    std::map<std::string, int> texts;
    for (const MatchedTrace& trace : *found) ++texts[Describe(trace)];
    for (const PlainSearch::Match& match : plain.found()) {
      const int count = texts[match.text];
      texts.erase(match.text);
      const bool must_be = std::ranges::all_of(match.trace->spans, is_inside, &model::Span::start);
      const bool may_be = std::ranges::any_of(match.trace->spans, is_inside, &model::Span::start);
      ASSERT_TRUE(count == 1 ? may_be : count == 0 && !must_be)
          << "found " << count << " times:\n"
          << match.text << "\nin " << *search.start_min << " to " << *search.start_max << '\n'
          << DescribeTrace(*match.trace);
    }
    ASSERT_TRUE(texts.empty()) << "not found plainly: " << texts.begin()->first;
  }

  static std::string DescribeAll(const RandomStore& store) {
    std::string text;
    for (const model::TraceData& trace : store.traces()) text += DescribeTrace(trace);
    return text;
  }
};

TEST_F(SearchProperty, StoresAnswerAsThePlainEvaluator) {
  RandomCases cases;
  cases.ForEach([] { return HasFatalFailure(); }, [this](RandomCase& each) { Compare(&each); });

  if (HasFatalFailure() || RandomCases::Count() < 100) return;
  EXPECT_GT(compared_, RandomCases::Count() / 2);
  EXPECT_GT(found_count_, RandomCases::Count() / 3);
}

}  // namespace
}  // namespace clew::query::testing
