#include "http/url.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

TEST(UrlTest, ParsesAndPrints) {
  const struct {
    std::string text, canonical, host_port;
  } cases[] = {
      {"http://example.com", "http://example.com", "example.com:80"},
      {"HTTPS://Example.COM/a?b=c#f", "https://example.com/a?b=c", "example.com:443"},
      {"https://u:p@h:8443/x", "https://h:8443/x", "h:8443"},
      {"http://[::1]:80/", "http://[::1]:80/", "[::1]:80"},
      {"http://[FE80::1]/", "http://[fe80::1]/", "[fe80::1]:80"},
      {"http://h?x=1", "http://h?x=1", "h:80"},
      {"http://h/a b", "http://h/a%20b", "h:80"},
      {"http://h/%2e%2e/x", "http://h/%2e%2e/x", "h:80"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto url = Url::Parse(c.text);
    ASSERT_TRUE(url.ok()) << url.status().message();
    EXPECT_EQ(url->ToString(), c.canonical);
    EXPECT_EQ(url->HostPort(), c.host_port);
  }
}

TEST(UrlTest, RejectsMalformedTextInGosWords) {
  const struct {
    std::string text, message;
  } cases[] = {
      {"", "unsupported protocol scheme \"\""},
      {"file:///etc/passwd", "unsupported protocol scheme \"file\""},
      {"gopher://h/", "unsupported protocol scheme \"gopher\""},
      {"http://", "http: no Host in request URL"},
      {"http://[::1", "parse \"http://[::1\": missing ']' in host"},
      {"http://h:x/", "parse \"http://h:x/\": invalid port \":x\" after host"},
      {"http://h:99999/", "parse \"http://h:99999/\": invalid port \":99999\" after host"},
      {"http://u:secret@h:x/?q=1", "parse \"http://h:x/\": invalid port \":x\" after host"},
      {"http://127%2e0%2e0%2e1/", "parse \"http://127%2e0%2e0%2e1/\": invalid URL escape \"%2e\""},
      {"http://h%/", "parse \"http://h%/\": invalid URL escape \"%\""},
      {"http://a b/", "parse \"http://a b/\": invalid character \" \" in host name"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto url = Url::Parse(c.text);
    ASSERT_FALSE(url.ok());
    EXPECT_EQ(url.status().message(), c.message);
  }
  EXPECT_FALSE(Url::Parse("http://h/\r\nX: y").ok());
}

TEST(UrlTest, ResolvesReferences) {
  const auto base_url = Url::Parse("https://h:8443/a/b/c?q=1");
  ASSERT_TRUE(base_url.ok());
  const struct {
    std::string reference, want;
  } cases[] = {
      {"d", "https://h:8443/a/b/d"},
      {"../d", "https://h:8443/a/d"},
      {"../../../d", "https://h:8443/d"},
      {"/x?y=z", "https://h:8443/x?y=z"},
      {"//o/x", "https://o/x"},
      {"http://o:81/x", "http://o:81/x"},
      {"?n=2", "https://h:8443/a/b/c?n=2"},
      {"", "https://h:8443/a/b/c?q=1"},
      {"./", "https://h:8443/a/b/"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.reference);
    const auto url = base_url->Resolve(c.reference);
    ASSERT_TRUE(url.ok()) << url.status().message();
    EXPECT_EQ(url->ToString(), c.want);
  }
  EXPECT_FALSE(base_url->Resolve("file:///etc/passwd").ok());
  EXPECT_FALSE(base_url->Resolve("javascript:x").ok());
}

TEST(UrlTest, RedactsUserInfoAndQuery) {
  EXPECT_EQ(RedactUrl("https://u:p@h/a?sig=secret#x"), "https://h/a");
  EXPECT_EQ(RedactUrl("https://h/a@b"), "https://h/a@b");
  EXPECT_EQ(RedactUrl("not a url?x"), "not a url");
}

TEST(UrlTest, EscapesAsGoDoes) {
  EXPECT_EQ(PathEscape("a/b c:d@e"), "a%2Fb%20c:d@e");
  EXPECT_EQ(QueryEscape("a b&c=d/é"), "a+b%26c%3Dd%2F%C3%A9");
  EXPECT_EQ(*QueryUnescape("a+b%26c"), "a b&c");
  EXPECT_FALSE(QueryUnescape("%zz").ok());
  EXPECT_FALSE(QueryUnescape("a%2").ok());
}

TEST(UrlTest, OriginsCompareSchemeHostAndPort) {
  const auto origin = [](const char* text) { return Url::Parse(text)->origin(); };
  EXPECT_EQ(origin("https://H/"), origin("https://h:443/x"));
  EXPECT_NE(origin("https://h/"), origin("http://h/"));
  EXPECT_NE(origin("https://h/"), origin("https://h:444/"));
  EXPECT_EQ(origin("https://h:444/").ToString(), "https://h:444");
}

}  // namespace
}  // namespace sluice::http
