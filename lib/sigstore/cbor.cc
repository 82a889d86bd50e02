#include "cbor.h"

namespace sluice::sigstore {
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxItems = 10'000;

base::Status Malformed() { return base::InvalidArgument("cbor: malformed data"); }

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return bytes_.empty(); }

  base::Result<Cbor> Item(int depth) {
    if (depth > kMaxDepth || ++count_ > kMaxItems)
      return base::ResourceExhausted("cbor: too deep or too large");
    if (bytes_.empty()) return Malformed();
    const auto first = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    const int major = first >> 5;
    SLUICE_TRY(const uint64_t argument, Argument(first & 0x1f));
    Cbor out;
    out.number = static_cast<int64_t>(argument);
    switch (major) {
      case 0:
        out.kind = Cbor::Kind::kInt;
        break;
      case 1:
        out.kind = Cbor::Kind::kInt;
        out.number = -1 - out.number;
        break;
      case 2:
      case 3: {
        out.kind = major == 2 ? Cbor::Kind::kBytes : Cbor::Kind::kText;
        if (argument > bytes_.size()) return Malformed();
        out.text = std::string(bytes_.substr(0, static_cast<size_t>(argument)));
        bytes_.remove_prefix(static_cast<size_t>(argument));
        break;
      }
      case 4: {
        out.kind = Cbor::Kind::kArray;
        for (uint64_t i = 0; i < argument; ++i) {
          SLUICE_TRY(Cbor item, Item(depth + 1));
          out.items.push_back(std::move(item));
        }
        break;
      }
      case 5: {
        out.kind = Cbor::Kind::kMap;
        for (uint64_t i = 0; i < argument; ++i) {
          SLUICE_TRY(Cbor key, Item(depth + 1));
          SLUICE_TRY(Cbor value, Item(depth + 1));
          const bool twice = key.kind == Cbor::Kind::kInt
                                 ? out.Find(key.number) != nullptr
                                 : out.Find(std::string_view(key.text)) != nullptr;
          if (twice) return Malformed();  // which one would count?
          out.members.push_back({std::move(key), std::move(value)});
        }
        break;
      }
      case 6: {
        out.kind = Cbor::Kind::kTag;
        SLUICE_TRY(Cbor item, Item(depth + 1));
        out.items.push_back(std::move(item));
        break;
      }
      default:
        out.kind = Cbor::Kind::kSimple;
        break;
    }
    return out;
  }

 private:
  base::Result<uint64_t> Argument(int info) {
    if (info < 24) return static_cast<uint64_t>(info);
    if (info > 27) return Malformed();  // indefinite lengths are not for signed things
    const size_t width = size_t{1} << (info - 24);
    if (bytes_.size() < width) return Malformed();
    uint64_t value = 0;
    for (size_t i = 0; i < width; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(width);
    if (value > INT64_MAX) return Malformed();
    return value;
  }

  std::string_view bytes_;
  size_t count_ = 0;
};

}  // namespace

const Cbor* Cbor::Find(int64_t key) const {
  for (const auto& [k, v] : members) {
    if (k.kind == Kind::kInt && k.number == key) return &v;
  }
  return nullptr;
}

const Cbor* Cbor::Find(std::string_view key) const {
  for (const auto& [k, v] : members) {
    if (k.kind == Kind::kText && k.text == key) return &v;
  }
  return nullptr;
}

base::Result<Cbor> ParseCbor(std::string_view bytes) {
  Reader reader(bytes);
  SLUICE_TRY(Cbor out, reader.Item(0));
  if (!reader.at_end()) return Malformed();
  return out;
}

std::string CborBytes(std::string_view bytes) {
  std::string out;
  const uint64_t size = bytes.size();
  if (size < 24) {
    out += static_cast<char>(0x40 | size);
  } else {
    const int width = size <= 0xff ? 0 : size <= 0xffff ? 1 : 2;
    out += static_cast<char>(0x58 + width);
    for (int shift = (8 << width) - 8; shift >= 0; shift -= 8)
      out += static_cast<char>(size >> shift & 0xff);
  }
  return out.append(bytes);
}

}  // namespace sluice::sigstore
