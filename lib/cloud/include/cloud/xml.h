// ReadXml: the answers of S3, STS and Azure, element by element. Strict and small: no document
// type, so no entity but XML's own five; bounded depth; linear time. Namespaces are cut off. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::cloud {

inline constexpr size_t kMaxXmlDepth = 32;

class XmlVisitor {
 public:
  virtual ~XmlVisitor() = default;
  // `attributes` as written: ` a="b"`.
  virtual base::Status Open(std::string_view name, std::string_view attributes) = 0;
  // `text` is what stood between the tags of an element without children, decoded; between children
  // it says nothing.
  virtual base::Status Close(std::string_view name, std::string text) = 0;
};

// A visitor's error ends it. Else kInvalidArgument in Go's words: "XML syntax error on line 3:
// unexpected EOF".
base::Status ReadXml(std::string_view xml, XmlVisitor& visitor);

// The text of the first element of that name, whatever its depth; kNotFound if there is none.
base::Result<std::string> XmlText(std::string_view xml, std::string_view name);

}  // namespace sluice::cloud
