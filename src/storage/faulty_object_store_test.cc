#include "storage/testing/faulty_object_store.h"

#include "tests/conformance/object_store_suite.h"

namespace clew::storage {
namespace {

std::shared_ptr<ObjectStore> MakeWithoutFaults() {
  return std::make_shared<testing::FaultyObjectStore>();
}

INSTANTIATE_TEST_SUITE_P(FaultyWithoutFaults, ObjectStoreSuite,
                         ::testing::Values(ObjectStoreMaker(MakeWithoutFaults)));

}  // namespace
}  // namespace clew::storage
