/* SPDX-License-Identifier: Apache-2.0 */
#include "line_program.h"

namespace emberscope {
namespace {

// Of one unit. Chromium's largest have about a million.
constexpr size_t kMaxRows = 8 << 20;
constexpr uint64_t kMaxHeader = 64 << 20;

struct Header {
  uint16_t version = 0;
  uint8_t offset_size = 4;
  uint8_t instruction_length = 1;
  int8_t line_base = 0;
  uint8_t line_range = 1;
  uint8_t opcode_base = 1;
  uint8_t operands[256] = {};
};

/** One list of version 5: directories or files. */
bool read_entries(Cursor* cursor, const DwarfFile& file, const Unit& unit, FileTable* files, bool directories) {
  std::vector<AbbreviatedAttribute> format(cursor->u8());
  for (AbbreviatedAttribute& field : format) {
    field = {static_cast<uint32_t>(cursor->uleb()), static_cast<uint32_t>(cursor->uleb()), 0};
  }
  uint64_t count = cursor->uleb();
  for (uint64_t i = 0; i < count && cursor->more(); i++) {
    std::string_view name;
    uint64_t directory = 0;
    uint64_t before = cursor->at();
    for (const AbbreviatedAttribute& field : format) {
      Value value;
      file.read(cursor, unit, field, &value);
      if (field.name == dwarf::kPath) name = file.text(unit, value);
      if (field.name == dwarf::kDirectoryIndex) directory = value.raw;
    }
    // Entries that take no bytes could be as many as the file likes.
    if (!cursor->ok() || cursor->at() == before) return false;
    if (directories) files->add_directory(name);
    else files->add_file(name, directory);
  }
  return cursor->ok();
}

/** Leaves the cursor at the program and narrowed to it. */
bool read_header(Cursor* cursor, const DwarfFile& file, const Unit& unit, Header* ret_header, FileTable* ret_files) {
  Header header;
  uint64_t length = cursor->u32();
  if (length == 0xffffffff) {
    header.offset_size = 8;
    length = cursor->u64();
  }
  if (!cursor->ok() || length > cursor->left()) return false;
  cursor->narrow(cursor->at() + length);
  header.version = cursor->u16();
  if (header.version < 2 || header.version > 5) return false;
  Unit table = unit;
  table.offset_size = header.offset_size;
  table.version = header.version;
  if (header.version >= 5) {
    table.address_size = cursor->u8();
    cursor->skip(1);
  }
  uint64_t header_length = cursor->unsigned_of(header.offset_size);
  if (!cursor->ok() || header_length > cursor->left() || header_length > kMaxHeader) return false;
  uint64_t program = cursor->at() + header_length;
  header.instruction_length = cursor->u8();
  if (header.version >= 4) cursor->skip(1);
  cursor->skip(1);
  header.line_base = static_cast<int8_t>(cursor->u8());
  header.line_range = cursor->u8();
  header.opcode_base = cursor->u8();
  for (unsigned opcode = 1; opcode < header.opcode_base; opcode++) header.operands[opcode] = cursor->u8();
  ret_files->begin(unit.comp_dir, header.version >= 5 ? 0 : 1);
  if (header.version >= 5) {
    if (!read_entries(cursor, file, table, ret_files, true) || !read_entries(cursor, file, table, ret_files, false)) return false;
  } else {
    for (std::string_view path = cursor->text(); !path.empty(); path = cursor->text()) ret_files->add_directory(path);
    for (std::string_view name = cursor->text(); !name.empty(); name = cursor->text()) {
      uint64_t directory = cursor->uleb();
      cursor->uleb();
      cursor->uleb();
      ret_files->add_file(name, directory);
    }
  }
  if (!cursor->ok() || header.line_range == 0 || program < cursor->at()) return false;
  cursor->jump(program);
  *ret_header = header;
  return true;
}

/** The state machine: collects sequences, each a run of rows that ends with one without a file. */
class Program {
 public:
  Program(const Header& header, const ElfFile& object, FileTable* files) : header_(header), object_(object), files_(*files) {}

  void run(Cursor* cursor) {
    while (cursor->more() && rows_.size() < kMaxRows) {
      uint8_t opcode = cursor->u8();
      if (opcode >= header_.opcode_base) {
        special(opcode);
      } else if (opcode == 0) {
        extended(cursor);
      } else {
        standard(opcode, cursor);
      }
    }
  }

  std::vector<LineRow> take() {
    std::stable_sort(sequences_.begin(), sequences_.end(),
                     [](const Sequence& a, const Sequence& b) { return a.start < b.start; });
    std::vector<LineRow> rows;
    rows.reserve(rows_.size());
    for (const Sequence& sequence : sequences_) {
      // Two of the same code: the first is as good as the other.
      if (!rows.empty() && sequence.start < rows.back().address) continue;
      if (!rows.empty() && sequence.start == rows.back().address) rows.pop_back();
      rows.insert(rows.end(), rows_.begin() + sequence.first, rows_.begin() + sequence.last);
    }
    return rows;
  }

 private:
  struct Sequence {
    uint64_t start;
    ptrdiff_t first;
    ptrdiff_t last;
  };

  void advance(uint64_t operations) { address_ += operations * header_.instruction_length; }

  void special(uint8_t opcode) {
    uint8_t adjusted = static_cast<uint8_t>(opcode - header_.opcode_base);
    advance(adjusted / header_.line_range);
    line_ += static_cast<uint32_t>(header_.line_base + adjusted % header_.line_range);
    emit(file_, line_);
  }

  void standard(uint8_t opcode, Cursor* cursor) {
    switch (opcode) {
      case dwarf::kCopy:
        emit(file_, line_);
        break;
      case dwarf::kAdvancePc:
        advance(cursor->uleb());
        break;
      case dwarf::kAdvanceLine:
        line_ += static_cast<uint32_t>(cursor->sleb());
        break;
      case dwarf::kSetFile:
        file_ = static_cast<uint32_t>(std::min<uint64_t>(cursor->uleb(), FileTable::kNoFile - 1));
        break;
      case dwarf::kConstAddPc:
        advance(static_cast<uint8_t>(255 - header_.opcode_base) / header_.line_range);
        break;
      case dwarf::kFixedAdvancePc:
        address_ += cursor->u16();
        break;
      default:
        for (unsigned i = 0; i < header_.operands[opcode]; i++) cursor->uleb();
    }
  }

  void extended(Cursor* cursor) {
    uint64_t length = cursor->uleb();
    if (length == 0 || length > cursor->left()) return;
    uint64_t next = cursor->at() + length;
    switch (cursor->u8()) {
      case dwarf::kEndSequence:
        end_sequence();
        break;
      case dwarf::kSetAddress:
        if (length == 9 || length == 5) address_ = cursor->unsigned_of(static_cast<unsigned>(length - 1));
        break;
      case dwarf::kDefineFile: {
        std::string_view name = cursor->text();
        files_.add_file(name, cursor->uleb());
        break;
      }
      default:
        break;
    }
    // An operation that reads beyond its length is not believed.
    cursor->jump(next);
  }

  void emit(uint32_t file, uint32_t line) {
    bool first = static_cast<size_t>(first_) == rows_.size();
    if (!first && address_ < rows_.back().address) sorted_ = false;
    // The last of several at one address is what holds.
    if (!first && rows_.back().address == address_) rows_.pop_back();
    first = static_cast<size_t>(first_) == rows_.size();
    if (!first && rows_.back().file == file && rows_.back().line == line) return;
    rows_.push_back({address_, file, line});
  }

  void end_sequence() {
    if (rows_.size() > static_cast<size_t>(first_)) {
      emit(FileTable::kNoFile, 0);
      auto begin = rows_.begin() + first_;
      if (!sorted_) {
        std::stable_sort(begin, rows_.end(), [](const LineRow& a, const LineRow& b) { return a.address < b.address; });
      }
      // One of no length has only its end.
      if (rows_.end() - begin > 1 && object_.is_code(begin->address)) {
        sequences_.push_back({begin->address, first_, static_cast<ptrdiff_t>(rows_.size())});
      } else {
        rows_.resize(static_cast<size_t>(first_));
      }
    }
    first_ = static_cast<ptrdiff_t>(rows_.size());
    sorted_ = true;
    address_ = 0;
    file_ = 1;
    line_ = 1;
  }

  const Header& header_;
  const ElfFile& object_;
  FileTable& files_;
  std::vector<LineRow> rows_;
  std::vector<Sequence> sequences_;
  /** Where this sequence's rows begin. */
  ptrdiff_t first_ = 0;
  bool sorted_ = true;
  uint64_t address_ = 0;
  uint32_t file_ = 1;
  uint32_t line_ = 1;
};

}  // namespace

FileTable read_file_table(const DwarfFile& file, const Unit& unit, Effort* effort) {
  const DwarfFile& home = unit.skeleton_file ? *unit.skeleton_file : file;
  Cursor cursor(home.section(DwarfFile::kLine), unit.line_table);
  FileTable files;
  Header header;
  uint64_t before = cursor.at();
  read_header(&cursor, home, unit, &header, &files);
  effort->spend(cursor.at() - before);
  return files;
}

FileTable read_line_table(const DwarfFile& file, const Unit& unit, const ElfFile& object, Effort* effort,
                          std::vector<LineRow>* ret_rows) {
  const DwarfFile& home = unit.skeleton_file ? *unit.skeleton_file : file;
  Cursor cursor(home.section(DwarfFile::kLine), unit.line_table);
  FileTable files;
  Header header;
  if (!read_header(&cursor, home, unit, &header, &files)) return files;
  effort->spend(cursor.end() - unit.line_table);
  Program program(header, object, &files);
  program.run(&cursor);
  *ret_rows = program.take();
  return files;
}

}  // namespace emberscope
