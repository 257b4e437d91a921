#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "net/http_server.h"
#include "net/test_certificates.h"

namespace clew::net {
namespace {

using ::testing::HasSubstr;

HttpResponse PlainError(int status, const std::string& message, const HttpRequest&) {
  HttpResponse response;
  response.status = status;
  response.body = message;
  return response;
}

class HttpClientTest : public ::testing::Test {
 protected:
  void Start(HttpHandler handler, HttpServerOptions options = {}) {
    options.endpoint = "127.0.0.1:0";
    auto server = HttpServer::Start(options, loops_, workers_, std::move(handler), &PlainError);
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }
  std::string Url(const std::string& path, const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  static std::unique_ptr<HttpClient> Client(const HttpClientOptions& options = {}) {
    return std::move(*HttpClient::Create(options));
  }

  Loops loops_;
  base::WorkerPool workers_{"test", 4, 100};
  std::unique_ptr<HttpServer> server_;
};

/// As other servers of gRPC than ours have it.
TEST_F(HttpClientTest, AServerThatSpeaksHttp2IsNamed) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::thread server([&] {
    asio::ip::tcp::socket socket = acceptor.accept();
    const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
    asio::write(socket, asio::buffer(settings));
    socket.shutdown(asio::ip::tcp::socket::shutdown_send);
    boost::system::error_code ignored;
    std::string request;
    asio::read(socket, asio::dynamic_buffer(request), ignored);
  });

  const auto answer =
      Client()->Get("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/");
  server.join();

  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("another protocol, such as gRPC"));
}

TEST_F(HttpClientTest, PostsWithHeadersAndReadsTheAnswer) {
  Start([](const HttpRequest& request) {
    HttpResponse response;
    response.status = 429;
    response.content_type = "text/x";
    response.headers.Add("Retry-After", "7");
    response.body =
        request.method + request.path + "|" + std::string(request.headers.Get("x-fixed")) + "|" +
        std::string(request.headers.Get("Content-Type")) + "|" +
        std::string(request.headers.Get("User-Agent")) + "|" + std::string(request.body.view());
    return response;
  });
  HttpClientOptions options;
  options.headers = {{"x-fixed", "1"}, {"Content-Type", "a/a"}};
  options.user_agent = "clew-test";

  const auto answer = Client(options)->Post(Url("/p"), "body", {{"Content-Type", "b/b"}});

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 429);
  EXPECT_EQ(answer->content_type, "text/x");
  EXPECT_EQ(answer->retry_after, "7");
  EXPECT_EQ(answer->body, "POST/p|1|b/b|clew-test|body");
}

TEST_F(HttpClientTest, UserAndPasswordOfTheUrlBecomeBasicAuthorization) {
  Start([](const HttpRequest& request) {
    HttpResponse response;
    response.body = std::string(request.headers.Get("Authorization"));
    return response;
  });
  const std::string url = "HTTP://user:p%40ss@127.0.0.1:" + std::to_string(server_->port()) + "/";
  HttpClientOptions own;
  own.headers = {{"Authorization", "Bearer token"}};

  EXPECT_EQ(Client()->Post(url, "body", {})->body, "Basic dXNlcjpwQHNz");
  EXPECT_EQ(Client(own)->Post(url, "body", {})->body, "Bearer token");
  EXPECT_EQ(Client()->Get(Url("/"))->body, "");
  server_->Stop(std::chrono::steady_clock::now());
  const auto failed = Client()->Post(url, "body", {});
  ASSERT_FALSE(failed.has_value());
  EXPECT_FALSE(failed.error().message.contains("p%40ss")) << failed.error().message;
}

TEST_F(HttpClientTest, CancelEndsWhatIsUnderWay) {
  std::promise<void> arrived;
  std::promise<void> release;
  Start([&, released = release.get_future().share()](const HttpRequest&) {
    arrived.set_value();
    released.wait();
    return HttpResponse{};
  });
  HttpClientOptions patient;
  patient.timeout = std::chrono::minutes(5);
  const auto client = Client(patient);
  auto answer = std::async(std::launch::async, [&] { return client->Post(Url("/"), "x", {}); });
  arrived.get_future().wait();

  client->Cancel();

  const auto cancelled = answer.get();
  EXPECT_EQ(cancelled.error().code, Code::kCancelled);
  EXPECT_THAT(cancelled.error().message, HasSubstr("cancelled before an answer came"));
  EXPECT_EQ(client->Get(Url("/")).error().code, Code::kCancelled);
  release.set_value();
}

TEST_F(HttpClientTest, LargeAndEmptyBodiesArrive) {
  Start([](const HttpRequest& request) {
    HttpResponse response;
    response.body = std::to_string(request.body.size());
    return response;
  });
  const auto client = Client();

  EXPECT_EQ(client->Post(Url("/"), std::string(5'000'000, 'x'), {})->body, "5000000");
  EXPECT_EQ(client->Post(Url("/"), {}, {})->body, "0");
  EXPECT_EQ(client->Get(Url("/"))->body, "0");
}

TEST_F(HttpClientTest, ConnectionsAreKept) {
  std::mutex mutex;
  std::set<std::string> addresses;
  Start([&](const HttpRequest& request) {
    const std::scoped_lock lock(mutex);
    addresses.insert(request.client_address);
    return HttpResponse{};
  });
  const auto client = Client();

  for (int i = 0; i < 10; ++i) ASSERT_TRUE(client->Post(Url("/"), "x", {}).has_value());

  EXPECT_EQ(addresses.size(), 1u);
}

/// Sends on from /307 and /308 to what `places` says, and else tells what arrived.
HttpHandler SendOn(const std::map<std::string, std::string>& places) {
  return [&places](const HttpRequest& request) {
    HttpResponse response;
    if (const auto place = places.find(request.path); place != places.end()) {
      response.status = request.path.starts_with("/307") ? 307 : 308;
      response.headers.Add("Location", place->second);
      return response;
    }
    response.body = request.method + request.path + "|" +
                    std::string(request.headers.Get("Authorization")) + "|" +
                    std::string(request.headers.Get("Content-Type")) + "|" +
                    std::string(request.body.view());
    return response;
  };
}

TEST_F(HttpClientTest, RedirectsAreFollowedWithMethodBodyAndHeaders) {
  std::map<std::string, std::string> places;
  Start(SendOn(places));
  places = {{"/308", "/b/v1?x=1"}, {"/307", Url("/308")}, {"/308/loop", "/308/loop"}};
  HttpClientOptions options;
  options.headers = {{"Authorization", "secret"}};
  const auto client = Client(options);

  EXPECT_EQ(client->Post(Url("/308"), "body", {{"Content-Type", "b/b"}})->body,
            "POST/b/v1|secret|b/b|body");
  EXPECT_EQ(client->Post(Url("/307"), "body", {{"Content-Type", "b/b"}})->body,
            "POST/b/v1|secret|b/b|body");
  EXPECT_EQ(client->Get(Url("/307"))->body, "GET/b/v1|secret||");
  EXPECT_EQ(client->Post(Url("/308/loop"), "body", {})->status, 308);
}

TEST_F(HttpClientTest, UserAndPasswordOfTheUrlGoOnToTheSameServerOnly) {
  std::map<std::string, std::string> places;
  Start(SendOn(places));
  const std::string port = std::to_string(server_->port());
  places = {{"/308", "/there"},
            {"/307", Url("/there")},
            {"/308/away", "http://localhost:" + port + "/there"},
            {"/307/away", "http://localhost:" + port + "/308/back"},
            {"/308/back", Url("/there")}};
  const auto client = Client();
  const auto body_of = [&](const std::string& path) {
    return client->Get("http://us%65r:pa%73s@127.0.0.1:" + port + path)->body;
  };
  const std::string with = "GET/there|Basic dXNlcjpwYXNz||";  // user:pass

  EXPECT_EQ(body_of("/there"), with);
  EXPECT_EQ(body_of("/308"), with);
  EXPECT_EQ(body_of("/307"), with);
  EXPECT_EQ(body_of("/308/away"), "GET/there|||");
  EXPECT_EQ(body_of("/307/away"), "GET/there|||");
}

TEST_F(HttpClientTest, RedirectsToOtherHostsGetNoCredentials) {
  std::map<std::string, std::string> places;
  Start(SendOn(places));
  const std::string other = "http://localhost:" + std::to_string(server_->port());
  places = {{"/308", other + "/there"},
            {"/307", other + "/307/back"},
            {"/307/back", Url("/here")},
            {"/308/file", "file:///etc/passwd"}};
  HttpClientOptions options;
  options.headers = {{"Authorization", "secret"}};
  const auto client = Client(options);

  EXPECT_EQ(client->Post(Url("/308"), "body", {{"Content-Type", "b/b"}})->body,
            "POST/there||b/b|body");
  // Who sent the request away may not send it back with them, either.
  EXPECT_EQ(client->Post(Url("/307"), "body", {{"Content-Type", "b/b"}})->body,
            "POST/here||b/b|body");
  EXPECT_EQ(client->Post(Url("/308/file"), "body", {})->status, 308);
}

TEST_F(HttpClientTest, SeveralThreadsAtOnce) {
  Start([](const HttpRequest& request) {
    HttpResponse response;
    response.body = std::string(request.body.view());
    return response;
  });
  const auto client = Client();
  std::vector<std::future<int>> results;
  for (int t = 0; t < 8; ++t) {
    results.push_back(std::async(std::launch::async, [&, t] {
      int good = 0;
      for (int i = 0; i < 20; ++i) {
        const std::string text = std::to_string(t * 100 + i);
        const auto answer = client->Post(Url("/"), text, {});
        if (answer.has_value() && answer->body == text) ++good;
      }
      return good;
    }));
  }
  for (auto& result : results) EXPECT_EQ(result.get(), 20);
}

TEST_F(HttpClientTest, LongResponsesAreCut) {
  Start([](const HttpRequest&) {
    HttpResponse response;
    response.body = std::string(500'000, 'z');
    return response;
  });
  HttpClientOptions options;
  options.response_bytes_max = 1000;
  const auto client = Client(options);

  for (int i = 0; i < 2; ++i) {
    const auto answer = client->Get(Url("/"));
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, std::string(1000, 'z'));
  }
}

TEST_F(HttpClientTest, ErrorsSayWhatHappenedWithoutSecrets) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  Start([released](const HttpRequest&) {
    released.wait();
    return HttpResponse{};
  });
  HttpClientOptions options;
  options.timeout = std::chrono::milliseconds(50);
  const auto client = Client(options);

  const auto late = client->Get("http://user:hunter2@127.0.0.1:" + std::to_string(server_->port()) +
                                "/x?token=hunter2");
  const auto malformed = client->Get("::::");
  const auto scheme = client->Get("file:///etc/passwd");
  release.set_value();
  server_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  const auto gone = client->Get(Url("/"));

  EXPECT_EQ(late.error().code, Code::kDeadlineExceeded);
  EXPECT_THAT(late.error().message, ::testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(late.error().message,
              HasSubstr("127.0.0.1:" + std::to_string(server_->port()) + "/x"));
  EXPECT_EQ(malformed.error().code, Code::kInvalidArgument);
  EXPECT_EQ(scheme.error().code, Code::kInvalidArgument);
  EXPECT_EQ(gone.error().code, Code::kUnavailable);
}

TEST_F(HttpClientTest, EndsByTheDeadlineOfTheCall) {
  std::promise<void> release;
  Start([&](const HttpRequest&) {
    release.get_future().wait();
    return HttpResponse{};
  });
  HttpClientOptions options;
  options.timeout = Nanos(0);

  const auto late = Client(options)->Post(
      Url("/"), "x", {}, std::chrono::steady_clock::now() + std::chrono::milliseconds(50));

  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, Code::kDeadlineExceeded);
  release.set_value();
}

TEST_F(HttpClientTest, ProxyIsAsked) {
  Start([](const HttpRequest& request) {
    HttpResponse response;
    response.body = "proxied " + std::string(request.headers.Get("Host")) + request.path;
    return response;
  });
  HttpClientOptions options;
  options.proxy_url = Url("");

  const auto answer = Client(options)->Get("http://collector.example:4318/v1/traces");

  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "proxied collector.example:4318/v1/traces");
}

class HttpTlsTest : public HttpClientTest {
 protected:
  void StartTls(TlsOptions tls) {
    tls.cert_pem = testing::Certificates().server_cert;
    tls.key_pem = testing::Certificates().server_key;
    HttpServerOptions options;
    options.tls = tls;
    Start(
        [](const HttpRequest& request) {
          HttpResponse response;
          response.body = std::string(request.body.view());
          return response;
        },
        options);
  }
  Result<HttpClientResponse> PostWith(const TlsOptions& tls) {
    HttpClientOptions options;
    options.tls = tls;
    return Client(options)->Post(Url("/", "https"), "secret", {});
  }
};

TEST_F(HttpTlsTest, VerifiedServerAnswers) {
  StartTls({});
  TlsOptions tls;
  tls.ca_pem = testing::Certificates().authority;
  HttpClientOptions options;
  options.tls = tls;
  options.response_bytes_max = 1'000'000;
  const auto client = Client(options);

  for (int i = 0; i < 3; ++i) {
    const std::string body(static_cast<std::size_t>(300'000 * i + 1), 'b');
    const auto answer = client->Post(Url("/", "https"), body, {});
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_TRUE(answer->body == body);
  }
}

TEST_F(HttpTlsTest, UnknownAuthorityIsRefusedUnlessVerificationIsOff) {
  StartTls({});
  TlsOptions skip;
  skip.insecure_skip_verify = true;

  const auto refused = PostWith({});
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("SSL_CERT_FILE"));
  EXPECT_EQ(PostWith(skip)->body, "secret");
}

TEST_F(HttpTlsTest, ServersThatSpeakSomethingElseAreTold) {
  StartTls({});
  const auto plain = Client({})->Post(Url("/", "http"), "x", {});
  ASSERT_FALSE(plain.has_value());
  EXPECT_THAT(plain.error().message, HasSubstr("write https://"));

  Start([](const HttpRequest&) { return HttpResponse{}; });
  const auto encrypted = PostWith({});
  ASSERT_FALSE(encrypted.has_value());
  EXPECT_THAT(encrypted.error().message, HasSubstr("write http://"));
  EXPECT_THAT(encrypted.error().message, HasSubstr(": OpenSSL/"));
}

TEST_F(HttpTlsTest, NameOverrideIsVerified) {
  StartTls({});
  TlsOptions right;
  right.ca_pem = testing::Certificates().authority;
  right.server_name_override = "localhost";
  TlsOptions wrong = right;
  wrong.server_name_override = "other.example";

  const auto answer = PostWith(right);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "secret");
  EXPECT_EQ(PostWith(wrong).error().code, Code::kUnavailable);
}

TEST_F(HttpTlsTest, MutualTlsNeedsAClientCertificate) {
  const testing::TemporaryFile authority(testing::Certificates().authority);
  TlsOptions server_tls;
  server_tls.client_ca_file = authority.path();
  StartTls(server_tls);
  TlsOptions without;
  without.ca_file = authority.path();
  TlsOptions with = without;
  with.cert_pem = testing::Certificates().client_cert;
  with.key_pem = testing::Certificates().client_key;

  EXPECT_FALSE(PostWith(without).has_value());
  const auto answer = PostWith(with);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "secret");
}

TEST_F(HttpTlsTest, VersionsOutsideTheRangeAreRefused) {
  TlsOptions server_tls;
  server_tls.min_version = "1.3";
  StartTls(server_tls);
  TlsOptions old;
  old.insecure_skip_verify = true;
  old.max_version = "1.2";

  EXPECT_EQ(PostWith(old).error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace clew::net
