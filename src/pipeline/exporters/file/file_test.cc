#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/compression.h"
#include "base/file.h"
#include "pipeline/exporters/file/config.h"
#include "pipeline/exporters/file/factory.h"
#include "pipeline/exporters/file/output_file.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"
#include "pipeline/testing/problem_lines.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/json.h"
#include "wire/otlp/testing/sample_request.h"
#include "wire/otlp/testing/signal_samples.h"

namespace clew::pipeline::exporters::file {
namespace {

using pipeline::testing::FakeHost;
using pipeline::testing::MakeOpaqueBatch;
using pipeline::testing::ProblemLines;
using std::chrono::seconds;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::temp_directory_path() /
             ("clew_file_" + std::to_string(::getpid()) + "_" + test->name());
    std::filesystem::remove_all(folder);
    config.path = (folder / "spans.json").string();
    config.create_directory = true;
  }
  ~FileTest() override { std::filesystem::remove_all(folder); }

  std::unique_ptr<Exporter> Start(model::Signal signal = model::Signal::kTraces) {
    auto exporter =
        FileExporterFactory().create_exporter({"file", host, model::SignalSet{signal}}, config);
    EXPECT_TRUE(exporter.has_value());
    const Status started = (*exporter)->Start(host);
    EXPECT_TRUE(started.has_value()) << started.error().message;
    return *std::move(exporter);
  }
  static void Stop(Exporter& exporter) {
    exporter.Stop(std::chrono::steady_clock::now() + seconds(10));
  }
  void Write(const std::vector<std::string>& bodies) {
    const auto exporter = Start();
    for (const std::string& body : bodies) {
      EXPECT_TRUE(exporter->Consume(MakeOpaqueBatch(1, body), {}).Wait().has_value());
    }
    Stop(*exporter);
  }
  std::string Content() const {
    return base::ReadFile(config.path, 64u << 20).value_or("unreadable");
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  FakeHost host;
  Config config;
  std::filesystem::path folder;
};

TEST_F(FileTest, AllSignalsOfAnExporterShareItsFile) {
  std::vector<std::unique_ptr<Exporter>> exporters;
  std::string lines;
  for (const model::Signal signal : model::kSignals) {
    const std::string_view json = wire::otlp::testing::SampleJson(signal);
    exporters.push_back(Start(signal));
    const auto batch = model::Batch::FromWire({Bytes(*wire::otlp::RequestFromJson(signal, json))},
                                              2, wire::otlp::ItemCodecOf(signal));
    EXPECT_TRUE(exporters.back()->Consume(batch, {}).Wait().has_value());
    lines += std::string(json) + "\n";
  }
  for (const auto& exporter : exporters) Stop(*exporter);

  EXPECT_EQ(Content(), lines);
  EXPECT_EQ(host.metrics().Sum("otelcol_exporter_sent_log_records"), 2);
  EXPECT_EQ(host.metrics().Sum("otelcol_exporter_sent_metric_points"), 2);
}

TEST_F(FileTest, AFileThatAnotherExporterWritesIsRefusedAndStaysAsItIs) {
  config.format = "proto";
  const auto first = Start();
  ASSERT_TRUE(first->Consume(MakeOpaqueBatch(1, "kept"), {}).Wait().has_value());
  Config second = config;
  second.path = (folder / "linked.json").string();
  std::filesystem::create_hard_link(config.path, second.path);
  const auto make_second = [&] {
    return *FileExporterFactory().create_exporter({"file/second", host}, second);
  };

  const Status refused = make_second()->Start(host);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message, HasSubstr("opening " + second.path + ": another exporter"));
  Stop(*first);
  EXPECT_FALSE(Content().empty());
  // It is free as soon as the first has stopped, which may be held still.
  const auto successor = make_second();
  EXPECT_TRUE(successor->Start(host).has_value());
  Stop(*successor);
}

TEST(Config, SaysEveryProblem) {
  ProblemLines problems;
  Config config;
  config.format = "xml";
  config.compression = "gzip";
  config.append = true;
  config.has_rotation = true;
  config.flush_interval = Nanos(0);
  config.group_by.enabled = true;
  config.Validate(problems);
  EXPECT_EQ(problems.messages.size(), 7u);
  EXPECT_EQ(problems.messages[0], "path must be non-empty");
}

TEST_F(FileTest, JsonIsOneLineARequest) {
  const std::string request = wire::otlp::testing::Request(
      {wire::otlp::testing::SpanMessage(std::string(16, 'T'), std::string(8, 'S'), "op")});

  Write({request, request});

  const std::string content = Content();
  EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 2);
  EXPECT_THAT(content, ::testing::StartsWith(R"({"resourceSpans":[)"));
  EXPECT_THAT(content, HasSubstr(R"("name":"op")"));
  EXPECT_EQ(host.metrics().Sum("otelcol_exporter_sent_spans"), 2);
}

TEST_F(FileTest, ProtobufFollowsItsLength) {
  config.format = "proto";

  Write({"abc", "de"});

  EXPECT_EQ(Content(), std::string("\0\0\0\3abc\0\0\0\2de", 13));
}

TEST_F(FileTest, CompressedRecordsFollowTheirLength) {
  config.format = "proto";
  config.compression = "zstd";

  Write({"abc"});

  const std::string content = Content();
  ASSERT_GT(content.size(), 4u);
  EXPECT_EQ(static_cast<std::size_t>(content[3]), content.size() - 4);
  EXPECT_EQ(*base::Decompress(base::Compression::kZstd, content.substr(4), 100), "abc");
}

TEST_F(FileTest, AppendKeepsAndElseTheFileIsEmptied) {
  config.format = "proto";
  Write({"a"});
  Write({"b"});
  EXPECT_EQ(Content(), std::string("\0\0\0\1b", 5));

  config.append = true;
  Write({"c"});
  EXPECT_EQ(Content(), std::string("\0\0\0\1b\0\0\0\1c", 10));
}

TEST_F(FileTest, IsWrittenAfterTheInterval) {
  config.format = "proto";
  const auto exporter = Start();
  ASSERT_TRUE(exporter->Consume(MakeOpaqueBatch(1, "a"), {}).Wait().has_value());
  EXPECT_EQ(Content(), "");

  while (Content().empty()) {
    host.manual_clock.Advance(seconds(1));
    std::this_thread::yield();
  }

  EXPECT_EQ(Content().size(), 5u);
  Stop(*exporter);
  Stop(*exporter);
}

TEST_F(FileTest, DeliveryCountsWhenWritten) {
  config.format = "proto";
  std::vector<DeliveryOutcome> outcomes;
  const auto exporter = Start();
  {
    Context context;
    context.delivery = std::make_shared<DeliveryToken>(
        [&](DeliveryOutcome outcome) { outcomes.push_back(outcome); });
    ASSERT_TRUE(exporter->Consume(MakeOpaqueBatch(1, "a"), context).Wait().has_value());
  }
  EXPECT_TRUE(outcomes.empty());

  Stop(*exporter);

  EXPECT_EQ(outcomes, std::vector{DeliveryOutcome::kHandled});
}

TEST_F(FileTest, FullDiskRefusesAndGivesBack) {
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full here";
  }
  config.format = "proto";
  config.path = "/dev/full";
  config.append = true;
  std::vector<DeliveryOutcome> outcomes;
  const auto exporter = Start();
  const std::string large(900'000, 'x');
  {
    Context context;
    context.delivery = std::make_shared<DeliveryToken>(
        [&](DeliveryOutcome outcome) { outcomes.push_back(outcome); });
    ASSERT_TRUE(exporter->Consume(MakeOpaqueBatch(1, large), context).Wait().has_value());
  }

  const auto refused = exporter->Consume(MakeOpaqueBatch(1, large), {}).Wait();
  Stop(*exporter);

  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is_retryable()) << refused.error().message;
  EXPECT_EQ(outcomes, std::vector{DeliveryOutcome::kAbandoned});
}

TEST_F(FileTest, WhatIsWrittenCountsAsSentAndTheRestAsFailed) {
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full here";
  }
  config.path = (folder / "link").string();
  config.format = "proto";
  config.append = true;
  std::filesystem::create_directories(folder);
  std::filesystem::create_symlink("/dev/full", config.path);
  const auto sent = [&] { return host.metrics().Sum("otelcol_exporter_sent_spans"); };
  const auto failed = [&] { return host.metrics().Sum("otelcol_exporter_send_failed_spans"); };
  const auto exporter = Start();
  ASSERT_TRUE(exporter->Consume(MakeOpaqueBatch(2, "a"), {}).Wait().has_value());
  EXPECT_EQ(sent(), 0);  // it waits

  // From the first failure on what comes is refused: it would wait behind what cannot be written.
  int refused_count = 0;
  ::testing::internal::CaptureStderr();
  while (refused_count < 3) {
    host.manual_clock.Advance(seconds(1));
    DeliveryTokenPtr offered_again = std::make_shared<DeliveryToken>([](DeliveryOutcome) {});
    Context context;
    context.delivery = offered_again;
    if (!exporter->Consume(MakeOpaqueBatch(3, "b"), context).Wait().has_value()) ++refused_count;
    std::this_thread::yield();
  }
  EXPECT_EQ(failed(), 0);  // who sent them has them
  Stop(*exporter);
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(sent(), 0);
  EXPECT_EQ(failed(), 2);
  const std::size_t first = log.find("Cannot write the file");
  EXPECT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("Cannot write the file", first + 1), std::string::npos) << log;
}

TEST_F(FileTest, WhatAFullBufferWritesIsDelivered) {
  config.format = "proto";
  const auto exporter = Start();
  const std::string large(600'000, 'x');

  ASSERT_TRUE(exporter->Consume(MakeOpaqueBatch(2, large), {}).Wait().has_value());
  EXPECT_EQ(host.metrics().Sum("otelcol_exporter_sent_spans"), 0);
  ASSERT_TRUE(exporter->Consume(MakeOpaqueBatch(3, large), {}).Wait().has_value());

  EXPECT_EQ(host.metrics().Sum("otelcol_exporter_sent_spans"), 2);
  Stop(*exporter);
  EXPECT_EQ(host.metrics().Sum("otelcol_exporter_sent_spans"), 5);
}

TEST_F(FileTest, MissingFolderIsAStartErrorUnlessItMayBeMade) {
  config.create_directory = false;
  auto exporter = FileExporterFactory().create_exporter({"file", host}, config);

  const Status started = (*exporter)->Start(host);

  ASSERT_FALSE(started.has_value());
  EXPECT_THAT(started.error().message, HasSubstr("spans.json"));
}

TEST_F(FileTest, APipeIsAStartErrorWhetherItIsReadOrNot) {
  std::filesystem::create_directories(folder);
  ASSERT_EQ(::mkfifo(config.path.c_str(), 0600), 0);
  const auto start_error = [&] {
    const auto exporter = FileExporterFactory().create_exporter({"file", host}, config);
    const Status started = (*exporter)->Start(host);
    return started.has_value() ? std::string() : started.error().message;
  };

  EXPECT_THAT(start_error(), HasSubstr("spans.json: it is a pipe"));
  const base::FileDescriptor reader(::open(config.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_THAT(start_error(), HasSubstr("spans.json: it is a pipe"));
}

TEST_F(FileTest, ADeviceMayBeWritten) {
  config.path = "/dev/null";
  config.create_directory = false;

  Write({"", ""});

  EXPECT_EQ(host.metrics().Sum("otelcol_exporter_sent_spans"), 2);
}

TEST_F(FileTest, RotationKeepsTheNewestFiles) {
  config.format = "proto";
  config.has_rotation = true;
  config.rotation.max_megabytes = 1;
  config.rotation.max_backups = 2;
  auto file = OutputFile::Open(config, host.manual_clock);
  ASSERT_TRUE(file.has_value());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(file->Append(std::string(700'000, static_cast<char>('a' + i))).has_value());
    host.manual_clock.Advance(seconds(1));
  }
  ASSERT_TRUE(file->Flush().has_value());

  EXPECT_EQ(Names(),
            (std::vector<std::string>{"spans-2026-01-01T00-00-03.000.json",
                                      "spans-2026-01-01T00-00-04.000.json", "spans.json"}));
  EXPECT_EQ(Content(), std::string(700'000, 'e'));
}

TEST_F(FileTest, RotationDeletesFilesThatAreTooOld) {
  config.has_rotation = true;
  config.rotation.max_megabytes = 1;
  config.rotation.max_days = 2;
  auto file = OutputFile::Open(config, host.manual_clock);
  for (int day = 0; day < 4; ++day) {
    ASSERT_TRUE(file->Append(std::string(700'000, 'x')).has_value());
    host.manual_clock.Advance(std::chrono::hours(24));
  }

  EXPECT_EQ(Names(), (std::vector<std::string>{
                         "spans-2026-01-02T00-00-00.000.json", "spans-2026-01-03T00-00-00.000.json",
                         "spans-2026-01-04T00-00-00.000.json", "spans.json"}));
}

}  // namespace
}  // namespace clew::pipeline::exporters::file
