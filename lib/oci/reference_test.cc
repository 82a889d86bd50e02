#include "oci/reference.h"

#include <gtest/gtest.h>

namespace sluice::oci {
namespace {

TEST(RepositoryTest, ParsesAsGoContainerregistryDoes) {
  const struct {
    const char *text, *name, *error;
  } cases[] = {
      {"ghcr.io/stefanprodan/manifests/podinfo", "ghcr.io/stefanprodan/manifests/podinfo", ""},
      {"localhost:5000/podinfo", "localhost:5000/podinfo", ""},
      {"alpine", "index.docker.io/library/alpine", ""},
      {"acme/shop", "index.docker.io/acme/shop", ""},
      {"docker.io/acme/shop", "index.docker.io/acme/shop", ""},
      {"localhost/shop", "index.docker.io/localhost/shop", ""},
      {"[::1]:5000/a/b", "[::1]:5000/a/b", ""},
      {"", "", "a repository name must be specified"},
      {"a", "", "repository must be between 2 and 255 characters in length: a"},
      {"ghcr.io/Acme", "",
       "repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: "
       "Acme"},
      {"ghcr.io/test/test:v1", "",
       "repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: "
       "test/test:v1"},
      {"us:er@example.com/aa", "",
       "registries must be valid RFC 3986 URI authorities: us:er@example.com"},
      {"example.com:port/aa", "",
       "registries must be valid RFC 3986 URI authorities: example.com:port"},
      {"exam ple.com/aa", "", "registries must be valid RFC 3986 URI authorities: exam ple.com"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto r = Repository::Parse(c.text);
    ASSERT_EQ(r.ok(), *c.error == '\0') << r.status().message();
    if (r.ok()) {
      EXPECT_EQ(r->Name(), c.name);
    } else {
      EXPECT_EQ(r.status().message(), c.error);
    }
  }
}

TEST(RegistryTest, AllowsPlainHttpToItsOwnNetworkOnly) {
  const struct {
    const char* name;
    bool plain;
  } cases[] = {{"localhost:5000", true},    {"127.0.0.1:5000", true}, {"10.1.2.3", true},
               {"172.16.0.1:80", true},     {"172.32.0.1", false},    {"192.168.1.1", true},
               {"reg.localhost:443", true}, {"example.com", false},   {"localhost.com:1", false},
               {"[::1]:5000", true},        {"8.8.8.8", false}};
  for (const auto& c : cases)
    EXPECT_EQ(Registry::Parse(c.name)->AllowsPlainHttp(), c.plain) << c.name;
  EXPECT_TRUE(Registry::Parse("example.com", /*insecure=*/true)->AllowsPlainHttp());
}

TEST(ReferenceTest, ParsesTagsAndDigests) {
  const std::string hex(64, 'a');
  EXPECT_EQ(Reference::Parse("example.com/a/b")->Name(), "example.com/a/b:latest");
  EXPECT_EQ(Reference::Parse("example.com:80/a/b:v1")->Name(), "example.com:80/a/b:v1");
  EXPECT_EQ(Reference::Parse("example.com/a/b:v1@sha256:" + hex)->Name(),
            "example.com/a/b@sha256:" + hex);
  for (const char* bad : {"example.com/a/b:", "example.com/a/b@sha256:00", "example.com/a/b@md5:00",
                          "A/b:v1", "example.com/aa:v 1"}) {
    EXPECT_EQ(Reference::Parse(bad).status().message(),
              std::string("could not parse reference: ") + bad);
  }
}

TEST(ReferenceTest, KnowsPrivateAddresses) {
  for (const char* host : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "[::1]",
                           "fd00:ec2::254", "fe80::1", "0.0.0.0", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(IsPrivateAddress(host)) << host;
  }
  for (const char* host : {"8.8.8.8", "example.com", "2001:db8::1", "172.32.0.1", "::ffff:8.8.8.8"})
    EXPECT_FALSE(IsPrivateAddress(host)) << host;
}

}  // namespace
}  // namespace sluice::oci
