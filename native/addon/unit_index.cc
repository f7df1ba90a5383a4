/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_index.h"

#include <map>

#include "object_error.h"

namespace emberscope {
namespace {

// Entries within entries. Compilers reach some dozens.
constexpr size_t kMaxNesting = 1024;
// Functions inlined into one another.
constexpr size_t kMaxInlined = 100;
// From a call over its abstract function and the definition to the declaration: three.
constexpr size_t kMaxReferences = 16;
constexpr size_t kMaxName = 65536;
// Of one unit. Whole programs that were linked as one reach some hundred thousand.
constexpr size_t kMaxNodes = 2 << 20;
constexpr size_t kMaxClaims = 8 << 20;
// Units whose file names are at hand.
constexpr size_t kMaxTables = 1024;
constexpr uint32_t kNobody = IntervalMap::kNobody;

/** Entries in which there is no code: stepped over where the compiler says how far. */
bool holds_no_code(uint32_t tag) {
  return tag == dwarf::kEnumerationType || tag == dwarf::kArrayType || tag == dwarf::kSubroutineType ||
         tag == dwarf::kCallSite || tag == dwarf::kGnuCallSite;
}

uint32_t bounded(std::optional<uint64_t> value, uint32_t absent) {
  return value && *value < UINT32_MAX ? static_cast<uint32_t>(*value) : absent;
}

}  // namespace

/** Reads the entries of one unit into an index. */
class UnitReader {
 public:
  UnitReader(const DwarfFile& file, const Unit& unit, const ElfFile& object, Effort* effort, UnitIndex* index)
      : file_(file), unit_(unit), object_(object), effort_(effort), index_(*index) {}

  void read() {
    if (unit_.line_table != kNowhere) index_.files_ = read_line_table(file_, unit_, object_, effort_, &index_.rows_);
    index_.rows_.shrink_to_fit();
    effort_->spend(unit_.end - unit_.offset);
    read_entries();
    index_.code_ = IntervalMap(std::move(claims_));
    index_.nodes_.shrink_to_fit();
  }

 private:
  struct Entry {
    Value sibling, low, high, ranges, origin, call_file, call_line;
  };

  void read_entries() {
    auto table = file_.abbreviations(unit_, effort_);
    Cursor cursor(file_.section(DwarfFile::kInfo), unit_.root, unit_.end);
    /** The function in which the entries of each level are. */
    std::vector<uint32_t> levels;
    while (cursor.more()) {
      uint64_t offset = cursor.at();
      uint64_t code = cursor.uleb();
      if (code == 0) {
        if (levels.empty()) return;
        levels.pop_back();
        if (levels.empty()) return;
        continue;
      }
      const Abbreviation* abbreviation = table->find(code);
      if (!abbreviation) return;
      uint32_t node = levels.empty() ? kNobody : levels.back();
      bool function = abbreviation->tag == dwarf::kSubprogram || abbreviation->tag == dwarf::kInlinedSubroutine;
      if (function || (abbreviation->children && holds_no_code(abbreviation->tag))) {
        Entry entry = read_entry(&cursor, *table, *abbreviation);
        if (!cursor.ok()) return;
        if (function) {
          node = add_function(offset, abbreviation->tag == dwarf::kInlinedSubroutine, node, entry);
        } else if (std::optional<Reference> next = file_.reference(unit_, entry.sibling)) {
          if (next->file == &file_ && next->offset >= cursor.at()) {
            cursor.jump(next->offset);
            continue;
          }
        }
      } else if (abbreviation->fixed) {
        cursor.skip(abbreviation->length(unit_));
      } else {
        Value value;
        for (uint32_t i = 0; i < abbreviation->count; i++) {
          file_.read(&cursor, unit_, table->attributes(*abbreviation)[i], &value);
        }
      }
      if (abbreviation->children) {
        if (levels.size() >= kMaxNesting) return;
        levels.push_back(node);
      }
    }
  }

  Entry read_entry(Cursor* cursor, const AbbreviationTable& table, const Abbreviation& abbreviation) const {
    Entry entry;
    for (uint32_t i = 0; i < abbreviation.count; i++) {
      const AbbreviatedAttribute& attribute = table.attributes(abbreviation)[i];
      Value value;
      file_.read(cursor, unit_, attribute, &value);
      switch (attribute.name) {
        case dwarf::kSibling:
          entry.sibling = value;
          break;
        case dwarf::kLowPc:
          entry.low = value;
          break;
        case dwarf::kHighPc:
          entry.high = value;
          break;
        case dwarf::kRanges:
          entry.ranges = value;
          break;
        case dwarf::kAbstractOrigin:
          entry.origin = value;
          break;
        case dwarf::kCallFile:
          entry.call_file = value;
          break;
        case dwarf::kCallLine:
          entry.call_line = value;
          break;
        default:
          break;
      }
    }
    return entry;
  }

  /** Returns the node in which its children are; kNobody: it has no code. */
  uint32_t add_function(uint64_t offset, bool inlined, uint32_t parent, const Entry& entry) {
    ranges_.clear();
    file_.ranges_of(unit_, entry.low, entry.high, entry.ranges, effort_, &ranges_);
    // What is inlined into nothing is of a function that the linker left out.
    if (ranges_.empty() || (inlined && parent == kNobody)) return kNobody;
    if (index_.nodes_.size() >= kMaxNodes || claims_.size() + ranges_.size() > kMaxClaims) return kNobody;
    uint32_t node = static_cast<uint32_t>(index_.nodes_.size());
    bool any = false;
    for (const Range& range : ranges_) {
      if (!object_.is_code(range.start)) continue;
      claims_.push_back({range.start, range.end, node});
      any = true;
    }
    if (!any) return kNobody;
    Reference origin{&file_, offset};
    if (inlined) origin = file_.reference(unit_, entry.origin).value_or(origin);
    uint32_t call_file = bounded(file_.number(entry.call_file), FileTable::kNoFile);
    uint32_t call_line = bounded(file_.number(entry.call_line), 0);
    index_.nodes_.push_back({inlined ? parent : kNobody, function_at(origin), call_file, call_line});
    effort_->spend(sizeof(UnitIndex::Node));
    return node;
  }

  uint32_t function_at(Reference at) {
    auto [known, added] = functions_.try_emplace({at.file, at.offset}, static_cast<uint32_t>(index_.functions_.size()));
    if (added) index_.functions_.push_back(read_function(at));
    return known->second;
  }

  /** What is not said where it is used is said where it is defined, or where that was declared. */
  UnitIndex::Function read_function(Reference at) {
    UnitIndex::Function function;
    std::string_view linkage, name;
    for (size_t hop = 0; hop < kMaxReferences; hop++) {
      const Unit* unit = at.file == &file_ && at.offset >= unit_.root && at.offset < unit_.end ? &unit_ : at.file->unit_at(at.offset);
      if (!unit) break;
      auto table = at.file->abbreviations(*unit, effort_);
      Cursor cursor(at.file->section(DwarfFile::kInfo), at.offset, unit->end);
      const Abbreviation* abbreviation = table->find(cursor.uleb());
      if (!abbreviation) break;
      effort_->spend(1 + abbreviation->count);
      Value next;
      Value file_number;
      for (uint32_t i = 0; i < abbreviation->count; i++) {
        const AbbreviatedAttribute& attribute = table->attributes(*abbreviation)[i];
        Value value;
        at.file->read(&cursor, *unit, attribute, &value);
        if (!cursor.ok()) break;
        switch (attribute.name) {
          case dwarf::kLinkageName:
          case dwarf::kMipsLinkageName:
            if (linkage.empty()) linkage = at.file->text(*unit, value);
            break;
          case dwarf::kName:
            if (name.empty()) name = at.file->text(*unit, value);
            break;
          case dwarf::kDeclFile:
            file_number = value;
            break;
          case dwarf::kDeclLine:
            if (function.line == 0) function.line = bounded(at.file->number(value), 0);
            break;
          case dwarf::kAbstractOrigin:
          case dwarf::kSpecification:
            next = value;
            break;
          default:
            break;
        }
      }
      if (function.file == FileTable::kNoFile && file_number.form != 0) {
        function.file = file_here(*at.file, *unit, bounded(at.file->number(file_number), FileTable::kNoFile));
      }
      std::optional<Reference> origin = at.file->reference(*unit, next);
      if (!origin) break;
      at = *origin;
    }
    function.name = linkage.empty() ? name : linkage;
    if (function.name.size() > kMaxName) function.name.clear();
    effort_->spend(function.name.size());
    return function;
  }

  /** The number in this unit's table of a file of any unit. */
  uint32_t file_here(const DwarfFile& file, const Unit& unit, uint32_t number) {
    if (number == FileTable::kNoFile || (&file == &file_ && unit.offset == unit_.offset)) return number;
    auto [known, added] = others_.try_emplace({&file, unit.offset, number}, FileTable::kNoFile);
    if (!added) return known->second;
    if (tables_.size() >= kMaxTables) tables_.clear();
    auto table = tables_.find({&file, unit.offset});
    if (table == tables_.end()) table = tables_.emplace(std::pair{&file, unit.offset}, read_file_table(file, unit, effort_)).first;
    std::string path = table->second.path(number);
    effort_->spend(path.size());
    if (!path.empty()) known->second = index_.files_.add_path(std::move(path));
    return known->second;
  }

  const DwarfFile& file_;
  const Unit& unit_;
  const ElfFile& object_;
  Effort* effort_;
  UnitIndex& index_;
  std::vector<Range> ranges_;
  std::vector<IntervalMap::Claim> claims_;
  std::map<std::pair<const DwarfFile*, uint64_t>, uint32_t> functions_;
  std::map<std::tuple<const DwarfFile*, uint64_t, uint32_t>, uint32_t> others_;
  std::map<std::pair<const DwarfFile*, uint64_t>, FileTable> tables_;
};

std::shared_ptr<const UnitIndex> UnitIndex::build(const DwarfFile& file, const Unit& unit, const ElfFile& object, Effort* effort) {
  auto index = std::make_shared<UnitIndex>();
  UnitReader(file, unit, object, effort, index.get()).read();
  return index;
}

void UnitIndex::find(uint64_t address, std::vector<Place>* ret_places) const {
  ret_places->clear();
  Place innermost{nullptr, FileTable::kNoFile, 0};
  auto after = std::upper_bound(rows_.begin(), rows_.end(), address,
                                [](uint64_t at, const LineRow& row) { return at < row.address; });
  if (after != rows_.begin() && (after - 1)->file != FileTable::kNoFile) {
    innermost.file = (after - 1)->file;
    innermost.line = (after - 1)->line;
  }
  uint32_t node = code_.find(address);
  if (node == kNobody) {
    if (innermost.file != FileTable::kNoFile) ret_places->push_back(innermost);
    return;
  }
  uint32_t file = innermost.file;
  uint32_t line = innermost.line;
  for (; node != kNobody; node = nodes_[node].parent) {
    ret_places->push_back({&functions_[nodes_[node].function], file, line});
    file = nodes_[node].call_file;
    line = nodes_[node].call_line;
  }
  std::reverse(ret_places->begin(), ret_places->end());
  if (ret_places->size() > kMaxInlined) ret_places->resize(kMaxInlined);
}

size_t UnitIndex::bytes() const {
  size_t names = 0;
  for (const Function& function : functions_) names += sizeof function + function.name.capacity();
  return sizeof *this + names + nodes_.capacity() * sizeof(Node) + code_.bytes() + rows_.capacity() * sizeof(LineRow) +
         files_.bytes();
}

}  // namespace emberscope
