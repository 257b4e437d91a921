#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clew::base {

/// True when `url` begins with `scheme` ("https") and "://", in any case of letters.
bool HasScheme(std::string_view url, std::string_view scheme);

/// What stands behind the scheme's "://", or all of `url` when it has none.
std::string_view AfterScheme(std::string_view url);

/// The user and password of `url` ("user:password"), as they are written; nothing when it has none.
/// A password with unescaped slashes is taken for what it is meant to be.
std::optional<std::string_view> UserinfoOf(std::string_view url);

/// `url` as it may be shown: a user and password in front of its host become [REDACTED], and so
/// do each value of its query and its fragment, any of which may be a token.
std::string RedactUrl(std::string_view url);

/// The same for what is meant to be a URL or an address, also without a scheme ("user:word@host").
std::string RedactAddress(std::string_view address);

/// The same for every URL in `text`; one ends at a space, a quote or where the next begins. Of a
/// list without spaces, whose separators may be part of a password as well, too much rather than
/// too little is hidden.
std::string RedactUrls(std::string_view text);

}  // namespace clew::base
