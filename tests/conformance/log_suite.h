#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/log.h"

namespace clew::log {

/// What every Log must do. An implementation runs it with
///   INSTANTIATE_TEST_SUITE_P(Local, LogSuite, ::testing::Values(LogPlaceMaker([] {…})));
/// where a place is where one log lives: empty at first, and can be opened again after closing. It
/// includes log_append_suite.h and log_position_suite.h, too, which have the rest of the suite.
class LogPlace {
 public:
  virtual ~LogPlace() = default;
  virtual std::unique_ptr<Log> Open() = 0;
};
using LogPlaceMaker = std::function<std::unique_ptr<LogPlace>()>;

inline Record MakeRecord(std::string body) {
  Record record;
  record.pipeline = "traces";
  record.received_at = 1'700'000'000'000'000'000;
  record.body = Bytes(std::move(body));
  return record;
}

class LogSuite : public ::testing::TestWithParam<LogPlaceMaker> {
 protected:
  LogSuite() : place_(GetParam()()), log_(place_->Open()) {}

  void Reopen() {
    log_.reset();
    log_ = place_->Open();
  }
  Appended Append(std::string body) {
    return log_->Append(MakeRecord(std::move(body))).Wait().value();
  }
  std::vector<std::string> BodiesFrom(Position from) {
    std::vector<std::string> bodies;
    const auto end = log_->Read(from, [&](const Appended&, const Record& record) {
      bodies.emplace_back(record.body.view());
      return Status();
    });
    EXPECT_TRUE(end.has_value());
    return bodies;
  }
  /// Until there is something at `from`; false when that takes a minute.
  bool Await(Position from) {
    const Clock& clock = base::SystemTime();
    const Deadline deadline = clock.In(std::chrono::minutes(1));
    while (!log_->WaitFor(from, deadline, clock)) {
      if (clock.HasPassed(deadline)) return false;
    }
    return true;
  }

  const std::unique_ptr<LogPlace> place_;
  std::unique_ptr<Log> log_;
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(LogSuite, AnEmptyLogHasNothingToRead) {
  EXPECT_THAT(BodiesFrom({}), IsEmpty());
  EXPECT_FALSE(log_->WaitFor(log_->end(), base::kAtOnce, base::SystemTime()));
  EXPECT_THAT(BodiesFrom(log_->Committed("storage")), IsEmpty());
}

TEST_P(LogSuite, GivesBackEveryFieldAlsoWhenOpenedAgain) {
  Record record;
  record.signal = model::Signal::kLogs;
  record.kind = RecordKind::kDecision;
  record.is_for_follower = true;
  record.tenant = TenantId::Parse("team-a").value();
  record.pipeline = "traces/main";
  record.compression = base::Compression::kZstd;
  record.received_at = -5;
  record.body = Bytes(std::string("\0body\xff", 6));
  const Appended where = log_->Append(record).Wait().value();
  const Identity identity = log_->identity();
  EXPECT_FALSE(identity.is_zero());

  for (int round = 0; round < 2; ++round) {
    int visit_count = 0;
    const auto end = log_->Read({}, [&](const Appended& at, const Record& read) {
      ++visit_count;
      EXPECT_EQ(at.begin, where.begin);
      EXPECT_EQ(at.end, where.end);
      EXPECT_EQ(read.signal, record.signal);
      EXPECT_EQ(read.kind, record.kind);
      EXPECT_TRUE(read.is_for_follower);
      EXPECT_EQ(read.tenant, record.tenant);
      EXPECT_EQ(read.pipeline, record.pipeline);
      EXPECT_EQ(read.compression, record.compression);
      EXPECT_EQ(read.received_at, record.received_at);
      EXPECT_EQ(read.body.view(), record.body.view());
      return Status();
    });
    EXPECT_EQ(visit_count, 1);
    EXPECT_EQ(end, where.end);
    EXPECT_EQ(log_->end(), where.end);
    EXPECT_EQ(log_->identity(), identity);
    Reopen();
  }
}

TEST_P(LogSuite, ReadsFromAnyPositionItGave) {
  const Appended one = Append("one");
  const Appended two = Append("");
  const Appended three = Append(std::string(1'000'000, 'x'));

  EXPECT_LT(one.begin, one.end);
  EXPECT_LE(one.end, two.begin);
  EXPECT_LT(two.begin, three.begin);
  EXPECT_THAT(BodiesFrom(one.begin), ElementsAre("one", "", std::string(1'000'000, 'x')));
  EXPECT_THAT(BodiesFrom(one.end), ElementsAre("", std::string(1'000'000, 'x')));
  EXPECT_THAT(BodiesFrom(three.begin), ElementsAre(std::string(1'000'000, 'x')));
  EXPECT_THAT(BodiesFrom(three.end), IsEmpty());
  EXPECT_GT(log_->size_bytes(), 1'000'000U);
}

TEST_P(LogSuite, StopsWhenTheVisitorFails) {
  Append("one");
  Append("two");
  int visit_count = 0;

  const auto end = log_->Read({}, [&](const Appended&, const Record&) -> Status {
    ++visit_count;
    return base::Unavailable("later");
  });

  EXPECT_EQ(visit_count, 1);
  EXPECT_EQ(end.error().code, Code::kUnavailable);
}

TEST_P(LogSuite, AFollowerIsWokenByAnAppend) {
  const Position from = Append("one").end;
  std::atomic<bool> has_more = false;
  std::thread follower([&] { has_more = Await(from); });

  Append("two");
  follower.join();

  EXPECT_TRUE(has_more);
  EXPECT_THAT(BodiesFrom(from), ElementsAre("two"));
}

TEST_P(LogSuite, CloseEndsWaitsAndRefusesAppends) {
  const Position from = Append("one").end;
  std::thread follower([&] {
    const Clock& clock = base::SystemTime();
    EXPECT_FALSE(log_->WaitFor(from, clock.In(std::chrono::seconds(30)), clock));
  });

  log_->Close();
  log_->Close();
  follower.join();

  EXPECT_EQ(log_->Append(MakeRecord("two")).Wait().error().code, Code::kUnavailable);
  Reopen();
  EXPECT_THAT(BodiesFrom({}), ElementsAre("one"));
}

TEST_P(LogSuite, ManyAppendWhileOthersRead) {
  constexpr int kWriterCount = 8;
  constexpr int kRecordCount = 50;
  std::vector<std::thread> writers;
  std::vector<std::vector<Appended>> places(kWriterCount);
  for (int w = 0; w < kWriterCount; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kRecordCount; ++i) {
        const std::string name = std::to_string(w) + "/" + std::to_string(i) + "/";
        places[static_cast<std::size_t>(w)].push_back(
            Append(name + std::string(static_cast<std::size_t>(i) * 97, 'x')));
      }
    });
  }
  std::vector<std::string> followed;
  std::thread follower([&] {
    Position from;
    Position last;
    while (followed.size() < kWriterCount * kRecordCount && Await(from)) {
      const auto end = log_->Read(from, [&](const Appended& at, const Record& record) {
        EXPECT_GE(at.begin, last);
        last = at.end;
        followed.emplace_back(record.body.view());
        return Status();
      });
      ASSERT_TRUE(end.has_value());
      from = *end;
    }
  });
  for (std::thread& writer : writers) writer.join();
  follower.join();

  EXPECT_EQ(followed.size(), kWriterCount * kRecordCount);
  EXPECT_EQ(std::set<std::string>(followed.begin(), followed.end()).size(), followed.size());
  Reopen();
  EXPECT_EQ(BodiesFrom({}), followed);
  for (const std::vector<Appended>& of_writer : places) {
    for (std::size_t i = 1; i < of_writer.size(); ++i) {
      EXPECT_LE(of_writer[i - 1].end, of_writer[i].begin);
    }
  }
}

}  // namespace clew::log
