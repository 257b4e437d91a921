#include "app/bench/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace clew::app::bench {
namespace {

constexpr auto kReadyPoll = std::chrono::milliseconds(20);
constexpr auto kReadyTimeout = std::chrono::minutes(5);
constexpr Nanos kFlushTimeout = std::chrono::minutes(10);

/// A port of the loopback that is free now; `socket` keeps it from being given out twice.
Result<std::uint16_t> BindFreePort(int socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket, generic, size) != 0 || getsockname(socket, generic, &size) != 0) {
    return Unavailable("no free port: {}", std::strerror(errno));
  }
  return ntohs(address.sin_port);
}

std::string Set(std::string_view key, const std::string& value) {
  return fmt::format("--set={}={}", key, value);
}

std::string Local(std::uint16_t port) { return fmt::format("127.0.0.1:{}", port); }

/// Only calls what is safe between fork and exec.
[[noreturn]] void BecomeServer(const std::vector<char*>& arguments, int log_file) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(log_file, STDOUT_FILENO);
  dup2(log_file, STDERR_FILENO);
  execv("/proc/self/exe", arguments.data());
  _exit(127);
}

}  // namespace

Result<Ports> Ports::Free() {
  Ports ports;
  std::vector<int> sockets;
  Status status;
  for (std::uint16_t* port :
       {&ports.grpc, &ports.http, &ports.jaeger, &ports.tempo, &ports.health, &ports.telemetry}) {
    sockets.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto free_port = BindFreePort(sockets.back());
    if (!free_port.has_value()) {
      status = std::unexpected(free_port.error());
      break;
    }
    *port = *free_port;
  }
  for (const int socket : sockets) {
    close(socket);
  }
  TRY(status);
  return ports;
}

std::vector<std::string> StoringServerArguments(const Ports& ports, const std::string& directory) {
  return {
      "serve",
      Set("receivers.otlp.protocols.grpc.endpoint", Local(ports.grpc)),
      Set("receivers.otlp.protocols.http.endpoint", Local(ports.http)),
      Set("extensions.clew_storage.directory", directory),
      Set("extensions.clew_query.jaeger.endpoint", Local(ports.jaeger)),
      Set("extensions.clew_query.tempo.endpoint", Local(ports.tempo)),
      Set("extensions.health_check.endpoint", Local(ports.health)),
      Set("service.telemetry.metrics.readers",
          fmt::format("[{{pull: {{exporter: {{prometheus: {{host: 127.0.0.1, port: {}}}}}}}}}]",
                      ports.telemetry)),
  };
}

std::vector<std::string> ForwardingServerArguments(const Ports& ports, const std::string& target) {
  return {
      "serve",
      "--config",
      fmt::format(
          "yaml:{{receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '{}'}}}}}}}}, "
          "exporters: {{otlp: {{endpoint: '{}', compression: none, tls: {{insecure: true}}}}}}, "
          "service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [otlp]}}}}}}}}",
          Local(ports.grpc), target),
      Set("service.telemetry.metrics.readers",
          fmt::format("[{{pull: {{exporter: {{prometheus: {{host: 127.0.0.1, port: {}}}}}}}}}]",
                      ports.telemetry)),
  };
}

Result<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const std::vector<std::string>& arguments, const Ports& ports, const std::string& log_path) {
  const int log_file = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log_file < 0) {
    return Unavailable("cannot open {}: {}", log_path, std::strerror(errno));
  }
  std::vector<std::string> words = {"clew"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    BecomeServer(pointers, log_file);
  }
  close(log_file);
  if (pid < 0) {
    return Unavailable("cannot start a process: {}", std::strerror(errno));
  }
  ASSIGN_OR_RETURN(auto client, telemetry::TelemetryClient::Create(Local(ports.telemetry)));
  std::unique_ptr<ServerProcess> server(new ServerProcess(pid, ports, std::move(client)));
  TRY(server->WaitReady(log_path));
  return server;
}

Status ServerProcess::WaitReady(const std::string& log_path) {
  const auto give_up_at = base::SystemTime().Time() + kReadyTimeout;
  while (base::SystemTime().Time() < give_up_at) {
    if (const auto readiness = client_->Readiness(); readiness.has_value() && *readiness == "ok") {
      return {};
    }
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return Internal("the server ended at once: see {}", log_path);
    }
    std::this_thread::sleep_for(kReadyPoll);
  }
  return Unavailable("the server did not become ready: see {}", log_path);
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

Result<double> ServerProcess::Metric(const std::string& name) {
  ASSIGN_OR_RETURN(const auto samples, client_->Metrics());
  double sum = 0;
  for (const telemetry::Sample& sample : samples) {
    sum += sample.name == name ? sample.value : 0;
  }
  return sum;
}

Status ServerProcess::Flush() { return client_->Order("flush", kFlushTimeout); }

Status ServerProcess::Stop() {
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Internal("the server ended with status {}", status);
  }
  return {};
}

}  // namespace clew::app::bench
