#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/testing/test_folder.h"
#include "pipeline/settings/endpoint.h"
#include "pipeline/settings/grpc_client.h"
#include "pipeline/settings/grpc_server.h"
#include "pipeline/settings/http_client.h"
#include "pipeline/settings/http_server.h"
#include "pipeline/settings/sending.h"
#include "pipeline/testing/problem_lines.h"

namespace clew::pipeline::settings {
namespace {

using pipeline::testing::ProblemLines;
using pipeline::testing::Validate;

/// Every problem as "path: message".
using Lines = std::vector<std::string>;

TEST(TlsSection, DefaultsAreFineForAClient) { EXPECT_EQ(Validate(ClientTls()), Lines{}); }

TEST(TlsSection, SaysEveryProblemInTheCollectorsWords) {
  ClientTls tls;
  tls.ca_file = "ca.pem";
  tls.ca_pem.value = "text";
  tls.cert_file = "cert.pem";
  tls.min_version = "1.3";
  tls.max_version = "1.2";

  EXPECT_EQ(Validate(tls),
            (Lines{": provide either a CA file or the PEM-encoded string, but not both",
                   ": TLS configuration must include both certificate and key (cert_file and "
                   "key_file)",
                   ": min_version cannot be greater than max_version"}));
  tls = ClientTls();
  tls.min_version = "1.4";
  EXPECT_EQ(Validate(tls),
            Lines{"min_version: unsupported TLS version: \"1.4\"; use 1.0, 1.1, 1.2, 1.3"});
}

TEST(TlsSection, FilesThatCannotBeReadAreProblems) {
  ClientTls client;
  client.ca_file = "/no/such/ca.pem";
  const Lines cannot_open = {
      ": failed to load TLS file: opening /no/such/ca.pem: No such file or directory"};
  EXPECT_EQ(Validate(client), cannot_open);
  client.insecure = true;
  EXPECT_EQ(Validate(client), Lines{});
  ServerTls server;
  server.cert_file = "/no/such/ca.pem";
  server.key_file = "/no/such/key.pem";
  EXPECT_EQ(Validate(server), cannot_open);
}

TEST(TlsSection, APipeIsNoFileWithAKey) {
  base::testing::TestFolder folder;
  std::filesystem::create_directories(folder.path());
  const std::string pipe = folder.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  ServerTls server;
  server.cert_file = server.key_file = pipe;

  EXPECT_EQ(Validate(server), Lines{": failed to load TLS file: reading " + pipe +
                                    ": it is a pipe or a device, name a regular file"});
}

TEST(TlsSection, WhatTheTransportCannotDoIsRefused) {
  ClientTls tls;
  tls.cipher_suites = {"TLS_AES_128_GCM_SHA256"};
  tls.curve_preferences = {"X25519"};
  tls.reload_interval = std::chrono::hours(1);

  EXPECT_EQ(Validate(tls).size(), 3u);
}

TEST(ClientTls, PlaintextOnlyWhenInsecureAndNotHttps) {
  ClientTls tls;
  EXPECT_TRUE(tls.ToOptions("localhost:4317").has_value());
  EXPECT_TRUE(tls.ToOptions("http://localhost:4317").has_value());
  tls.insecure = true;
  EXPECT_FALSE(tls.ToOptions("localhost:4317").has_value());
  EXPECT_TRUE(tls.ToOptions("https://localhost:4317").has_value());
}

TEST(ServerTls, NeedsACertificate) { EXPECT_EQ(Validate(ServerTls()).size(), 1u); }

TEST(Endpoint, ServerAddressesAreChecked) {
  const auto check = [](std::string_view endpoint, std::string_view transport = "tcp") {
    ProblemLines problems;
    CheckServerEndpoint(endpoint, transport, problems);
    return problems.lines.empty();
  };
  for (const char* good : {"localhost:4317", "0.0.0.0:0", "[::1]:4318", ":4317"}) {
    EXPECT_TRUE(check(good)) << good;
  }
  for (const char* bad : {"", "localhost", "[::1]", "localhost:http", "localhost:65536",
                          "http://localhost:4317", "::1:4317", "a b:1"}) {
    EXPECT_FALSE(check(bad)) << bad;
  }
  EXPECT_TRUE(check("/run/clew.sock", "unix"));
  EXPECT_TRUE(check("unix://" + ("/" + std::string(106, 'x')), "unix"));
  EXPECT_FALSE(check("unix:/" + std::string(107, 'x'), "unix"));
  EXPECT_FALSE(check("unix:", "unix"));
}

TEST(Endpoint, ClientAddressesAreChecked) {
  const auto check = [](std::string_view endpoint) {
    ProblemLines problems;
    CheckClientEndpoint(endpoint, problems);
    return problems.lines;
  };
  for (const char* good : {"localhost:4317", "http://h:4317", "https://h:4317/", "dns:///h:4317",
                           "dns://8.8.8.8/h:4317", "unix:/run/s", "[::1]:4317"}) {
    EXPECT_EQ(check(good), Lines{}) << good;
  }
  EXPECT_EQ(check(""), Lines{": requires a non-empty \"endpoint\""});
  EXPECT_EQ(
      check("h:x"),
      Lines{"endpoint: invalid endpoint \"h:x\": invalid port \"x\", write a number from 1 to "
            "65535"});
  for (const char* bad : {"h:0", "h:99999", "http://h", "ftp://x", "ftp://x:1", "http://[::1",
                          "http://h:4317/v1/traces", "dns://h:4317", "a b:1", "h"}) {
    EXPECT_EQ(check(bad).size(), 1u) << bad;
  }
  EXPECT_EQ(check("HTTPS://h:4317"), Lines{});
  EXPECT_EQ(check("https://user:pass-word@h:4317"),
            Lines{"endpoint: a gRPC endpoint takes no user and password; put them into headers, as "
                  "authorization: \"Basic …\""});
}

TEST(Endpoint, UrlsAreChecked) {
  const auto check = [](std::string_view url) {
    ProblemLines problems;
    CheckUrl("endpoint", url, problems);
    return problems.lines.empty();
  };
  EXPECT_TRUE(check(""));
  EXPECT_TRUE(check("http://h:4318/base"));
  EXPECT_TRUE(check("https://h"));
  EXPECT_FALSE(check("h:4318"));
  EXPECT_FALSE(check("http://"));
  EXPECT_FALSE(check("http://h:port/"));
  EXPECT_FALSE(check("http://:4318/"));
  EXPECT_FALSE(check("http://h/a b"));
  EXPECT_FALSE(check("http://[::1"));
  EXPECT_FALSE(check("http://[::1]4318"));
  EXPECT_FALSE(check("http://[h]:4318"));
  EXPECT_FALSE(check("http://h:0"));
  EXPECT_FALSE(check("http://h:65536"));
  EXPECT_FALSE(check("http://1.2.3.4.5"));
  EXPECT_TRUE(check("http://[::1]"));
  EXPECT_TRUE(check("http://[::1]:4318/v1"));
  EXPECT_TRUE(check("HTTP://h:4318"));
}

TEST(Endpoint, UrlsMayHoldAUserAndAreNeverShownWithIt) {
  const auto check = [](std::string_view url) {
    ProblemLines problems;
    CheckUrl("endpoint", url, problems);
    return problems.lines;
  };
  for (const char* good : {"https://user:pass-word@h/", "https://user:pass-word@h:4318/x",
                           "http://user:p%40ss@[::1]:4318", "https://token@h"}) {
    EXPECT_EQ(check(good), Lines{}) << good;
  }
  for (const char* bad :
       {"https://user:pass-word@", "user:pass-word@h:1", "ftp://user:pass-word@h/",
        "https://user:pass-word@h:x/", "https://user:pass-word/2@h/", "https://user:pass-word@2@h/",
        "https://user:pass-word %@h/"}) {
    const Lines lines = check(bad);
    ASSERT_EQ(lines.size(), 1u) << bad;
    EXPECT_FALSE(lines[0].contains("pass-word")) << lines[0];
  }
}

TEST(GrpcServerSection, SizesBecomeBytes) {
  GrpcServerSection section("localhost:4317");
  EXPECT_EQ(section.ToOptions().message_bytes_max, 4u << 20);
  section.max_recv_msg_size_mib = 16;
  EXPECT_EQ(section.ToOptions().message_bytes_max, 16u << 20);
  section.max_recv_msg_size_mib = -1;
  ASSERT_EQ(Validate(section).size(), 1u);
  EXPECT_EQ(Validate(section),
            Lines{"max_recv_msg_size_mib: must be between 1 and 1024, or 0 for 4: -1"});
}

TEST(GrpcServerSection, UnixTransportGivesAUnixAddress) {
  GrpcServerSection section("/run/clew.sock");
  section.transport = "unix";
  EXPECT_EQ(section.ToOptions().endpoint, "unix:/run/clew.sock");
}

TEST(ServerSections, TransportChoosesTheAddresses) {
  HttpServerSection http("localhost:4318");
  GrpcServerSection grpc("localhost:4317");
  EXPECT_EQ(http.ToOptions().family, net::AddressFamily::kAny);
  http.transport = "tcp4";
  grpc.transport = "tcp6";
  EXPECT_EQ(http.ToOptions().family, net::AddressFamily::kIpv4);
  EXPECT_EQ(grpc.ToOptions().family, net::AddressFamily::kIpv6);
}

TEST(ServerSections, ConnectionsAreLimitedAlike) {
  HttpServerSection http("localhost:4318");
  GrpcServerSection grpc("localhost:4317");
  EXPECT_EQ(http.ToOptions().connection_count_max, 10'000u);
  EXPECT_EQ(grpc.ToOptions().connection_count_max, 10'000u);
  http.max_connections = 3;
  grpc.max_connections = 4;
  EXPECT_EQ(http.ToOptions().connection_count_max, 3u);
  EXPECT_EQ(grpc.ToOptions().connection_count_max, 4u);
  http.max_connections = 0;
  grpc.max_connections = 0;
  EXPECT_EQ(Validate(http), Lines{"max_connections: must be greater than zero"});
  EXPECT_EQ(Validate(grpc), Lines{"max_connections: must be greater than zero"});
}

TEST(HttpServerSection, EncodingsCanBeLeftOut) {
  HttpServerSection section("localhost:4318");
  EXPECT_TRUE(section.AllowsEncoding("zstd"));
  section.compression_algorithms = {"gzip"};
  EXPECT_TRUE(section.AllowsEncoding("gzip"));
  EXPECT_TRUE(section.AllowsEncoding(""));
  EXPECT_TRUE(section.AllowsEncoding("identity"));
  EXPECT_FALSE(section.AllowsEncoding("zstd"));
  EXPECT_TRUE(section.AllowsEncoding("GZIP"));
  EXPECT_TRUE(section.AllowsEncoding("x-gzip"));
  EXPECT_FALSE(section.AllowsEncoding("br"));
  section.compression_algorithms = {"brotli"};
  EXPECT_EQ(
      Validate(section),
      Lines{"compression_algorithms: unsupported compression type \"brotli\"; use gzip, zstd, "
            "zlib, deflate, snappy, x-snappy-framed, lz4 or none"});
}

TEST(GrpcClientSection, TlsVersionsAreThoseThatGrpcSpeaks) {
  GrpcClientSection section;
  section.endpoint = "h:4317";
  section.tls.min_version = "1.3";
  EXPECT_EQ(Validate(section), Lines{});
  section.tls.insecure_skip_verify = true;
  EXPECT_EQ(Validate(section),
            Lines{"tls: gRPC cannot be limited to one TLS version with insecure_skip_verify; leave "
                  "out min_version and max_version, or verify the server's certificate"});
  section.tls.min_version = "1.0";
  section.tls.max_version = "1.1";
  EXPECT_EQ(Validate(section), Lines{"tls::max_version: gRPC speaks TLS 1.2 and 1.3; set "
                                     "max_version to one of them"});
  section.tls.insecure = true;
  EXPECT_EQ(Validate(section), Lines{});
}

TEST(GrpcClientSection, CompressionIsGzipOrNone) {
  GrpcClientSection section;
  section.endpoint = "h:4317";
  for (const char* good : {"", "none", "gzip"}) {
    section.compression = good;
    EXPECT_EQ(Validate(section), Lines{}) << good;
  }
  section.compression = "zstd";
  EXPECT_EQ(Validate(section), Lines{"compression: compression type \"zstd\" is not supported over "
                                     "gRPC; use gzip or none"});
  section.compression = "rar";
  EXPECT_EQ(Validate(section),
            Lines{"compression: unsupported compression type \"rar\"; use gzip or "
                  "none"});
}

TEST(HttpClientSection, RefusesWhatIsNotDone) {
  HttpClientSection section;
  section.compression = "x-snappy-framed";
  section.disable_keep_alives = true;
  EXPECT_EQ(Validate(section).size(), 2u);
}

TEST(SendingSections, ProblemsAreFoundBelowTheirKeysWhenTheSectionIsOn) {
  SendingSections sections;
  sections.queue.has_batch = true;
  sections.queue.batch.partition.metadata_keys = {"a", "A"};
  sections.retry.multiplier = -1;
  const auto validate = [&] {
    ProblemLines problems;
    sections.Validate(problems);
    return problems.lines;
  };

  EXPECT_EQ(validate(), (Lines{"retry_on_failure: 'multiplier' must be non-negative",
                               "sending_queue::batch::partition::metadata_keys: duplicate entry in "
                               "metadata_keys: \"a\" (case-insensitive)"}));
  sections.is_retry_enabled = false;
  sections.is_queue_enabled = false;
  EXPECT_EQ(validate(), Lines{});
}

TEST(RetrySection, TimesMustFitEachOther) {
  RetrySection retry;
  EXPECT_EQ(Validate(retry), Lines{});
  retry.max_elapsed_time = std::chrono::seconds(1);
  EXPECT_EQ(Validate(retry), (Lines{": 'max_elapsed_time' must not be less than 'initial_interval'",
                                    ": 'max_elapsed_time' must not be less than 'max_interval'"}));
  retry.max_elapsed_time = Nanos(0);
  EXPECT_EQ(Validate(retry), Lines{});
}

TEST(QueueSection, StorageIsRefusedAndSizesMustFit) {
  QueueSection queue;
  EXPECT_EQ(Validate(queue), Lines{});
  queue.storage = "file_storage";
  EXPECT_EQ(Validate(queue).size(), 1u);
  queue = QueueSection();
  queue.sizer = "items";
  queue.has_batch = true;
  EXPECT_EQ(Validate(queue),
            Lines{"batch::min_size: `min_size` must be less than or equal to `queue_size`"});
  queue.batch.sizer = "bytes";
  EXPECT_EQ(Validate(queue), Lines{});
}

TEST(QueueSection, BatchCountsAsTheQueueUnlessThatCountsRequests) {
  QueueSection queue;
  EXPECT_EQ(queue.batch_sizer(), "items");
  queue.sizer = "bytes";
  EXPECT_EQ(queue.batch_sizer(), "bytes");
  queue.batch.sizer = "items";
  EXPECT_EQ(queue.batch_sizer(), "items");
}

TEST(PartitionSection, KeysAreUniqueWhateverTheirCase) {
  PartitionSection partition;
  partition.metadata_keys = {"X-Team", "x-team"};
  EXPECT_EQ(Validate(partition).size(), 1u);
}

}  // namespace
}  // namespace clew::pipeline::settings
