/* SPDX-License-Identifier: Apache-2.0 */
#include "find_symbols.h"

#include <algorithm>
#include <cstring>

namespace emberscope {
namespace {

// As of symbol_index.cc.
constexpr uint64_t kMaxSymbols = 16 << 20;
constexpr uint64_t kMaxNameBytes = 512 << 20;
constexpr uint64_t kChunk = 8192;

using Found = std::vector<std::optional<FoundSymbol>>;

void find_in(const ElfFile& file, const Elf64_Shdr& table, const std::vector<std::string>& names, Found& found) {
  if (table.sh_entsize != sizeof(Elf64_Sym)) file.malformed("the entries of its symbol table have an unknown size");
  uint64_t count = table.sh_size / sizeof(Elf64_Sym);
  if (count > kMaxSymbols) file.malformed("it claims to have too many symbols");
  if (table.sh_link >= file.sections().size()) file.malformed("its symbol table has no names");
  const Elf64_Shdr& strings = file.sections()[table.sh_link];
  if (strings.sh_size > kMaxNameBytes) file.malformed("it claims to have too many symbol names");
  file.check_section(table);
  file.check_section(strings);
  std::vector<char> text(strings.sh_size + 1);
  if (strings.sh_size > 0) file.read_section(strings, 0, text.data(), strings.sh_size);

  std::vector<Elf64_Sym> chunk(std::min(count, kChunk));
  for (uint64_t at = 0; at < count; at += chunk.size()) {
    if (count - at < chunk.size()) chunk.resize(count - at);
    file.read_section(table, at * sizeof(Elf64_Sym), chunk.data(), chunk.size() * sizeof(Elf64_Sym));
    for (const Elf64_Sym& symbol : chunk) {
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name == 0 || symbol.st_name >= strings.sh_size) continue;
      for (size_t i = 0; i < names.size(); i++) {
        if (found[i] || std::strcmp(&text[symbol.st_name], names[i].c_str()) != 0) continue;
        auto bytes = file.loaded_bytes(symbol.st_value);
        found[i] = FoundSymbol{symbol.st_value, symbol.st_size, std::nullopt};
        if (bytes) found[i]->file_offset = bytes->offset;
      }
    }
  }
}

}  // namespace

Found find_symbols(const ElfFile& file, const std::string& expected_build_id, const std::vector<std::string>& names) {
  file.expect_build_id(expected_build_id);
  Found found(names.size());
  for (uint32_t type : {SHT_DYNSYM, SHT_SYMTAB}) {
    const Elf64_Shdr* table = file.section_of_type(type);
    bool missing = std::any_of(found.begin(), found.end(), [](const auto& symbol) { return !symbol; });
    if (table != nullptr && missing) find_in(file, *table, names, found);
  }
  return found;
}

}  // namespace emberscope
