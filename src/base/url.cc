#include "base/url.h"

#include <algorithm>
#include <cctype>

#include "base/letter_case.h"

namespace clew::base {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr std::string_view kRedacted = "[REDACTED]";
constexpr std::string_view kBetweenUrls = " \t\r\n\"'`";

bool IsNumber(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// How long the user and password at the front of `rest` (all behind the scheme) are, without the
/// '@'; npos when there are none.
std::size_t UserinfoSize(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) return at;
  // "user:pass/word@host" is meant to be a password, "host:80/a@b" is a path.
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon == std::string_view::npos || authority.ends_with(']') ||
                        IsNumber(authority.substr(colon + 1));
  return has_port ? std::string_view::npos : rest.rfind('@');
}

/// Where `text` ends without backslashes, of which one may escape a quote behind it; not before
/// `from`.
std::size_t EndWithoutBackslashes(std::string_view text, std::size_t from) {
  std::size_t end = text.size();
  while (end > from && text[end - 1] == '\\') --end;
  return end;
}

/// `rest`, a URL from its host on, without the values of its query and without its fragment: any
/// may be a token. A piece without a name is a value, too. A backslash at the end stays.
std::string WithoutSecretParts(std::string_view rest) {
  const std::size_t hash = std::min(rest.find('#'), rest.size());
  const std::size_t mark = std::min(rest.find('?'), hash);
  std::string shown(rest.substr(0, mark));
  if (mark < hash) shown += '?';
  const std::size_t end =
      mark < hash ? EndWithoutBackslashes(rest.substr(0, hash), mark + 1) : hash;
  for (std::size_t begin = mark + 1; begin < end;) {
    const std::size_t piece_end = std::min(rest.find('&', begin), end);
    const std::string_view piece = rest.substr(begin, piece_end - begin);
    const std::size_t name_size = piece.find('=') + 1;  // 0 when it has none
    shown += piece.substr(0, name_size);
    if (name_size < piece.size()) shown += kRedacted;
    if (piece_end < end) shown += '&';
    begin = piece_end + 1;
  }
  shown += rest.substr(end, hash - end);
  if (hash == rest.size()) return shown;
  const std::size_t fragment_end = EndWithoutBackslashes(rest, hash + 1);
  shown += '#';
  if (fragment_end > hash + 1) shown += kRedacted;
  return shown += rest.substr(fragment_end);
}

/// Where the scheme of a URL begins whose "://" stands at `from` or later; npos when there is none.
std::size_t NextScheme(std::string_view text, std::size_t from) {
  const std::size_t end = text.find(kSchemeEnd, from);
  if (end == std::string_view::npos) return end;
  std::size_t begin = end;
  const auto is_of_scheme = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  };
  while (begin > from && is_of_scheme(static_cast<unsigned char>(text[begin - 1]))) --begin;
  return begin;
}

}  // namespace

bool HasScheme(std::string_view url, std::string_view scheme) {
  return url.size() >= scheme.size() + kSchemeEnd.size() &&
         EqualsIgnoringCase(url.substr(0, scheme.size()), scheme) &&
         url.substr(scheme.size()).starts_with(kSchemeEnd);
}

std::string_view AfterScheme(std::string_view url) {
  const std::size_t end = url.find(kSchemeEnd);
  return end == std::string_view::npos ? url : url.substr(end + kSchemeEnd.size());
}

std::optional<std::string_view> UserinfoOf(std::string_view url) {
  const std::string_view rest = AfterScheme(url);
  if (rest.size() == url.size()) return std::nullopt;
  const std::size_t size = UserinfoSize(rest);
  if (size == std::string_view::npos) return std::nullopt;
  return rest.substr(0, size);
}

std::string RedactUrl(std::string_view url) {
  const std::optional<std::string_view> userinfo = UserinfoOf(url);
  if (!userinfo.has_value()) return WithoutSecretParts(url);
  const std::size_t begin = url.size() - AfterScheme(url).size();
  std::string shown(url.substr(0, begin));
  shown += kRedacted;
  return shown += WithoutSecretParts(url.substr(begin + userinfo->size()));
}

std::string RedactAddress(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (address.contains(kSchemeEnd) || at == std::string_view::npos) return RedactUrl(address);
  return std::string(kRedacted) += address.substr(at);
}

std::string RedactUrls(std::string_view text) {
  std::string shown;
  while (true) {
    const std::size_t scheme_end = text.find(kSchemeEnd);
    if (scheme_end == std::string_view::npos) return shown += text;
    // What stands in front of it is no part of it, and may have a '?' of its own.
    const std::size_t begin = text.find_last_of(kBetweenUrls, scheme_end) + 1;
    std::size_t end = std::min(text.find_first_of(kBetweenUrls, scheme_end), text.size());
    const std::size_t next = NextScheme(text, scheme_end + kSchemeEnd.size());
    // In a query it is a part of a value.
    if (next < end && !text.substr(scheme_end, next - scheme_end).contains('?')) end = next;
    shown += text.substr(0, begin);
    shown += RedactUrl(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

}  // namespace clew::base
