#include "app/cli/start_hint.h"

#include <gtest/gtest.h>

namespace clew::app::cli {
namespace {

pipeline::ListeningAddress At(const std::string& where, const std::string& type,
                              const std::string& protocol) {
  return {
      .what = "", .type = type, .protocol = protocol, .where = where, .transport = "", .place = {}};
}

TEST(StartHint, NamesThePortsThatAreNotTheUsual) {
  EXPECT_EQ(StartHint({At("0.0.0.0:4317", "otlp", "grpc"), At("localhost:4318", "otlp", "http"),
                       At("127.0.0.1:16686", "clew_query", "jaeger")},
                      "clew"),
            "Try `clew demo` and `clew search` in another terminal. ");
  EXPECT_EQ(StartHint({At("0.0.0.0:1", "otlp", "grpc"), At("localhost:2", "otlp", "http"),
                       At("host:3", "clew_query", "jaeger")},
                      "./clew"),
            "Try `./clew demo --endpoint localhost:1 --server http://host:3` and "
            "`./clew search --server http://host:3` in another terminal. ");
}

TEST(StartHint, NamesOnlyWhatThereIs) {
  EXPECT_EQ(StartHint({At("[::1]:2", "otlp", "http")}, "clew"),
            "Try `clew demo --endpoint http://localhost:2` in another terminal. ");
  EXPECT_EQ(StartHint({At("localhost:8888", "", "")}, "clew"), "");
}

TEST(StartHint, NamesNothingThatWouldBeRefused) {
  auto secured = At("localhost:4317", "otlp", "grpc");
  secured.needs_options = true;
  EXPECT_EQ(StartHint({secured}, "clew"), "");
  EXPECT_EQ(StartHint({secured, At("localhost:2", "otlp", "http")}, "clew"),
            "Try `clew demo --endpoint http://localhost:2` in another terminal. ");
}

}  // namespace
}  // namespace clew::app::cli
