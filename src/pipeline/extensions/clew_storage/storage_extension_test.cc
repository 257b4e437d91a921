#include "pipeline/extensions/clew_storage/storage_extension.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "base/random.h"
#include "base/testing/test_folder.h"
#include "pipeline/testing/fake_host.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/encode.h"

namespace clew::pipeline::extensions::clew_storage {
namespace {

Deadline In(Nanos time) { return std::chrono::steady_clock::now() + time; }

class StorageExtensionTest : public ::testing::Test {
 protected:
  StorageExtensionTest() {
    config_.directory = folder_.path();
    host_.time = &base::SystemTime();
  }

  std::unique_ptr<StorageExtension> Start() {
    auto extension = std::make_unique<StorageExtension>("clew_storage", config_);
    const Status status = extension->Start(host_);
    EXPECT_TRUE(status.has_value()) << status.error().message;
    return extension;
  }
  /// What a pipeline holds of an extension.
  struct Used {
    std::shared_ptr<storage::Storage> storage;
    std::shared_ptr<log::Log> log;
  };
  static Used Use(StorageExtension& extension) { return {extension.storage(), extension.log()}; }
  static Status Append(const Used& used, std::string name = {}) {
    static const wire::otlp::OtlpCodec codec{wire::otlp::DecodeLimits{}};
    const auto data =
        storage::testing::MakeData({{.trace = "1", .span = "1", .name = std::move(name)}});
    return storage::testing::AppendBatch(
        *used.storage, *used.log,
        model::Batch::FromWire({Bytes(wire::otlp::EncodeRequest(data))}, 1, codec));
  }

  const base::testing::TestFolder folder_;
  testing::FakeHost host_;
  Config config_;
};

TEST_F(StorageExtensionTest, GivesNothingBeforeItsStartAndAfterItsStop) {
  StorageExtension extension("clew_storage", config_);
  EXPECT_EQ(extension.storage(), nullptr);
  EXPECT_FALSE(extension.is_ready());
  ASSERT_TRUE(extension.Start(host_).has_value());
  EXPECT_NE(extension.storage(), nullptr);

  extension.Stop(In(std::chrono::seconds(5)));

  EXPECT_EQ(extension.storage(), nullptr);
  EXPECT_EQ(extension.query(), nullptr);
  EXPECT_EQ(extension.log(), nullptr);
  EXPECT_FALSE(extension.CheckReady().has_value());
}

TEST_F(StorageExtensionTest, StartsAlsoWhereNothingCanBeLaidAside) {
  std::ofstream(folder_.path() + "/waiting") << "no folder";

  const auto extension = Start();

  const Used used = Use(*extension);
  ASSERT_NE(used.storage, nullptr);
  EXPECT_TRUE(Append(used).has_value());
  EXPECT_TRUE(used.storage->Flush().has_value());
}

TEST_F(StorageExtensionTest, TwoShowTheirMetricsApart) {
  const auto one = Start();
  const base::testing::TestFolder other_folder;
  Config other;
  other.directory = other_folder.path();
  StorageExtension two("clew_storage/two", other);
  ASSERT_TRUE(two.Start(host_).has_value());
  ASSERT_TRUE(Append(Use(*one)).has_value());
  const auto shown = [&](const std::string& series) {
    return host_.metrics().Expose().contains('\n' + series + '\n');
  };

  for (const char* metric : {"clew_log_appended_records_total", "clew_storage_appended_spans",
                             "clew_head_fresh_spans", "clew_storage_tenants"}) {
    EXPECT_TRUE(shown(fmt::format("{}{{storage=\"clew_storage\"}} 1", metric))) << metric;
    EXPECT_TRUE(shown(fmt::format("{}{{storage=\"clew_storage/two\"}} 0", metric))) << metric;
  }
  std::istringstream all(host_.metrics().Expose());
  for (std::string line; std::getline(all, line);) {
    const bool is_of_process =
        line.starts_with("#") || line.starts_with("clew_memory") || line.starts_with("clew_worker");
    EXPECT_TRUE(is_of_process || line.contains("storage=\"clew_storage")) << line;
  }
}

TEST_F(StorageExtensionTest, WhatIsStoppedShowsNothingAnyMore) {
  auto extension = Start();
  ASSERT_TRUE(Append(Use(*extension)).has_value());
  ASSERT_EQ(host_.metrics().Sum("clew_head_fresh_spans"), 1);
  const std::shared_ptr<storage::Storage> used = extension->storage();

  extension->Stop(In(Nanos(0)));

  for (const base::MetricInfo& metric : host_.metrics().List()) {
    const bool is_shown = metric.type == "gauge" && !metric.name.starts_with("clew_memory") &&
                          !metric.name.starts_with("clew_worker");
    if (is_shown) {
      EXPECT_EQ(host_.metrics().Sum(metric.name), 0) << metric.name;
    }
  }
}

TEST_F(StorageExtensionTest, AStartIsGivenUpOnceTheProcessIsAskedToEnd) {
  {
    const auto extension = Start();
    ASSERT_TRUE(Append(Use(*extension)).has_value());
    ASSERT_TRUE(extension->storage()->Flush().has_value());
    ASSERT_TRUE(Append(Use(*extension)).has_value());
  }
  testing::FakeHost ending;
  ending.ending_source.request_stop();
  StorageExtension given_up("clew_storage", config_);

  const Status status = given_up.Start(ending);

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kCancelled);
  const auto successor = Start();
  while (!successor->is_ready()) std::this_thread::yield();
  EXPECT_EQ(successor->storage()->facts().block_span_count, 1u);
}

TEST_F(StorageExtensionTest, StopWaitsForACallUnderWay) {
  const auto extension = Start();
  Used used = Use(*extension);
  std::atomic<bool> is_stopped = false;
  std::thread stopper([&] {
    extension->Stop(In(std::chrono::seconds(60)));
    is_stopped = true;
  });
  while (extension->storage() != nullptr) std::this_thread::yield();

  EXPECT_TRUE(Append(used).has_value());
  EXPECT_FALSE(is_stopped);
  used = {};
  stopper.join();

  const auto successor = Start();
  while (!successor->is_ready()) std::this_thread::yield();
  EXPECT_EQ(successor->storage()->facts().fresh_span_count, 1u);
}

TEST_F(StorageExtensionTest, IsNotReadyWhileTheFolderOfBlocksIsAway) {
  const auto extension = Start();
  while (!extension->CheckReady().has_value()) std::this_thread::yield();
  const std::string objects = folder_.path() + "/objects";
  std::filesystem::rename(objects, objects + ".moved");

  const Status unready = extension->CheckReady();
  ASSERT_FALSE(unready.has_value());
  EXPECT_NE(unready.error().message.find(objects), std::string::npos);

  std::filesystem::rename(objects + ".moved", objects);
  EXPECT_TRUE(extension->CheckReady().has_value());
}

TEST_F(StorageExtensionTest, IsNotReadyWhileWhatCannotBeReadWhereItWaitsComesFromTheLog) {
  config_.head_limit_mib = config_.waiting_limit_mib = 1;
  config_.log.group_commit_delay = Nanos(0);
  host_.time = &host_.manual_clock;
  const auto extension = Start();
  const Used used = Use(*extension);
  while (!extension->CheckReady().has_value()) std::this_thread::yield();
  // No block can be written, so that some lie on disk, and what is lost of them finds no room in
  // the head.
  const std::string blocks = folder_.path() + "/objects/blocks";
  std::ofstream(blocks) << "no folder";
  base::SeededRandom random{7};
  const auto append = [&] {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += fmt::format("{:x}", random.Next());
    return Append(used, std::move(text)).has_value();
  };
  do {
    while (append()) continue;
    EXPECT_FALSE(used.storage->Maintain().has_value());
  } while (append());
  ASSERT_GT(used.storage->facts().spilled_block_count, 0u);
  std::filesystem::remove_all(folder_.path() + "/waiting/blocks");

  EXPECT_FALSE(used.storage->Flush().has_value());

  const Status unready = extension->CheckReady();
  ASSERT_FALSE(unready.has_value());
  EXPECT_TRUE(unready.error().message.contains(folder_.path() + "/waiting"))
      << unready.error().message;
  std::filesystem::remove(blocks);
  while (!used.storage->Flush().has_value()) {
    // What reads the log again waits for room.
    host_.manual_clock.Advance(std::chrono::milliseconds(20));
    std::this_thread::yield();
  }
  EXPECT_TRUE(extension->CheckReady().has_value());
}

TEST_F(StorageExtensionTest, TheDirectoryHasOneOwnerAlsoWhenTheLogInItIsGoneOrReplaced) {
  const auto extension = Start();
  const std::string log = folder_.path() + "/log";
  std::filesystem::rename(log, log + ".moved");
  for (const bool is_replaced : {false, true}) {
    if (is_replaced) std::filesystem::copy(log + ".moved", log);
    StorageExtension second("clew_storage", config_);

    const Status refused = second.Start(host_);

    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().message, folder_.path() +
                                           " is held by another process: stop it or use another "
                                           "directory");
    EXPECT_EQ(std::filesystem::exists(log), is_replaced);
    EXPECT_FALSE(extension->CheckReady().has_value());
  }
}

TEST_F(StorageExtensionTest, ACallThatDoesNotEndKeepsTheStoreButNotTheDirectory) {
  auto extension = Start();
  const Used used = Use(*extension);
  ASSERT_TRUE(Append(used).has_value());

  extension->Stop(In(Nanos(0)));
  extension = nullptr;
  const auto successor = Start();

  const Status refused = Append(used);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is_retryable());
  EXPECT_EQ(used.storage->Sources({}).size(), 1u);
  EXPECT_TRUE(Append(Use(*successor)).has_value());
}

}  // namespace
}  // namespace clew::pipeline::extensions::clew_storage
