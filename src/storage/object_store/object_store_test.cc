#include "storage/object_store/object_store.h"

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing/test_folder.h"
#include "tests/conformance/object_store_suite.h"

namespace clew::storage {
namespace {

using base::TestFolder;

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
