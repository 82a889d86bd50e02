// Hand-made archives for the tests, also the ones our writer refuses to make.
#pragma once

#include <string>
#include <string_view>

namespace sluice::artifact {

// One USTAR entry with any name, type flag and link target.
std::string RawTarEntry(std::string_view name, char type, std::string_view content = "",
                        std::string_view link = "", int mode = 0644);
std::string TarEnd();
std::string Gzip(std::string_view bytes);

}  // namespace sluice::artifact
