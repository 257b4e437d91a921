#include <gtest/gtest.h>

#include "pipeline/exporters/nop/factory.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"

namespace clew::pipeline::exporters::nop {
namespace {

TEST(NopExporter, TakesEverything) {
  testing::FakeHost host;
  const Factory factory = NopExporterFactory();
  const auto config = factory.make_config();
  const auto exporter = factory.create_exporter({"nop", host}, *config);
  ASSERT_TRUE(exporter.has_value());

  EXPECT_TRUE((*exporter)->Start(host).has_value());
  EXPECT_TRUE((*exporter)->Consume(testing::MakeOpaqueBatch(3), {}).Wait().has_value());
  (*exporter)->Stop(std::chrono::steady_clock::now());
}

}  // namespace
}  // namespace clew::pipeline::exporters::nop
