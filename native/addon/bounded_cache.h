/* SPDX-License-Identifier: Apache-2.0 */
/* What was made once and may be needed again, up to a bound of bytes; what was not used for longest goes first. */
#ifndef EMBERSCOPE_BOUNDED_CACHE_H
#define EMBERSCOPE_BOUNDED_CACHE_H

#include <list>
#include <map>
#include <memory>
#include <mutex>

namespace emberscope {

/** For several threads. Users hold references of their own: what is dropped lives until they are done. */
template <class Key, class T>
class BoundedCache {
 public:
  explicit BoundedCache(size_t most) : most_(most) {}

  std::shared_ptr<T> find(const Key& key) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto known = places_.find(key);
    if (known == places_.end()) return nullptr;
    entries_.splice(entries_.end(), entries_, known->second);
    return known->second->value;
  }

  /** `bytes` may be another number than before. One that is too large alone is kept until the next comes. */
  void put(const Key& key, std::shared_ptr<T> value, size_t bytes) {
    std::list<Entry> dropped;
    std::lock_guard<std::mutex> lock(mutex_);
    drop(places_.find(key), &dropped);
    places_[key] = entries_.insert(entries_.end(), {key, std::move(value), bytes});
    bytes_ += bytes;
    while (bytes_ > most_ && entries_.size() > 1) drop(places_.find(entries_.front().key), &dropped);
  }

  /** All keys from `first` to below `last`. */
  void erase(const Key& first, const Key& last) {
    std::list<Entry> dropped;
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto at = places_.lower_bound(first); at != places_.end() && at->first < last;) drop(at++, &dropped);
  }

  void clear() {
    std::list<Entry> dropped;
    std::lock_guard<std::mutex> lock(mutex_);
    dropped.swap(entries_);
    places_.clear();
    bytes_ = 0;
  }

 private:
  struct Entry {
    Key key;
    std::shared_ptr<T> value;
    size_t bytes;
  };
  using Places = std::map<Key, typename std::list<Entry>::iterator>;

  /** Moved out, so that it is freed when the lock is open again. */
  void drop(typename Places::iterator place, std::list<Entry>* dropped) {
    if (place == places_.end()) return;
    bytes_ -= place->second->bytes;
    dropped->splice(dropped->end(), entries_, place->second);
    places_.erase(place);
  }

  const size_t most_;
  std::mutex mutex_;
  /** Least recently used first. */
  std::list<Entry> entries_;
  Places places_;
  size_t bytes_ = 0;
};

}  // namespace emberscope

#endif
