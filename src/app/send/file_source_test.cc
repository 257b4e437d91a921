#include "app/send/file_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/testing/test_folder.h"

namespace clew::app::send {
namespace {

class FileSourceTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_.path()); }

  std::string Write(const std::string& name, const std::string& content) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << content;
    return path;
  }

  /// The places of all requests.
  std::vector<std::string> ReadAll(FileSource& source) {
    std::vector<std::string> places;
    while (const auto request = source.Next()) {
      places.push_back(request->where);
    }
    return places;
  }

  base::testing::TestFolder folder_;
  std::vector<std::string> errors_;
  const FileSource::ErrorListener on_error_ = [this](const std::string& message) {
    errors_.push_back(message);
  };
};

TEST_F(FileSourceTest, FilesFollowEachOther) {
  const std::string a = Write("a", "{}\n{}\n");
  const std::string b = Write("b", "");
  const std::string c = Write("c", "{}");

  const auto source = FileSource::Make({a, c}, on_error_);
  const auto with_empty = FileSource::Make({a, b, c, "/dev/null"}, on_error_);

  ASSERT_TRUE(source.has_value() && with_empty.has_value());
  const std::vector<std::string> expected = {a + ", line 1", a + ", line 2", c + ", line 1"};
  EXPECT_EQ(ReadAll(**source), expected);
  EXPECT_EQ((*source)->damaged_count(), 0u);
  EXPECT_EQ(ReadAll(**with_empty), expected);
  EXPECT_EQ((*with_empty)->damaged_count(), 2u);
  EXPECT_EQ(errors_, (std::vector<std::string>{b + " is empty: nothing to send",
                                               "/dev/null is empty: nothing to send"}));
  EXPECT_EQ((*source)->bytes_total(), 8u);
  EXPECT_EQ((*source)->bytes_read(), 8u);
}

TEST_F(FileSourceTest, ADamagedFileDoesNotStopTheOthers) {
  const std::string damaged = Write("damaged", std::string("\x7f\xff\xff\xff and more"));
  const std::string no_gzip = Write("no.gz", "\x1f\x8b is no gzip");
  const std::string good = Write("good", "{}");

  const auto source = FileSource::Make({damaged, no_gzip, good}, on_error_);

  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(ReadAll(**source), std::vector<std::string>{good + ", line 1"});
  EXPECT_EQ((*source)->damaged_count(), 2u);
  ASSERT_EQ(errors_.size(), 2u);
  EXPECT_NE(errors_[0].find(damaged), std::string::npos) << errors_[0];
  EXPECT_NE(errors_[1].find(no_gzip), std::string::npos) << errors_[1];
}

TEST_F(FileSourceTest, WhatCannotBeReadIsRefusedBeforeAnythingIsSent) {
  const std::string good = Write("good", "{}");

  const auto absent = FileSource::Make({good, folder_.path() + "/absent"}, on_error_);
  const auto folder = FileSource::Make({folder_.path()}, on_error_);

  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().code, Code::kNotFound);
  ASSERT_FALSE(folder.has_value());
  EXPECT_NE(folder.error().message.find("is a folder"), std::string::npos);
}

}  // namespace
}  // namespace clew::app::send
