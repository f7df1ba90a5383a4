/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol_index.h"

#include <algorithm>
#include <cstring>

#include "object_error.h"

namespace emberscope {
namespace {

// Chromium with all its symbols: 1.3 million symbols, 310 MB of names.
constexpr uint64_t kMaxSymbols = 16 << 20;
constexpr uint64_t kMaxNameBytes = 512 << 20;
// Symbols read at a time.
constexpr uint64_t kChunk = 8192;
// Aliases are judged by this much of their names, so that many long ones cost no quadratic time.
constexpr size_t kJudged = 256;

enum Layer : uint8_t { kSized, kUnsized, kUntyped };

/** Leading underscores mark an internal alias, but for mangled names, where they are the mark of mangling. */
size_t underscores(std::string_view name) {
  size_t count = 0;
  while (count < name.size() && name[count] == '_') count++;
  bool mangled = count > 0 && count < name.size() && (name[count] == 'Z' || name[count] == 'R');
  return mangled ? 0 : count;
}

}  // namespace

void SymbolIndex::add(const ElfFile& file, const Elf64_Shdr& table) {
  const std::vector<Elf64_Shdr>& sections = file.sections();
  if (table.sh_entsize != sizeof(Elf64_Sym)) file.malformed("the entries of its symbol table have an unknown size");
  uint64_t count = table.sh_size / sizeof(Elf64_Sym);
  if (count > kMaxSymbols) file.malformed("it claims to have too many symbols");
  if (table.sh_link >= sections.size()) file.malformed("its symbol table has no names");
  const Elf64_Shdr& strings = sections[table.sh_link];
  if (strings.sh_type != SHT_STRTAB) file.malformed("the names of its symbols are not a string table");
  if (strings.sh_size > kMaxNameBytes) file.malformed("it claims to have too many symbol names");

  size_t base = names_.size();
  // Terminated by us as well, whatever the file says.
  names_.resize(base + strings.sh_size + 1);
  if (strings.sh_size > 0) file.read_section(strings, 0, names_.data() + base, strings.sh_size);

  std::vector<Elf64_Sym> chunk(std::min(count, kChunk));
  for (uint64_t at = 0; at < count; at += chunk.size()) {
    if (count - at < chunk.size()) chunk.resize(count - at);
    file.read_section(table, at * sizeof(Elf64_Sym), chunk.data(), chunk.size() * sizeof(Elf64_Sym));
    for (const Elf64_Sym& symbol : chunk) {
      uint8_t type = ELF64_ST_TYPE(symbol.st_info);
      bool function = type == STT_FUNC || type == STT_GNU_IFUNC;
      if (!function && type != STT_NOTYPE) continue;
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= strings.sh_size) continue;
      if (symbol.st_size > UINT64_MAX - symbol.st_value) continue;
      const char* name = names_.data() + base + symbol.st_name;
      if (*name == '\0') continue;
      uint64_t end = symbol.st_value + symbol.st_size;
      uint64_t limit = end;
      if (symbol.st_shndx < sections.size()) {
        const Elf64_Shdr& section = sections[symbol.st_shndx];
        if (!(section.sh_flags & SHF_EXECINSTR) || section.sh_size > UINT64_MAX - section.sh_addr) continue;
        limit = section.sh_addr + section.sh_size;
        if (symbol.st_value < section.sh_addr || symbol.st_value >= limit) continue;
        end = std::min(end, limit);
      } else if (!function || symbol.st_size == 0) {
        continue;
      }
      // Marks of assemblers, not names: ".Lloop", and "$x" and "$d" on ARM.
      if (!function && (*name == '.' || *name == '$')) continue;
      uint8_t layer = !function ? kUntyped : symbol.st_size > 0 ? kSized : kUnsized;
      uint8_t binding = ELF64_ST_BIND(symbol.st_info);
      pending_.push_back(
          {symbol.st_value, end, limit, static_cast<uint32_t>(base + symbol.st_name), layer, binding});
    }
  }
}

std::string_view SymbolIndex::name(uint32_t key) const {
  const char* text = names_.data() + key;
  return {text, strnlen(text, std::min(kMaxName, names_.size() - key))};
}

/**
 * Which of two aliases names the code: what others may call before what is local; then the plain name
 * before one with underscores (in the C library `write` is weak and `__write` global, and it is `write`
 * that people know); then global before weak, shorter, and by bytes, so that the choice is always the same.
 */
bool SymbolIndex::better(const Symbol& a, const Symbol& b) const {
  bool a_local = a.binding == STB_LOCAL;
  bool b_local = b.binding == STB_LOCAL;
  if (a_local != b_local) return b_local;
  std::string_view a_name = name(a.name).substr(0, kJudged);
  std::string_view b_name = name(b.name).substr(0, kJudged);
  size_t a_underscores = underscores(a_name);
  size_t b_underscores = underscores(b_name);
  if (a_underscores != b_underscores) return a_underscores < b_underscores;
  bool a_weak = a.binding == STB_WEAK;
  bool b_weak = b.binding == STB_WEAK;
  if (a_weak != b_weak) return b_weak;
  if (a_name.size() != b_name.size()) return a_name.size() < b_name.size();
  int order = a_name.compare(b_name);
  return order != 0 ? order < 0 : a.name < b.name;
}

void SymbolIndex::claim_sized(std::vector<Symbol> symbols) {
  // Outer ranges first, and of equal ones the best last.
  std::sort(symbols.begin(), symbols.end(), [this](const Symbol& a, const Symbol& b) {
    if (a.start != b.start) return a.start < b.start;
    if (a.end != b.end) return a.end > b.end;
    return better(b, a);
  });
  std::vector<const Symbol*> open;
  uint64_t at = 0;
  auto emit = [this, &at](uint64_t until, const Symbol& symbol) {
    if (until <= at) return;
    if (!ranges_.empty() && ranges_.back().end == at && ranges_.back().name == symbol.name &&
        ranges_.back().function == symbol.start) {
      ranges_.back().end = until;
    } else {
      ranges_.push_back({at, until, symbol.start, symbol.name});
    }
    at = until;
  };
  for (const Symbol& symbol : symbols) {
    while (!open.empty() && open.back()->end <= symbol.start) {
      emit(open.back()->end, *open.back());
      open.pop_back();
    }
    if (!open.empty()) {
      emit(symbol.start, *open.back());
      if (open.back()->start == symbol.start && open.back()->end == symbol.end) open.pop_back();
    }
    at = symbol.start;
    open.push_back(&symbol);
  }
  while (!open.empty()) {
    emit(open.back()->end, *open.back());
    open.pop_back();
  }
}

void SymbolIndex::fill_gaps(std::vector<Symbol> symbols) {
  // The best of each address first; the others are aliases.
  std::sort(symbols.begin(), symbols.end(), [this](const Symbol& a, const Symbol& b) {
    if (a.start != b.start) return a.start < b.start;
    return better(a, b);
  });
  std::vector<Range> found;
  size_t next_range = 0;
  for (size_t i = 0; i < symbols.size();) {
    const Symbol& symbol = symbols[i];
    size_t next = i + 1;
    while (next < symbols.size() && symbols[next].start == symbol.start) next++;
    i = next;
    while (next_range < ranges_.size() && ranges_[next_range].end <= symbol.start) next_range++;
    uint64_t end = symbol.end > symbol.start ? symbol.end : symbol.limit;
    if (next < symbols.size()) end = std::min(end, symbols[next].start);
    if (next_range < ranges_.size()) {
      if (ranges_[next_range].start <= symbol.start) continue;
      end = std::min(end, ranges_[next_range].start);
    }
    if (end > symbol.start) found.push_back({symbol.start, end, symbol.start, symbol.name});
  }
  size_t middle = ranges_.size();
  ranges_.insert(ranges_.end(), found.begin(), found.end());
  std::inplace_merge(ranges_.begin(), ranges_.begin() + static_cast<ptrdiff_t>(middle), ranges_.end(),
                     [](const Range& a, const Range& b) { return a.start < b.start; });
}

void SymbolIndex::build() {
  std::vector<Symbol> layers[3];
  for (const Symbol& symbol : pending_) layers[symbol.layer].push_back(symbol);
  pending_ = {};
  claim_sized(std::move(layers[kSized]));
  fill_gaps(std::move(layers[kUnsized]));
  fill_gaps(std::move(layers[kUntyped]));
  starts_.reserve(ranges_.size());
  for (const Range& range : ranges_) {
    starts_.push_back(range.start);
    if (range.start == range.function) symbols_++;
  }
}

size_t SymbolIndex::bytes() const {
  return names_.capacity() + starts_.capacity() * sizeof(uint64_t) + ranges_.capacity() * sizeof(Range);
}

bool SymbolIndex::find(uint64_t address, Hit* ret_hit) const {
  auto after = std::upper_bound(starts_.begin(), starts_.end(), address);
  if (after == starts_.begin()) return false;
  const Range& range = ranges_[static_cast<size_t>(after - starts_.begin()) - 1];
  if (address >= range.end) return false;
  *ret_hit = {range.name, address - range.function};
  return true;
}

}  // namespace emberscope
