#include "base/input_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"
#include "base/testing/test_folder.h"

namespace clew::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class InputFileTest : public ::testing::Test {
 protected:
  InputFileTest() { std::filesystem::create_directories(folder_.path()); }

  std::string MakePipe() const {
    const std::string path = folder_.path() + "/pipe";
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return path;
  }

  testing::TestFolder folder_;
};

TEST_F(InputFileTest, ARegularFileIsReadWholeUpToItsLimit) {
  const std::string path = folder_.path() + "/a";
  std::ofstream(path) << std::string(100'000, 'x');

  EXPECT_EQ(ReadInputFile(path, 100'000).value_or("").size(), 100'000u);
  const auto larger = ReadInputFile(path, 99'999);
  ASSERT_FALSE(larger.has_value());
  EXPECT_EQ(larger.error().code, Code::kInvalidArgument);
  EXPECT_EQ(ReadInputFile(folder_.path() + "/b", 9).error().code, Code::kNotFound);
}

TEST_F(InputFileTest, APipeThatNobodyWritesHoldsUpNobody) {
  const std::string path = MakePipe();

  const auto refused = ReadInputFile(path, 1000);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kFailedPrecondition) << refused.error().message;

  const auto given_up = ReadInputFile(path, 1000, milliseconds(1));
  ASSERT_FALSE(given_up.has_value());
  EXPECT_EQ(given_up.error().code, Code::kUnavailable) << given_up.error().message;
}

TEST_F(InputFileTest, APipeIsReadUntilItsWriterClosesIt) {
  // As a shell gives `<(…)` and /dev/stdin.
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const FileDescriptor reader(ends[0]);
  {
    const FileDescriptor writer(ends[1]);
    ASSERT_EQ(::write(writer.get(), "abc", 3), 3);
    EXPECT_FALSE(
        ReadInputFile("/proc/self/fd/" + std::to_string(reader.get()), 1000, milliseconds(1))
            .has_value());  // it may write more
    ASSERT_EQ(::write(writer.get(), "de", 2), 2);
  }

  const auto content =
      ReadInputFile("/proc/self/fd/" + std::to_string(reader.get()), 1000, seconds(10));

  ASSERT_TRUE(content.has_value()) << content.error().message;
  EXPECT_EQ(*content, "de");
}

TEST_F(InputFileTest, ADirectoryAndAnEndlessDeviceAreRefused) {
  EXPECT_EQ(ReadInputFile(folder_.path(), 1000, seconds(10)).error().code,
            Code::kFailedPrecondition);
  EXPECT_EQ(ReadInputFile("/dev/zero", 1000, seconds(10)).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace clew::base
