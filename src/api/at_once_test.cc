#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/jaeger/jaeger_api.h"
#include "api/jaeger/span_json.h"
#include "api/json_document.h"
#include "api/tempo/tempo_api.h"
#include "api/test_fixture.h"
#include "base/worker_pool.h"
#include "query/store_query.h"
#include "storage/testing/test_store.h"

/// Both APIs over one store, asked by several threads while it grows and is sealed; for the thread
/// sanitizer, too.
namespace clew::api {
namespace {

using storage::testing::MakeData;
using storage::testing::TestStore;
using ::testing::HasSubstr;

constexpr int kTraceCount = 120;
constexpr UnixNanos kMillisecond = 1'000'000;

std::string IdOf(int number) { return fmt::format("{:032x}", number + 1); }

class ApisAtOnceTest : public ::testing::Test {
 protected:
  ApisAtOnceTest() {
    const QueryLimits limits{.answer_memory = &answer_memory_, .helpers = &workers_};
    jaeger_.emplace(query_, store_.clock, jaeger::JaegerOptions{.limits = limits});
    tempo_.emplace(
        query_,
        tempo::TempoOptions{.api_prefix = {}, .limits = limits, .tenancy = {}, .version = "1"},
        [] { return Status(); });
  }

  static storage::StorageOptions Options(base::WorkerPool& workers) {
    storage::StorageOptions options;
    options.seal.row_group_span_count = 10;
    options.seal.block_span_count = 40;
    options.workers = &workers;
    return options;
  }

  /// The whole answer, which must be one.
  template <typename Api>
  static std::string Get(const Api& api, const std::string& target) {
    net::HttpResponse response = api.Handle(testing::MakeRequest(target)).response;
    EXPECT_EQ(response.status, 200) << target << ": " << response.body.substr(0, 200);
    EXPECT_FALSE(response.headers.Has("Warning")) << target;
    std::string body = std::move(response.body);
    while (response.next_piece) {
      const Result<std::string> piece = response.next_piece();
      EXPECT_TRUE(piece.has_value()) << target;
      if (!piece.has_value() || piece->empty()) break;
      body += *piece;
    }
    EXPECT_TRUE(JsonDocument::Parse(body).has_value()) << target << ": " << body.substr(0, 200);
    return body;
  }

  void Append() {
    for (int number = 0; number < kTraceCount; ++number) {
      const std::string id = IdOf(number);
      // Before now, as the searches ask for, and the newest last.
      const UnixNanos start = store_.clock.Now() - (kTraceCount - number) * kMillisecond;
      EXPECT_TRUE(store_
                      .Append(MakeData({{id, "1", "", "front", "GET /", start},
                                        {id, "2", "1", "shop", "buy", start},
                                        {id, "3", "2", "db", "query", start}}))
                      .has_value());
      known_ = number + 1;
    }
    is_over_ = true;
  }

  void Maintain() {
    while (!is_over_) {
      EXPECT_TRUE(store_.storage().Maintain().has_value());
    }
  }

  /// Asks, once something is there, until all is appended; at least once then.
  void AskMeanwhile(const std::function<void(const std::string& id)>& ask) {
    for (bool is_last = false; !is_last;) {
      is_last = is_over_;
      const int known = known_;
      if (known > 0) {
        ask(IdOf(known - 1));
      } else {
        std::this_thread::yield();
      }
    }
  }

  void AskJaeger(const std::string& id) {
    EXPECT_THAT(Get(*jaeger_, "/api/traces/" + id), HasSubstr(R"("serviceName":"db")"));
    EXPECT_THAT(
        Get(*jaeger_, fmt::format("/api/traces?service=shop&operation=buy&limit={}", kTraceCount)),
        HasSubstr(R"("traceID":")" + jaeger::TraceIdText(*TraceId::FromHex(id))));
    EXPECT_THAT(Get(*jaeger_, "/api/services"), HasSubstr(R"(["db","front","shop"])"));
    EXPECT_THAT(Get(*jaeger_, "/api/dependencies"), HasSubstr(R"("parent":"front")"));
    EXPECT_THAT(Get(*jaeger_, "/api/v3/operations?service=db"), HasSubstr("query"));
  }
  void AskJaegerByFilter(const std::string& id) {
    EXPECT_THAT(Get(*jaeger_, "/api/v3/traces/" + id), HasSubstr("query"));
    EXPECT_THAT(Get(*jaeger_,
                    "/api/v3/traces?query.serviceName=shop&query.startTimeMin=2023-11-14T00:00:00Z"
                    "&query.startTimeMax=2023-11-16T00:00:00Z&query.searchDepth=" +
                        std::to_string(kTraceCount)),
                HasSubstr(id));
  }
  void AskTempo(const std::string& id) {
    EXPECT_THAT(Get(*tempo_, "/api/traces/" + id), HasSubstr("query"));
    EXPECT_THAT(Get(*tempo_, "/api/v2/search/tags"), HasSubstr("service.name"));
    EXPECT_THAT(Get(*tempo_, "/api/v2/search/tag/resource.service.name/values"), HasSubstr("shop"));
  }

  base::Metrics metrics_;
  base::MemoryBudget budget_{std::uint64_t{1} << 30, metrics_};
  base::MemoryAccount& answer_memory_ = budget_.account(base::MemoryUse::kAnswers);
  base::WorkerPool workers_{"test", 4, 100};
  TestStore store_{Options(workers_)};
  query::StoreQuery query_{store_.storage()};
  std::optional<jaeger::JaegerApi> jaeger_;
  std::optional<tempo::TempoApi> tempo_;
  std::atomic<int> known_ = 0;
  std::atomic<bool> is_over_ = false;
};

TEST_F(ApisAtOnceTest, AnswerWithAllThatIsThereWhileItGrows) {
  std::vector<std::jthread> threads;
  threads.emplace_back([this] { Append(); });
  threads.emplace_back([this] { Maintain(); });
  const auto meanwhile = [&](auto ask) {
    threads.emplace_back([this, ask] { AskMeanwhile(ask); });
  };
  meanwhile([this](const std::string& id) { AskJaeger(id); });
  meanwhile([this](const std::string& id) { AskJaegerByFilter(id); });
  meanwhile([this](const std::string& id) { AskTempo(id); });
  meanwhile([this](const std::string& id) { AskTempo(id); });
  threads.clear();

  EXPECT_EQ(store_.SpanCount(), std::uint64_t{3 * kTraceCount});
}

}  // namespace
}  // namespace clew::api
