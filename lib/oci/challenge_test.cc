#include "oci/challenge.h"

#include <gtest/gtest.h>

namespace sluice::oci {
namespace {

TEST(ChallengeTest, ReadsSchemeAndParameters) {
  const auto c = ParseChallenge(
      R"(Bearer realm="https://auth.example.com/token",service=registry , Scope="repository:a/b:pull",x="he\"l\lo")");
  EXPECT_EQ(c.scheme, "bearer");
  EXPECT_EQ(c.Parameter("realm"), "https://auth.example.com/token");
  EXPECT_EQ(c.Parameter("service"), "registry");
  EXPECT_EQ(c.Parameter("scope"), "repository:a/b:pull");
  EXPECT_EQ(c.Parameter("x"), "he\"llo");
  EXPECT_EQ(c.Parameter("nope"), "");
}

TEST(ChallengeTest, TakesWhatIsWellFormed) {
  const struct {
    const char *header, *scheme;
    size_t parameters;
  } cases[] = {{"", "", 0},
               {"\"quoted\"", "", 0},
               {"Basic", "basic", 0},
               {"Bearer realm", "bearer", 0},
               {"Bearer a=1,,b=2", "bearer", 1},
               {"Bearer a=\"open", "bearer", 0},
               {"Bearer a=1;b=2", "bearer", 1},
               {"Negotiate abc==", "negotiate", 0}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.header);
    EXPECT_EQ(ParseChallenge(c.header).scheme, c.scheme);
    EXPECT_EQ(ParseChallenge(c.header).parameters.size(), c.parameters);
  }
}

TEST(ChallengeTest, PicksTheSchemeItCanAnswer) {
  http::Headers headers;
  headers.Add("WWW-Authenticate", "Negotiate");
  headers.Add("www-authenticate", "Basic realm=\"x\"");
  EXPECT_EQ(PickChallenge(ParseChallenges(headers)).scheme, "basic");
  EXPECT_EQ(PickChallenge({}).scheme, "");
}

TEST(RealmTest, CredentialsGoToFewPlaces) {
  const struct {
    const char *realm, *registry;
    bool http, ok;
  } cases[] = {{"https://auth.example.com/token", "registry.example.com", false, true},
               {"http://auth.example.com/token", "registry.example.com", false, false},
               {"http://auth.example.com/token", "10.0.0.1:5000", true, true},
               {"https://169.254.169.254/latest", "registry.example.com", false, false},
               {"https://127.0.0.1/token", "registry.example.com", false, false},
               {"https://[::1]/token", "registry.example.com", false, false},
               {"https://localhost:1/token", "registry.example.com:443", false, false},
               // What the C library, IDNA and percent signs make 127.0.0.1 of.
               {"https://2130706433/token", "registry.example.com", false, false},
               {"https://0x7f000001/token", "registry.example.com", false, false},
               {"https://127.1/token", "registry.example.com", false, false},
               {"https://017700000001/token", "registry.example.com", false, false},
               {"https://127.0.0.1./token", "registry.example.com", false, false},
               {"https://localhost./token", "registry.example.com", false, false},
               {"https://127%2e0%2e0%2e1/token", "registry.example.com", false, false},
               {"https://\uff11\uff12\uff17.0.0.1/token", "registry.example.com", false, false},
               {"https://0xa9fea9fe/token", "registry.example.com", false, false},
               {"https://1.example.com/token", "registry.example.com", false, true},
               {"https://2130706433/token", "127.0.0.1:5000", false, true},
               {"http://127.0.0.1:1/token", "127.0.0.1:5000", true, true},
               {"https://10.0.0.1:5000/token", "10.0.0.1:5000", false, true},
               {"ftp://auth.example.com/", "registry.example.com", false, false},
               {"no url", "registry.example.com", false, false}};
  for (const auto& c : cases)
    EXPECT_EQ(CheckRealm(c.realm, c.registry, c.http).ok(), c.ok) << c.realm;
  EXPECT_EQ(CheckRealm("https://169.254.169.254/x", "r.example.com", false).message(),
            "realm host \"169.254.169.254\" is a private or link-local address");
}

}  // namespace
}  // namespace sluice::oci
