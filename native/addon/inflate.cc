/* SPDX-License-Identifier: Apache-2.0 */
#include "inflate.h"

#include <libdeflate.h>
#include <lzma.h>
#include <zstd.h>

#include <algorithm>

namespace emberscope {
namespace {

// Deflate stands for at most 1,032 bytes with one.
constexpr uint64_t kDeflateRatio = 1032;
// A zstd block of 128 KiB takes four bytes at least.
constexpr uint64_t kZstdRatio = 32768;
// What a stream holds beside its data.
constexpr uint64_t kSlack = 1024;
// The largest dictionary of xz's presets (-9) takes 65 MiB to decode.
constexpr uint64_t kXzMemory = 128 << 20;
constexpr size_t kXzChunk = 1 << 20;

}  // namespace

bool may_inflate_to(Compression kind, uint64_t length, uint64_t claimed) {
  uint64_t ratio = kind == Compression::kZlib ? kDeflateRatio : kZstdRatio;
  return claimed <= kSlack || length >= (claimed - kSlack) / ratio;
}

bool inflate(Compression kind, const uint8_t* bytes, size_t length, uint8_t* into, size_t size) {
  if (kind == Compression::kZstd) {
    size_t got = ZSTD_decompress(into, size, bytes, length);
    return !ZSTD_isError(got) && got == size;
  }
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  if (!decompressor) return false;
  libdeflate_result result = libdeflate_zlib_decompress(decompressor, bytes, length, into, size, nullptr);
  libdeflate_free_decompressor(decompressor);
  return result == LIBDEFLATE_SUCCESS;
}

bool inflate_xz(const uint8_t* bytes, size_t length, size_t limit, std::vector<uint8_t>* ret_bytes) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kXzMemory, 0) != LZMA_OK) return false;
  std::vector<uint8_t> out;
  stream.next_in = bytes;
  stream.avail_in = length;
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK && out.size() < limit) {
    size_t at = out.size();
    out.resize(std::min(limit, at + kXzChunk));
    stream.next_out = out.data() + at;
    stream.avail_out = out.size() - at;
    state = lzma_code(&stream, LZMA_FINISH);
    out.resize(out.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (state != LZMA_STREAM_END) return false;
  *ret_bytes = std::move(out);
  return true;
}

}  // namespace emberscope
