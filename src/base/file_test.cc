#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

namespace clew::base {
namespace {

class File : public testing::Test {
 protected:
  File() : directory_(testing::TempDir() + "file_test." + std::to_string(::getpid())) {
    std::filesystem::remove_all(directory_);
  }
  ~File() override { std::filesystem::remove_all(directory_); }

  const std::string directory_;
};

TEST_F(File, WritesManyPartsAndReadsThemBack) {
  ASSERT_TRUE(MakeDirectories(directory_ + "/a/b/").has_value());
  ASSERT_TRUE(MakeDirectories(directory_ + "/a/b").has_value());
  const std::string path = directory_ + "/a/b/file";
  std::vector<std::string> texts;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    texts.push_back(i % 7 == 0 ? "" : std::to_string(i));
    expected += texts.back();
  }
  std::vector<iovec> parts;
  for (std::string& text : texts) parts.push_back({text.data(), text.size()});

  const auto file = OpenFile(path, O_CREAT | O_WRONLY);
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(WriteParts(file->get(), parts, 0, path).has_value());

  EXPECT_EQ(ReadFile(path), expected);
  EXPECT_TRUE(SyncDirectory(directory_ + "/a/b").has_value());
}

TEST_F(File, ReadsUpToTheEnd) {
  ASSERT_TRUE(MakeDirectories(directory_).has_value());
  const std::string path = directory_ + "/file";
  const auto file = OpenFile(path, O_CREAT | O_RDWR);
  std::string text = "0123456789";
  std::array<iovec, 1> parts = {{{text.data(), text.size()}}};
  ASSERT_TRUE(WriteParts(file->get(), parts, 0, path).has_value());
  std::string out(20, ' ');

  EXPECT_EQ(ReadAt(file->get(), out.data(), 4, 3, path), 4U);
  EXPECT_EQ(out.substr(0, 4), "3456");
  EXPECT_EQ(ReadAt(file->get(), out.data(), 20, 3, path), 7U);
  EXPECT_EQ(ReadAt(file->get(), out.data(), 20, 30, path), 0U);
}

TEST_F(File, ErrorsSayWhatToDo) {
  EXPECT_EQ(ReadFile(directory_ + "/absent").error().code, Code::kNotFound);
  const Error full = ErrnoError(ENOSPC, "writing x");
  EXPECT_EQ(full.code, Code::kResourceExhausted);
  EXPECT_TRUE(full.is_retryable());
  EXPECT_EQ(ErrnoError(EIO, "reading x").code, Code::kDataLoss);
  EXPECT_EQ(ErrnoError(EFBIG, "writing x").code, Code::kInternal);
  ASSERT_TRUE(MakeDirectories(directory_).has_value());
  ASSERT_TRUE(OpenFile(directory_ + "/file", O_CREAT | O_WRONLY).has_value());
  EXPECT_EQ(MakeDirectories(directory_ + "/file").error().code, Code::kFailedPrecondition);
  EXPECT_EQ(MakeDirectories(directory_ + "/file/x").error().code, Code::kFailedPrecondition);
}

TEST_F(File, APathIsFollowedToWhatItLedTo) {
  ASSERT_TRUE(MakeDirectories(directory_).has_value());
  const std::string path = directory_ + "/file";
  const FileDescriptor file = OpenFile(path, O_RDWR | O_CREAT).value();
  const OpenedPath opened(file.get(), path);
  EXPECT_TRUE(opened.Check().has_value());

  std::filesystem::rename(path, path + ".moved");
  EXPECT_EQ(opened.Check().error().code, Code::kUnavailable);
  const FileDescriptor other = OpenFile(path, O_RDWR | O_CREAT).value();
  EXPECT_NE(opened.Check().error().message.find("replaced"), std::string::npos);
  std::filesystem::rename(path + ".moved", path);
  EXPECT_TRUE(opened.Check().has_value());
}

TEST_F(File, ParentIsWhatComesBeforeTheLastSlash) {
  EXPECT_EQ(ParentDirectory("a/b"), "a");
  EXPECT_EQ(ParentDirectory("a/b/"), "a");
  EXPECT_EQ(ParentDirectory("a"), ".");
  EXPECT_EQ(ParentDirectory("/a"), "/");
  EXPECT_EQ(ParentDirectory("/"), "/");
  EXPECT_EQ(ParentDirectory(""), ".");
  EXPECT_EQ(ParentDirectory("a//b"), "a");
}

}  // namespace
}  // namespace clew::base
