#include "app/cli/command_line.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/completion.h"
#include "base/testing/test_folder.h"
#include "log/local_log.h"

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
        {"search", "--tag", "k=v1", "--tag", "k=v2"},
        {"search", "--status", "error", "--tag", "span.status=ok"},
        {"search", "--from", "2026-01-02", "--to", "2026-01-01"},
        {"query"},
        {"query", "{", "--tempo", "localhost:9"},
        {"query", "{ }", "--from", "2026-01-02", "--to", "2026-01-01"},
        {"query", "{ }", "--output", "picture"},
        {"query", "{ }", "--tempo", "ftp://x"},
        {"demo", "--duration", "long"},
        {"send", "--compression", "zstd", "/dev/null"},
        {"search", "--min-duration", "-1s"},
        {"search", "--min-duration", "2s", "--max-duration", "1s"},
        {"send", "--timeout", "0s", "/dev/null"},
        {"demo", "--rate", "nan", "--duration", "1ms"},
        {"demo", "--rate", "inf", "--duration", "1ms"},
        {"demo", "--seed", "-1", "--duration", "1ms"},
        {"bench", "ingest", "--spans", "-1"},
        {"trace", "0"},
        {"search", "--server", "ftp://x"},
        {"search", "--server", "localhost:99999"},
        {"search", "--tenant", "a\r\nX: y"},
        {"status", "--telemetry", "localhost:99999"},
        {"config", "reload", "--telemetry", "ftp://x"},
        {"storage", "flush", "--telemetry", "http://[::1"},
        {"demo", "--server", "localhost:99999", "--duration", "1ns"},
        {"demo", "--endpoint", "localhost:99999", "--duration", "1ns"},
        {"send", "--endpoint", "localhost:99999", "/dev/null"},
        {"send", "--endpoint", "localhost:0", "/dev/null"},
        {"send", "--endpoint", "ftp://x", "/dev/null"},
        {"send", "--endpoint", "ftp://x", "--protocol", "http", "/dev/null"},
        {"send", "--endpoint", "http://localhost:99999", "/dev/null"},
        {"send", "--endpoint", "localhost:99999", "--protocol", "http", "/dev/null"},
        {"send", "--endpoint", "http://localhost:4317/v1/traces", "/dev/null"},
        {"send", "--header", "a=b\r\nX: y", "/dev/null"},
        {"send", "--protocol", "http", "--header", "a=b\r\nX: y", "/dev/null"},
        {"send", "--protocol", "http", "--header", "a b=c", "/dev/null"},
        {"send", "--protocol", "http", "--tenant", "a\nb", "/dev/null"},
        {"serve", "--shutdown-timeout", "never"}}) {
    const Outcome outcome = Clew(arguments);

    EXPECT_EQ(outcome.status, kExitUsage) << arguments[0] << " " << outcome.err;
    EXPECT_FALSE(outcome.err.empty());
  }
}

TEST(CommandLine, BadValuesAreNamedWithWhatToWrite) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"demo", "--rate", "nan"}, "must be a number from 0.01 to 10000, not \"nan\""},
      {{"demo", "--seed", "-1"}, "must be a whole number from 0 on, not \"-1\""},
      {{"trace", "0"}, "no trace id: \"0\"; it must not be zero"},
      {{"trace", "xyz"}, "no trace id: \"xyz\"; it has up to 32 hex digits"},
      {{"search", "--server", "ftp://x"}, "\"ftp://x\" must be a URL with http:// or https://"},
      {{"send", "-e", "localhost:99999", "/dev/null"},
       "invalid endpoint \"localhost:99999\": invalid port \"99999\", write a number from 1 to "
       "65535"},
      {{"send", "-e", "ftp://x", "/dev/null"},
       "invalid endpoint \"ftp://x\": the scheme \"ftp\" is unknown here, write host:port, or "
       "http:// or https:// in front of it"},
  };
  for (const auto& [arguments, message] : cases) {
    const Outcome outcome = Clew(arguments);

    EXPECT_EQ(outcome.status, kExitUsage);
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
  }
}

TEST(CommandLine, NothingToSendIsAFailure) {
  const Outcome outcome = Clew({"send", "--endpoint", "127.0.0.1:9", "/dev/null"});

  EXPECT_EQ(outcome.status, kExitFailed);
  EXPECT_NE(outcome.err.find("/dev/null is empty: nothing to send"), std::string::npos)
      << outcome.err;
}

TEST(CommandLine, ValidatingNothingSaysWhatWasChecked) {
  const Outcome outcome = Clew({"config", "validate"});

  EXPECT_EQ(outcome.status, kExitDone);
  EXPECT_NE(outcome.err.find("The built-in configuration was checked"), std::string::npos);
}

TEST(CommandLine, TheDemoNamesTheServerThatIsAsked) {
  const auto demo = [](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"demo", "--endpoint", "127.0.0.1:9", "--duration", "1ns"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Clew(arguments).out;
  };

  EXPECT_NE(demo({}).find("  clew services --operations\n"), std::string::npos) << demo({});
  const std::string named = demo({"--server", "http://host:1"});
  EXPECT_NE(named.find("  clew services --operations --server http://host:1\n"), std::string::npos)
      << named;
  const std::string secret = demo({"--server", "http://user:hush@host:1"});
  EXPECT_EQ(secret.find("hush"), std::string::npos) << secret;
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

TEST(CommandLine, SettingsThatCouldNotWorkAreRefused) {
  for (const auto& [set, message] : std::vector<std::pair<std::string, std::string>>{
           {"receivers.otlp.tenancy.header='a b'", "is no name of a header"},
           {"receivers.otlp.tenancy.header=''", "is no name of a header"},
           {"extensions.clew_query.tenancy.header=':path'", "is no name of a header"},
           {"exporters.otlp_http.endpoint='http://[::1'",
            "the bracket of the address is not closed"},
           {"exporters.otlp_http.endpoint='http://localhost:0'", "invalid port \"0\""},
           {"exporters.otlp_http={endpoint: 'http://h', headers: {a: \"b\\r\\nX: y\"}}",
            "the value of header \"a\" holds a line end"},
           {"exporters.otlp={endpoint: 'h:99999'}", "invalid port \"99999\""},
           {"exporters.otlp={endpoint: 'ftp://x'}", "the scheme \"ftp\" is unknown here"},
           {"extensions.clew_storage.retention.age=-1h", "must not be negative"},
           {"extensions.clew_storage.directory=''", "must name a folder"},
           {"extensions.clew_storage.directory=\"/tmp/x\\0zzz\"", "holds a NUL byte"},
           {"receivers.otlp.protocols.grpc.max_concurrent_streams=4294967296",
            "must be at most 2147483647"},
           {"receivers.otlp.protocols.grpc={transport: unix, endpoint: /" + std::string(107, 'x') +
                "}",
            "has at most 107 bytes, this one 108"},
           {"extensions.clew_query.jaeger.endpoint='0.0.0.0:4317'",
            "extension clew_query jaeger cannot listen on \"0.0.0.0:4317\", since receiver otlp "
            "grpc "
            "listens on"},
           {"receivers.otlp.protocols.http.endpoint='127.0.0.1:4317'",
            "receiver otlp http cannot listen on"}}) {
    const Outcome outcome = Clew({"config", "validate", "--set", set});

    EXPECT_EQ(outcome.status, kExitFailed) << set;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << set << ": " << outcome.err;
  }
}

TEST(CommandLine, OneDirectoryIsOfOneStorage) {
  const auto validate = [](const std::string& directory, const std::string& started) {
    return Clew({"config", "validate", "--set", "extensions.clew_storage.directory=data", "--set",
                 "extensions.clew_storage/b.directory='" + directory + "'", "--set",
                 "service.extensions=[" + started + "]"});
  };
  const std::string both = "clew_storage,clew_storage/b,clew_query";
  for (const char* same : {"data", "./data/", "data//.", "x/../data"}) {
    const Outcome outcome = validate(same, both);

    EXPECT_EQ(outcome.status, kExitFailed) << same;
    EXPECT_NE(outcome.err.find("extensions::clew_storage/b::directory: \"" + std::string(same) +
                               "\" belongs to extension \"clew_storage\" (\"data\"): give "
                               "one of them another"),
              std::string::npos)
        << outcome.err;
  }
  EXPECT_EQ(validate("other", both).status, kExitDone);
  EXPECT_EQ(validate("data", "clew_storage,clew_query").status, kExitDone);  // not started
}

TEST(CommandLine, OneFileIsOfOneExporter) {
  const auto validate = [](const std::string& path, const std::string& used) {
    return Clew({"config", "validate", "--set", "exporters.file/a.path=/tmp/spans.json", "--set",
                 "exporters.file/b.path='" + path + "'", "--set",
                 "service.pipelines.traces.exporters=[" + used + "]"});
  };
  for (const char* same : {"/tmp/spans.json", "/tmp//x/../spans.json"}) {
    const Outcome outcome = validate(same, "file/a,file/b");

    EXPECT_EQ(outcome.status, kExitFailed) << same;
    EXPECT_NE(outcome.err.find("exporters::file/b::path: \"" + std::string(same) +
                               "\" belongs to exporter \"file/a\" (\"/tmp/spans.json\"): give one "
                               "of them another"),
              std::string::npos)
        << outcome.err;
  }
  EXPECT_EQ(validate("/tmp/other.json", "file/a,file/b").status, kExitDone);
  EXPECT_EQ(validate("/tmp/spans.json", "file/a").status, kExitDone);  // the other is not started
  // What everybody may write.
  EXPECT_EQ(Clew({"config", "validate", "--set", "exporters.file/a.path=/dev/null", "--set",
                  "exporters.file/b.path=/dev/null", "--set",
                  "service.pipelines.traces.exporters=[file/a,file/b]"})
                .status,
            kExitDone);
}

Outcome ValidateFiles(const std::string& a, const std::string& b) {
  return Clew({"config", "validate", "--set", "exporters.file/a.path='" + a + "'", "--set",
               "exporters.file/b.path='" + b + "'", "--set",
               "service.pipelines.traces.exporters=[file/a,file/b]"});
}

TEST(CommandLine, OneFileIsOfOneExporterByWhateverLinks) {
  const base::testing::TestFolder folder;
  const std::filesystem::path in = folder.path();
  std::filesystem::create_directories(in / "real");
  std::filesystem::create_symlink("real", in / "linked");
  std::filesystem::create_symlink("not-yet", in / "dangling");
  std::filesystem::create_symlink(in / "dangling", in / "dangling2");
  std::ofstream(in / "real/file") << "";
  std::filesystem::create_hard_link(in / "real/file", in / "hard");
  for (const auto& [a, b] :
       std::vector<std::pair<std::string, std::string>>{{"real/file", "linked/file"},
                                                        {"real/new", "linked/new"},
                                                        {"real/file", "hard"},
                                                        {"not-yet", "dangling"},
                                                        {"dangling2", "not-yet"}}) {
    const Outcome outcome = ValidateFiles((in / a).string(), (in / b).string());

    EXPECT_EQ(outcome.status, kExitFailed) << a << ' ' << b;
    EXPECT_NE(outcome.err.find("exporters::file/b::path: \"" + (in / b).string() +
                               "\" belongs to exporter \"file/a\" (\"" + (in / a).string() +
                               "\"): give one of them another"),
              std::string::npos)
        << outcome.err;
  }
  EXPECT_EQ(ValidateFiles((in / "real/file").string(), (in / "real/file2").string()).status,
            kExitDone);
}

TEST(CommandLine, WhatAStorageKeepsIsOfNobodyElse) {
  const base::testing::TestFolder folder;
  const std::filesystem::path in = folder.path();
  std::filesystem::create_directories(in / "data/objects");
  std::filesystem::create_directories(in / "other");
  std::filesystem::create_symlink(in / "data/objects", in / "other/objects");
  std::filesystem::create_symlink(in / "data", in / "linked");
  const auto validate = [&](const std::string& second, const std::string& file) {
    return Clew({"config", "validate", "--set",
                 "extensions.clew_storage.directory='" + (in / "data").string() + "'", "--set",
                 "extensions.clew_storage/b.directory='" + (in / second).string() + "'", "--set",
                 "service.extensions=[clew_storage,clew_storage/b,clew_query]", "--set",
                 "exporters.file.path='" + (in / file).string() + "'", "--set",
                 "service.pipelines.traces.exporters=[clew_storage,file]"});
  };
  const auto quoted = [&](const std::string& name) { return "\"" + (in / name).string() + "\""; };
  const std::string of_first = " belongs to extension \"clew_storage\" (";
  for (const auto& [second, file, message] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"data/log/b", "f", quoted("data/log/b") + of_first + quoted("data/log")},
           {"linked/objects", "f", quoted("linked/objects") + of_first + quoted("data/objects")},
           {"other", "f",
            quoted("other") + " needs " + quoted("other/objects") + ", which" + of_first +
                quoted("data/objects")},
           {"b", "linked/log/f", quoted("linked/log/f") + of_first + quoted("data/log")},
           {"b", "data/inventory",
            quoted("data/inventory") + of_first + quoted("data/inventory")}}) {
    const Outcome outcome = validate(second, file);

    EXPECT_EQ(outcome.status, kExitFailed) << message;
    EXPECT_NE(outcome.err.find(message + "): give one of them another"), std::string::npos)
        << message << '\n'
        << outcome.err;
  }
  const Outcome beside = validate("data/b", "data/spans.json");
  EXPECT_EQ(beside.status, kExitDone) << beside.err;
}

// What a start would refuse once it runs, since what a component asks for is not there.
TEST(CommandLine, AConfigurationWhoseStorageDoesNotRunIsRefused) {
  const auto validate = [](const std::string& change) {
    return Clew({"config", "validate", "--set", change});
  };
  for (const auto& [change, message] : std::vector<std::pair<std::string, std::string>>{
           {"service.extensions=[]",
            "exporters::clew_storage: references extension \"clew_storage\" which does not run"},
           {"service.extensions=[clew_query]",
            "extensions::clew_query: references extension \"clew_storage\" which does not run"},
           {"extensions.clew_query.storage=foo",
            "extensions::clew_query: references extension \"foo\" which is not configured"},
           {"extensions.clew_query.storage=clew_query",
            "references extension \"clew_query\" which keeps no spans: name a storage"}}) {
    const Outcome outcome = validate(change);

    EXPECT_EQ(outcome.status, kExitFailed) << change;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
  }
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

/// What bash offers for the last of the words, sorted as it comes.
std::string Complete(const std::string& words, int count) {
  const base::testing::TestFolder folder;
  std::filesystem::create_directories(folder.path());
  const std::string path = folder.path() + "/completion.bash";
  std::ofstream(path) << Clew({"completion", "bash"}).out;
  const std::string ask = fmt::format(
      "bash -c 'source {0}; COMP_WORDS=({1}); COMP_CWORD={2}; _clew; echo ${{COMPREPLY[*]}}' > "
      "{0}.out",
      path, words, count);
  EXPECT_EQ(std::system(ask.c_str()), 0);
  return FileText(path + ".out");
}

TEST(CommandLine, BashCompletes) {
  EXPECT_EQ(Complete("clew se", 1), "serve search services send\n");
  EXPECT_EQ(Complete("clew config \"\"", 2), "print validate translate reload\n");
  EXPECT_EQ(Complete("clew send --protocol \"\"", 3), "grpc http\n");
  EXPECT_EQ(Complete("clew send -p \"\"", 3), "grpc http\n");
  EXPECT_EQ(Complete("clew search --status = e", 4), "error\n");
  EXPECT_EQ(Complete("clew search --st", 2), "--status\n");
  EXPECT_EQ(Complete("clew completion z", 2), "zsh\n");
  EXPECT_EQ(Complete("clew send \"\"", 2), "\n") << "files, which bash itself offers";
  EXPECT_EQ(Complete("clew search --service \"\"", 3), "\n") << "anything";
  EXPECT_NE(Complete("clew search \"\"", 2).find("--min-duration"), std::string::npos);
}

TEST(CommandLine, HelpIsOfTheCommandThatWasNamed) {
  const std::string text = Clew({"config", "print", "--help"}).out;

  EXPECT_NE(text.find("Usage: clew config print [OPTIONS]"), std::string::npos) << text;
  EXPECT_EQ(text.find("First steps"), std::string::npos) << text;
}

TEST(CommandLine, AMistypedCommandIsGuessed) {
  const Outcome outcome = Clew({"traec", "0af7"});

  EXPECT_EQ(outcome.status, kExitUsage);
  EXPECT_NE(outcome.err.find("there is no command \"traec\" (did you mean \"trace\"?)"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(Clew({"config", "pirnt"}).err.find("did you mean \"print\"?"), std::string::npos)
      << Clew({"config", "pirnt"}).err;
}

TEST(CommandLine, EverySourceOfAConfigurationCounts) {
  const std::string whole =
      "yaml:{receivers: {otlp: {protocols: {grpc: }}}, exporters: {nop: }, "
      "service: {pipelines: {traces: {receivers: [otlp], exporters: [nop]}}}}";
  const std::string bad = "yaml:{exporters: {fiel: {}}}";
  EXPECT_EQ(Clew({"config", "validate", whole}).status, kExitDone);

  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"config", "validate", "--config", whole, bad},
        {"config", "validate", bad, "--config", whole},
        {"--config", bad, "serve", "--config", whole}}) {
    const Outcome outcome = Clew(arguments);

    EXPECT_EQ(outcome.status, kExitFailed);
    EXPECT_NE(outcome.err.find("fiel"), std::string::npos) << outcome.err;
  }
}

TEST(CommandLine, AnOptionInFrontOfACommandThatDoesNotUseItIsRefused) {
  const Outcome outcome = Clew({"--config", "yaml:{}", "config", "validate"});

  EXPECT_EQ(outcome.status, kExitUsage);
  EXPECT_NE(outcome.err.find("--config in front of \"config\""), std::string::npos) << outcome.err;
}

TEST(CommandLine, AnOptionGoesBeforeItsVariable) {
  setenv("CLEW_TELEMETRY", "http://127.0.0.1:2", 1);

  const Outcome by_option = Clew({"status", "--telemetry", "http://127.0.0.1:1"});
  const Outcome by_variable = Clew({"status"});
  unsetenv("CLEW_TELEMETRY");

  EXPECT_NE(by_option.err.find("127.0.0.1:1"), std::string::npos) << by_option.err;
  EXPECT_NE(by_variable.err.find("127.0.0.1:2"), std::string::npos) << by_variable.err;
}

TEST(CommandLine, WhatIsNotWrittenIsAFailure) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> full(std::fopen("/dev/full", "w"),
                                                             std::fclose);
  ASSERT_NE(full, nullptr);
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* err = open_memstream(&text, &size);
  const Terminal terminal(full.get(), err);

  EXPECT_EQ(RunCommandLine({"version"}, terminal), kExitDone);
  EXPECT_FALSE(terminal.Finish());

  std::fclose(err);
  EXPECT_EQ(std::string(text, size),
            "clew: cannot write all to standard output: No space left on device\n");
  std::free(text);
}

TEST(CommandLine, VerifyCountsOneOfAKindAsOne) {
  const base::testing::TestFolder folder;
  const base::SystemClock clock;
  base::Metrics metrics;
  {
    log::LocalLogOptions options;
    options.directory = folder.path() + "/log";
    const auto log = log::OpenLocalLog(options, clock, metrics).value();
    log::Record record;
    record.body = Bytes(std::string("body"));
    ASSERT_TRUE(log->Append(record).Wait().has_value());
  }

  const Outcome outcome = Clew({"storage", "verify", folder.path()});

  EXPECT_EQ(outcome.status, kExitDone) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("log: 1 record in 1 segment, ")) << outcome.out;
}

TEST(CommandLine, VerifyNamesTheBlocksOfAFolderThatIsGone) {
  const base::testing::TestFolder folder;
  std::filesystem::create_directory(folder.path());
  const std::string name = "blocks/default/20260101/18867eae3f9d0000-0123456789abcdef.block";
  std::ofstream(folder.path() + "/inventory") << "+ 100 " << name << "\n";

  const Outcome outcome = Clew({"storage", "verify", folder.path()});

  EXPECT_EQ(outcome.status, kExitFailed) << outcome.err;
  const std::string block = folder.path() + "/objects/" + name + ": ";
  EXPECT_NE(outcome.out.find(block), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find(folder.path() + "/log: "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("2 damaged pieces."), std::string::npos) << outcome.out;
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

TEST(Reference, SemanticConventionsAreAsCommitted) {
  EXPECT_EQ(FileText("docs/reference/semantic-conventions.md"),
            Clew({"docs", "semantic-conventions"}).out)
      << "write it anew: clew docs semantic-conventions > docs/reference/semantic-conventions.md";
}

TEST(Reference, TheMetricsThatTheGuideNamesAreThere) {
  const std::string reference = FileText("docs/reference/metrics.md");
  const std::string guide = FileText("docs/how-to/operate.md");
  const std::regex name("`((clew|otelcol)_[a-z0-9]+_[a-z0-9_]+)");
  int count = 0;
  for (std::sregex_iterator match(guide.begin(), guide.end(), name), end; match != end; ++match) {
    EXPECT_NE(reference.find("`" + (*match)[1].str() + "`"), std::string::npos) << (*match)[1];
    ++count;
  }
  EXPECT_GT(count, 10);
}

/// Names of the metrics that the sources register.
std::set<std::string> MetricsOfTheSources() {
  const std::regex registration("(Counter|Gauge|Histogram)\\(\\s*\"([a-z0-9_]+)\"");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("src")) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".cc") || path.ends_with("_test.cc")) {
      continue;
    }
    const std::string text = FileText(path);
    for (std::sregex_iterator match(text.begin(), text.end(), registration), end; match != end;
         ++match) {
      names.insert((*match)[2]);
    }
  }
  return names;
}

TEST(Reference, EveryMetricIsThere) {
  const std::string reference = FileText("docs/reference/metrics.md");
  const std::set<std::string> names = MetricsOfTheSources();

  EXPECT_GT(names.size(), 40u);
  for (const std::string& name : names) {
    EXPECT_NE(reference.find("`" + name + "`"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace clew::app::cli
