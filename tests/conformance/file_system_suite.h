#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/testing/test_folder.h"
#include "log/file_system.h"

namespace clew::log {

/// What every FileSystem must do. An implementation runs it with
///   INSTANTIATE_TEST_SUITE_P(System, FileSystemSuite, ::testing::Values(FileSystemMaker([] {…})));
using FileSystemMaker = std::function<std::shared_ptr<FileSystem>()>;

class FileSystemSuite : public ::testing::TestWithParam<FileSystemMaker> {
 protected:
  FileSystemSuite() { EXPECT_TRUE(files_->MakeDirectories(folder_.path()).has_value()); }

  std::string Path(std::string_view name) const { return folder_.path() + '/' + std::string(name); }

  static base::Status Write(File& file, std::uint64_t offset, std::vector<std::string> parts) {
    std::vector<iovec> pieces;
    for (std::string& part : parts) pieces.push_back({part.data(), part.size()});
    return file.WriteAt(offset, pieces);
  }
  static std::string ReadFrom(const File& file, std::uint64_t offset, std::size_t size) {
    std::string out(size, '\0');
    const base::Result<std::size_t> read = file.ReadAt(offset, out.data(), size);
    if (!read.has_value()) return read.error().message;
    out.resize(*read);
    return out;
  }

  const std::shared_ptr<FileSystem> files_ = GetParam()();
  const base::testing::TestFolder folder_;
};

TEST_P(FileSystemSuite, FilesAreWrittenReadCutAndOpenedAgain) {
  {
    const auto file = files_->Create(Path("a"));
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(Write(**file, 0, {"head ", "", "body"}).has_value());
    ASSERT_TRUE(Write(**file, 5, {"BODY tail"}).has_value());
    EXPECT_EQ(ReadFrom(**file, 0, 100), "head BODY tail") << "fewer at the end of the file";
    EXPECT_EQ(ReadFrom(**file, 100, 1), "");
    ASSERT_TRUE((*file)->Truncate(9).has_value());
    EXPECT_EQ((*file)->Size().value(), 9u);
    EXPECT_TRUE((*file)->Sync().has_value());
    EXPECT_TRUE(files_->SyncDirectory(folder_.path()).has_value());
  }
  EXPECT_EQ(ReadFrom(**files_->Open(Path("a")), 5, 100), "BODY");
  EXPECT_EQ(ReadFrom(**files_->OpenToRead(Path("a")), 5, 100), "BODY");
  EXPECT_EQ(files_->Read(Path("a"), 9).value(), "head BODY");
  EXPECT_FALSE(files_->Read(Path("a"), 8).has_value());

  ASSERT_TRUE(files_->Create(Path("a")).has_value());
  EXPECT_EQ(files_->Read(Path("a"), 9).value(), "") << "made anew";
}

TEST_P(FileSystemSuite, SaysWhatIsAbsentOrNoFile) {
  EXPECT_EQ(files_->Open(Path("none")).error().code, base::Code::kNotFound);
  EXPECT_EQ(files_->OpenToRead(Path("none")).error().code, base::Code::kNotFound);
  EXPECT_EQ(files_->Read(Path("none"), 10).error().code, base::Code::kNotFound);
  EXPECT_TRUE(files_->Remove(Path("none")).has_value());
  ASSERT_TRUE(files_->MakeDirectories(Path("folder/in/it")).has_value());
  EXPECT_EQ(files_->Open(Path("folder")).error().code, base::Code::kFailedPrecondition);
}

TEST_P(FileSystemSuite, WhatStandsInTheWayIsMovedAside) {
  for (const char* name : {"created", "replaced", "removed"}) {
    ASSERT_TRUE(files_->MakeDirectories(Path(name) + "/kept").has_value());
  }

  EXPECT_TRUE(files_->Create(Path("created")).has_value());
  EXPECT_TRUE(files_->Replace(Path("replaced"), "new").has_value());
  EXPECT_TRUE(files_->Remove(Path("removed")).has_value());

  EXPECT_EQ(files_->Read(Path("created"), 10).value(), "");
  EXPECT_EQ(files_->Read(Path("replaced"), 10).value(), "new");
  EXPECT_EQ(files_->Open(Path("removed")).error().code, base::Code::kNotFound);
  EXPECT_EQ(files_->List(folder_.path())->size(), 5u) << "three are aside";
}

TEST_P(FileSystemSuite, ReplacesFilesAndListsThemInOrder) {
  ASSERT_TRUE(files_->Replace(Path("b"), "old").has_value());
  ASSERT_TRUE(files_->Replace(Path("b"), "new").has_value());
  ASSERT_TRUE(files_->Replace(Path("a"), "").has_value());
  EXPECT_EQ(files_->Read(Path("b"), 3).value(), "new");
  EXPECT_THAT(files_->List(folder_.path()).value(), ::testing::ElementsAre("a", "b"));

  ASSERT_TRUE(files_->Remove(Path("a")).has_value());
  EXPECT_THAT(files_->List(folder_.path()).value(), ::testing::ElementsAre("b"));
  EXPECT_FALSE(files_->List(Path("none")).has_value());
}

TEST_P(FileSystemSuite, ADirectoryIsHeldByOne) {
  auto first = files_->Hold(folder_.path());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(files_->Hold(folder_.path()).error().code, base::Code::kFailedPrecondition);
  EXPECT_TRUE((*first)->CheckReachable().has_value());

  (*first)->Release();

  EXPECT_TRUE(files_->Hold(folder_.path()).has_value());
}

TEST_P(FileSystemSuite, AFileThatWasRemovedIsNotReachable) {
  const auto file = files_->Create(Path("a"));
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE((*file)->CheckReachable().has_value());

  ASSERT_TRUE(files_->Remove(Path("a")).has_value());

  EXPECT_EQ((*file)->CheckReachable().error().code, base::Code::kUnavailable);
}

}  // namespace clew::log
