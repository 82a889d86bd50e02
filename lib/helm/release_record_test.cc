#include "helm/release_record.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace sluice::helm {
namespace {

constexpr std::string_view kV4 =
    R"({"name":"r","info":{"first_deployed":"2024-05-06T07:08:09+02:00","status":"deployed"},"chart":{"metadata":{"name":"c","version":)"
    R"("1.0.0","apiVersion":"v2"},"lock":null,"templates":[{"name":"templates/a.yaml","data":"YTogMQo="}],"values":{"a":1.5},"schema":)"
    R"(null,"schemamodtime":"0001-01-01T00:00:00Z","files":null},"config":{"b":"\u003c"},"manifest":"m","hooks":[{"name":"h","events":)"
    R"(["test"],"last_run":{"phase":""}}],"version":2,"namespace":"n","apply_method":"ssa"})";

TEST(ReleaseRecordTest, WritesWhatItRead) {
  const auto record = RecordFromJson(kV4);
  ASSERT_TRUE(record.ok()) << record.status().message();
  EXPECT_EQ(record->chart->templates()[0].data.view(), "a: 1\n");
  EXPECT_EQ(RecordToJson(*record, HelmVersion::kV4), kV4);
  const auto again = DecodeRecord(EncodeRecord(*record, HelmVersion::kV4));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(RecordToJson(*again, HelmVersion::kV4), kV4);
}

TEST(ReleaseRecordTest, EachHelmReadsTheOther) {
  const auto record = RecordFromJson(kV4);
  ASSERT_TRUE(record.ok());
  const std::string v3 = RecordToJson(*record, HelmVersion::kV3);
  EXPECT_NE(v3.find(R"("last_deployed":"","deleted":"")"), std::string::npos) << v3;
  EXPECT_EQ(v3.find("modtime"), std::string::npos);
  auto back = RecordFromJson(v3);
  ASSERT_TRUE(back.ok());
  back->apply_method = "ssa";
  EXPECT_EQ(RecordToJson(*back, HelmVersion::kV4), kV4);
}

TEST(ReleaseRecordTest, AcceptsWhatOldHelmsWrote) {
  for (const std::string time : {"\"\"", "null", "\"0001-01-01T00:00:00Z\""}) {
    // not gzip
    const auto record =
        DecodeRecord(base::Base64Encode("{\"name\":\"x\",\"info\":{\"deleted\":" + time + "}}"));
    ASSERT_TRUE(record.ok());
    EXPECT_EQ(record->info.deleted, "");
  }
}

TEST(ReleaseRecordTest, ObjectsCarryHelmsLabels) {
  auto record = RecordFromJson(kV4);
  ASSERT_TRUE(record.ok());
  record->labels = {{"team", "x"}};
  for (const auto driver : {RecordDriver::kSecret, RecordDriver::kConfigMap}) {
    const auto object =
        MakeRecordObject(*record, driver, HelmVersion::kV4, RecordStamp::kModified, 7);
    EXPECT_EQ(object["metadata"]["name"].AsString(), "sh.helm.release.v1.r.v2");
    EXPECT_EQ(object["metadata"]["labels"]["modifiedAt"].AsString(), "7");
    const auto back = ReadRecordObject(object);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->labels, record->labels);
    EXPECT_EQ(RecordToJson(*back, HelmVersion::kV4), kV4);
  }
  EXPECT_TRUE(CheckRecordLabels({{"team", "x"}}).ok());
  EXPECT_EQ(CheckRecordLabels({{"owner", "x"}}).message(),
            "user supplied labels contains system reserved label name. System labels: [name owner "
            "status version createdAt modifiedAt]");
}

TEST(ReleaseRecordTest, RefusesWhatIsNoRecord) {
  for (const std::string text : {"x", "bm90IGpzb24=", "H4sIAAAAAAAA"})
    EXPECT_FALSE(DecodeRecord(text).ok()) << text;
}

}  // namespace
}  // namespace sluice::helm
