#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/testing/test_folder.h"
#include "pipeline/exporters/clew_storage/factory.h"
#include "pipeline/extensions/clew_storage/factory.h"
#include "pipeline/service/service.h"
#include "pipeline/testing/fake_components.h"
#include "query/collect.h"
#include "query/query_provider.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/encode.h"

namespace clew::app {
namespace {

using pipeline::Service;

constexpr std::size_t kSenderCount = 4;
constexpr int kReloadCount = 12;

/// A service with the embedded store behind a receiver that a test feeds.
class ReloadTest : public ::testing::Test {
 protected:
  ReloadTest() {
    std::filesystem::create_directories(folder_.path());
    factories_ = pipeline::testing::MakeFakeFactories(world_);
    factories_.push_back(pipeline::exporters::clew_storage::ClewStorageExporterFactory());
    factories_.push_back(pipeline::extensions::clew_storage::ClewStorageExtensionFactory());
    WriteConfig(1);
    pipeline::ServiceOptions options;
    options.sources.uris = {folder_.path() + "/config.yaml"};
    options.worker_count = 1;
    service_ = std::make_unique<Service>(std::move(options), factories_, metrics_, clock_, loops_);
  }
  ~ReloadTest() override {
    service_->Shutdown(std::chrono::steady_clock::now() + std::chrono::seconds(10));
    service_ = nullptr;
  }

  void WriteConfig(int hours) {
    std::ofstream(folder_.path() + "/config.yaml") << fmt::format(
        "receivers: {{fake: }}\nexporters: {{clew_storage: }}\n"
        "extensions: {{clew_storage: {{directory: '{}/data', retention: {{age: {}h}}}}}}\n"
        "service: {{extensions: [clew_storage], pipelines: {{traces: {{receivers: [fake], "
        "exporters: [clew_storage]}}}}}}\n",
        folder_.path(), hours);
  }

  bool Send(std::uint64_t number) {
    const std::string id = fmt::format("{:x}", number + 1);
    const model::TraceData data = storage::testing::MakeData({{.trace = id, .span = id}});
    const auto batch = model::Batch::FromWire({Bytes(wire::otlp::EncodeRequest(data))}, 1, codec_);
    return world_.receiver_next("fake")->Consume(batch, {}).Wait().has_value();
  }

  bool IsStored(std::uint64_t number) {
    const auto provider = std::dynamic_pointer_cast<query::QueryProvider>(
        service_->host().FindExtension("clew_storage"));
    while (!provider->is_ready()) std::this_thread::yield();
    const TraceId id = *TraceId::FromHex(fmt::format("{:032x}", number + 1));
    const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    const auto found =
        query::CollectTraces(*provider->query(), query::TracePlan(id), {.deadline = deadline});
    return found.has_value() && !found->traces.empty();
  }

  const base::testing::TestFolder folder_;
  pipeline::testing::FakeWorld world_;
  std::vector<pipeline::Factory> factories_;
  base::Metrics metrics_;
  base::SystemClock clock_;
  wire::otlp::OtlpCodec codec_{wire::otlp::DecodeLimits{}};
  net::Loops loops_;
  std::unique_ptr<Service> service_;
};

TEST_F(ReloadTest, TheStoreIsExchangedUnderSendersAndReaders) {
  ASSERT_TRUE(service_->Start().has_value());
  std::atomic<bool> is_stopping = false;
  std::vector<std::vector<std::uint64_t>> taken(kSenderCount);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kSenderCount; ++i) {
    threads.emplace_back([&, i] {
      for (std::uint64_t number = i; !is_stopping; number += kSenderCount) {
        if (Send(number)) taken[i].push_back(number);
      }
    });
  }
  threads.emplace_back([&] {
    while (!is_stopping) {
      const auto provider = std::dynamic_pointer_cast<query::QueryProvider>(
          service_->host().FindExtension("clew_storage"));
      const auto query = provider ? provider->query() : nullptr;
      const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
      if (query == nullptr) continue;
      static_cast<void>(
          query::Collect<std::string>(*query, query::ServicesPlan(), {.deadline = deadline}));
    }
  });

  for (int i = 0; i < kReloadCount; ++i) {
    WriteConfig(10 + i);
    const Status status = service_->Reload();
    EXPECT_TRUE(status.has_value()) << status.error().message;
  }
  is_stopping = true;
  for (std::thread& thread : threads) thread.join();

  for (const std::vector<std::uint64_t>& numbers : taken) {
    EXPECT_GT(numbers.size(), 1u);
    // Each is a query; some dozens of each sender show a reload that lost what it had.
    const std::size_t step = numbers.size() / 50 + 1;
    for (std::size_t i = 0; i < numbers.size(); i += step) EXPECT_TRUE(IsStored(numbers[i]));
    EXPECT_TRUE(IsStored(numbers.back()));
  }
}

}  // namespace
}  // namespace clew::app
