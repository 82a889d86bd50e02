#include "test_tar.h"

#include <zlib.h>

#include <cstdio>
#include <cstring>

namespace sluice::artifact {

std::string RawTarEntry(std::string_view name, char type, std::string_view content,
                        std::string_view link, int mode) {
  std::string block(512, '\0');
  name.copy(block.data(), 100);
  std::snprintf(block.data() + 100, 8, "%07o", static_cast<unsigned>(mode));
  std::memcpy(block.data() + 108, "0000000", 8);
  std::memcpy(block.data() + 116, "0000000", 8);
  std::snprintf(block.data() + 124, 12, "%011o", static_cast<unsigned>(content.size()));
  std::memcpy(block.data() + 136, "00000000000", 12);
  block[156] = type;
  link.copy(block.data() + 157, 100);
  std::memcpy(block.data() + 257, "ustar", 6);
  std::memcpy(block.data() + 263, "00", 2);
  std::memcpy(block.data() + 148, "        ", 8);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::snprintf(block.data() + 148, 8, "%06o", sum);
  block[155] = ' ';
  block += content;
  block.resize((block.size() + 511) / 512 * 512);
  return block;
}

std::string TarEnd() { return std::string(1024, '\0'); }

std::string Gzip(std::string_view bytes) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, bytes.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

}  // namespace sluice::artifact
