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

  uint32_t base = names_.empty() ? 0 : names_.back().base + names_.back().size;
  uint32_t size = static_cast<uint32_t>(strings.sh_size) + 1;
  // Before so much is allocated.
  file.check_section(strings);
  file.check_section(table);
  std::shared_ptr<char[]> text(new char[size]);
  if (size > 1) file.read_section(strings, 0, text.get(), size - 1);
  // Terminated by us as well, whatever the file says.
  text[size - 1] = '\0';
  names_.push_back({base, size, text});

  // Most are functions; what is not touched costs no memory.
  layers_[kSized].reserve(layers_[kSized].size() + count);
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
      if (symbol.st_name == 0) continue;
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
      char first = function ? 'f' : text[symbol.st_name];
      if (first == '.' || first == '$' || first == '\0') continue;
      Layer layer = !function ? kUntyped : symbol.st_size > 0 ? kSized : kUnsized;
      uint8_t binding = ELF64_ST_BIND(symbol.st_info);
      layers_[layer].push_back({symbol.st_value, end, limit, base + symbol.st_name, binding});
    }
  }
}

std::string_view SymbolIndex::name(uint32_t key, size_t limit) const {
  size_t table = names_.size() - 1;
  while (table > 0 && key < names_[table].base) table--;
  const char* text = names_[table].text.get() + (key - names_[table].base);
  return {text, strnlen(text, limit)};
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
  std::string_view a_name = name(a.name, kJudged);
  std::string_view b_name = name(b.name, kJudged);
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

/** Moves the best of each run of neighbours that are `equal` to the front; returns the end of what is kept. */
template <class Equal>
std::vector<SymbolIndex::Symbol>::iterator SymbolIndex::keep_best(std::vector<Symbol>& symbols, Equal equal) const {
  auto kept = symbols.begin();
  for (auto at = symbols.begin(); at != symbols.end();) {
    auto best = at;
    auto next = at + 1;
    while (next != symbols.end() && equal(*at, *next)) ++next;
    if (next - at == 2 && in_last_table(*at) != in_last_table(at[1])) {
      // One symbol of .dynsym and its copy in .symtab: to compare their names would cost half of the time.
      best = in_last_table(*at) ? at : at + 1;
    } else {
      for (auto other = at + 1; other != next; ++other) {
        if (better(*other, *best)) best = other;
      }
    }
    *kept++ = *best;
    at = next;
  }
  return kept;
}

void SymbolIndex::claim_sized(std::vector<Symbol> symbols) {
  // Outer ranges first.
  std::sort(symbols.begin(), symbols.end(), [](const Symbol& a, const Symbol& b) {
    return a.start != b.start ? a.start < b.start : a.end > b.end;
  });
  // Of equal ones only the best.
  symbols.erase(keep_best(symbols, [](const Symbol& a, const Symbol& b) { return a.start == b.start && a.end == b.end; }),
                symbols.end());
  ranges_.reserve(symbols.size());
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
    if (!open.empty()) emit(symbol.start, *open.back());
    at = symbol.start;
    open.push_back(&symbol);
  }
  while (!open.empty()) {
    emit(open.back()->end, *open.back());
    open.pop_back();
  }
}

void SymbolIndex::fill_gaps(std::vector<Symbol> symbols) {
  std::sort(symbols.begin(), symbols.end(), [](const Symbol& a, const Symbol& b) { return a.start < b.start; });
  symbols.erase(keep_best(symbols, [](const Symbol& a, const Symbol& b) { return a.start == b.start; }), symbols.end());
  std::vector<Range> found;
  size_t next_range = 0;
  for (size_t i = 0; i < symbols.size(); i++) {
    const Symbol& symbol = symbols[i];
    while (next_range < ranges_.size() && ranges_[next_range].end <= symbol.start) next_range++;
    uint64_t end = symbol.end > symbol.start ? symbol.end : symbol.limit;
    if (i + 1 < symbols.size()) end = std::min(end, symbols[i + 1].start);
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
  claim_sized(std::move(layers_[kSized]));
  fill_gaps(std::move(layers_[kUnsized]));
  fill_gaps(std::move(layers_[kUntyped]));
  for (std::vector<Symbol>& layer : layers_) layer = {};
  starts_.reserve(ranges_.size());
  for (const Range& range : ranges_) {
    starts_.push_back(range.start);
    if (range.start == range.function) symbols_++;
  }
}

size_t SymbolIndex::bytes() const {
  size_t names = 0;
  for (const Names& table : names_) names += table.size;
  return names + starts_.capacity() * sizeof(uint64_t) + ranges_.capacity() * sizeof(Range);
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
