#include "net/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace clew::net::testing {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string PemOf(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_X509(bio.get(), certificate);
  return TextOf(bio.get());
}

std::string PemOf(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio.get());
}

void AddExtension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Signed by `issuer`, or by itself when that is null.
CertificatePtr MakeCertificate(const char* name, long serial, EVP_PKEY* key, X509* issuer,
                               EVP_PKEY* issuer_key) {
  CertificatePtr certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509* signer = issuer == nullptr ? certificate.get() : issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  AddExtension(certificate.get(), signer, NID_basic_constraints,
               issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  AddExtension(certificate.get(), signer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_sign(certificate.get(), issuer_key, EVP_sha256());
  return certificate;
}

TestCertificates Make() {
  const auto new_key = [] { return KeyPtr(EVP_EC_gen("P-256"), &EVP_PKEY_free); };
  const KeyPtr authority_key = new_key();
  const KeyPtr server_key = new_key();
  const KeyPtr client_key = new_key();
  const auto authority =
      MakeCertificate("clew test CA", 1, authority_key.get(), nullptr, authority_key.get());
  const auto server =
      MakeCertificate("localhost", 2, server_key.get(), authority.get(), authority_key.get());
  const auto client =
      MakeCertificate("client", 3, client_key.get(), authority.get(), authority_key.get());
  return {PemOf(authority.get()), PemOf(server.get()), PemOf(server_key.get()), PemOf(client.get()),
          PemOf(client_key.get())};
}

}  // namespace

const TestCertificates& Certificates() {
  static const TestCertificates certificates = Make();
  return certificates;
}

TemporaryFile::TemporaryFile(const std::string& text)
    : path_((std::filesystem::temp_directory_path() / "clew_net_XXXXXX").string()) {
  const int fd = mkstemp(path_.data());
  close(fd);
  std::ofstream(path_) << text;
}

TemporaryFile::~TemporaryFile() { std::filesystem::remove(path_); }

}  // namespace clew::net::testing
