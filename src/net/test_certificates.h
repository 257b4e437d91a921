#pragma once

#include <string>

namespace clew::net::testing {

/// PEM texts of a new authority and of what it signed, for "localhost" and 127.0.0.1.
struct TestCertificates {
  std::string authority;
  std::string server_cert;
  std::string server_key;
  std::string client_cert;
  std::string client_key;
};

/// Made once a process.
const TestCertificates& Certificates();

/// Writes `text` to a file that lives as long as the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace clew::net::testing
