#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/testing/test_folder.h"
#include "storage/testing/test_store.h"

/// What becomes of a store when somebody removes the folder of its blocks, or one in it, while it
/// runs.
namespace clew::storage {
namespace {

namespace fs = std::filesystem;
using testing::MakeData;
using testing::TestStore;

class ObjectFolderTest : public ::testing::Test {
 protected:
  ObjectFolderTest() {
    objects_ = OpenLocalObjectStore(root_).value();
    store_.other_objects = objects_.get();
    store_.Restart();
    Append("1");
    EXPECT_TRUE(store_.storage().Flush().has_value());
  }
  // Before the objects.
  ~ObjectFolderTest() override {
    store_.other_objects = nullptr;
    store_.Open();
  }

  void Append(const std::string& trace) {
    ASSERT_TRUE(store_.Append(MakeData({{.trace = trace, .span = "1"}})).has_value());
  }
  // Of spans that are in no block.
  std::uint64_t HeadCount() const {
    const TenantFacts facts = store_.storage().facts();
    return facts.fresh_span_count + facts.sealed_span_count;
  }
  // Sources, in blocks or not, that can be read.
  std::ptrdiff_t ReadableCount() const {
    return std::ranges::count_if(store_.storage().Sources({}), [](const auto& source) {
      return source->ReadAll(scan::ReadExtent::kAll).has_value();
    });
  }

  const base::TestFolder folder_;
  const std::string root_ = folder_.path() + "/objects";
  std::unique_ptr<ObjectStore> objects_;
  mutable TestStore store_;
};

TEST_F(ObjectFolderTest, OneThatWasDeletedIsMadeAnew) {
  for (const std::string& folder : {root_, root_ + "/~unfinished", root_ + "/blocks",
                                    root_ + "/blocks/" + std::string(TenantId{}.name())}) {
    fs::remove_all(folder);
    EXPECT_TRUE(objects_->CheckReachable().has_value());
    Append("2");

    const Status sealed = store_.storage().Flush();

    ASSERT_TRUE(sealed.has_value()) << folder << ": " << sealed.error().message;
    EXPECT_EQ(HeadCount(), 0u);
    EXPECT_TRUE(fs::exists(folder));
  }
  EXPECT_EQ(store_.storage().Sources({}).size(), 5u);
  EXPECT_EQ(ReadableCount(), 1);  // and each of the others says that it is not
}

TEST_F(ObjectFolderTest, OneThatWasMovedAwayIsWaitedForAndNamed) {
  fs::rename(root_, root_ + ".moved");
  Append("2");

  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(store_.storage().Flush().has_value());
  EXPECT_FALSE(store_.storage().Flush().has_value());
  const std::string logged = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(std::ranges::count(logged, '\n'), 1) << logged;
  EXPECT_FALSE(fs::exists(root_));
  EXPECT_EQ(HeadCount(), 1u);
  const Status unready = objects_->CheckReachable();
  ASSERT_FALSE(unready.has_value());
  EXPECT_EQ(unready.error().code, Code::kUnavailable);
  EXPECT_THAT(unready.error().message,
              ::testing::AllOf(::testing::HasSubstr(root_), ::testing::HasSubstr("put it back")));

  fs::rename(root_ + ".moved", root_);

  EXPECT_TRUE(objects_->CheckReachable().has_value());
  EXPECT_TRUE(store_.storage().Flush().has_value());
  EXPECT_EQ(HeadCount(), 0u);
  EXPECT_EQ(ReadableCount(), 2);
}

TEST_F(ObjectFolderTest, NothingIsMadeInADataDirectoryThatIsAnother) {
  fs::remove_all(root_);
  fs::rename(folder_.path(), folder_.path() + ".moved");
  fs::create_directory(folder_.path());
  Append("2");

  EXPECT_FALSE(store_.storage().Flush().has_value());

  EXPECT_FALSE(objects_->CheckReachable().has_value());
  EXPECT_FALSE(fs::exists(root_));
  fs::remove_all(folder_.path() + ".moved");
}

}  // namespace
}  // namespace clew::storage
