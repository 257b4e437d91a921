#include "app/cli/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "app/cli/commands.h"
#include "app/cli/completion.h"

namespace clew::app::cli {
namespace {

/// What a command wrote.
struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

Outcome Clew(const std::vector<std::string>& arguments) {
  char* out_text = nullptr;
  char* err_text = nullptr;
  std::size_t out_size = 0;
  std::size_t err_size = 0;
  std::FILE* out = open_memstream(&out_text, &out_size);
  std::FILE* err = open_memstream(&err_text, &err_size);
  Outcome outcome;
  outcome.status = RunCommandLine(arguments, Terminal(out, err));
  std::fclose(out);
  std::fclose(err);
  outcome.out.assign(out_text, out_size);
  outcome.err.assign(err_text, err_size);
  std::free(out_text);
  std::free(err_text);
  return outcome;
}

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(CommandLine, WrongUsageSaysWhatToRun) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"no-such-command"}, "clew --help"},
      {{"trace"}, "clew trace --help"},
      {{"search", "--limit", "none"}, "clew search --help"},
      {{"send", "--protocol", "pigeon", "f"}, "clew send --help"},
      {{"config"}, "clew config --help"},
      {{"config", "print", "--nope"}, "clew config print --help"},
  };
  for (const auto& [arguments, hint] : cases) {
    const Outcome outcome = Clew(arguments);

    EXPECT_EQ(outcome.status, kExitUsage) << arguments[0];
    EXPECT_TRUE(outcome.out.empty()) << outcome.out;
    EXPECT_NE(outcome.err.find(hint), std::string::npos) << outcome.err;
  }
}

TEST(CommandLine, BadValuesAreUsageErrorsToo) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"trace", "xyz"},
        {"search", "--since", "soon"},
        {"search", "--from", "yesterday"},
        {"search", "--tag", "novalue"},
        {"search", "--from", "2026-01-02", "--to", "2026-01-01"},
        {"demo", "--duration", "long"},
        {"send", "--compression", "zstd", "/dev/null"},
        {"serve", "--shutdown-timeout", "never"}}) {
    const Outcome outcome = Clew(arguments);

    EXPECT_EQ(outcome.status, kExitUsage) << arguments[0] << " " << outcome.err;
    EXPECT_FALSE(outcome.err.empty());
  }
}

TEST(CommandLine, HelpAndVersionSucceed) {
  EXPECT_EQ(Clew({"--help"}).status, kExitDone);
  EXPECT_NE(Clew({"search", "--help"}).out.find("--min-duration"), std::string::npos);
  EXPECT_TRUE(Clew({"version"}).out.starts_with("clew "));
  EXPECT_EQ(Clew({"--version"}).status, kExitDone);
}

TEST(CommandLine, AnAbsentFileIsAFailure) {
  const Outcome outcome = Clew({"send", "/does/not/exist"});

  EXPECT_EQ(outcome.status, kExitFailed);
  EXPECT_NE(outcome.err.find("/does/not/exist"), std::string::npos);
}

TEST(CommandLine, EveryProblemOfAConfigurationIsShown) {
  const Outcome outcome = Clew(
      {"config", "validate", "--config", "yaml:{receivers: {otpl: {}}, exporters: {fiel: {}}}"});

  EXPECT_EQ(outcome.status, kExitFailed);
  EXPECT_NE(outcome.err.find("otpl"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("fiel"), std::string::npos) << outcome.err;
}

TEST(CommandLine, ComponentsAreListed) {
  const Outcome outcome = Clew({"components"});

  for (const char* name :
       {"receivers:", "name: otlp\n", "processors:", "exporters:", "clew_storage", "extensions:"}) {
    EXPECT_NE(outcome.out.find(name), std::string::npos) << name;
  }
}

TEST(CommandLine, CompletionKnowsEveryCommandAndOption) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome outcome = Clew({"completion", shell});

    EXPECT_EQ(outcome.status, kExitDone);
    for (const char* word : {"search", "min-duration", "reload", "trace-by-id", "grpc"}) {
      EXPECT_NE(outcome.out.find(word), std::string::npos) << shell << ": " << word;
    }
    EXPECT_EQ(outcome.out.find("docs"), std::string::npos) << "hidden";
  }
  EXPECT_EQ(Clew({"completion", "tcsh"}).status, kExitUsage);
}

TEST(CommandLine, BashAcceptsItsScript) {
  const std::string script = Clew({"completion", "bash"}).out;
  const std::string path = testing::TempDir() + "/clew-completion.bash";
  std::ofstream(path) << script;
  const std::string ask =
      "bash -c 'source " + path +
      "; COMP_WORDS=(clew send --protocol \"\"); COMP_CWORD=3; _clew; echo ${COMPREPLY[*]}' > " +
      path + ".out";

  ASSERT_EQ(std::system(ask.c_str()), 0);

  EXPECT_EQ(FileText(path + ".out"), "grpc http\n");
}

TEST(Reference, CommandLineIsAsCommitted) {
  EXPECT_EQ(FileText("docs/reference/command-line.md"), Clew({"docs", "command-line"}).out)
      << "write it anew: clew docs command-line > docs/reference/command-line.md";
}

TEST(Reference, ConfigurationIsAsCommitted) {
  EXPECT_EQ(FileText("docs/reference/configuration.md"), Clew({"docs", "configuration"}).out)
      << "write it anew: clew docs configuration > docs/reference/configuration.md";
}

TEST(Reference, MetricsAreAsCommitted) {
  EXPECT_EQ(FileText("docs/reference/metrics.md"), Clew({"docs", "metrics"}).out)
      << "write it anew: clew docs metrics > docs/reference/metrics.md";
}

}  // namespace
}  // namespace clew::app::cli
