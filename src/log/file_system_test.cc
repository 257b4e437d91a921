#include "tests/conformance/file_system_suite.h"

#include "log/testing/faulty_file_system.h"

namespace clew::log {
namespace {

std::shared_ptr<FileSystem> SystemsOwn() { return {std::shared_ptr<void>(), &SystemFiles()}; }
std::shared_ptr<FileSystem> MakeWithoutFaults() { return std::make_shared<FaultyFileSystem>(); }

INSTANTIATE_TEST_SUITE_P(System, FileSystemSuite, testing::Values(FileSystemMaker(SystemsOwn)));
INSTANTIATE_TEST_SUITE_P(FaultyWithoutFaults, FileSystemSuite,
                         testing::Values(FileSystemMaker(MakeWithoutFaults)));

}  // namespace
}  // namespace clew::log
