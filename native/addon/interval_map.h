/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of addresses that may lie within one another, flattened: an address is the innermost one's that holds it. */
#ifndef EMBERSCOPE_INTERVAL_MAP_H
#define EMBERSCOPE_INTERVAL_MAP_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace emberscope {

class IntervalMap {
 public:
  static constexpr uint32_t kNobody = UINT32_MAX;
  struct Claim {
    uint64_t start;
    /** Exclusive. */
    uint64_t end;
    uint32_t owner;
  };

  /** Of equal claims the later one is inside. */
  explicit IntervalMap(std::vector<Claim> claims = {}) {
    std::stable_sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) {
      return a.start != b.start ? a.start < b.start : a.end > b.end;
    });
    std::vector<Claim> open;
    auto close_until = [this, &open](uint64_t address) {
      while (!open.empty() && open.back().end <= address) {
        emit(open.back().end, open.back().owner);
        open.pop_back();
      }
    };
    for (const Claim& claim : claims) {
      close_until(claim.start);
      if (!open.empty()) emit(claim.start, open.back().owner);
      else if (claim.start > at_) emit(claim.start, kNobody);
      open.push_back(claim);
    }
    close_until(UINT64_MAX);
    starts_.shrink_to_fit();
    owners_.shrink_to_fit();
  }

  uint32_t find(uint64_t address) const {
    auto after = std::upper_bound(starts_.begin(), starts_.end(), address);
    if (after == starts_.begin() || address >= at_) return kNobody;
    return owners_[static_cast<size_t>(after - starts_.begin()) - 1];
  }
  size_t bytes() const { return starts_.capacity() * sizeof(uint64_t) + owners_.capacity() * sizeof(uint32_t); }

 private:
  void emit(uint64_t until, uint32_t owner) {
    if (until <= at_) return;
    if (owners_.empty() || owners_.back() != owner) {
      starts_.push_back(at_);
      owners_.push_back(owner);
    }
    at_ = until;
  }

  std::vector<uint64_t> starts_;
  std::vector<uint32_t> owners_;
  /** Where the last range ends. */
  uint64_t at_ = 0;
};

}  // namespace emberscope

#endif
