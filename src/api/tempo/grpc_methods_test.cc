#include "api/tempo/grpc_methods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "api/tempo/protobuf_values.h"
#include "api/test_fixture.h"
#include "query/testing/fake_query_service.h"
#include "traceql/metrics/answer.h"

namespace clew::api::tempo {
namespace {

using api::testing::MakeRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kService = "/tempopb.StreamingQuerier/";

/// The fields of a request.
std::string Fields(const std::vector<std::pair<std::uint32_t, std::string>>& texts,
                   const std::vector<std::pair<std::uint32_t, std::uint64_t>>& numbers = {}) {
  FieldWriter out;
  for (const auto& [number, text] : texts) out.Text(number, text);
  for (const auto& [number, value] : numbers) out.Varint(number, value);
  return out.out();
}

query::MatchedTrace Matched(const model::TraceData& trace) {
  return {.spans = wire::otlp::testing::OwnColumns(trace),
          .sets = {{.span_count = 1, .spans = {{.row = 0}}}},
          .shows_names = false};
}

class GrpcMethodsTest : public ::testing::Test {
 protected:
  struct Ended {
    Code code = Code::kOk;
    std::string message{};
    std::vector<std::string> messages{};
  };

  Ended Call(const std::string& method, const std::string& message,
             const std::string& tenants = "") {
    const TempoApi api(query_, options_, [] { return Status(); });
    options_of_grpc_.on_answered = [this](std::string_view name, const Status& end, Deadline) {
      answered_.push_back(std::string(name) + (end ? "" : ": " + end.error().message));
    };
    const auto methods = GrpcMethods(api, options_of_grpc_);
    net::GrpcRequest request;
    request.method = kService + method;
    request.message = Bytes(std::string(message));
    if (!tenants.empty()) request.metadata.emplace("x-scope-orgid", tenants);
    auto answer = methods.at(request.method)(request).Wait();
    Ended ended;
    if (!answer.has_value()) return {answer.error().code, answer.error().message};
    for (;;) {
      auto next = answer->next_message();
      if (!next.has_value()) {
        ended.code = next.error().code;
        ended.message = next.error().message;
        break;
      }
      if (!next->has_value()) break;
      ended.messages.push_back(**next);
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return ended;
  }
  /// What the same question gets over HTTP.
  std::string Http(std::string_view target) {
    net::HttpRequest request = MakeRequest(target);
    request.headers.Add("Accept", "application/protobuf");
    const net::HttpResponse response =
        TempoApi(query_, options_, [] { return Status(); }).Handle(request).response;
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.content_type, "application/protobuf");
    std::string body = response.body;
    while (response.next_piece) {
      const auto piece = response.next_piece();
      if (!piece.has_value() || piece->empty()) break;
      body += *piece;
    }
    return body;
  }
  /// Tasks run beside the test.
  void PostTasks() {
    options_of_grpc_.post = [this](std::function<void()> task) {
      threads_.emplace_back(std::move(task));
      return true;
    };
  }

  query::FakeQueryService query_;
  TempoOptions options_;
  GrpcOptions options_of_grpc_;
  std::vector<std::string> answered_;
  std::vector<std::thread> threads_;
};

TEST_F(GrpcMethodsTest, AnswersAsTheEndpointsOverHttpDo) {
  query_.matched = {Matched(api::testing::SampleTrace()), Matched(api::testing::PlainTrace())};
  query_.tags = {{model::Owner::kSpan, "http.url", 1}, {model::Owner::kResource, "host", 1}};
  query_.tag_values = {{model::ValueType::kInt, "7", 1}, {model::ValueType::kString, "7", 1}};
  query_.measured = std::make_shared<const traceql::metrics::Answer>(traceql::metrics::Answer{
      .series = {{.labels = {{"a", model::Value{std::int64_t{1}}}}, .samples = {{1000, 2.5}}}}});
  struct Case {
    const char* method;
    std::string message;
    const char* target;
  };
  const std::string rate = "{} | rate()";
  const std::vector<Case> cases = {
      {"Search", Fields({{8, "{}"}}, {{4, 7}}), "/api/search?q=%7B%7D&limit=7"},
      {"SearchTags", "", "/api/search/tags"},
      {"SearchTagsV2", Fields({{1, "span"}}), "/api/v2/search/tags?scope=span"},
      {"SearchTagValues", Fields({{1, "a/b"}}), "/api/search/tag/a%2Fb/values"},
      {"SearchTagValuesV2", Fields({{1, "span.a"}}), "/api/v2/search/tag/span.a/values"},
      {"MetricsQueryRange",
       Fields({{1, rate}}, {{2, 1'000'000'000'000}, {3, 1'060'000'000'000}, {4, 30'000'000'000}}),
       "/api/metrics/query_range?q=%7B%7D%7Crate()&start=1000&end=1060&step=30"},
      {"MetricsQueryInstant", Fields({{1, rate}}, {{2, 1'000'000'000'000}, {3, 1'060'000'000'000}}),
       "/api/metrics/query?q=%7B%7D%7Crate()&start=1000&end=1060"}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.method);
    const std::string expected = Http(c.target);
    EXPECT_FALSE(expected.empty());
    const Ended ended = Call(c.method, c.message);
    EXPECT_EQ(ended.code, Code::kOk) << ended.message;
    EXPECT_THAT(ended.messages, ElementsAre(expected));
    EXPECT_EQ(answered_.back(), kService + c.method);
  }
}

TEST_F(GrpcMethodsTest, EndsWithWhatIsWrong) {
  const Ended wrong = Call("Search", Fields({{8, "{"}}));
  EXPECT_EQ(wrong.code, Code::kInvalidArgument);
  EXPECT_THAT(wrong.message, HasSubstr("invalid TraceQL query: parse error at line 1"));
  EXPECT_THAT(answered_.back(), HasSubstr("Search: invalid TraceQL query"));
  EXPECT_EQ(Call("Search", Fields({}, {{4, 20'000}})).message,
            "limit 20000 exceeds max limit 10000");
  EXPECT_EQ(Call("MetricsQueryRange", Fields({{1, "{}"}})).code, Code::kInvalidArgument);
  EXPECT_EQ(Call("SearchTagValuesV2", "").code, Code::kInvalidArgument);
  EXPECT_THAT(Call("SearchTags", "\x0A\x05x").message, HasSubstr("no protobuf message"));
  EXPECT_THAT(answered_.back(), HasSubstr("SearchTags: the request is no protobuf message"));
  query_.error = Error{Code::kDeadlineExceeded, "too slow"};
  EXPECT_EQ(Call("SearchTags", "").code, Code::kDeadlineExceeded);
}

TEST_F(GrpcMethodsTest, MetadataNamesTheTenants) {
  options_.tenancy.is_enabled = true;
  EXPECT_EQ(Call("SearchTags", "").code, Code::kUnauthenticated);
  EXPECT_EQ(Call("SearchTags", "", "b|a").code, Code::kOk);
  EXPECT_THAT(query_.last_tenants,
              ElementsAre(TenantId::Parse("a").value(), TenantId::Parse("b").value()));
}

TEST_F(GrpcMethodsTest, ASearchIsAnsweredWhileItGoesOn) {
  const auto one = Matched(api::testing::PlainTrace());
  query_.matched = {one, one, one, one, one, one, one};
  const std::string whole = Http("/api/search");
  PostTasks();

  const Ended ended = Call("Search", "");

  // Each as many as came before: 1, 1, 2, and the rest.
  ASSERT_THAT(ended.messages, SizeIs(4));
  const auto traces_of = [](const std::string& message) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = message.find("plain", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  EXPECT_EQ(traces_of(ended.messages[0]), 1u);
  EXPECT_EQ(traces_of(ended.messages[1]), 1u);
  EXPECT_EQ(traces_of(ended.messages[2]), 2u);
  EXPECT_EQ(traces_of(ended.messages[3]), 3u);
  // The same traces in the same order.
  EXPECT_TRUE(whole.ends_with(ended.messages[3]));
  EXPECT_TRUE(whole.starts_with(ended.messages[0].substr(0, ended.messages[0].find("plain"))));
}

TEST_F(GrpcMethodsTest, AnErrorMayComeBehindTraces) {
  PostTasks();
  query_.error = Error{Code::kUnavailable, "the log is being replayed"};
  const Ended ended = Call("Search", "");
  EXPECT_EQ(ended.code, Code::kUnavailable);
  EXPECT_THAT(ended.messages, IsEmpty());
  EXPECT_THAT(answered_, ElementsAre(kService + "Search: the log is being replayed"));
}

TEST_F(GrpcMethodsTest, WhereThereIsNoThreadASearchIsAnsweredAtItsEnd) {
  query_.matched = {Matched(api::testing::PlainTrace())};
  options_of_grpc_.post = [](const std::function<void()>&) { return false; };
  const Ended ended = Call("Search", "");
  EXPECT_EQ(ended.code, Code::kOk);
  EXPECT_THAT(ended.messages, SizeIs(1));
}

TEST_F(GrpcMethodsTest, ALongAnswerIsCutIntoMessages) {
  query_.tag_values.assign(9990, {model::ValueType::kString, std::string(100, 'v'), 1});
  const Ended ended = Call("SearchTagValuesV2", Fields({{1, "span.a"}}));
  ASSERT_EQ(ended.messages.size(), 2u);
  EXPECT_LE(ended.messages[0].size(), MessageParts::kPartBytes);
  EXPECT_TRUE(ended.messages[0] + ended.messages[1] == Http("/api/v2/search/tag/span.a/values"));
}

}  // namespace
}  // namespace clew::api::tempo
