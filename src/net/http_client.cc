#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "base/letter_case.h"
#include "base/url.h"
#include "net/connect_hint.h"
#include "net/http_header.h"
#include "net/tls_material.h"

namespace clew::net {
namespace {

/// Connections kept for later requests; each handle keeps its own.
constexpr std::size_t kIdleHandleCountMax = 32;
/// Redirects followed for one request.
constexpr int kRedirectCountMax = 10;

/// One request at a time, over connections that are kept for the next one.
class Handle {
 public:
  Handle() : multi_(curl_multi_init()), easy_(curl_easy_init()) {}
  ~Handle() {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  bool is_good() const { return multi_ != nullptr && easy_ != nullptr; }
  CURL* easy() const { return easy_; }
  bool is_cancelled() const { return is_cancelled_; }

  /// Does what is set up; ends early, with CURLE_ABORTED_BY_CALLBACK, after Cancel.
  CURLcode Perform();
  /// Any thread.
  void Cancel() {
    is_cancelled_ = true;
    curl_multi_wakeup(multi_);
  }

 private:
  CURLM* const multi_;
  CURL* const easy_;
  std::atomic<bool> is_cancelled_ = false;
};

CURLcode Handle::Perform() {
  constexpr int kPollMillis = 60'000;  // curl's own time-outs and Cancel end it earlier
  if (curl_multi_add_handle(multi_, easy_) != CURLM_OK) return CURLE_FAILED_INIT;
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  int running_count = 1;
  while (!is_cancelled_) {
    if (curl_multi_perform(multi_, &running_count) != CURLM_OK) code = CURLE_FAILED_INIT;
    if (running_count == 0 || code == CURLE_FAILED_INIT) break;
    curl_multi_poll(multi_, nullptr, 0, kPollMillis, nullptr);
  }
  int left_count = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left_count)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi_, easy_);
  return code;
}

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlPtr = std::unique_ptr<CURLU, UrlDeleter>;

struct HeaderList {
  HeaderList() = default;
  ~HeaderList() { curl_slist_free_all(list); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  void Add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }

  curl_slist* list = nullptr;
};

std::string UrlPart(CURLU* url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

/// What a response is collected into.
struct Receiver {
  HttpClientResponse response;
  std::uint64_t bytes_max = 0;
  bool is_cut = false;

  static std::size_t OnBody(char* data, std::size_t, std::size_t size, void* context) {
    auto& self = *static_cast<Receiver*>(context);
    const std::uint64_t room = self.bytes_max - self.response.body.size();
    self.response.body.append(data, static_cast<std::size_t>(std::min<std::uint64_t>(room, size)));
    self.is_cut = size > room;
    return self.is_cut ? 0 : size;  // 0 ends the transfer
  }

  static std::size_t OnHeader(char* data, std::size_t, std::size_t size, void* context) {
    auto& self = *static_cast<Receiver*>(context);
    const std::string_view line(data, size);
    if (line.starts_with("HTTP/")) {  // a later answer
      self.response.retry_after.clear();
      self.response.warning.clear();
    }
    TakeValue("retry-after:", line, &self.response.retry_after);
    TakeValue("warning:", line, &self.response.warning);
    return size;
  }

  // The value of the header when this is its line.
  static void TakeValue(std::string_view name, std::string_view line, std::string* value) {
    const bool matches =
        line.size() > name.size() && base::EqualsIgnoringCase(line.substr(0, name.size()), name);
    if (!matches) return;
    line.remove_prefix(name.size());
    const std::size_t begin = line.find_first_not_of(" \t\r\n");
    const std::size_t end = line.find_last_not_of(" \t\r\n");
    if (begin != std::string_view::npos) *value = line.substr(begin, end - begin + 1);
  }
};

curl_blob BlobOf(const std::string& text) {
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
}

long CurlVersions(const TlsMaterial& tls) {
  // OpenSSL numbers its versions in a row from TLS 1.0, and so does curl.
  constexpr int kTls10 = 0x0301;
  static constexpr std::array<long, 4> kMin = {CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1,
                                               CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_TLSv1_3};
  static constexpr std::array<long, 4> kMax = {
      CURL_SSLVERSION_MAX_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_1, CURL_SSLVERSION_MAX_TLSv1_2,
      CURL_SSLVERSION_MAX_TLSv1_3};
  const long min = kMin[static_cast<std::size_t>(tls.min_version - kTls10)];
  const long max = tls.max_version == 0 ? long{CURL_SSLVERSION_MAX_DEFAULT}
                                        : kMax[static_cast<std::size_t>(tls.max_version - kTls10)];
  return min | max;
}

class CurlHttpClient final : public HttpClient {
 public:
  explicit CurlHttpClient(const HttpClientOptions& options) : options_(options) {}

  Status LoadTls() {
    ASSIGN_OR_RETURN(tls_, LoadClientTls(options_.tls.value_or(TlsOptions{})));
    return {};
  }

  Result<HttpClientResponse> Get(const std::string& url) override {
    return Perform(url, std::nullopt, {}, Deadline::max());
  }

  Result<HttpClientResponse> Post(const std::string& url, std::string_view body,
                                  const std::map<std::string, std::string>& headers,
                                  Deadline deadline) override {
    return Perform(url, body, headers, deadline);
  }

  void Cancel() override;

 private:
  std::shared_ptr<Handle> TakeHandle();
  void GiveBack(const std::shared_ptr<Handle>& handle);

  /// One request, as it goes to each place that it is sent on to.
  struct Outbound {
    std::string url;
    std::optional<std::string_view> body;
    const std::map<std::string, std::string>& headers;
    Deadline deadline;
    /// To another host than the caller named go neither the headers of the options, which may be
    /// credentials, nor the override of the server's name.
    bool is_to_other_host = false;
  };
  struct Outcome {
    HttpClientResponse response;
    std::string redirect_url;  // of a redirect; else empty
  };

  Result<HttpClientResponse> Perform(const std::string& url, std::optional<std::string_view> body,
                                     const std::map<std::string, std::string>& headers,
                                     Deadline deadline);
  Result<Outcome> PerformOnce(const Outbound& outbound);
  static Outcome OutcomeOf(CURL* handle, HttpClientResponse response);
  void SetRequest(CURL* handle, const Outbound& outbound) const;
  Deadline EndOf(Deadline deadline) const;
  void SetTls(CURL* handle) const;
  void SetProxy(CURL* handle, const std::string& scheme) const;
  void SetHeaders(HeaderList& list, const Outbound& outbound) const;

  const HttpClientOptions options_;
  TlsMaterial tls_;
  std::mutex mutex_;
  bool is_cancelled_ = false;
  std::vector<std::shared_ptr<Handle>> idle_;
  std::set<std::shared_ptr<Handle>> busy_;
};

/// Null when there is to be no request.
std::shared_ptr<Handle> CurlHttpClient::TakeHandle() {
  const std::scoped_lock lock(mutex_);
  if (is_cancelled_) return nullptr;
  std::shared_ptr<Handle> handle;
  if (idle_.empty()) {
    handle = std::make_shared<Handle>();
  } else {
    handle = std::move(idle_.back());
    idle_.pop_back();
  }
  busy_.insert(handle);
  return handle;
}

void CurlHttpClient::GiveBack(const std::shared_ptr<Handle>& handle) {
  if (handle->is_good()) curl_easy_reset(handle->easy());  // its connections stay
  const std::scoped_lock lock(mutex_);
  busy_.erase(handle);
  const bool has_room = idle_.size() < kIdleHandleCountMax;
  if (handle->is_good() && has_room && !is_cancelled_) idle_.push_back(handle);
}

void CurlHttpClient::Cancel() {
  const std::scoped_lock lock(mutex_);
  is_cancelled_ = true;
  for (const std::shared_ptr<Handle>& handle : busy_) handle->Cancel();
}

void CurlHttpClient::SetTls(CURL* handle) const {
  const bool verifies = !options_.tls || !options_.tls->insecure_skip_verify;
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, verifies ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, verifies ? 2L : 0L);
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, CurlVersions(tls_));
  if (!tls_.roots.empty()) {
    const curl_blob roots = BlobOf(tls_.roots);
    curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &roots);
  }
  if (tls_.cert.empty()) return;
  const curl_blob cert = BlobOf(tls_.cert);
  const curl_blob key = BlobOf(tls_.key);
  curl_easy_setopt(handle, CURLOPT_SSLCERT_BLOB, &cert);
  curl_easy_setopt(handle, CURLOPT_SSLKEY_BLOB, &key);
}

void CurlHttpClient::SetProxy(CURL* handle, const std::string& scheme) const {
  if (!options_.proxy_url.empty()) {
    curl_easy_setopt(handle, CURLOPT_PROXY, options_.proxy_url.c_str());
    return;
  }
  // curl reads every proxy variable but this one.
  const char* upper = std::getenv("HTTP_PROXY");
  if (scheme == "http" && upper != nullptr && std::getenv("http_proxy") == nullptr) {
    curl_easy_setopt(handle, CURLOPT_PROXY, upper);
  }
}

void CurlHttpClient::SetHeaders(HeaderList& list, const Outbound& outbound) const {
  const auto add = [&](const std::string& name, const std::string& value) {
    list.Add(value.empty() ? name + ";" : name + ": " + value);
  };
  for (const auto& [name, value] : options_.headers) {
    if (!outbound.is_to_other_host && !outbound.headers.contains(name)) add(name, value);
  }
  for (const auto& [name, value] : outbound.headers) add(name, value);
  list.Add("Expect:");  // waiting for "100 Continue" costs more than it saves
}

/// The earlier of `deadline` and the time-out of the options, where 0 means none.
Deadline CurlHttpClient::EndOf(Deadline deadline) const {
  if (options_.timeout == Nanos(0)) return deadline;
  return std::min(deadline, options_.clock->In(options_.timeout));
}

/// 0 means none for curl.
long MillisUntil(Deadline deadline, const Clock& clock) {
  using std::chrono::milliseconds;
  if (deadline == Deadline::max()) return 0;
  const auto left = std::chrono::ceil<milliseconds>(clock.Until(deadline));
  return static_cast<long>(std::max(left, milliseconds(1)).count());
}

/// With a small letter in front, but for names such as SSL and OpenSSL.
std::string AsClause(std::string reason) {
  const std::string_view word = std::string_view(reason).substr(0, reason.find(' '));
  const auto capitals =
      std::ranges::count_if(word, [](unsigned char c) { return std::isupper(c) != 0; });
  if (capitals == 1) reason[0] = base::LowerCase(reason[0]);
  return reason;
}

Error ErrorOf(CURLcode code, const std::string& shown_url, const char* details) {
  Error error{Code::kUnavailable, {}};
  if (code == CURLE_OPERATION_TIMEDOUT) error.code = Code::kDeadlineExceeded;
  if (code == CURLE_ABORTED_BY_CALLBACK) error.code = Code::kCancelled;
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    error.code = Code::kInvalidArgument;
  }
  std::string reason = *details != '\0' ? details : curl_easy_strerror(code);
  if (error.code == Code::kCancelled) reason = "cancelled before an answer came";
  // Which is how curl sees a gRPC server.
  if (reason.find("HTTP/0.9") != std::string::npos) {
    error.code = Code::kUnavailable;
    reason = "the answer is no HTTP/1: is this the port of another protocol, such as gRPC?";
  }
  const bool has_tls = base::HasScheme(shown_url, "https");
  error.message =
      "request to " + shown_url + ": " + AsClause(reason) + ConnectHint(reason, has_tls);
  return error;
}

/// Where `from` may be sent on to: with its encryption, if it has any.
bool MayFollow(CURLU* from, CURLU* to) {
  const std::string scheme = UrlPart(to, CURLUPART_SCHEME);
  return scheme == "https" || (scheme == "http" && UrlPart(from, CURLUPART_SCHEME) == "http");
}

UrlPtr ParseUrl(const std::string& url) {
  UrlPtr parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return nullptr;
  return parsed;
}

// Another port may be another program. Only the step from http to https, each at its own port, is
// the same server.
bool IsSameServer(CURLU* from, CURLU* to) {
  const std::string from_port = UrlPart(from, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const std::string to_port = UrlPart(to, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const bool is_same_port = from_port == to_port || (from_port == "80" && to_port == "443");
  return is_same_port &&
         base::EqualsIgnoringCase(UrlPart(from, CURLUPART_HOST), UrlPart(to, CURLUPART_HOST));
}

/// User and password of the URL go on with it, to nowhere but the very same port.
void KeepUserinfo(CURLU* from, CURLU* to) {
  const bool is_same_scheme = UrlPart(from, CURLUPART_SCHEME) == UrlPart(to, CURLUPART_SCHEME);
  const std::string user = UrlPart(from, CURLUPART_USER);
  const std::string password = UrlPart(from, CURLUPART_PASSWORD);
  if (!is_same_scheme || !UrlPart(to, CURLUPART_USER).empty()) return;
  if (!user.empty()) curl_url_set(to, CURLUPART_USER, user.c_str(), 0);
  if (!password.empty()) curl_url_set(to, CURLUPART_PASSWORD, password.c_str(), 0);
}

/// A server that has moved says so with 307 or 308, and gets the same request at its new place.
/// Other redirects would make a GET of it, and are answers like any other.
Result<HttpClientResponse> CurlHttpClient::Perform(
    const std::string& url, std::optional<std::string_view> body,
    const std::map<std::string, std::string>& headers, Deadline deadline) {
  Outbound outbound{url, body, headers, EndOf(deadline)};
  const UrlPtr first = ParseUrl(url);
  for (int count = 0;; ++count) {
    ASSIGN_OR_RETURN(Outcome outcome, PerformOnce(outbound));
    const int status = outcome.response.status;
    if ((status != 307 && status != 308) || count == kRedirectCountMax) {
      return std::move(outcome.response);
    }
    const UrlPtr from = ParseUrl(outbound.url);
    const UrlPtr to = ParseUrl(outcome.redirect_url);
    if (!to || !MayFollow(from.get(), to.get())) return std::move(outcome.response);
    outbound.is_to_other_host = outbound.is_to_other_host || !IsSameServer(first.get(), to.get());
    if (!outbound.is_to_other_host) KeepUserinfo(first.get(), to.get());
    outbound.url = UrlPart(to.get(), CURLUPART_URL);
  }
}

void CurlHttpClient::SetRequest(CURL* curl, const Outbound& outbound) const {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // not held up by a silent name server
#endif
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, MillisUntil(outbound.deadline, *options_.clock));
  if (!options_.user_agent.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERAGENT, options_.user_agent.c_str());
  }
  if (!outbound.body) return;
  const std::string_view body = *outbound.body;
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data() == nullptr ? "" : body.data());
}

Result<CurlHttpClient::Outcome> CurlHttpClient::PerformOnce(const Outbound& outbound) {
  const UrlPtr parsed = ParseUrl(outbound.url);
  if (!parsed) {
    return base::InvalidArgument("invalid URL: write http://host:port/path or https://…");
  }
  HeaderList list;
  SetHeaders(list, outbound);
  HeaderList connect_to;
  const std::string host = UrlPart(parsed.get(), CURLUPART_HOST);
  const bool has_other_name = options_.tls && !options_.tls->server_name_override.empty();
  if (has_other_name && !outbound.is_to_other_host) {
    const std::string port = UrlPart(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    const std::string& name = options_.tls->server_name_override;
    connect_to.Add(name + ":" + port + ":" + host + ":" + port);
    curl_url_set(parsed.get(), CURLUPART_HOST, name.c_str(), 0);
    list.Add("Host: " + host + ":" + port);
  }
  const std::shared_ptr<Handle> handle = TakeHandle();
  if (!handle) return base::MakeError(Code::kCancelled, "the client is stopped");
  const std::shared_ptr<void> giving_back(nullptr, [&](void*) { GiveBack(handle); });
  if (!handle->is_good()) return base::Internal("libcurl cannot make a handle");
  CURL* curl = handle->easy();
  Receiver receiver;
  receiver.bytes_max = options_.response_bytes_max;
  std::array<char, CURL_ERROR_SIZE> details{};
  SetRequest(curl, outbound);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, details.data());
  curl_easy_setopt(curl, CURLOPT_CURLU, parsed.get());
  curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect_to.list);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list.list);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Receiver::OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiver);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Receiver::OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &receiver);
  SetTls(curl);
  SetProxy(curl, UrlPart(parsed.get(), CURLUPART_SCHEME));
  const CURLcode code = handle->Perform();
  if (code != CURLE_OK && !receiver.is_cut) {
    const std::string port = UrlPart(parsed.get(), CURLUPART_PORT);
    const std::string shown = UrlPart(parsed.get(), CURLUPART_SCHEME) + "://" + host +
                              (port.empty() ? "" : ":" + port) +
                              UrlPart(parsed.get(), CURLUPART_PATH);
    return std::unexpected(ErrorOf(code, shown, details.data()));
  }
  return OutcomeOf(curl, std::move(receiver.response));
}

CurlHttpClient::Outcome CurlHttpClient::OutcomeOf(CURL* curl, HttpClientResponse response) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  const char* content_type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &content_type);
  if (content_type != nullptr) response.content_type = content_type;
  const char* location = nullptr;
  curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
  return {std::move(response), location == nullptr ? "" : location};
}

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::Create(const HttpClientOptions& options) {
  for (const auto& [name, value] : options.headers) TRY(CheckHeader(name, value));
  TRY(CheckHeader("User-Agent", options.user_agent));
  static std::once_flag init_once;
  std::call_once(init_once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  auto client = std::make_unique<CurlHttpClient>(options);
  TRY(client->LoadTls());
  return client;
}

}  // namespace clew::net
