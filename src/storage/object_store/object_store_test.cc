#include "storage/object_store/object_store.h"

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>

#include "base/testing/test_folder.h"
#include "tests/conformance/object_store_suite.h"

namespace clew::storage {
namespace {

using base::testing::TestFolder;

std::shared_ptr<ObjectStore> MakeLocal() {
  struct Both {
    TestFolder folder;
    std::unique_ptr<ObjectStore> store;
  };
  auto both = std::make_shared<Both>();
  both->store = OpenLocalObjectStore(both->folder.path() + "/made/when/missing/").value();
  return {both, both->store.get()};
}

INSTANTIATE_TEST_SUITE_P(Local, ObjectStoreSuite, testing::Values(ObjectStoreMaker(MakeLocal)));
INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreSuite,
                         testing::Values(ObjectStoreMaker(MakeMemoryObjectStore)));

/// How many calls of the system read, while `visit` runs, among those of this process.
std::int64_t ReadCallsOf(const std::function<void()>& visit) {
  const auto count = [] {
    std::ifstream file("/proc/self/io");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("syscr: ")) return std::stoll(line.substr(7));
    }
    ADD_FAILURE() << "/proc/self/io cannot be read";
    return 0LL;
  };
  const std::int64_t before = count();
  visit();
  return count() - before;
}

TEST(LocalObjectStore, ReadsNeighboursTogether) {
  const TestFolder folder;
  const auto store = OpenLocalObjectStore(folder.path()).value();
  ASSERT_TRUE(store->PutIfAbsent("a", {std::string(50'000, 'x')}).has_value());
  const auto calls_of = [&](const std::vector<ByteRange>& ranges) {
    return ReadCallsOf([&] { EXPECT_TRUE(store->GetRanges("a", ranges).has_value()); });
  };
  const std::int64_t of_one = calls_of({{0, 10}});

  EXPECT_EQ(calls_of({{0, 10}, {10, 5}, {15, 9000}}), of_one);
  EXPECT_EQ(calls_of({{0, 10}, {10 + 4096, 5}}), of_one);
  EXPECT_EQ(calls_of({{0, 10}, {10 + 4097, 5}}), of_one + 1);
  EXPECT_EQ(calls_of({{10, 5}, {0, 10}}), of_one + 1);
}

TEST(LocalObjectStore, KeepsObjectsWhenOpenedAgain) {
  const TestFolder folder;
  ASSERT_TRUE(OpenLocalObjectStore(folder.path()).value()->PutIfAbsent("t/a", {"x"}).has_value());

  const auto store = OpenLocalObjectStore(folder.path());

  EXPECT_EQ(store.value()->Get("t/a")->view(), "x");
}

TEST(LocalObjectStore, KnowsWhetherAnEarlierOpeningLives) {
  const TestFolder folder;
  auto first = OpenLocalObjectStore(folder.path()).value();
  EXPECT_FALSE(first->IsReadElsewhere());
  auto second = OpenLocalObjectStore(folder.path()).value();
  EXPECT_TRUE(second->IsReadElsewhere());
  auto third = OpenLocalObjectStore(folder.path()).value();
  const auto reader = ReadLocalObjectStore(folder.path());

  first = nullptr;
  EXPECT_TRUE(third->IsReadElsewhere()) << "the second lives";
  EXPECT_TRUE(third->IsReadElsewhere()) << "asking changes nothing";
  second = nullptr;
  EXPECT_FALSE(third->IsReadElsewhere());
}

TEST(LateObjectStore, IsOpenedOnceItCanBe) {
  const TestFolder folder;
  bool can_be_opened = false;
  int opened_count = 0;
  const auto store = OpenLater([&]() -> Result<std::unique_ptr<ObjectStore>> {
    if (!can_be_opened) return base::MakeError(Code::kPermissionDenied, "not yet");
    ++opened_count;
    return OpenLocalObjectStore(folder.path());
  });

  EXPECT_EQ(store->CheckReachable().error().code, Code::kUnavailable);
  EXPECT_EQ(store->PutIfAbsent("t/a", {"x"}).error().code, Code::kUnavailable);
  EXPECT_TRUE(store->IsReadElsewhere()) << "that cannot be told, so nothing is deleted";
  can_be_opened = true;

  EXPECT_TRUE(store->PutIfAbsent("t/a", {"x"}).has_value());
  EXPECT_EQ(store->Get("t/a")->view(), "x");
  EXPECT_FALSE(store->IsReadElsewhere());
  EXPECT_EQ(opened_count, 1);
}

TEST(LocalObjectStore, ALackOfDescriptorsIsNoDamage) {
  const TestFolder folder;
  const auto store = OpenLocalObjectStore(folder.path()).value();
  ASSERT_TRUE(store->PutIfAbsent("t/a", {"x"}).has_value());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  const auto refused = store->Get("t/a");

  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_TRUE(store->Get("t/a").has_value());
}

TEST(LocalObjectStore, RemovesLeftoversOfACrashAndNeverListsThem) {
  const TestFolder folder;
  const auto store = OpenLocalObjectStore(folder.path()).value();
  const std::string leftover = folder.path() + "/~unfinished/1.0";
  std::ofstream(leftover) << "half";

  EXPECT_TRUE(store->List("")->empty());
  EXPECT_TRUE(std::filesystem::exists(leftover));
  ASSERT_TRUE(OpenLocalObjectStore(folder.path()).has_value());
  EXPECT_FALSE(std::filesystem::exists(leftover));
}

TEST(LocalObjectStore, LeavesWhatAnotherIsJustWriting) {
  const TestFolder folder;
  ASSERT_TRUE(OpenLocalObjectStore(folder.path()).has_value());
  const std::string path = folder.path() + "/~unfinished/1.0";
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);

  ASSERT_TRUE(OpenLocalObjectStore(folder.path()).has_value());

  EXPECT_TRUE(std::filesystem::exists(path));
  ::close(fd);
}

TEST(LocalObjectStore, WritesNothingToAFolderThatTookItsPlace) {
  const TestFolder folder;
  const std::string path = folder.path() + "/objects";
  const auto store = OpenLocalObjectStore(path).value();
  ASSERT_TRUE(store->PutIfAbsent("t/a", {"x"}).has_value());
  std::filesystem::rename(path, path + ".moved");

  const Status refused = store->PutIfAbsent("t/b", {"x"});
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_NE(refused.error().message.find(path), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path));

  const auto other = OpenLocalObjectStore(path).value();
  ASSERT_TRUE(other->PutIfAbsent("t/a", {"other"}).has_value());
  EXPECT_FALSE(store->PutIfAbsent("t/b", {"x"}).has_value());
  EXPECT_FALSE(store->Delete("t/a").has_value());
  EXPECT_EQ(other->List("t/").value().size(), 1u);
}

// Nobody in particular while it lives: root may look at everything.
class AsNobody {
 public:
  AsNobody() : before_(::geteuid()) {
    if (before_ == 0) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() { EXPECT_EQ(::seteuid(before_), 0); }

 private:
  const uid_t before_;
};

TEST(LocalObjectStore, ListsWhatCannotBeLookedAt) {
  namespace fs = std::filesystem;
  const TestFolder folder;
  const auto store = OpenLocalObjectStore(folder.path()).value();
  ASSERT_TRUE(store->PutIfAbsent("t/a", {"x"}).has_value());
  fs::permissions(folder.path(), fs::perms{0755});
  fs::permissions(folder.path() + "/t", fs::perms{0444});  // to be listed, and no more

  {
    const AsNobody nobody;
    const std::vector<ObjectInfo> found = store->List("").value();

    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].name, "t/a");
    EXPECT_EQ(found[0].size_bytes, 0u);
  }
  fs::permissions(folder.path() + "/t", fs::perms::owner_all);
  EXPECT_EQ(store->List("").value().at(0).size_bytes, 1u);
}

TEST(LocalObjectStore, FollowsLinksAndDeletesThemAlone) {
  namespace fs = std::filesystem;
  const TestFolder folder;
  const TestFolder elsewhere;
  fs::create_directory(elsewhere.path());
  const auto store = OpenLocalObjectStore(folder.path()).value();
  for (const char* name : {"t/a", "u/b"}) {
    ASSERT_TRUE(store->PutIfAbsent(name, {name}).has_value());
  }
  fs::rename(folder.path() + "/t/a", elsewhere.path() + "/a");
  fs::create_symlink(elsewhere.path() + "/a", folder.path() + "/t/a");
  fs::rename(folder.path() + "/u", elsewhere.path() + "/u");
  fs::create_symlink(elsewhere.path() + "/u", folder.path() + "/u");

  EXPECT_THAT(store->List("").value(),
              testing::ElementsAre(testing::Field(&ObjectInfo::name, "t/a"),
                                   testing::Field(&ObjectInfo::name, "u/b")));
  for (const char* name : {"t/a", "u/b"}) {
    EXPECT_EQ(store->Get(name)->view(), name);
    EXPECT_EQ(store->List(name)->at(0).size_bytes, 3u);
  }
  testing::internal::CaptureStderr();
  EXPECT_TRUE(store->Delete("t/a").has_value());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr(elsewhere.path() + "/a"));
  EXPECT_TRUE(store->Delete("u/b").has_value());

  EXPECT_THAT(store->List("").value(), testing::IsEmpty());
  EXPECT_TRUE(fs::exists(elsewhere.path() + "/a"));
  EXPECT_TRUE(fs::is_empty(elsewhere.path() + "/u"));
}

TEST(LocalObjectStore, FreesRoomOnlyOnItsOwnDisk) {
  namespace fs = std::filesystem;
  const TestFolder folder;
  const TestFolder elsewhere;
  fs::create_directory(elsewhere.path());
  const auto store = OpenLocalObjectStore(folder.path()).value();
  for (const char* name : {"t/a", "t/link", "u/b"}) {
    ASSERT_TRUE(store->PutIfAbsent(name, {name}).has_value());
  }
  fs::rename(folder.path() + "/t/link", elsewhere.path() + "/link");
  fs::create_symlink(elsewhere.path() + "/link", folder.path() + "/t/link");
  fs::rename(folder.path() + "/u", elsewhere.path() + "/u");
  fs::create_symlink(elsewhere.path() + "/u", folder.path() + "/u");
  fs::create_symlink("/proc/self", folder.path() + "/p");
  ASSERT_TRUE(store->Stat("p/status").has_value());

  EXPECT_TRUE(store->FreesRoom("t/a"));
  EXPECT_TRUE(store->FreesRoom("u/b")) << "the link leads to the same disk";
  EXPECT_FALSE(store->FreesRoom("t/link")) << "the file stays";
  EXPECT_FALSE(store->FreesRoom("p/status"));
  EXPECT_FALSE(store->FreesRoom("t"));
  EXPECT_FALSE(store->FreesRoom("t/none"));
  fs::rename(elsewhere.path() + "/u", elsewhere.path() + "/away");
  EXPECT_FALSE(store->FreesRoom("u/b"));
}

TEST(LocalObjectStore, WhatStandsInThePlaceOfAFolderIsNamedWhenThatIsListed) {
  namespace fs = std::filesystem;
  const TestFolder folder;
  const auto store = OpenLocalObjectStore(folder.path()).value();
  const std::string path = folder.path() + "/a";
  const std::vector<std::function<void()>> puts = {
      [&] { std::ofstream(path) << "x"; },
      [&] { fs::create_symlink("/dev/zero", path); },
      [&] { EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0); },
  };
  for (const auto& put : puts) {
    put();
    const auto listed = store->List("a/");
    ASSERT_FALSE(listed.has_value());
    EXPECT_EQ(listed.error().code, Code::kFailedPrecondition);
    EXPECT_THAT(listed.error().message, testing::HasSubstr(path + " is no folder: move away"));
    fs::remove(path);
  }
  EXPECT_TRUE(store->List("a/")->empty());
}

TEST(LocalObjectStore, WhatIsBehindALinkToWhatIsNotThereIsNotGone) {
  namespace fs = std::filesystem;
  for (const char* link : {"a", "a/b", "a/b/c"}) {
    const TestFolder folder;
    const TestFolder elsewhere;
    const auto store = OpenLocalObjectStore(folder.path()).value();
    ASSERT_TRUE(store->PutIfAbsent("a/b/c/d", {"x"}).has_value());
    fs::rename(folder.path() + '/' + link, elsewhere.path());
    fs::create_symlink(elsewhere.path(), folder.path() + '/' + link);
    ASSERT_EQ(store->List("a/b/c/")->size(), 1u);
    const auto expect_unavailable = [&](const auto& result) {
      ASSERT_FALSE(result.has_value()) << link;
      EXPECT_EQ(result.error().code, Code::kUnavailable) << link;
      EXPECT_THAT(result.error().message, testing::HasSubstr(std::string(link) + " is a link"));
    };

    fs::rename(elsewhere.path(), elsewhere.path() + ".away");

    expect_unavailable(store->Get("a/b/c/d"));
    expect_unavailable(store->Stat("a/b/c/d"));
    expect_unavailable(store->List("a/b/c/"));
    expect_unavailable(store->Delete("a/b/c/d"));
    EXPECT_THAT(store->List("").value(),
                testing::ElementsAre(testing::Field(&ObjectInfo::name, std::string(link) + '/')));
    fs::rename(elsewhere.path() + ".away", elsewhere.path());
    EXPECT_TRUE(store->Get("a/b/c/d").has_value()) << link;
    EXPECT_EQ(store->Get("a/b/c/e").error().code, Code::kNotFound) << link;
    EXPECT_TRUE(store->List("a/b/e/")->empty()) << link;
  }
}

TEST(LocalObjectStore, NothingIsGoneForAReaderOfALinkToWhatIsNotThere) {
  const TestFolder folder;
  const TestFolder elsewhere;
  const std::string path = folder.path() + "/objects";
  ASSERT_TRUE(OpenLocalObjectStore(elsewhere.path()).value()->PutIfAbsent("a", {"x"}).has_value());
  std::filesystem::create_directory(folder.path());
  std::filesystem::create_symlink(elsewhere.path(), path);
  const auto reader = ReadLocalObjectStore(path);
  ASSERT_TRUE(reader->Get("a").has_value());

  std::filesystem::rename(elsewhere.path(), elsewhere.path() + ".away");

  for (const Code code : {reader->Get("a").error().code, reader->List("").error().code,
                          reader->List("a/").error().code}) {
    EXPECT_EQ(code, Code::kUnavailable);
  }
  EXPECT_THAT(reader->Stat("a").error().message,
              testing::HasSubstr(path + " is a link to what is not there"));
  std::filesystem::remove(path);
  EXPECT_EQ(reader->Get("a").error().code, Code::kNotFound);
  EXPECT_TRUE(reader->List("")->empty());
  std::filesystem::rename(elsewhere.path() + ".away", elsewhere.path());
}

TEST(LocalObjectStore, NothingIsGoneWhileItsFolderIsAway) {
  namespace fs = std::filesystem;
  const TestFolder folder;
  const std::string path = folder.path() + "/objects";
  const auto store = OpenLocalObjectStore(path).value();
  ASSERT_TRUE(store->PutIfAbsent("a", {"x"}).has_value());

  fs::rename(path, path + ".moved");
  EXPECT_EQ(store->Get("a").error().code, Code::kUnavailable);
  EXPECT_EQ(store->List("").error().code, Code::kUnavailable);
  fs::create_directory(path);
  EXPECT_EQ(store->Stat("a").error().code, Code::kUnavailable);
  fs::remove(path);
  fs::rename(path + ".moved", path);
  EXPECT_TRUE(store->Get("a").has_value());

  fs::remove_all(path);
  EXPECT_EQ(store->Get("a").error().code, Code::kNotFound) << "it is deleted";
}

TEST(LocalObjectStore, DoesNotGoRoundInCircles) {
  const TestFolder folder;
  const auto store = OpenLocalObjectStore(folder.path()).value();
  ASSERT_TRUE(store->PutIfAbsent("t/a", {"x"}).has_value());
  std::filesystem::create_symlink("..", folder.path() + "/t/up");
  std::filesystem::create_symlink(".", folder.path() + "/t/here");

  for (const char* prefix : {"", "t/"}) {
    EXPECT_THAT(store->List(prefix).value(),
                testing::ElementsAre(testing::Field(&ObjectInfo::name, "t/a"),
                                     testing::Field(&ObjectInfo::name, "t/here/"),
                                     testing::Field(&ObjectInfo::name, "t/up/")));
  }
  EXPECT_FALSE(store->List("t/up/").has_value());
}

TEST(LocalObjectStore, ListsWhatIsNoFileAndNeitherReadsNorWaitsForIt) {
  const TestFolder folder;
  const auto store = OpenLocalObjectStore(folder.path()).value();
  ASSERT_EQ(::mkfifo((folder.path() + "/pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", folder.path() + "/device");
  std::filesystem::create_symlink("/nonexistent/x", folder.path() + "/nowhere");
  std::filesystem::create_symlink("loop", folder.path() + "/loop");

  EXPECT_THAT(store->List("").value(),
              testing::ElementsAre(testing::Field(&ObjectInfo::name, "device"),
                                   testing::Field(&ObjectInfo::name, "loop/"),
                                   testing::Field(&ObjectInfo::name, "nowhere/"),
                                   testing::Field(&ObjectInfo::name, "pipe")));
  for (const std::string& name : std::vector<std::string>{"pipe", "device", "nowhere", "loop"}) {
    const auto read = store->Get(name);
    ASSERT_FALSE(read.has_value()) << name;
    EXPECT_EQ(read.error().code, Code::kUnavailable) << name;
    EXPECT_THAT(read.error().message, testing::HasSubstr("object " + name)) << name;
    EXPECT_EQ(store->Stat(name).error().code, Code::kUnavailable) << name;
    EXPECT_EQ(store->PutIfAbsent(name, {"x"}).error().code, Code::kAlreadyExists) << name;
    EXPECT_TRUE(store->Delete(name).has_value()) << name;
  }
  EXPECT_THAT(store->List("").value(),
              testing::ElementsAre(testing::Field(&ObjectInfo::name, "pipe")))
      << "a link is an object's, a pipe is somebody's";
  EXPECT_TRUE(std::filesystem::is_fifo(folder.path() + "/pipe"));
}

TEST(LocalObjectStore, SaysWhileItsFolderCannotBeReached) {
  namespace fs = std::filesystem;
  const TestFolder folder;
  const std::string path = folder.path() + "/objects";
  const auto store = OpenLocalObjectStore(path).value();
  const auto expect_unreachable = [&](const std::string& why) {
    const Status status = store->CheckReachable();
    ASSERT_FALSE(status.has_value()) << why;
    EXPECT_EQ(status.error().code, Code::kUnavailable) << why;
    EXPECT_THAT(status.error().message,
                testing::AllOf(testing::HasSubstr(path), testing::HasSubstr(why)));
  };
  fs::permissions(folder.path(), fs::perms{0755});
  const auto expect_forbidden = [&](const std::string& forbidden) {
    fs::permissions(forbidden, fs::perms::none);
    {
      const AsNobody nobody;
      expect_unreachable("Permission denied");
    }
    fs::permissions(forbidden, fs::perms{0755});
  };
  expect_forbidden(path);
  expect_forbidden(folder.path());

  fs::rename(path, path + ".moved");
  for (const std::string& target : {std::string("objects"), std::string(300, 'a')}) {
    fs::create_symlink(target, path);
    expect_unreachable(target == "objects" ? "symbolic links" : "name too long");
    EXPECT_EQ(store->PutIfAbsent("t/a", {"x"}).error().code, Code::kUnavailable);
    fs::remove(path);
  }
  for (const char* target : {"/nonexistent", "/dev/null", "/dev/null/x"}) {
    fs::create_symlink(target, path);
    expect_unreachable("while it was in use");
    fs::remove(path);
  }
  fs::create_symlink("objects.moved", path);
  EXPECT_TRUE(store->CheckReachable().has_value());
}

TEST(LocalObjectStore, LeavesNoFolderBehindThatIsEmpty) {
  const TestFolder folder;
  const auto store = OpenLocalObjectStore(folder.path()).value();
  ASSERT_TRUE(store->PutIfAbsent("t/a/b", {"x"}).has_value());

  ASSERT_TRUE(store->Delete("t/a/b").has_value());

  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/t"));
  EXPECT_TRUE(std::filesystem::exists(folder.path()));
}

TEST(LocalObjectStore, SaysWhichFolderCannotBeOpened) {
  const auto refused = OpenLocalObjectStore("/dev/null/x");

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kFailedPrecondition);
  EXPECT_NE(refused.error().message.find("/dev/null/x"), std::string::npos);
}

}  // namespace
}  // namespace clew::storage
