/* SPDX-License-Identifier: Apache-2.0 */
#include "line_index.h"

#include <atomic>
#include <numeric>
#include <unordered_map>

#include "bounded_cache.h"
#include "debug_file.h"
#include "demangle.h"

namespace emberscope {
namespace {

// Of all objects. The units of libjvm: 120 MB.
constexpr size_t kMaxIndexed = 256 << 20;
// Kept for the next question; larger ones only until another object is asked about.
constexpr size_t kMaxLoaded = 384 << 20;
// Of one object. Uncompressed: libjvm 350 MB, Chromium over 2 GB.
constexpr uint64_t kMaxDebugBytes = 1536ull << 20;
// What a file may become, with a package or a shared file beside it. Compilers' output is compressed to a third or a fifth.
constexpr uint64_t kLeastDebugBytes = 256 << 20;
constexpr uint64_t kBytesFactor = 16;
// Work for one question: that of reading the file some times over, compressed as it may be.
constexpr uint64_t kLeastEffort = 64 << 20;
constexpr uint64_t kMostEffort = 2ull << 30;
constexpr uint64_t kEffortFactor = 32;

// Ranges of all units together.
constexpr size_t kMaxClaims = 8 << 20;

using UnitKey = std::pair<uint64_t, uint32_t>;

uint64_t effort_for(const ElfFile& debug) {
  uint64_t size = std::min(debug.source().size(), kMostEffort);
  return std::min(kMostEffort, kLeastEffort + size * kEffortFactor);
}

uint64_t bytes_for(const ElfFile& debug) {
  uint64_t size = std::min(debug.source().size(), kMaxDebugBytes);
  return std::min(kMaxDebugBytes, kLeastDebugBytes + size * kBytesFactor);
}

uint64_t next_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

struct LineIndex::Loaded {
  Loaded(const LineIndex& owner, Effort* effort)
      : most(bytes_for(owner.debug_)),
        budget{most},
        main(owner.debug_, false, &budget),
        split(owner.path_, owner.debug_.name(), &budget),
        alternate_elf(find_alternate_file(owner.debug_, owner.debug_folders_)) {
    if (alternate_elf) {
      alternate.emplace(*alternate_elf, false, &budget);
      alternate->read_units(effort);
      main.set_alternate(&*alternate);
    }
    main.read_units(effort);
  }
  uint64_t bytes() const { return most - budget.left; }

  const uint64_t most;
  MemoryBudget budget;
  DwarfFile main;
  SplitUnits split;
  std::optional<ElfFile> alternate_elf;
  std::optional<DwarfFile> alternate;
};

namespace {

BoundedCache<UnitKey, const UnitIndex>& indexed() {
  static BoundedCache<UnitKey, const UnitIndex> cache(kMaxIndexed);
  return cache;
}

}  // namespace

class LineIndex::Question {
 public:
  explicit Question(const LineIndex& owner) : owner_(owner), effort_(owner.debug_, effort_for(owner.debug_)) {}
  ~Question() {
    if (loaded_) cache().put(owner_.id_, loaded_, loaded_->bytes());
  }
  Question(const Question&) = delete;

  Effort* effort() { return &effort_; }
  Loaded& loaded() {
    if (!loaded_) loaded_ = cache().find(owner_.id_);
    if (!loaded_) loaded_ = std::make_shared<Loaded>(owner_, &effort_);
    return *loaded_;
  }
  static BoundedCache<uint64_t, Loaded>& cache() {
    static BoundedCache<uint64_t, Loaded> cache(kMaxLoaded);
    return cache;
  }

 private:
  const LineIndex& owner_;
  Effort effort_;
  std::shared_ptr<Loaded> loaded_;
};

LineIndex::LineIndex(const ElfFile& object, const ElfFile& debug, std::string path, std::vector<std::string> debug_folders)
    : object_(object), debug_(debug), path_(std::move(path)), debug_folders_(std::move(debug_folders)), id_(next_id()) {}

LineIndex::~LineIndex() {
  Question::cache().erase(id_, id_ + 1);
  indexed().erase({id_, 0}, {id_ + 1, 0});
}

void LineIndex::forget() { Question::cache().clear(); }

void LineIndex::find_units(Question* question) {
  const DwarfFile& file = question->loaded().main;
  std::vector<IntervalMap::Claim> claims;
  std::vector<Range> ranges;
  for (uint32_t i = 0; i < file.units().size(); i++) {
    const Unit& unit = file.units()[i];
    ranges.clear();
    file.unit_ranges(unit, question->effort(), &ranges);
    for (const Range& range : ranges) {
      if (object_.is_code(range.start) && claims.size() < kMaxClaims) claims.push_back({range.start, range.end, i});
    }
  }
  units_ = IntervalMap(std::move(claims));
  units_known_ = true;
}

std::shared_ptr<const UnitIndex> LineIndex::unit_index(uint32_t number, Question* question) const {
  UnitKey key{id_, number};
  if (auto known = indexed().find(key)) return known;
  Loaded& loaded = question->loaded();
  const Unit& unit = loaded.main.units().at(number);
  std::shared_ptr<const UnitIndex> index;
  if (!unit.dwo_name.empty()) index = loaded.split.build(loaded.main, unit, object_, question->effort());
  // Of a skeleton alone there still are its lines.
  if (!index) index = UnitIndex::build(loaded.main, unit, object_, question->effort());
  indexed().put(key, index, index->bytes());
  return index;
}

namespace {

/** Answers in the order in which they are found, and texts once each. */
class Collector {
 public:
  explicit Collector(size_t count) : rows_(count) {}

  void add(size_t question, const UnitIndex& unit, const std::vector<UnitIndex::Place>& places) {
    if (&unit != unit_) {
      unit_ = &unit;
      functions_.clear();
      paths_.clear();
    }
    for (const UnitIndex::Place& place : places) {
      Row row{-1, file(place.file), place.line, -1, 0};
      if (const UnitIndex::Function* function = place.function) {
        row.name = name(*function);
        row.declared_file = file(function->file);
        row.declared_line = function->line;
      }
      rows_[question].push_back(row);
    }
  }

  Places take() {
    Places& places = places_;
    places.first.push_back(0);
    for (const std::vector<Row>& rows : rows_) {
      for (const Row& row : rows) {
        places.name.push_back(row.name);
        places.file.push_back(row.file);
        places.line.push_back(row.line);
        places.declared_file.push_back(row.declared_file);
        places.declared_line.push_back(row.declared_line);
      }
      places.first.push_back(static_cast<uint32_t>(places.name.size()));
    }
    return std::move(places_);
  }

 private:
  struct Row {
    int32_t name;
    int32_t file;
    uint32_t line;
    int32_t declared_file;
    uint32_t declared_line;
  };

  static int32_t intern(std::string text, std::unordered_map<std::string, int32_t>* known, std::vector<std::string>* all) {
    if (text.empty()) return -1;
    auto [entry, added] = known->try_emplace(std::move(text), static_cast<int32_t>(all->size()));
    if (added) all->push_back(entry->first);
    return entry->second;
  }
  int32_t name(const UnitIndex::Function& function) {
    auto [entry, added] = functions_.try_emplace(&function, -1);
    if (added) entry->second = intern(demangle(function.name), &known_names_, &places_.names);
    return entry->second;
  }
  int32_t file(uint32_t number) {
    auto [entry, added] = paths_.try_emplace(number, -1);
    if (added) entry->second = intern(unit_->path(number), &known_files_, &places_.files);
    return entry->second;
  }

  std::vector<std::vector<Row>> rows_;
  Places places_;
  std::unordered_map<std::string, int32_t> known_names_;
  std::unordered_map<std::string, int32_t> known_files_;
  /** Of the unit that is being asked. */
  const UnitIndex* unit_ = nullptr;
  std::unordered_map<const UnitIndex::Function*, int32_t> functions_;
  std::unordered_map<uint32_t, int32_t> paths_;
};

}  // namespace

Places LineIndex::locate(const std::vector<uint64_t>& addresses) {
  std::lock_guard<std::mutex> lock(mutex_);
  Question question(*this);
  if (!units_known_) find_units(&question);
  std::vector<uint32_t> units(addresses.size());
  for (size_t i = 0; i < addresses.size(); i++) units[i] = units_.find(addresses[i]);
  // Unit by unit, so that each is made once however few are kept.
  std::vector<size_t> order(addresses.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&units](size_t a, size_t b) { return units[a] < units[b]; });
  Collector collector(addresses.size());
  std::shared_ptr<const UnitIndex> index;
  std::vector<UnitIndex::Place> places;
  for (size_t i = 0; i < order.size(); i++) {
    uint32_t unit = units[order[i]];
    if (unit == IntervalMap::kNobody) break;
    if (i == 0 || unit != units[order[i - 1]]) index = unit_index(unit, &question);
    index->find(addresses[order[i]], &places);
    collector.add(order[i], *index, places);
  }
  return collector.take();
}

}  // namespace emberscope
