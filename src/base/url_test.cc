#include "base/url.h"

#include <gtest/gtest.h>

namespace clew::base {
namespace {

TEST(HasScheme, AnyCaseOfLetters) {
  EXPECT_TRUE(HasScheme("https://h", "https"));
  EXPECT_TRUE(HasScheme("HTTPS://h", "https"));
  EXPECT_FALSE(HasScheme("http://h", "https"));
  EXPECT_FALSE(HasScheme("https:/h", "https"));
  EXPECT_FALSE(HasScheme("", "https"));
  EXPECT_EQ(AfterScheme("HTTP://h/x"), "h/x");
  EXPECT_EQ(AfterScheme("h:1"), "h:1");
}

TEST(RedactUrl, UserAndPasswordAreHidden) {
  EXPECT_EQ(RedactUrl("https://user:secret@host:4318/a"), "https://[REDACTED]@host:4318/a");
  EXPECT_EQ(RedactUrl("HTTPS://token@host"), "HTTPS://[REDACTED]@host");
  EXPECT_EQ(RedactUrl("https://u:p@ss@host/"), "https://[REDACTED]@host/");
  EXPECT_EQ(RedactUrl("https://u:p/a?s@host/"), "https://[REDACTED]@host/");
  EXPECT_EQ(RedactUrl("https://u:two words@host"), "https://[REDACTED]@host");
}

TEST(RedactUrl, ValuesOfTheQueryAreHidden) {
  EXPECT_EQ(RedactUrl("http://h/?token=secret"), "http://h/?token=[REDACTED]");
  EXPECT_EQ(RedactUrl("http://h:1/a?x=1&token=a=b&empty=&flag&y=a://b#part"),
            "http://h:1/a?x=[REDACTED]&token=[REDACTED]&empty=&[REDACTED]&y=[REDACTED]#[REDACTED]");
  EXPECT_EQ(RedactUrl("http://u:p@h?t=a@b"), "http://[REDACTED]@h?t=[REDACTED]");
  EXPECT_EQ(RedactUrl("h:1/?t=s"), "h:1/?t=[REDACTED]");
  EXPECT_EQ(RedactUrl("http://h/#a?b=c"), "http://h/#[REDACTED]");
  EXPECT_EQ(RedactUrl("http://h/#"), "http://h/#");
  EXPECT_EQ(RedactUrl("http://h/#hush\\"), "http://h/#[REDACTED]\\");
  EXPECT_EQ(RedactUrl("http://h/?"), "http://h/?");
}

TEST(RedactUrl, TheRestStays) {
  for (const char* url : {"", "host:4318", "a@b", "https://host/a@b", "https://host:443/a@b",
                          "https://[::1]:4318/@", "https://[::1]/a@b", "unix:/run/s"}) {
    EXPECT_EQ(RedactUrl(url), url);
  }
}

TEST(RedactAddress, NeedsNoScheme) {
  EXPECT_EQ(RedactAddress("user:secret@host:4318"), "[REDACTED]@host:4318");
  EXPECT_EQ(RedactAddress("https://user:secret@host/a@b"), "https://[REDACTED]@host/a@b");
  EXPECT_EQ(RedactAddress("host:4318"), "host:4318");
}

TEST(RedactUrls, EachUrlOfAText) {
  EXPECT_EQ(RedactUrls("from \"http://a:b@c\" to http://d:e@f/x: no such host, ask g@h"),
            "from \"http://[REDACTED]@c\" to http://[REDACTED]@f/x: no such host, ask g@h");
  EXPECT_EQ(RedactUrls("nothing"), "nothing");
  EXPECT_EQ(RedactUrls("[http://a:b@c,http://d:e@f;(https://g:h@i)]<http://j:k@l>"),
            "[http://[REDACTED]@c,http://[REDACTED]@f;(https://[REDACTED]@i)]<"
            "http://[REDACTED]@l>");
  EXPECT_EQ(RedactUrls("http://h/?to=http://a:b@c/"), "http://h/?to=[REDACTED]");
  EXPECT_EQ(RedactUrls(R"({"m":"no \"http://h/?t=s\", nor \"http://h/\""})"),
            R"({"m":"no \"http://h/?t=[REDACTED]\", nor \"http://h/\""})");
  EXPECT_EQ(RedactUrls("is http://h/p there? or what=is http://a:b@h"),
            "is http://h/p there? or what=is http://[REDACTED]@h");
  EXPECT_EQ(RedactUrls("dial://http://a:b@c"), "dial://http://[REDACTED]@c");
  EXPECT_EQ(RedactUrls("http://a:b,(c);[d]<e>@h, (http://h:80), [http://h:81/p];<http://h>"),
            "http://[REDACTED]@h, (http://h:80), [http://h:81/p];<http://h>");
  EXPECT_EQ(RedactUrls("http://h/a mail@b"), "http://h/a mail@b");
}

TEST(RedactUrls, TheTextInFrontOfAUrlStays) {
  for (const char* text : {"wants it TLS there? Then write https://, and leave out a=b",
                           "what? http://h", "is it \"a?b=c\" https://h/p ?"}) {
    EXPECT_EQ(RedactUrls(text), text);
  }
  EXPECT_EQ(RedactUrls("is it? http://a:b@h/?t=s or https://c:d@h/"),
            "is it? http://[REDACTED]@h/?t=[REDACTED] or https://[REDACTED]@h/");
  EXPECT_EQ(RedactUrls("no? h/?token=s&to=http://c"), "no? h/?token=[REDACTED]&to=[REDACTED]");
}

}  // namespace
}  // namespace clew::base
