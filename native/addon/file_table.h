/* SPDX-License-Identifier: Apache-2.0 */
/* The source files of a unit, by the numbers that its line table and its entries use. Paths are put together when asked for. */
#ifndef EMBERSCOPE_FILE_TABLE_H
#define EMBERSCOPE_FILE_TABLE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace emberscope {

class FileTable {
 public:
  static constexpr uint32_t kNoFile = UINT32_MAX;

  /** @param first the number of the first file: 1 before version 5, else 0 */
  void begin(std::string_view comp_dir, uint32_t first);
  void add_directory(std::string_view path);
  void add_file(std::string_view name, uint64_t directory);
  /** A file of another unit; returns its number in this table. */
  uint32_t add_path(std::string path);

  /** Absolute where the compilation's folder is known, without "." and ".."; empty: no such file, or too long a path. */
  std::string path(uint32_t number) const;
  size_t bytes() const;

 private:
  struct File {
    uint32_t name;
    uint32_t directory;
  };
  uint32_t keep(std::string_view text);
  std::string_view text(uint32_t at) const { return text_.data() + at; }

  /** Texts that end in a zero byte. */
  std::string text_;
  std::vector<uint32_t> directories_;
  std::vector<File> files_;
  std::vector<std::string> others_;
  uint32_t comp_dir_ = 0;
  uint32_t first_ = 1;
};

/** Without "//", "/./" and "/../", as text: links are not followed. */
std::string normalized_path(std::string_view path);

}  // namespace emberscope

#endif
