#include "net/grpc_peers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpc/grpc.h>
#include <grpc/support/alloc.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <limits>
#include <mutex>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/file.h"
#include "base/logging.h"
#include "base/number.h"
#include "net/endpoint.h"
#include "net/http_server.h"

namespace clew::net {
namespace {

constexpr std::array<const char*, 4> kReasons = {"unanswered", "calls", "cancelled", "overload"};
constexpr auto kLookInterval = std::chrono::milliseconds(20);
/// Of the time one part in so many goes into looking.
constexpr int kLookShare = 50;
constexpr auto kSecond = std::chrono::seconds(1);
/// About what gRPC has of a call, with its headers and the start of an answer.
constexpr std::uint64_t kCallBytes = 64u << 10;
/// Whoever makes gRPC hold less is not closed for what those that are gone have.
constexpr std::uint64_t kShareMin = 4 * kCallBytes;
/// Read by gRPC before its calls are counted again: the least that some hundreds of calls take.
constexpr std::uint64_t kCountAfterBytes = 4096;

/// As gRPC names it: of IPv6 without the scope, of IPv4 in IPv6 as IPv4. Empty for a path.
std::string AddressOfPeer(int descriptor) {
  sockaddr_in6 address{};
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (getpeername(descriptor, generic, &size) != 0) return {};
  std::array<char, INET6_ADDRSTRLEN> host{};
  const void* bytes = &address.sin6_addr;
  int family = generic->sa_family;
  if (family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (family != AF_INET6) {
    return {};
  } else if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
    family = AF_INET;
    bytes = &address.sin6_addr.s6_addr[12];
  }
  inet_ntop(family, bytes, host.data(), host.size());
  return HostPort{host.data(), ntohs(address.sin6_port)}.ToString();
}

/// "[fe80::1%eth0]:5" without the scope.
std::string WithoutScope(std::string address) {
  const std::size_t begin = address.find('%');
  const std::size_t end = address.find(']');
  if (begin < end && end != std::string::npos) address.erase(begin, end - begin);
  return address;
}

/// Of the processor: a machine that is busy must not make us look less often.
Nanos ThreadTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec);
}

using ChannelzText = std::unique_ptr<char, decltype(&gpr_free)>;

/// The text behind `key` in what channelz writes, up to the next quote, and moves `json` behind it.
/// Empty when there is none.
std::string_view TakeText(std::string_view& json, std::string_view key) {
  const std::size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  json.remove_prefix(at + key.size());
  const std::string_view text = json.substr(0, json.find('"'));
  json.remove_prefix(text.size());
  return text;
}

/// Of the server that began last.
std::intptr_t NewestServer() {
  std::intptr_t newest = 0;
  for (;;) {
    const ChannelzText text(grpc_channelz_get_servers(newest + 1), &gpr_free);
    std::string_view json = text == nullptr ? "" : text.get();
    const std::intptr_t before = newest;
    for (;;) {
      const std::string_view id = TakeText(json, "\"serverId\":\"");
      if (id.empty()) break;
      newest = std::max(newest, base::ParseNumber<std::intptr_t>(id).value_or(0));
    }
    if (newest == before) return newest;  // it gives some of them at a time
  }
}

}  // namespace

GrpcPeers::GrpcPeers(const GrpcServerOptions& options)
    : name_(options.name),
      calls_max_(options.concurrent_streams_max == 0 ? std::numeric_limits<std::uint64_t>::max()
                                                     : options.concurrent_streams_max),
      message_bytes_max_(options.message_bytes_max),
      request_memory_(options.request_memory) {
  if (options.metrics == nullptr) return;
  for (std::size_t i = 0; i < kReasons.size(); ++i) {
    closed_[i] = &options.metrics->Counter(
        "clew_net_connections_closed_total",
        "gRPC connections closed because of what their client did: it sent more than 4 MiB, "
        "and a largest message for each call under way, that nothing answers (unanswered), or made "
        "gRPC hold most when that is too much of all connections together: by such bytes "
        "(unanswered), by more calls under way than it may have or whose answers it does not take "
        "(calls), or by calls cancelled within a second (cancelled); or it sent much before any of "
        "its calls had ended, while gRPC had too much to do for others that were closed "
        "(overload).",
        {{"server", options.name}, {"reason", kReasons[i]}});
  }
}

std::optional<GrpcPeers::Identity> GrpcPeers::Identify(int descriptor) {
  struct stat found{};
  if (fstat(descriptor, &found) != 0) return std::nullopt;
  return Identity{found.st_dev, found.st_ino};
}

void GrpcPeers::Add(int descriptor) {
  const std::optional<Identity> identity = Identify(descriptor);
  if (!identity) return;
  auto told = std::make_shared<PeerCalls>();
  std::string address = AddressOfPeer(descriptor);
  const std::scoped_lock lock(mutex_);
  if (!address.empty()) by_address_[address] = told;
  added_.push_back({.descriptor = descriptor,
                    .identity = *identity,
                    .address = std::move(address),
                    .told = std::move(told)});
  if (++count_ == 1) changed_.notify_all();
}

std::size_t GrpcPeers::Count() const {
  const std::scoped_lock lock(mutex_);
  return count_;
}

void GrpcPeers::End(const Socket& socket) {
  ending_.push_back(
      {.address = socket.address, .told = socket.told, .channelz_id = socket.channelz_id});
}

void GrpcPeers::UpdateEnding(Clock::time_point now) {
  std::erase_if(ending_, [&](Ending& ending) {
    const auto count = [&ending] {
      const std::uint64_t others = ending.told->ended() + ending.told->at_work();
      ending.calls = ending.started - std::min(ending.started, others);
    };
    count();
    // Asking takes long. Calls whose headers never ended do not tell when they end.
    if (ending.calls > 0 && now < ending.next_ask) return false;
    ending.next_ask = now + kSecond;
    const std::optional<Calls> calls = AskForCalls(ending.channelz_id);
    if (calls) {
      ending.started = calls->started;
      count();
      return false;
    }
    const std::scoped_lock lock(mutex_);
    const auto found = by_address_.find(ending.address);
    if (found != by_address_.end() && found->second == ending.told) by_address_.erase(found);
    return true;
  });
}

std::shared_ptr<PeerCalls> GrpcPeers::Find(const std::string& address) const {
  const std::string key = WithoutScope(address);
  const std::scoped_lock lock(mutex_);
  const auto found = by_address_.find(key);
  return found == by_address_.end() ? nullptr : found->second;
}

std::unique_ptr<grpc::Server> GrpcPeers::BuildAndStart(grpc::ServerBuilder& builder) {
  static std::mutex mutex;  // nothing but the order tells which of channelz' servers is which
  const std::scoped_lock lock(mutex);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server != nullptr) server_id_ = NewestServer();
  return server;
}

void GrpcPeers::Start() {
  KeepFiles();
  thread_ = std::thread([this] { Watch(); });
}

void GrpcPeers::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void GrpcPeers::Watch() {
  pthread_setname_np(pthread_self(), "grpc peers");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_stopping_ || count_ > 0 || !ending_.empty(); });
    if (is_stopping_) return;
    sockets_.insert(sockets_.end(), std::move_iterator(added_.begin()),
                    std::move_iterator(added_.end()));
    added_.clear();
    lock.unlock();
    const Clock::duration pause = Look();
    lock.lock();
    count_ = sockets_.size() + added_.size();
    changed_.wait_for(lock, pause, [this] { return is_stopping_; });
  }
}

GrpcPeers::Clock::duration GrpcPeers::Look() {
  const Clock::time_point begin = Clock::now();
  const Nanos time_before = ThreadTime();
  std::erase_if(sockets_, [this](const Socket& socket) {
    const bool is_gone = Identify(socket.descriptor) != socket.identity;
    if (is_gone) End(socket);
    return is_gone;
  });
  bool is_unknown = std::ranges::find(ending_, 0, &Ending::channelz_id) != ending_.end();
  for (Socket& socket : sockets_) {
    socket.is_counted = false;
    UpdateBytes(socket);
    is_unknown |= socket.channelz_id == 0 && socket.read >= kCountAfterBytes;
  }
  if (is_unknown) FindConnections();
  std::erase_if(sockets_, [&](Socket& socket) {
    if (socket.read - socket.read_at_count >= kCountAfterBytes) UpdateCalls(socket);
    UpdateSecond(socket, begin);
    return IsEndless(socket) && Close(socket, Misuse::kUnanswered);
  });
  UpdateEnding(begin);
  CloseNewcomers();
  CloseLargest();
  return std::max<Clock::duration>(kLookInterval, kLookShare * (ThreadTime() - time_before));
}

bool GrpcPeers::MayKnowCallsLate() const {
  return Clock::now().time_since_epoch().count() - last_hold_back_ <
         Clock::duration(kSecond).count();
}

void GrpcPeers::UpdateBytes(Socket& socket) {
  const std::uint64_t seen_calls = socket.told->open();  // before they can be answered
  tcp_info info{};
  socklen_t size = sizeof(info);
  int waiting = 0;
  if (getsockopt(socket.descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return;
  if (ioctl(socket.descriptor, SIOCINQ, &waiting) != 0) return;
  const std::uint64_t received = info.tcpi_bytes_received;
  const std::uint64_t read = received - std::min(received, static_cast<std::uint64_t>(waiting));
  socket.read = std::max(socket.read, read);
  socket.unread = static_cast<std::uint64_t>(waiting);
  const std::uint64_t written =
      info.tcpi_bytes_sent - info.tcpi_bytes_retrans + info.tcpi_notsent_bytes;
  if (std::exchange(socket.written, written) != written) {
    socket.read_at_write = socket.read;
    socket.seen_calls_max = 0;
  }
  // A call that was cancelled may have brought its message all the same.
  socket.seen_calls_max = std::max(socket.seen_calls_max, seen_calls);
  const bool may_be_headers = socket.seen_calls_max == 0 &&
                              socket.unanswered_bytes() > kHeaderBytesMax && !MayKnowCallsLate();
  socket.looks_at_headers = may_be_headers ? socket.looks_at_headers + 1 : 0;
}

void GrpcPeers::FindConnections() {
  std::unordered_map<std::string_view, std::intptr_t*> unknown;
  const auto look_for = [&](const std::string& address, std::intptr_t& id) {
    if (id != 0) return;
    // Channelz may have told of it before it was among the sockets.
    const auto told = unmatched_.find(address);
    if (told != unmatched_.end()) id = told->second;
    if (id == 0) unknown[address] = &id;
  };
  for (Ending& ending : ending_) look_for(ending.address, ending.channelz_id);
  for (Socket& socket : sockets_) look_for(socket.address, socket.channelz_id);
  unmatched_.clear();
  for (;;) {
    const ChannelzText text(grpc_channelz_get_server_sockets(server_id_, next_connection_id_, 0),
                            &gpr_free);
    std::string_view json = text == nullptr ? "" : text.get();
    const std::intptr_t first = next_connection_id_;
    for (;;) {
      const std::string_view name = TakeText(json, "\"name\":\"");
      const std::string_view id_text = TakeText(json, "\"socketId\":\"");
      const std::intptr_t id = base::ParseNumber<std::intptr_t>(id_text).value_or(0);
      if (id == 0) break;
      next_connection_id_ = std::max(next_connection_id_, id + 1);
      const std::size_t address = name.find("ip");  // behind "chttp2 ", "ipv4:" or "ipv6:"
      if (address == std::string_view::npos) continue;
      std::string peer =
          WithoutScope(PercentDecode(name.substr(std::min(name.size(), address + 5)), false));
      const auto found = unknown.find(peer);
      if (found != unknown.end()) {
        *found->second = id;
      } else {
        unmatched_[std::move(peer)] = id;
      }
    }
    if (next_connection_id_ == first) return;  // it gives some of them at a time
  }
}

std::optional<GrpcPeers::Calls> GrpcPeers::AskForCalls(std::intptr_t channelz_id) {
  const ChannelzText text(grpc_channelz_get_socket(channelz_id), &gpr_free);
  if (text == nullptr) return std::nullopt;
  const auto count = [&](std::string_view key) {
    std::string_view json = text.get();
    return base::ParseNumber<std::uint64_t>(TakeText(json, key)).value_or(0);
  };
  return Calls{.started = count("\"streamsStarted\":\""),
               .succeeded = count("\"streamsSucceeded\":\""),
               .failed = count("\"streamsFailed\":\"")};
}

void GrpcPeers::UpdateCalls(Socket& socket) {
  socket.is_counted = true;
  if (socket.channelz_id == 0) return;
  socket.read_at_count = socket.read;
  const std::optional<Calls> calls = AskForCalls(socket.channelz_id);
  if (!calls) return;
  socket.calls = *calls;
  // Asked for after what they are a part of, and told before gRPC counts them: never too few are
  // taken off, and at times more for a moment.
  const std::uint64_t left = socket.told->left();
  const std::uint64_t cancelled = socket.calls.failed - std::min(socket.calls.failed, left);
  socket.cancelled = std::max(socket.cancelled, cancelled);
}

void GrpcPeers::UpdateSecond(Socket& socket, Clock::time_point now) {
  socket.work_max = std::max(socket.work_max, socket.told->TakeWorkMax());
  const Answers answers{socket.told->answered(), socket.told->answered_bytes()};
  socket.answers.LowerTo(answers);
  const Clock::duration passed = now - socket.second_begin;
  if (passed < kSecond) return;
  // Of a look that comes late only a second's worth counts.
  const std::uint64_t seconds = static_cast<std::uint64_t>(passed / kSecond);
  socket.cancelled_in_last = socket.second_begin == Clock::time_point()
                                 ? 0
                                 : (socket.cancelled - socket.cancelled_before) / seconds;
  socket.second_begin = now;
  socket.cancelled_before = socket.cancelled;
  socket.work_before = std::exchange(socket.work_max, 0);
  socket.answers_before = std::exchange(socket.answers, answers);
}

bool GrpcPeers::IsEndless(const Socket& socket) const {
  // Twice, since a call may be known a moment after its message was read.
  if (socket.looks_at_headers > 1) return true;
  // A call that nobody has seen yet may be nothing but headers without end.
  const std::uint64_t messages =
      socket.seen_calls_max == 0 ? 0 : std::max(socket.seen_calls_max, socket.open_calls()) + 1;
  return socket.excess_bytes() > messages * message_bytes_max_;
}

GrpcPeers::Burden GrpcPeers::BurdenOf(const Socket& socket) const {
  const std::uint64_t held = socket.held_calls();
  Answers late = socket.answers;
  late.LowerTo(socket.answers_before);
  return {
      socket.excess_bytes(),
      std::max(kCallBytes * (held - std::min(held, calls_max_)),
               kCallBytes * late.count + late.bytes),
      kCallBytes * std::max(socket.cancelled - socket.cancelled_before, socket.cancelled_in_last)};
}

std::uint64_t GrpcPeers::BytesMax() const {
  if (request_memory_ == nullptr) return std::numeric_limits<std::uint64_t>::max();
  return std::max(request_memory_->limit(), message_bytes_max_);
}

void GrpcPeers::CloseNewcomers() {
  ending_bytes_ = 0;
  for (const Ending& ending : ending_) ending_bytes_ += kCallBytes * ending.calls;
  is_overloaded_ = ending_bytes_ > BytesMax() / 2;
  if (!is_overloaded_) return;
  std::erase_if(sockets_, [this](const Socket& socket) {
    return socket.unread > kNewcomerBytesMax && socket.told->ended() == 0 &&
           Close(socket, Misuse::kOverload);
  });
}

void GrpcPeers::CloseLargest() {
  const std::uint64_t bytes_max = BytesMax();
  const auto total = [this](const Socket& socket) {
    const Burden burden = BurdenOf(socket);
    return std::accumulate(burden.begin(), burden.end(), std::uint64_t{0});
  };
  std::uint64_t bytes = 0;
  for (const Socket& socket : sockets_) bytes += total(socket);
  // Whoever has less is not who makes it too much; and what those that are gone have becomes no
  // less when others go, too.
  const std::uint64_t share = std::max(bytes_max / (sockets_.size() + ending_.size() + 1),
                                       bytes > bytes_max ? 0 : kShareMin);
  bytes += ending_bytes_;
  while (bytes > bytes_max) {
    const auto largest = std::ranges::max_element(sockets_, {}, total);
    if (largest == sockets_.end() || total(*largest) <= share) return;
    bytes -= total(*largest);
    if (!largest->is_counted) {  // its calls may have ended since the last time
      UpdateCalls(*largest);
      bytes += total(*largest);
      continue;
    }
    const Burden burden = BurdenOf(*largest);
    const auto reason = std::ranges::max_element(burden) - burden.begin();
    if (!Close(*largest, static_cast<Misuse>(reason))) return;
    sockets_.erase(largest);
  }
}

bool GrpcPeers::KeepFiles() {
  if (own_.is_open()) return true;
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) return false;
  own_ = base::FileDescriptor(pipe[0]);
  nothing_ = base::FileDescriptor(pipe[1]);
  return true;
}

bool GrpcPeers::Close(const Socket& socket, Misuse misuse) {
  // gRPC may close it at any time; of a descriptor of our own we know whose it is.
  if (!KeepFiles() || dup3(socket.descriptor, own_.get(), O_CLOEXEC) < 0) return false;
  const std::shared_ptr<void> giving_back(
      nullptr, [this](void*) { dup3(nothing_.get(), own_.get(), O_CLOEXEC); });
  if (Identify(own_.get()) != socket.identity) return false;
  End(socket);
  const auto reason = static_cast<std::size_t>(misuse);
  if (closed_[reason] != nullptr) closed_[reason]->Increment();
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  // Drops what was not read yet, which shutdown would leave to be read.
  if (connect(own_.get(), &nowhere, sizeof(nowhere)) != 0) shutdown(own_.get(), SHUT_RDWR);
  if (!closed_log_.MayLog(Clock::now().time_since_epoch())) return true;
  base::Log(base::LogLevel::kWarn,
            "a connection was closed for what its client did; those closed within the next second "
            "are only counted",
            {{"server", name_}, {"client", socket.address}, {"reason", kReasons[reason]}});
  return true;
}

}  // namespace clew::net
