#include "query/query_service.h"

#include "query/store_query.h"
#include "query/testing/fake_query_service.h"
#include "tests/conformance/query_service_suite.h"

namespace clew::query {
namespace {

using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

std::shared_ptr<QueryService> MakeStore(const std::vector<SpanSpec>& spans, bool is_sealed) {
  struct Both {
    explicit Both() : query(store.storage()) {}
    TestStore store;
    StoreQuery query;
  };
  auto both = std::make_shared<Both>();
  EXPECT_TRUE(both->store.Append(MakeData(spans)).has_value());
  if (is_sealed) {
    EXPECT_TRUE(both->store.storage().Flush().has_value());
  }
  return {both, &both->query};
}

std::shared_ptr<QueryService> MakeFake(const std::vector<SpanSpec>& spans) {
  auto fake = std::make_shared<FakeQueryService>();
  std::vector<SpanSpec> of_trace;
  for (const SpanSpec& span : spans) {
    if (!of_trace.empty() && of_trace.front().trace != span.trace) {
      fake->traces.push_back(MakeData(of_trace));
      of_trace.clear();
    }
    of_trace.push_back(span);
  }
  if (!of_trace.empty()) fake->traces.push_back(MakeData(of_trace));
  return fake;
}

INSTANTIATE_TEST_SUITE_P(FreshStore, QueryServiceSuite,
                         testing::Values(QueryServiceMaker([](const auto& spans) {
                           return MakeStore(spans, /*is_sealed=*/false);
                         })));
INSTANTIATE_TEST_SUITE_P(SealedStore, QueryServiceSuite,
                         testing::Values(QueryServiceMaker([](const auto& spans) {
                           return MakeStore(spans, /*is_sealed=*/true);
                         })));
INSTANTIATE_TEST_SUITE_P(Fake, QueryServiceSuite, testing::Values(QueryServiceMaker(MakeFake)));

}  // namespace
}  // namespace clew::query
