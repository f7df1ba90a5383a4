/* SPDX-License-Identifier: Apache-2.0 */
#include "unwind_rows.h"

#include <algorithm>
#include <optional>

#include "call_frame_section.h"
#include "code_segments.h"
#include "frame_instructions.h"
#include "object_error.h"
#include "row_list.h"

namespace emberscope {
namespace {

// libLLVM: 95 thousand functions. Together with the bytes of the section and the rows they bound the memory.
constexpr size_t kMaxFunctions = 4 << 20;
// Functions are aligned to 16 bytes, and what lies between is never run.
constexpr uint32_t kAlignment = 16;
// An entry without a size: some ten instructions, and the C function behind it that has no caller either.
constexpr uint32_t kEntryLength = 256;
constexpr uint64_t kMaxSymbols = 1 << 20;
// In place of an index.
constexpr uint32_t kNotUsable = UINT32_MAX;
constexpr uint32_t kEntry = UINT32_MAX - 1;

/** The code of a function in the file. */
struct Code {
  uint64_t address;
  uint32_t at;
  /** Exclusive. */
  uint32_t end;
  uint32_t instructions;
  uint32_t instructions_end;
  /** An index, kNotUsable or kEntry. */
  uint32_t defaults;
};

/** In the order of the file, one at each place. */
std::vector<Code> read_functions(const ElfFile& file, const CodeSegments& segments, CallFrames* frames,
                                 UnwindRows* result) {
  std::vector<Code> codes;
  FrameFunction function;
  for (;;) {
    CallFrames::Entry entry = frames->next(&function);
    if (entry == CallFrames::kEnd) break;
    if (entry == CallFrames::kDamaged) file.malformed("its .eh_frame has an entry that does not lie in it");
    result->functions++;
    std::optional<CodeSegments::Place> place;
    if (entry == CallFrames::kFunction) place = segments.find(function.address, function.length);
    // Linkers leave functions that they dropped at address 0.
    if (!place) {
      result->refused++;
      continue;
    }
    if (function.length == 0) continue;
    if (codes.size() == kMaxFunctions) file.malformed("its .eh_frame has too many functions");
    bool usable = frames->defaults(function.defaults).usable;
    if (!usable) result->refused++;
    codes.push_back({function.address, place->at, place->at + static_cast<uint32_t>(function.length),
                     function.instructions, function.instructions_end, usable ? function.defaults : kNotUsable});
  }
  auto before = [](const Code& a, const Code& b) {
    if (a.at != b.at) return a.at < b.at;
    if (a.end != b.end) return a.end > b.end;
    return a.instructions < b.instructions;
  };
  if (!std::is_sorted(codes.begin(), codes.end(), before)) std::sort(codes.begin(), codes.end(), before);
  // Of those that begin at one place, the longest is kept.
  auto same = [](const Code& a, const Code& b) { return a.at == b.at; };
  codes.erase(std::unique(codes.begin(), codes.end(), same), codes.end());
  return codes;
}

/** Bytes of the function that a symbol table has at this address; 0: it has none. */
uint64_t function_size(const ElfFile& file, const Elf64_Shdr& table, uint64_t address) {
  std::vector<Elf64_Sym> symbols(4096);
  uint64_t count = std::min(table.sh_size / sizeof(Elf64_Sym), kMaxSymbols);
  for (uint64_t first = 0; first < count; first += symbols.size()) {
    symbols.resize(std::min<uint64_t>(symbols.size(), count - first));
    file.read_section(table, first * sizeof(Elf64_Sym), symbols.data(), symbols.size() * sizeof(Elf64_Sym));
    for (const Elf64_Sym& symbol : symbols) {
      bool is_function = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC;
      if (is_function && symbol.st_value == address && symbol.st_size > 0) return symbol.st_size;
    }
  }
  return 0;
}

uint64_t entry_size(const ElfFile& file) {
  for (uint32_t type : {SHT_SYMTAB, SHT_DYNSYM}) {
    const Elf64_Shdr* table = file.section_of_type(type);
    if (!table) continue;
    try {
      uint64_t size = function_size(file, *table, file.entry());
      if (size > 0) return size;
    } catch (const ObjectError&) {
      // Damaged symbols do not take away the rows.
    }
  }
  return kEntryLength;
}

/** Where a program starts has no caller; often no function of .eh_frame says so (musl, ld.so). */
void add_entry(const ElfFile& file, const CodeSegments& segments, std::vector<Code>* codes) {
  std::optional<CodeSegments::Place> place = segments.find(file.entry(), 1);
  if (file.entry() == 0 || !place) return;
  auto starts_after = [](uint32_t at, const Code& code) { return at < code.at; };
  auto next = std::upper_bound(codes->begin(), codes->end(), place->at, starts_after);
  if (next != codes->begin() && place->at < (next - 1)->end) return;
  uint64_t end = place->segment_end;
  if (next != codes->end()) end = std::min<uint64_t>(end, next->at);
  end = std::min(end, place->at + std::min<uint64_t>(entry_size(file), UINT32_MAX));
  codes->insert(next, Code{file.entry(), place->at, static_cast<uint32_t>(end), 0, 0, kEntry});
}

/** Up to `end`, which is not behind its own. */
void add_rows(const CallFrames& frames, const Code& code, uint32_t end, UnwindRows* result, RowList* rows) {
  if (code.defaults == kEntry) return rows->add(code.at, {0, 0, 0, UNWIND_OUTERMOST});
  size_t before = rows->size();
  if (code.defaults != kNotUsable) {
    Cursor instructions = frames.instructions(code.instructions, code.instructions_end);
    const FrameDefaults& defaults = frames.defaults(code.defaults);
    if (add_function_rows(instructions, defaults, code.address, code.at, end, rows)) return;
    result->refused++;
  }
  rows->cut(before);
  rows->add(code.at, RowList::unknown_function());
}

}  // namespace

UnwindRows compile_unwind_rows(const ElfFile& file, const std::string& expected_build_id) {
  file.expect_build_id(expected_build_id);
  UnwindRows result;
  result.build_id = file.build_id();
  std::optional<CallFrames> frames = find_call_frames(file);
  if (!frames || file.machine() != EM_X86_64) return result;
  CodeSegments segments(file);
  std::vector<Code> codes = read_functions(file, segments, &*frames, &result);
  if (codes.empty()) return result;
  add_entry(file, segments, &codes);

  RowList rows;
  uint32_t covered = codes[0].at;
  for (size_t i = 0; i < codes.size(); i++) {
    const Code& code = codes[i];
    if (code.at - covered >= kAlignment) rows.add(covered, RowList::no_function());
    // Where two overlap the later one has the rest, as for the unwinders that search .eh_frame_hdr.
    covered = i + 1 < codes.size() ? std::min(code.end, codes[i + 1].at) : code.end;
    add_rows(*frames, code, covered, &result, &rows);
  }
  rows.add(covered, RowList::no_function());
  result.rows = rows.take(&result.unknown);
  return result;
}

}  // namespace emberscope
