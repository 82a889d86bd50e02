#include <gtest/gtest.h>

#include "http/client.h"

namespace sluice::http {
namespace {

TEST(ProxyTest, FollowsGosRules) {
  const ProxyEnvironment env{"http://p:1", "q:2",
                             "a.com, .b.com,10.0.0.0/8,c.com:8080,*.d.com,::1,192.168.1.1"};
  const struct {
    std::string url, want;
  } cases[] = {
      {"http://x/", "http://p:1"},
      {"https://x/", "http://q:2"},
      {"http://localhost/", ""},
      {"http://127.0.0.5/", ""},
      {"http://[::1]/", ""},
      {"http://a.com/", ""},
      {"http://z.a.com/", ""},
      {"http://za.com/", "http://p:1"},
      {"http://b.com/", "http://p:1"},
      {"http://z.b.com/", ""},
      {"http://10.9.9.9/", ""},
      {"http://11.9.9.9/", "http://p:1"},
      {"http://c.com/", "http://p:1"},
      {"http://c.com:8080/", ""},
      {"http://z.d.com/", ""},
      {"http://192.168.1.1/", ""},
      {"http://192.168.1.2/", "http://p:1"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.url);
    EXPECT_EQ(env.ProxyFor(*Url::Parse(c.url)), c.want);
  }
  EXPECT_EQ((ProxyEnvironment{"p", "", "*"}).ProxyFor(*Url::Parse("http://x/")), "");
}

}  // namespace
}  // namespace sluice::http
