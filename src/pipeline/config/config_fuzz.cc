#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/config/config.h"
#include "pipeline/testing/fake_components.h"

/// Any bytes as a configuration: problems or a configuration that reads back as it was printed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clew::pipeline;  // NOLINT(google-build-using-namespace): a fuzzer's main
  testing::FakeWorld world;
  const std::vector<Factory> factories = testing::MakeFakeFactories(world);
  ConfigSources sources;
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "A") return "${env:B}x";
    if (name == "B") return "{a: [1, ${env:C}]}";
    return std::nullopt;
  };
  sources.built_in = std::string(reinterpret_cast<const char*>(data), size);
  // A fuzzer must not read the files of its machine.
  if (sources.built_in.empty() || sources.built_in.find("file") != std::string::npos) return 0;
  const LoadOutcome first = LoadConfig(sources, factories);
  if (!first.config) {
    if (first.problems.empty()) __builtin_trap();
    return 0;
  }
  const std::string printed = EmitConfig(*first.config, Secrecy::kShown);
  sources.built_in = printed;
  const LoadOutcome second = LoadConfig(sources, factories);
  if (!second.config || EmitConfig(*second.config, Secrecy::kShown) != printed) __builtin_trap();
  return 0;
}
