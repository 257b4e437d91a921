#include "app/cli/command_line.h"

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include "app/bench/benches.h"
#include "app/cli/commands.h"
#include "app/cli/completion.h"
#include "app/cli/describe_command.h"
#include "app/version.h"
#include "base/nearest.h"
#include "base/thread_failure.h"

namespace clew::app::cli {
namespace {

/// Lets numbers in this range pass. Unlike CLI::Range it refuses NaN, which no limit holds.
CLI::Validator NumberFrom(double min, double max) {
  return CLI::Validator(
      [min, max](std::string& text) {
        double number = 0;
        const bool is_number = CLI::detail::lexical_cast(text, number);
        return is_number && number >= min && number <= max
                   ? std::string()
                   : fmt::format("must be a number from {} to {}, not \"{}\"", min, max, text);
      },
      "");
}

/// Lets what is made of digits pass: a minus would turn into a large number without a word.
CLI::Validator WholeNumber() {
  return CLI::Validator(
      [](std::string& text) {
        return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos
                   ? std::string()
                   : fmt::format("must be a whole number from 0 on, not \"{}\"", text);
      },
      "");
}

/// The definition of all commands, with the places their values go to. A command that was given
/// sets `action`.
class CommandLine {
 public:
  explicit CommandLine(const Terminal& terminal) : terminal_(terminal) {
    app_.description("clew receives, keeps, finds and shows traces, in one process");
    app_.require_subcommand(0, 1);
    app_.set_help_all_flag();
    AddConfigOptions(app_, bare_config_);
    AddShutdownTimeout(app_);
    app_.set_version_flag("--version", [] { return std::string(Version()); }, "Print the version");
    action_ = [this] { return Serve(); };
    AddServe();
    AddConfig();
    AddTrace();
    AddSearch();
    AddQuery();
    AddServices();
    AddSend();
    AddDemo();
    AddStatus();
    AddRest();
    // Last, since commands inherit it.
    app_.footer(
        "Without a command it serves: OTLP on localhost:4317 and 4318, queries on 16686 and 3200.\n"
        "First steps: `clew` in one terminal, `clew demo` in another, then `clew search`.");
  }

  CLI::App& app() { return app_; }
  int Run() { return action_(); }

  /// An option in front of a command that has no use for it, which would be passed over in silence.
  std::optional<std::string> MisplacedOption() const {
    const auto commands = app_.get_subcommands();
    if (commands.empty() || commands.front()->get_name() == "serve") {
      return std::nullopt;
    }
    for (const char* name : {"--config", "--set", "--shutdown-timeout"}) {
      if (app_.get_option(name)->count() > 0) {
        return fmt::format("{} in front of \"{}\" has no effect: options follow their command",
                           name, commands.front()->get_name());
      }
    }
    return std::nullopt;
  }

 private:
  /// `clew --config a serve --config b` means both.
  int Serve() {
    ServeOptions options = serve_;
    options.config = Joined(bare_config_, serve_.config);
    return RunServe(options, terminal_);
  }

  static ConfigOptions Joined(ConfigOptions first, const ConfigOptions& second) {
    first.sources.insert(first.sources.end(), second.sources.begin(), second.sources.end());
    first.sets.insert(first.sets.end(), second.sets.begin(), second.sets.end());
    return first;
  }

  CLI::App& Add(CLI::App& parent, const std::string& name, const std::string& help,
                std::function<int()> action) {
    CLI::App* command = parent.add_subcommand(name, help);
    command->callback([this, action = std::move(action)] { action_ = action; });
    return *command;
  }

  static void AddConfigOptions(CLI::App& command, ConfigOptions& options) {
    command
        .add_option("--config", options.sources,
                    "Configuration: a file, env:NAME or yaml:TEXT; later ones win, key by key")
        ->type_name("SOURCE")
        ->allow_extra_args(false);
    command
        .add_option("--set", options.sets,
                    "One setting, e.g. receivers.otlp.protocols.grpc.endpoint=0.0.0.0:4317; a list "
                    "as a whole, e.g. service.extensions=[clew_storage]")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
  }

  void AddShutdownTimeout(CLI::App& command) {
    command
        .add_option("--shutdown-timeout", serve_.shutdown_timeout,
                    "How long SIGTERM and SIGINT may take to hand on what was accepted")
        ->type_name("DURATION")
        ->capture_default_str();
  }

  static void AddTenant(CLI::App& command, std::string& tenant) {
    command.add_option("--tenant", tenant, "Tenant, sent as X-Scope-OrgID")
        ->envname("CLEW_TENANT")
        ->type_name("NAME");
  }

  static void AddExplain(CLI::App& command, std::string& explain) {
    command
        .add_option("--explain", explain,
                    "Print instead how the server answers: the plan, or with run what each step of "
                    "it took")
        ->type_name("MODE")
        ->check(CLI::IsMember({"plan", "run"}));
  }

  static void AddTimes(CLI::App& command, TimeOptions& times) {
    command.add_option("--since", times.since, "Spans that started within this time until now")
        ->type_name("DURATION")
        ->capture_default_str();
    command
        .add_option("--from", times.from,
                    "Spans that started at this time (RFC 3339, UTC) or later")
        ->type_name("TIME");
    command.add_option("--to", times.to, "Spans that started at this time or earlier")
        ->type_name("TIME");
  }

  static void AddServerOptions(CLI::App& command, ServerOptions& options) {
    command.add_option("--server", options.url, "Address of the server's query API")
        ->envname("CLEW_SERVER")
        ->type_name("URL")
        ->capture_default_str();
    AddTenant(command, options.tenant);
  }

  static void AddTempoOptions(CLI::App& command, ServerOptions& options) {
    command.add_option("--tempo", options.url, "Address of the server's Tempo API")
        ->envname("CLEW_TEMPO")
        ->type_name("URL")
        ->capture_default_str();
    AddTenant(command, options.tenant);
  }

  static void AddTelemetryOption(CLI::App& command, StatusOptions& options) {
    command.add_option("--telemetry", options.url, "Address of the server's own metrics")
        ->envname("CLEW_TELEMETRY")
        ->type_name("URL")
        ->capture_default_str();
  }

  void AddServe() {
    CLI::App& serve =
        Add(app_, "serve", "Run the server; without --config, the built-in default configuration",
            [this] { return Serve(); });
    AddConfigOptions(serve, serve_.config);
    AddShutdownTimeout(serve);
  }

  void AddConfig() {
    CLI::App* config =
        app_.add_subcommand("config", "Print, check, translate or reload the configuration");
    config->require_subcommand(1);
    CLI::App& print = Add(*config, "print", "Print the effective configuration, secrets hidden",
                          [this] { return RunConfigPrint(config_, terminal_); });
    AddConfigOptions(print, config_);
    CLI::App& validate =
        Add(*config, "validate", "Check a configuration and show all its errors", [this] {
          return RunConfigValidate(Joined(config_, {.sources = files_, .sets = {}}), terminal_);
        });
    validate
        .add_option("FILE", files_,
                    "Files to check, merged in their order, after --config; without any, the "
                    "built-in configuration")
        ->type_name("");
    AddConfigOptions(validate, config_);
    CLI::App& translate = Add(*config, "translate", "Write a configuration of Tempo as one of clew",
                              [this] { return RunConfigTranslate(tempo_file_, terminal_); });
    translate.add_option("FILE", tempo_file_, "Configuration of Tempo, YAML")
        ->required()
        ->type_name("");
    CLI::App& reload =
        Add(*config, "reload", "Tell the running server to read its configuration again",
            [this] { return RunConfigReload(reload_, terminal_); });
    AddTelemetryOption(reload, reload_);
  }

  void AddTrace() {
    CLI::App& trace = Add(app_, "trace", "Draw one trace as a waterfall",
                          [this] { return RunTrace(trace_, terminal_); });
    trace.add_option("ID", trace_.id, "Trace id, up to 32 hex digits")->required()->type_name("");
    trace.add_flag("--attributes,-a", trace_.has_attributes,
                   "Show attributes, events and links of every span");
    trace.add_flag("--json", trace_.is_json, "Print OTLP/JSON instead");
    AddExplain(trace, trace_.explain);
    AddServerOptions(trace, trace_.server);
  }

  void AddSearch() {
    CLI::App& search = Add(app_, "search", "List traces, newest first",
                           [this] { return RunSearch(search_, terminal_); });
    const auto text = [&search](const std::string& name, std::string& value,
                                const std::string& help, const std::string& type) {
      return search.add_option(name, value, help)->type_name(type);
    };
    text("--service,-s", search_.service, "Service name", "NAME");
    text("--operation,-o", search_.operation, "Span name", "NAME");
    text("--min-duration", search_.duration_min, "Span takes at least this, e.g. 500ms",
         "DURATION");
    text("--max-duration", search_.duration_max, "Span takes at most this", "DURATION");
    search
        .add_option("--tag,-t", search_.tags,
                    "Attribute of span, resource, event or link; may be given once a key")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    text("--status", search_.status, "Status of the span", "STATUS")
        ->check(CLI::IsMember({"error", "ok", "unset"}));
    AddTimes(search, search_.times);
    search.add_option("--limit,-n", search_.limit, "Traces to list at most")
        ->type_name("COUNT")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    search.add_flag("--json", search_.is_json, "Print JSON instead");
    AddExplain(search, search_.explain);
    AddServerOptions(search, search_.server);
  }

  void AddQuery() {
    CLI::App& query = Add(app_, "query", "Ask in TraceQL: list traces, or draw metrics over time",
                          [this] { return RunTraceQl(query_, terminal_); });
    query.add_option("QUERY", query_.query, "The query, e.g. '{ status = error }'")
        ->required()
        ->type_name("");
    AddTimes(query, query_.times);
    query.add_option("--limit,-n", query_.limit, "Traces to list, or series to show, at most")
        ->type_name("COUNT")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    query.add_option("--spans", query_.span_count, "Spans to list of each set of a trace, at most")
        ->type_name("COUNT")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    query
        .add_option("--step", query_.step,
                    "Of metrics: the time between two points; without it the server chooses")
        ->type_name("DURATION");
    query.add_flag("--instant", query_.is_instant,
                   "Of metrics: one value for the whole time, not a series");
    query
        .add_option("--output", query_.output,
                    "How to show it: json is the server's answer as it is; without it series are "
                    "a chart, all else is a table")
        ->type_name("FORM")
        ->check(CLI::IsMember({"chart", "table", "json"}));
    AddExplain(query, query_.explain);
    AddTempoOptions(query, query_.server);
    CLI::App& complete =
        Add(app_, "complete", "List what a query that is being typed can go on with",
            [this] { return RunComplete(complete_, terminal_); });
    complete.group("");
    complete.add_option("LINE", complete_.line, "The command line up to the cursor")
        ->required()
        ->type_name("");
    AddTempoOptions(complete, complete_.server);
  }

  void AddServices() {
    CLI::App& services = Add(app_, "services", "List services",
                             [this] { return RunServices(services_, terminal_); });
    services.add_flag("--operations", services_.has_operations, "List their operations too");
    services.add_flag("--json", services_.is_json, "Print JSON instead");
    AddExplain(services, services_.explain);
    AddServerOptions(services, services_.server);
  }

  static void AddDestination(CLI::App& command, std::string& endpoint, std::string& protocol) {
    command
        .add_option("--endpoint,-e", endpoint,
                    "Where to, host:port or a URL; without it localhost:4317 (grpc) or "
                    "http://localhost:4318 (http); https:// is TLS, and trusts the authorities in "
                    "the file that SSL_CERT_FILE names, else the system's")
        ->envname("CLEW_ENDPOINT")
        ->type_name("ADDRESS");
    command
        .add_option("--protocol,-p", protocol,
                    "OTLP over gRPC or HTTP; without it http to a URL of another port than 4317, "
                    "else grpc")
        ->type_name("PROTOCOL")
        ->check(CLI::IsMember({"grpc", "http"}));
  }

  void AddSend() {
    CLI::App& send =
        Add(app_, "send",
            "Send files of OTLP requests or downloaded traces (JSON or protobuf, gzip or zstd)",
            [this] { return RunSend(send_, terminal_); });
    send.add_option(
            "FILE", send_.files,
            "Files; - is standard input. One request has up to 128 MiB. What is not compressed is "
            "read piece by piece; a compressed file is held in memory, up to 256 MiB and 512 MiB "
            "unpacked; what gzip -dc FILE gives of a larger one can be piped into clew send -")
        ->required()
        ->type_name("");
    AddDestination(send, send_.endpoint, send_.protocol);
    send.add_option("--compression", send_.compression, "Of what is sent; zstd with http only")
        ->type_name("NAME")
        ->check(CLI::IsMember({"none", "gzip", "zstd"}))
        ->capture_default_str();
    send.add_option("--header", send_.headers, "Header of every request; several are allowed")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    AddTenant(send, send_.tenant);
    send.add_option("--in-flight", send_.in_flight_max, "Requests under way at once")
        ->type_name("COUNT")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    send.add_option("--timeout", send_.timeout, "Of one attempt")
        ->type_name("DURATION")
        ->capture_default_str();
    send.add_option("--retry-for", send_.retry_for,
                    "How long to try again while the server takes nothing")
        ->type_name("DURATION")
        ->capture_default_str();
  }

  void AddDemo() {
    CLI::App& demo =
        Add(app_, "demo", "Play a shop of six services, with errors and slow calls, until stopped",
            [this] { return RunDemo(demo_, terminal_); });
    AddDestination(demo, demo_.endpoint, demo_.protocol);
    AddTenant(demo, demo_.tenant);
    demo.add_option("--rate", demo_.rate, "Visits a second")
        ->type_name("COUNT")
        ->check(NumberFrom(0.01, 10'000))
        ->capture_default_str();
    demo.add_option("--duration", demo_.duration, "Stop after this time; 0s: never")
        ->type_name("DURATION")
        ->capture_default_str();
    demo.add_option("--seed", demo_.seed, "Makes visits repeatable; 0: different every time")
        ->type_name("NUMBER")
        ->check(WholeNumber())
        ->capture_default_str();
    demo.add_option("--server", demo_.server,
                    "Address of the server's query API, for the commands that are printed")
        ->envname("CLEW_SERVER")
        ->type_name("URL")
        ->capture_default_str();
  }

  void AddStatus() {
    CLI::App& status = Add(app_, "status", "Show how the running server is",
                           [this] { return RunStatus(status_, terminal_); });
    AddTelemetryOption(status, status_);
    CLI::App* storage = app_.add_subcommand("storage", "Look after what is stored");
    storage->require_subcommand(1);
    CLI::App& flush = Add(*storage, "flush", "Turn everything acknowledged into blocks now",
                          [this] { return RunStorageFlush(flush_, terminal_); });
    AddTelemetryOption(flush, flush_);
    CLI::App& verify = Add(*storage, "verify",
                           "Read a data directory as it is, log and blocks, and name each damage; "
                           "also beside a running server. Ends with 1 when there is one",
                           [this] { return RunStorageVerify(verify_, terminal_); });
    verify.add_option("DIR", verify_.directory, "The directory of clew_storage")
        ->envname("CLEW_DATA_DIR")
        ->type_name("")
        ->capture_default_str();
  }

  void AddRest() {
    Add(app_, "components", "List the components that a configuration may use",
        [this] { return RunComponents(terminal_); });
    Add(app_, "version", "Print the version", [this] { return RunVersion(terminal_); });
    CLI::App& completion =
        Add(app_, "completion",
            "Print a completion script for a shell; inside the quotes of clew query it asks the "
            "server for attributes and their values",
            [this] {
              const auto script = CompletionScript(DescribeCommandLine(), shell_);
              terminal_.Print(*script);
              return kExitDone;
            });
    completion.add_option("SHELL", shell_, "The shell")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    CLI::App& bench = Add(app_, "bench", "Measure; the last line printed is JSON",
                          [this] { return RunBench(bench_, terminal_); });
    bench.add_option("NAME", bench_.name, "What to measure")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember(bench::BenchNames()));
    bench
        .add_option("--data", bench_.data_directory,
                    "Data folder of trace-by-id, search and scan, filled at the first run and used "
                    "again for the same spans")
        ->type_name("DIR");
    bench
        .add_option("--spans", bench_.span_count,
                    "Use so many spans, however long it takes, instead of what fits into 45 s; "
                    "rounded up to whole requests of some 1000, for scan to row groups of 65536")
        ->type_name("COUNT")
        ->check(WholeNumber());
    bench.add_option("--seed", bench_.seed, "Seed of the generated spans")
        ->type_name("NUMBER")
        ->check(WholeNumber())
        ->capture_default_str();
    bench
        .add_option("--threads", bench_.thread_count,
                    "Threads of scan, instead of one a core; at most four a core")
        ->type_name("COUNT")
        ->check(WholeNumber());
    // What scan starts itself with, too.
    bench.add_option(
        "--question", bench_.question,
        "Of scan: ask coded, range, two or pattern alone, once, of blocks not read before");
    CLI::App& docs = Add(app_, "docs", "Print a reference as it stands in docs/reference", [this] {
      if (topic_ == "command-line") {
        terminal_.Print(CommandLineReference(DescribeCommandLine()));
        return kExitDone;
      }
      return RunDocs(topic_, terminal_);
    });
    docs.group("");
    docs.add_option("TOPIC", topic_, "Which reference")
        ->required()
        ->type_name("")
        ->check(
            CLI::IsMember({"command-line", "configuration", "metrics", "semantic-conventions"}));
  }

  const Terminal& terminal_;
  CLI::App app_{"", "clew"};
  std::function<int()> action_;
  ConfigOptions bare_config_;  // in front of any command
  ServeOptions serve_;
  ConfigOptions config_;
  std::vector<std::string> files_;
  std::string tempo_file_;
  TraceOptions trace_;
  SearchOptions search_;
  TraceQlOptions query_;
  CompleteOptions complete_;
  ServicesOptions services_;
  SendOptions send_;
  DemoOptions demo_;
  // Each its own: an environment variable is written to all of them, an option to one.
  StatusOptions status_;
  StatusOptions reload_;
  StatusOptions flush_;
  VerifyOptions verify_;
  BenchOptions bench_;
  std::string shell_;
  std::string topic_;
};

/// The command that the arguments got to, for the hint.
std::string CommandPath(const CLI::App& app) {
  std::string path = app.get_name();
  for (const CLI::App* command : app.get_subcommands()) {
    path += " " + CommandPath(*command);
  }
  return path;
}

int SayUsage(const Terminal& terminal, const CLI::App& app, const std::string& message) {
  terminal.PrintError(message);
  terminal.Say("Run `" + CommandPath(app) + " --help` for what it takes.\n");
  return kExitUsage;
}

/// What to say of a word where a command is expected; nothing when it was something else that was
/// not understood.
std::optional<std::string> UnknownWord(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
  }
  const CommandInfo info = Describe(*command);
  const std::vector<std::string> words = command->remaining();
  if (info.commands.empty() || words.empty() || words.front().starts_with('-')) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const CommandInfo& each : info.commands) {
    names.push_back(each.name);
  }
  return fmt::format("there is no command \"{}\"{}", words.front(),
                     base::DidYouMean(words.front(), names));
}

}  // namespace

int RunCommandLine(const std::vector<std::string>& arguments, const Terminal& terminal) {
  CommandLine command_line(terminal);
  CLI::App& app = command_line.app();
  try {
    // CLI11 takes a vector from its back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    terminal.Print(app.help());  // of the command that was named
    return kExitDone;
  } catch (const CLI::CallForVersion& version) {
    terminal.Print(std::string(version.what()) + "\n");
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    return SayUsage(terminal, app, UnknownWord(app).value_or(error.what()));
  }
  if (const auto misplaced = command_line.MisplacedOption()) {
    return SayUsage(terminal, app, *misplaced);
  }
  const Result<int> status =
      base::RefuseWithoutThreads([&]() -> Result<int> { return command_line.Run(); });
  if (!status.has_value()) {
    terminal.PrintError(status.error().message);
    return kExitFailed;
  }
  return *status;
}

CommandInfo DescribeCommandLine() {
  const Terminal terminal(stdout, stderr);
  CommandLine command_line(terminal);
  return Describe(command_line.app());
}

}  // namespace clew::app::cli
