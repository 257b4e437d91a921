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

class File : public ::testing::Test {
 protected:
  File() : directory_(::testing::TempDir() + "file_test." + std::to_string(::getpid())) {
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

  EXPECT_EQ(ReadFile(path, expected.size()), expected);
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

TEST_F(File, ReadsIntoParts) {
  ASSERT_TRUE(MakeDirectories(directory_).has_value());
  const std::string path = directory_ + "/file";
  const auto file = OpenFile(path, O_CREAT | O_RDWR);
  std::string text = "0123456789";
  std::array<iovec, 1> written = {{{text.data(), text.size()}}};
  ASSERT_TRUE(WriteParts(file->get(), written, 0, path).has_value());
  // More of them than one call of the system takes.
  std::string out(2000, ' ');
  std::vector<iovec> parts;
  for (std::size_t i = 0; i < out.size(); ++i) {
    parts.push_back({.iov_base = &out[i], .iov_len = i % 500 == 499 ? 1U : 0U});
  }

  EXPECT_EQ(ReadParts(file->get(), parts, 2, path), 4U);

  EXPECT_EQ(out[499], '2');
  EXPECT_EQ(out[999], '3');
  EXPECT_EQ(out[1999], '5');
  EXPECT_EQ(out[0], ' ');
  std::array<iovec, 2> past = {{{out.data(), 5}, {&out[5], 20}}};
  EXPECT_EQ(ReadParts(file->get(), past, 0, path), 10U);
  EXPECT_EQ(out.substr(0, 11), "0123456789 ");
  std::vector<iovec> empty(3000, iovec{.iov_base = out.data(), .iov_len = 0});
  empty.push_back({.iov_base = out.data(), .iov_len = 1});
  EXPECT_EQ(ReadParts(file->get(), empty, 9, path), 1U);
}

TEST_F(File, ErrorsSayWhatToDo) {
  EXPECT_EQ(ReadFile(directory_ + "/absent", 100).error().code, Code::kNotFound);
  const Error full = ErrnoError(ENOSPC, "writing x");
  EXPECT_EQ(full.code, Code::kResourceExhausted);
  EXPECT_TRUE(full.is_retryable());
  EXPECT_TRUE(full.message.contains("writing x: No space left on device: free space"))
      << full.message;
  EXPECT_TRUE(ErrnoError(EDQUOT, "writing x").message.contains("quota exceeded: free space there"));
  EXPECT_EQ(ErrnoError(EIO, "reading x").code, Code::kDataLoss);
  EXPECT_EQ(ErrnoError(ENOTTY, "writing x").code, Code::kInternal);
  const Error large = ErrnoError(EFBIG, "writing x");
  EXPECT_EQ(large.code, Code::kResourceExhausted);
  EXPECT_TRUE(large.retry_after.has_value());
  EXPECT_TRUE(large.message.contains("ulimit -f")) << large.message;
  ASSERT_TRUE(MakeDirectories(directory_).has_value());
  ASSERT_TRUE(OpenFile(directory_ + "/file", O_CREAT | O_WRONLY).has_value());
  EXPECT_EQ(MakeDirectories(directory_ + "/file").error().code, Code::kFailedPrecondition);
  EXPECT_EQ(MakeDirectories(directory_ + "/file/x").error().code, Code::kFailedPrecondition);
}

TEST_F(File, AHoleIsSkippedUpToWhatIsBehindIt) {
  ASSERT_TRUE(MakeDirectories(directory_).has_value());
  const std::string path = directory_ + "/file";
  const FileDescriptor file = OpenFile(path, O_CREAT | O_RDWR).value();
  constexpr std::uint64_t kPlace = 8u << 20;
  std::string text = "text";
  std::array<iovec, 1> parts = {{{text.data(), text.size()}}};
  ASSERT_TRUE(WriteParts(file.get(), parts, kPlace, path).has_value());

  EXPECT_LE(SkipHole(file.get(), 0), kPlace);
  EXPECT_EQ(SkipHole(file.get(), kPlace + 1), kPlace + 1);
  EXPECT_EQ(SkipHole(file.get(), kPlace + 100), kPlace + 100) << "behind the end";
  std::filesystem::resize_file(path, std::uint64_t{1} << 40);
  EXPECT_EQ(SkipHole(file.get(), kPlace + (1u << 20)), std::uint64_t{1} << 40);
}

TEST_F(File, WhatIsLargerThanItMayBeIsNotRead) {
  ASSERT_TRUE(MakeDirectories(directory_).has_value());
  const std::string path = directory_ + "/file";
  ASSERT_TRUE(OpenFile(path, O_CREAT | O_WRONLY).has_value());
  std::filesystem::resize_file(path, std::uint64_t{1} << 40);

  const Result<std::string> content = ReadFile(path, 100);

  ASSERT_FALSE(content.has_value());
  EXPECT_EQ(content.error().code, Code::kDataLoss);
  EXPECT_EQ(content.error().message,
            path + " has 1099511627776 bytes, more than the 100 that it may have");
}

TEST_F(File, APlaceThatTakesNoDirectoryIsNamed) {
  const Status made = MakeDirectories("/proc/nope/log");

  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().message,
            "making directory /proc/nope: no directory can be made in /proc, which may have been "
            "deleted or belong to the system: use another place");
}

TEST_F(File, ADeletedWorkingDirectoryTakesNoDirectory) {
  const std::filesystem::path before = std::filesystem::current_path();
  ASSERT_TRUE(MakeDirectories(directory_).has_value());
  std::filesystem::current_path(directory_);
  std::filesystem::remove(directory_);

  const Status made = MakeDirectories("data/log");

  std::filesystem::current_path(before);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, Code::kNotFound);
  EXPECT_NE(made.error().message.find("making directory data: "), std::string::npos)
      << made.error().message;
}

TEST_F(File, WhatStandsInTheWayOfADirectoryIsNamed) {
  ASSERT_TRUE(MakeDirectories(directory_).has_value());
  ASSERT_TRUE(OpenFile(directory_ + "/objects", O_CREAT | O_WRONLY).has_value());

  const Status made = MakeDirectories(directory_ + "/objects/a/b");

  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, Code::kFailedPrecondition);
  EXPECT_EQ(made.error().message,
            "making directory " + directory_ +
                "/objects: what is there is no directory: move it away, or use another place");
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
