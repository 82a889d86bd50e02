#include "answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings.h"
#include "cloud/xml.h"

namespace sluice::bucket {
namespace {

using testing::HasSubstr;

std::string Dump(const base::Result<ListPage>& page) {
  if (!page.ok()) return page.status().message();
  std::string out;
  for (const Object& o : page->objects) out += o.key + "=" + o.etag + ";";
  return out + (page->truncated ? "…" + page->next : "");
}

TEST(AnswersTest, ReadsPagesOfS3) {
  const struct {
    const char* xml;
    bool first_version;
    const char* want;
  } cases[] = {
      {"<?xml version=\"1.0\"?>\n<ListBucketResult "
       "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><IsTruncated>false</"
       "IsTruncated>"
       "<Contents><Key>a.yaml</Key><ETag>&quot;1&quot;</ETag><Owner><ID>x</ID></Owner></"
       "Contents><Contents><Key>b</Key><ETag>2</ETag></Contents></ListBucketResult>",
       false, "a.yaml=1;b=2;"},
      {"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</"
       "IsTruncated><NextContinuationToken>t+/=</NextContinuationToken>"
       "<Contents><Key>a%20b%2Bc+d</Key><ETag>\"1\"</ETag></Contents></ListBucketResult>",
       false, "a b+c d=1;…t+/="},
      {"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", false, "…"},
      {"<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>z</Key><ETag>1</ETag></"
       "Contents></ListBucketResult>",
       true, "z=1;…z"},
      {"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</"
       "IsTruncated><NextMarker>m%20</NextMarker></ListBucketResult>",
       true, "…m "},
      {"<ListBucketResult/>", false, ""},
      {"<html><body>hello</body></html>", false,
       "expected element type <ListBucketResult> but have <html>"},
      {"", false, "XML syntax error on line 1: unexpected EOF"},
      {"<ListBucketResult>\n<Contents>", false, "XML syntax error on line 2: unexpected EOF"},
  };
  for (const auto& c : cases) EXPECT_EQ(Dump(ParseS3Page(c.xml, c.first_version)), c.want) << c.xml;
}

// The listing's ETag has no quotes, a download's has: one form, and the one that Flux's revisions
// are made of.
TEST(AnswersTest, ReadsPagesOfAzure) {
  const auto page = ParseAzurePage(
      "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults "
      "ContainerName=\"c\"><Blobs><Blob><Name>a/b.yaml</Name><Properties>"
      "<Etag>0x8D</Etag><Content-Length>3</Content-Length></Properties></Blob><Blob><Name "
      "Encoded=\"true\">x%EF%BF%BF+</Name><Properties><Etag>\"0x8E\"</Etag>"
      "</Properties></Blob></Blobs><NextMarker>next</NextMarker></EnumerationResults>");
  EXPECT_EQ(Dump(page), "a/b.yaml=\"0x8D\";x\xef\xbf\xbf+=\"0x8E\";…next");
  EXPECT_EQ(Dump(ParseAzurePage("<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>")),
            "");
}

TEST(AnswersTest, ReadsErrorsAndLocations) {
  const auto error = ParseStoreError(
      "<Error><Code>NoSuchKey</Code><Message>It &lt;is&gt; gone "
      "&#x263a;</Message><Region>eu-1</Region></Error>");
  ASSERT_TRUE(error.ok());
  EXPECT_EQ(error->code + "|" + error->message + "|" + error->region,
            "NoSuchKey|It <is> gone \u263a|eu-1");
  EXPECT_EQ(*ParseS3Location("<LocationConstraint xmlns=\"x\">eu-west-3</LocationConstraint>"),
            "eu-west-3");
  EXPECT_EQ(*ParseS3Location("<LocationConstraint/>"), "us-east-1");
  EXPECT_EQ(*ParseS3Location("<LocationConstraint>EU</LocationConstraint>"), "eu-west-1");
}

// What an element costs must not grow with what follows it: each text was searched to the page's
// end.
TEST(AnswersTest, APageOfManyElementsIsReadOnce) {
  std::string page = "<ListBucketResult>";
  for (int i = 0; i < 5'000; ++i) {
    page += "<Contents><Key>k" + std::to_string(i) + "</Key><ETag>e</ETag>";
    for (int j = 0; j < 100; ++j) page += "<x>y</x>";
    page += "</Contents>";
  }
  const auto read = ParseS3Page(page + "</ListBucketResult>", false);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->objects.size(), 5'000u);
}

TEST(AnswersTest, APageHasSoManyObjects) {
  std::string s3 = "<ListBucketResult>", azure = "<EnumerationResults><Blobs>";
  for (size_t i = 0; i <= kMaxPageObjects; ++i) {
    s3 += "<Contents/>";
    azure += "<Blob/>";
  }
  for (const auto& page : {ParseS3Page(s3 + "</ListBucketResult>", false),
                           ParseAzurePage(azure + "</Blobs></EnumerationResults>")}) {
    EXPECT_EQ(page.status().code(), base::StatusCode::kResourceExhausted);
  }
}

TEST(AnswersTest, RefusesHostileXml) {
  std::string deep = "<Error>";
  for (int i = 0; i < 100; ++i) deep += "<a>";
  const struct {
    std::string xml, want;
  } cases[] = {
      {"<!DOCTYPE x [<!ENTITY a \"b\">]><Error><Code>&a;</Code></Error>",
       "a document type is not read"},
      {"<Error><Code>&lol;</Code></Error>", "invalid character entity"},
      {"<Error><Code>&#0;</Code></Error>", "invalid character entity"},
      {"<Error><Code>&#xD800;</Code></Error>", "invalid character entity"},
      {"<Error><Code>&#99999999999;</Code></Error>", "invalid character entity"},
      {deep, "nested too deeply"},
      {"<Error><Code></Error></Code>", "element <Code> closed by </Error>"},
      {"<Error></Error><Error></Error>", "more than one root element"},
      {"<Error a=\"", "unexpected EOF"},
      {"<Error a='<'", "unexpected EOF"},
      {"text", "text outside of the root element"},
      {"<Error><![CDATA[x", "unexpected EOF in CDATA section"},
      {"</Error>", "unexpected end element"},
      {"<", "unexpected EOF"},
  };
  for (const auto& c : cases) {
    const auto error = ParseStoreError(c.xml);
    ASSERT_FALSE(error.ok()) << c.xml;
    EXPECT_THAT(error.status().message(), HasSubstr(c.want)) << c.xml;
  }
}

}  // namespace
}  // namespace sluice::bucket
