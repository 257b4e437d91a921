#include <gtest/gtest.h>

#include "pipeline/connectors/forward/factory.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"
#include "pipeline/testing/recording_consumer.h"

namespace clew::pipeline::connectors::forward {
namespace {

using testing::MakeOpaqueBatch;

TEST(ForwardConnector, JoinsEachSignalWithItself) {
  const Factory factory = ForwardConnectorFactory();
  for (const model::Signal from : model::kSignals) {
    for (const model::Signal to : model::kSignals) {
      EXPECT_EQ(factory.Connects(from, to), from == to);
    }
  }
}

TEST(ForwardConnector, HandsOnBatchesContextsAndAnswers) {
  testing::FakeHost host;
  testing::RecordingConsumer next;
  const Factory factory = ForwardConnectorFactory();
  const auto config = factory.make_config();
  auto connector = factory.create_connector({.id = "forward", .host = host}, *config,
                                            {model::Signal::kTraces, model::Signal::kTraces}, next);
  ASSERT_TRUE((*connector)->Start(host).has_value());
  Context context;
  context.client_address = "10.0.0.1:99";
  const model::BatchPtr batch = MakeOpaqueBatch(3);
  next.Succeed({.rejected_items = 1, .message = "old"});

  const auto receipt = (*connector)->Consume(batch, context).Wait();

  ASSERT_TRUE(receipt.has_value());
  EXPECT_EQ(receipt->rejected_items, 1u);
  EXPECT_EQ(next.entries()[0].batch, batch);
  EXPECT_EQ(next.entries()[0].context.client_address, "10.0.0.1:99");
  next.FailNext(1, Error{Code::kUnavailable, "later"});
  EXPECT_EQ((*connector)->Consume(batch, context).Wait().error().message, "later");
}

}  // namespace
}  // namespace clew::pipeline::connectors::forward
