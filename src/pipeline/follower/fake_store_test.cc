#include "pipeline/follower/testing/fake_store.h"

#include "pipeline/testing/fake_host.h"
#include "tests/conformance/direct_store_suite.h"

namespace clew::pipeline::testing {
namespace {

std::shared_ptr<DirectStoreUnderTest> MakeFake() {
  struct Parts {
    FakeWorld world;
    FakeHost host;
    FakeSettings settings;
    FakeStore store{world, {.id = "fake_store", .host = host}, settings};
    RecordingConsumer& seen = world.exporter("fake_store");
  };
  const auto parts = std::make_shared<Parts>();
  return std::make_shared<DirectStoreUnderTest>(DirectStoreUnderTest{
      .exporter = [parts]() -> Exporter& { return parts->store; },
      .found_span_count = [parts] { return parts->seen.span_count(); },
      .refuse = [parts] { parts->seen.FailAlways({Code::kUnavailable, "told to fail"}); }});
}

INSTANTIATE_TEST_SUITE_P(Fake, DirectStoreSuite, ::testing::Values(DirectStoreMaker(MakeFake)));

}  // namespace
}  // namespace clew::pipeline::testing
