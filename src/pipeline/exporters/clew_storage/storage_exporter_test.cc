#include "pipeline/exporters/clew_storage/storage_exporter.h"

#include <gtest/gtest.h>

#include "pipeline/testing/fake_host.h"
#include "storage/storage_provider.h"
#include "storage/testing/test_store.h"
#include "tests/conformance/direct_store_suite.h"

namespace clew::pipeline::exporters::clew_storage {
namespace {

using storage::testing::OneSpan;
using storage::testing::TestStore;

/// An exporter over a store in memory, as the extension would give it.
struct Parts {
  class Extension final : public pipeline::Extension, public storage::StorageProvider {
   public:
    explicit Extension(storage::Storage& storage) : storage_(storage) {}
    Status Start(Host&) override { return {}; }
    void Stop(Deadline) override {}
    std::shared_ptr<storage::Storage> storage() override {
      return {std::shared_ptr<void>(), &storage_};
    }

   private:
    storage::Storage& storage_;
  };

  Parts() {
    host.extensions["clew_storage"] = &extension;
    EXPECT_TRUE(exporter.Start(host).has_value());
  }

  TestStore store;
  Extension extension{store.storage()};
  testing::FakeHost host;
  Config config;
  StorageExporter exporter{{.id = "clew_storage", .host = host}, config};
};

std::shared_ptr<DirectStoreUnderTest> MakeStore() {
  const auto parts = std::make_shared<Parts>();
  return std::make_shared<DirectStoreUnderTest>(DirectStoreUnderTest{
      .exporter = [parts]() -> Exporter& { return parts->exporter; },
      .found_span_count = [parts]() -> std::size_t { return parts->store.SpanCount(); },
      .refuse = [parts] { parts->exporter.Stop(base::kAtOnce); }});
}

INSTANTIATE_TEST_SUITE_P(Store, DirectStoreSuite, ::testing::Values(DirectStoreMaker(MakeStore)));

TEST(StorageExporterTest, HoldsTheDeliveryUntilABlockHasTheSpans) {
  Parts parts;
  const wire::otlp::OtlpCodec codec(wire::otlp::kNothingCut);
  bool is_released = false;
  Context context;
  context.delivery = std::make_shared<DeliveryToken>([&](DeliveryOutcome) { is_released = true; });

  ASSERT_TRUE(
      parts.exporter
          .Consume(model::Batch::FromWire({Bytes(wire::otlp::EncodeRequest(OneSpan(1)))}, 1, codec),
                   context)
          .Wait()
          .has_value());
  context.delivery = nullptr;
  EXPECT_FALSE(is_released);
  ASSERT_TRUE(parts.store.storage().Flush().has_value());

  EXPECT_TRUE(is_released);
}

TEST(StorageExporterTest, IsNotStartedWithoutItsExtension) {
  testing::FakeHost host;
  Config config;
  StorageExporter exporter({.id = "clew_storage", .host = host}, config);

  const Status status = exporter.Start(host);

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kNotFound);
  EXPECT_TRUE(status.error().message.contains("no clew_storage extension \"clew_storage\" runs"));
}

}  // namespace
}  // namespace clew::pipeline::exporters::clew_storage
