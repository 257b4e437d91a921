#include "log/local_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "base/random.h"
#include "base/testing/test_folder.h"
#include "log/segment_format.h"
#include "log/test_local_log.h"
#include "log/testing/memory_log.h"
#include "tests/conformance/log_append_suite.h"
#include "tests/conformance/log_position_suite.h"
#include "tests/conformance/log_suite.h"

namespace clew::log {
namespace {

namespace fs = std::filesystem;

class LocalPlace final : public LogPlace {
 public:
  std::unique_ptr<Log> Open() override {
    LocalLogOptions options;
    options.directory = folder_.path() + "/made/when/missing";
    options.segment_bytes = 100'000;
    return OpenLocalLog(options, clock_, metrics_).value();
  }

 private:
  const base::testing::TestFolder folder_;
  base::SystemClock clock_;
  base::Metrics metrics_;
};

INSTANTIATE_TEST_SUITE_P(Local, LogSuite, testing::Values(LogPlaceMaker([] {
                           return std::make_unique<LocalPlace>();
                         })));

class MemoryPlace final : public LogPlace {
 public:
  std::unique_ptr<Log> Open() override { return std::make_unique<MemoryLog>(contents_); }

 private:
  const std::shared_ptr<MemoryLog::Contents> contents_ = std::make_shared<MemoryLog::Contents>();
};

// What stands in for a log in the tests of others is one.
INSTANTIATE_TEST_SUITE_P(Memory, LogSuite, testing::Values(LogPlaceMaker([] {
                           return std::make_unique<MemoryPlace>();
                         })));

TEST_F(LocalLogTest, RecordsOfALaterReleaseAreSkippedAndCountedOnce) {
  const auto log = Open().value();
  Record later = MakeRecord("later");
  later.kind = static_cast<RecordKind>(200);
  ASSERT_TRUE(log->Append(MakeRecord("one")).Wait().has_value());
  ASSERT_TRUE(log->Append(later).Wait().has_value());
  ASSERT_TRUE(log->Append(MakeRecord("two")).Wait().has_value());
  const Position last_end = log->Append(later).Wait()->end;

  for (int round = 0; round < 2; ++round) EXPECT_THAT(Bodies(*log), ElementsAre("one", "two"));

  EXPECT_EQ(metrics_.Sum("clew_log_unknown_records_total"), 2);
  EXPECT_EQ(metrics_.Sum("clew_log_corrupt_records_total"), 0);
  EXPECT_TRUE(log->Lost("storage").empty());
  EXPECT_EQ(log->Read({}, [](const Appended&, const Record&) { return Status(); }), last_end);
}

TEST_F(LocalLogTest, TheDirectoryHasOneOwner) {
  const auto log = Open();
  ASSERT_TRUE(log.has_value());

  EXPECT_EQ(Open().error().code, Code::kFailedPrecondition);
  (*log)->Close();
  EXPECT_TRUE(Open().has_value());
}

TEST_F(LocalLogTest, ATailTornAnywhereIsCut) {
  {
    const auto log = Open().value();
    for (const char* body : {"first", "second", "the third"}) {
      ASSERT_TRUE(log->Append(MakeRecord(body)).Wait().has_value());
    }
  }
  const std::string path = SegmentFiles().at(0);
  const std::uint64_t size = fs::file_size(path);
  const auto intact = fs::path(folder_.path()) / "intact.seg";
  fs::copy_file(path, intact);
  const std::uint64_t third = size - (kRecordHeaderBytes + 13 + 6 + 9 + 4);
  for (std::uint64_t torn_size = third; torn_size < size; ++torn_size) {
    fs::copy_file(intact, path, fs::copy_options::overwrite_existing);
    fs::resize_file(path, torn_size);
    // As it is when the record was never acknowledged.
    fs::remove(options_.directory + "/extent");

    const auto log = Open().value();

    ASSERT_EQ(fs::file_size(path), third) << torn_size;
    ASSERT_THAT(Bodies(*log), ElementsAre("first", "second")) << torn_size;
    ASSERT_TRUE(log->Append(MakeRecord("new")).Wait().has_value());
    ASSERT_THAT(Bodies(*log), ElementsAre("first", "second", "new")) << torn_size;
  }
  EXPECT_EQ(metrics_.Sum("clew_log_corrupt_records_total"), 0);
}

TEST_F(LocalLogTest, ATailOfZerosIsCut) {
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord("first")).Wait().has_value());
  }
  const std::string path = SegmentFiles().at(0);
  const std::uint64_t size = fs::file_size(path);
  fs::resize_file(path, size + 10'000);

  const auto log = Open().value();

  EXPECT_EQ(fs::file_size(path), size);
  EXPECT_THAT(Bodies(*log), ElementsAre("first"));
  EXPECT_EQ(metrics_.Sum("clew_log_cut_bytes_total"), 10'000);
}

TEST_F(LocalLogTest, AHoleAtTheEndIsNotRead) {
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord("first")).Wait().has_value());
  }
  const std::string path = SegmentFiles().at(0);
  fs::resize_file(path, std::uint64_t{1} << 42);  // hours, if it were

  const auto log = Open().value();

  EXPECT_THAT(Bodies(*log), ElementsAre("first"));
  EXPECT_LT(fs::file_size(path), 1000u);
}

TEST_F(LocalLogTest, AStartThatTakesItsTimeIsTold) {
  class SlowClock final : public Clock {
   public:
    base::UnixNanos Now() const override { return 0; }
    Nanos Monotonic() const override { return std::chrono::seconds(3 * ++calls_); }
    void Wait(std::unique_lock<std::mutex>&, std::condition_variable&, Nanos) const override {}

   private:
    mutable std::atomic<int> calls_ = 0;
  };
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord("first")).Wait().has_value());
  }
  const std::string path = SegmentFiles().at(0);
  const std::uint64_t size = fs::file_size(path) + (std::uint64_t{2} << 20);
  std::ofstream(path, std::ios::app) << std::string(2u << 20, '\0');
  const SlowClock clock;

  testing::internal::CaptureStderr();
  const auto log = OpenLocalLog(options_, clock, metrics_);
  const std::string text = testing::internal::GetCapturedStderr();

  ASSERT_TRUE(log.has_value());
  EXPECT_THAT(text, testing::HasSubstr("reading the newest segment to its end file=" + path));
  EXPECT_THAT(text, testing::HasSubstr("bytes=" + std::to_string(size)));
}

TEST_F(LocalLogTest, AFlippedBitAnywhereLosesAtMostItsRecord) {
  {
    const auto log = Open().value();
    for (const char* body : {"first", "second", "the third"}) {
      ASSERT_TRUE(log->Append(MakeRecord(body)).Wait().has_value());
    }
  }
  const std::string path = SegmentFiles().at(0);
  const auto intact = fs::path(folder_.path()) / "intact.seg";
  fs::copy_file(path, intact);
  std::ifstream in(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  const std::size_t first_size = kRecordHeaderBytes + 13 + 6 + 5;
  const std::size_t first_end = kSegmentHeaderBytes + first_size + PaddingAfter(first_size);

  for (std::size_t at = 0; at < first_end; ++at) {
    fs::copy_file(intact, path, fs::copy_options::overwrite_existing);
    Overwrite(path, at, std::string(1, static_cast<char>(content[at] ^ 0x10)));
    base::Metrics metrics;

    const auto log = OpenLocalLog(options_, clock_, metrics).value();

    const std::vector<std::string> bodies = Bodies(*log);
    Bodies(*log);
    const bool is_harmless = at < kSegmentHeaderBytes || at >= kSegmentHeaderBytes + first_size;
    if (is_harmless) {
      ASSERT_THAT(bodies, ElementsAre("first", "second", "the third")) << at;
    } else {
      ASSERT_THAT(bodies, ElementsAre("second", "the third")) << at;
    }
    ASSERT_EQ(metrics.Sum("clew_log_corrupt_records_total"), is_harmless ? 0 : 1) << at;
  }
}

TEST_F(LocalLogTest, DamageIsReportedWithFileAndOffset) {
  Appended second;
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord(std::string(700'000, 'a'))).Wait().has_value());
    second = log->Append(MakeRecord(std::string(700'000, 'b'))).Wait().value();
    ASSERT_TRUE(log->Append(MakeRecord("last")).Wait().has_value());
  }
  const std::string path = SegmentFiles().at(0);
  Overwrite(path, second.begin.offset, std::string(300'000, 'z'));
  const auto log = Open().value();

  testing::internal::CaptureStderr();
  const std::vector<std::string> bodies = Bodies(*log);
  const std::string text = testing::internal::GetCapturedStderr();

  EXPECT_THAT(bodies, ElementsAre(std::string(700'000, 'a'), "last"));
  EXPECT_THAT(text, testing::HasSubstr("file=" + path));
  EXPECT_THAT(text, testing::HasSubstr("offset=" + std::to_string(second.begin.offset)));
}

TEST_F(LocalLogTest, ABodyCannotPassForARecord) {
  // The bytes of a whole log, carried as a body, behind a header that is damaged.
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord("inner")).Wait().has_value());
  }
  std::ifstream in(SegmentFiles().at(0), std::ios::binary);
  const std::string inner = std::string{std::istreambuf_iterator<char>(in), {}};
  options_.directory = folder_.path() + "/other";
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord(inner)).Wait().has_value());
    ASSERT_TRUE(log->Append(MakeRecord("outer")).Wait().has_value());
  }
  Overwrite(SegmentFiles().at(0), kSegmentHeaderBytes, "damaged");

  const auto log = Open().value();

  EXPECT_THAT(Bodies(*log), ElementsAre("outer"));
}

TEST_F(LocalLogTest, ASegmentWhoseMakingWasCutShortIsNoHindrance) {
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord("first")).Wait().has_value());
  }
  std::ofstream(options_.directory + "/00000000000000100000.seg") << "clewlog1";

  const auto log = Open().value();

  EXPECT_THAT(Bodies(*log), ElementsAre("first"));
  EXPECT_EQ(SegmentFiles().size(), 1U);
}

TEST_F(LocalLogTest, ASegmentWithoutAHeaderIsReadAllTheSame) {
  options_.segment_bytes = 10'000;
  const std::vector<std::string> bodies = AppendSegments(3);
  Overwrite(SegmentFiles().at(0), 0, std::string(64, 'x'));
  Overwrite(SegmentFiles().at(2), 0, std::string(64, 'x'));

  const auto log = Open().value();

  EXPECT_EQ(Bodies(*log), bodies);
  EXPECT_EQ(metrics_.Sum("clew_log_corrupt_records_total"), 2);
}

TEST_F(LocalLogTest, NothingIsAppendedBehindAHeaderThatIsDamaged) {
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord("before")).Wait().has_value());
  }
  Overwrite(SegmentFiles().at(0), 0, std::string(64, 'x'));
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord("after")).Wait().has_value());
  }
  fs::remove(options_.directory + "/identity");

  const auto log = Open().value();

  EXPECT_THAT(Bodies(*log), ElementsAre("after"));
}

TEST_F(LocalLogTest, WithoutHeaderAndIdentityASegmentIsSkippedAndTheRestAnswers) {
  options_.segment_bytes = 10'000;
  const std::vector<std::string> bodies = AppendSegments(3);
  Overwrite(SegmentFiles().at(0), 0, std::string(64, 'x'));
  Overwrite(SegmentFiles().at(2), 0, std::string(64, 'x'));
  fs::remove(options_.directory + "/identity");

  const auto log = Open().value();
  const auto where = log->Append(MakeRecord("new")).Wait();

  ASSERT_TRUE(where.has_value());
  EXPECT_THAT(Bodies(*log), ElementsAre(bodies[1], "new"));
  EXPECT_EQ(metrics_.Sum("clew_log_corrupt_records_total"), 2);
}

TEST_F(LocalLogTest, ALogWithoutSegmentsIsAnotherLog) {
  Identity identity;
  {
    const auto log = Open().value();
    identity = log->identity();
    ASSERT_TRUE(log->Append(MakeRecord("first")).Wait().has_value());
  }
  fs::remove(SegmentFiles().at(0));

  EXPECT_NE(Open().value()->identity(), identity);
}

TEST_F(LocalLogTest, ALogWithoutASoundIdentityGetsOne) {
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord("first")).Wait().has_value());
  }
  const std::string path = options_.directory + "/identity";
  for (const bool is_absent : {true, false}) {
    if (is_absent) fs::remove(path);
    if (!is_absent) Overwrite(path, 10, "damage");

    const Identity made = Open().value()->identity();

    EXPECT_FALSE(made.is_zero());
    const auto log = Open().value();
    EXPECT_EQ(log->identity(), made);
    EXPECT_THAT(Bodies(*log), ElementsAre("first"));
  }
}

TEST_F(LocalLogTest, ADamagedCheckpointBeginsAtTheOldestRecord) {
  {
    const auto log = Open().value();
    const Appended first = log->Append(MakeRecord("first")).Wait().value();
    ASSERT_TRUE(log->Commit("pipeline/traces", first.end).has_value());
  }
  const std::string path = options_.directory + "/consumers/pipeline%2Ftraces.checkpoint";
  ASSERT_TRUE(fs::exists(path));
  Overwrite(path, 9, "x");

  const auto log = Open().value();

  EXPECT_THAT(log->Consumers(), ElementsAre("pipeline/traces"));
  EXPECT_THAT(Bodies(*log, log->Committed("pipeline/traces")), ElementsAre("first"));
}

TEST_F(LocalLogTest, ASmallFileThatIsLargerThanItMayBeIsDamagedAndMadeAnew) {
  {
    const auto log = Open().value();
    const Appended first = log->Append(MakeRecord("first")).Wait().value();
    ASSERT_TRUE(log->Append(MakeRecord("second")).Wait().has_value());
    ASSERT_TRUE(log->Commit("storage", first.end).has_value());
  }
  for (const char* name : {"/identity", "/extent", "/consumers/storage.checkpoint"}) {
    fs::resize_file(options_.directory + name, std::uint64_t{5} << 40);
  }
  {
    const auto log = Open().value();
    EXPECT_EQ(metrics_.Sum("clew_log_damaged_files_total"), 3);
    EXPECT_THAT(Bodies(*log, log->Committed("storage")), ElementsAre("first", "second"));
    const Appended third = log->Append(MakeRecord("third")).Wait().value();
    ASSERT_TRUE(log->Commit("storage", third.end).has_value());
  }
  EXPECT_TRUE(Open().has_value());
  EXPECT_EQ(metrics_.Sum("clew_log_damaged_files_total"), 3) << "it is told once";
}

TEST_F(LocalLogTest, RecordsNeverHideBeforeACheckpointWhenSegmentsWereLost) {
  {
    const auto log = Open().value();
    const Appended where = log->Append(MakeRecord(std::string(5000, 'a'))).Wait().value();
    ASSERT_TRUE(log->Commit("storage", where.end).has_value());
  }
  fs::remove(SegmentFiles().at(0));

  const auto log = Open().value();
  EXPECT_TRUE(log->Commit("storage", log->Committed("storage")).has_value());
  ASSERT_TRUE(log->Append(MakeRecord("new")).Wait().has_value());

  EXPECT_THAT(Bodies(*log, log->Committed("storage")), ElementsAre("new"));
}

TEST_F(LocalLogTest, AConsumerGoesOnWhenTheLastRecordWasDamaged) {
  {
    const auto log = Open().value();
    ASSERT_TRUE(log->Append(MakeRecord("first")).Wait().has_value());
    const Appended last = log->Append(MakeRecord("last")).Wait().value();
    ASSERT_TRUE(log->Commit("storage", last.end).has_value());
    Overwrite(SegmentFiles().at(0), last.begin.offset, "damaged");
  }

  const auto log = Open().value();

  EXPECT_TRUE(log->Commit("storage", log->Committed("storage")).has_value());
  EXPECT_FALSE(log->WaitFor(log->Committed("storage"), base::kAtOnce, base::SystemTime()));
  const Appended where = log->Append(MakeRecord("new")).Wait().value();
  EXPECT_THAT(Bodies(*log, log->Committed("storage")), ElementsAre("new"));
  EXPECT_TRUE(log->Commit("storage", where.end).has_value());
}

TEST_F(LocalLogTest, ACopyTakenWhileAppendingHoldsAllThatWasAcknowledged) {
  options_.segment_bytes = 50'000;
  const auto log = Open().value();
  std::atomic<int> acknowledged_count = 0;
  std::atomic<bool> is_stopping = false;
  std::thread writer([&] {
    base::SeededRandom random(3);
    while (!is_stopping) {
      const std::string body =
          std::to_string(acknowledged_count) + '/' + std::string(random.Next() % 9000, 'x');
      ASSERT_TRUE(log->Append(MakeRecord(body)).Wait().has_value());
      ++acknowledged_count;
    }
  });
  for (int round = 0; round < 10; ++round) {
    const int before = acknowledged_count;
    while (acknowledged_count < before + 5) std::this_thread::yield();
    const auto expected_count = static_cast<std::size_t>(acknowledged_count);
    const std::string copy = folder_.path() + "/copy" + std::to_string(round);
    fs::copy(options_.directory, copy, fs::copy_options::recursive);
    base::Metrics metrics;
    LocalLogOptions options = options_;
    options.directory = copy;

    const auto opened = OpenLocalLog(options, clock_, metrics).value();

    const std::vector<std::string> bodies = Bodies(*opened);
    ASSERT_GE(bodies.size(), expected_count);
    for (std::size_t i = 0; i < expected_count; ++i) {
      ASSERT_TRUE(bodies[i].starts_with(std::to_string(i) + '/'));
    }
  }
  is_stopping = true;
  writer.join();
}

}  // namespace
}  // namespace clew::log
