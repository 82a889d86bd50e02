#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "bus/bus.h"
#include "bus/keys.h"
#include "test_support.h"

namespace sluice::bus {
namespace {

TEST(EndpointTest, Checks) {
  for (const char* good : {"tcp://127.0.0.1:9300", "tcp://*:0", "tcp://[::1]:1",
                           "tcp://source.flux-system.svc:9300", "ipc:///tmp/x"}) {
    EXPECT_TRUE(CheckEndpoint(good).ok()) << good;
  }
  const std::string cases[] = {"",
                               "tcp://",
                               "tcp://host",
                               "tcp://host:",
                               "tcp://host:x",
                               "tcp://host:65535",
                               "tcp://host:-1",
                               "tcp://:1",
                               "ipc://",
                               "ipc://relative",
                               "ipc:///" + std::string(120, 'a'),
                               "pgm://1.2.3.4:5",
                               "inproc://x",
                               "tcp://a:1 tcp://b:2",
                               "tcp://h;x:1",
                               "norm://1.2.3.4:5"};
  for (const auto& bad : cases) EXPECT_FALSE(CheckEndpoint(bad).ok()) << bad;
}

TEST(EndpointTest, ParsesLists) {
  EXPECT_TRUE(ParseEndpoints("")->empty());
  EXPECT_TRUE(ParseEndpoints("off")->empty());
  EXPECT_EQ(*ParseEndpoints("tcp://a:1, ipc:///b"),
            (std::vector<std::string>{"tcp://a:1", "ipc:///b"}));
  EXPECT_FALSE(ParseEndpoints("tcp://a:1,").ok());
}

TEST(EndpointTest, Derives) {
  EXPECT_EQ(SecondEndpoint("tcp://*:9300", "artifacts"), "tcp://*:9301");
  EXPECT_EQ(SecondEndpoint("tcp://[::1]:1", "pokes"), "tcp://[::1]:2");
  EXPECT_EQ(SecondEndpoint("ipc:///run/src", "artifacts"), "ipc:///run/src.artifacts");
  EXPECT_EQ(AdvertisedEndpoint("tcp://*:9300", "10.0.0.7"), "tcp://10.0.0.7:9300");
  EXPECT_EQ(AdvertisedEndpoint("tcp://0.0.0.0:1", "fd00::1"), "tcp://[fd00::1]:1");
  EXPECT_EQ(AdvertisedEndpoint("ipc:///x", "10.0.0.7"), "ipc:///x");
}

TEST(EndpointTest, AnIpcDirectoryHoldsItsSockets) {
  const std::string dir = "ipc://" + testing::TempDir();  // ends in a slash
  EXPECT_EQ(SocketEndpoint(dir), dir + "bus");
  EXPECT_EQ(SecondEndpoint(dir, "artifacts"), dir + "bus.artifacts");
  EXPECT_EQ(SecondEndpoint(SocketEndpoint(dir), "artifacts"), dir + "bus.artifacts");
  EXPECT_EQ(SocketEndpoint("ipc:///no/such/place"), "ipc:///no/such/place");
  EXPECT_EQ(SocketEndpoint("tcp://h:1"), "tcp://h:1");
}

TEST(KeysTest, GeneratesLoadsAndKeeps) {
  const auto dir = NewTempDir();
  const std::string keys = dir->path() + "/keys";
  ASSERT_TRUE(GenerateKeys(keys, false).ok());
  const auto first = LoadKeyPair(keys, Role::kHelm);
  ASSERT_TRUE(first.ok()) << first.status().message();
  EXPECT_EQ(first->secret_key.size(), 40u);
  EXPECT_EQ(*LoadPublicKey(keys, Role::kHelm), first->public_key);
  ASSERT_TRUE(dir->fs().Remove("keys/helm.pub").ok());
  ASSERT_TRUE(GenerateKeys(keys, false).ok());
  EXPECT_EQ(LoadKeyPair(keys, Role::kHelm)->secret_key, first->secret_key);
  EXPECT_EQ(*LoadPublicKey(keys, Role::kHelm), first->public_key);
  ASSERT_TRUE(GenerateKeys(keys, true).ok());
  EXPECT_NE(LoadKeyPair(keys, Role::kHelm)->secret_key, first->secret_key);
  EXPECT_EQ(GenerateKeyFiles().size(), 8u);
}

TEST(KeysTest, RefusesBadFiles) {
  const auto dir = NewTempDir();
  ASSERT_TRUE(GenerateKeys(dir->path(), false).ok());
  EXPECT_EQ(LoadKeyPair(dir->path() + "/none", Role::kSource).status().code(),
            base::StatusCode::kNotFound);
  ASSERT_TRUE(dir->fs().SetMode("source.key", 0644).ok());
  EXPECT_EQ(LoadKeyPair(dir->path(), Role::kSource).status().code(),
            base::StatusCode::kPermissionDenied);
  ASSERT_TRUE(dir->fs().WriteFile("notify.pub", "short\n").ok());
  EXPECT_EQ(LoadPublicKey(dir->path(), Role::kNotify).status().code(),
            base::StatusCode::kInvalidArgument);
  ASSERT_TRUE(dir->fs().WriteFile("notify.pub", std::string(40, '~')).ok());
  EXPECT_FALSE(LoadPublicKey(dir->path(), Role::kNotify).ok());
}

}  // namespace
}  // namespace sluice::bus
