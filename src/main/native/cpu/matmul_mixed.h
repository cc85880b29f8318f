// Products with few rows of x for weights whose blocks are mixed: lanes 2b and 2b + 1 of a vector hold eight
// weights of block b, so that the four vectors of a chunk add up lane by lane, in int32, before one scaling. (In
// the natural order of matmul_quantized.h each vector is scaled by itself.) The activations are mixed to match,
// once a step. In the namespace of SLINFER_ISA, AVX-512 only, after matmul_quantized.h.
//
// Q4_0, a row of x, 0.6 GB of weights, one thread of Zen 5: MEASURED.

// A chunk of weights: q[v] holds weights 8v to 8v + 7 of the eight blocks.
struct MixedChunk {
  Bytes q[4];
  F32 scale;  // of each block, twice
};

// Which of 64 words are word kFirst and the kCount - 1 after it of each block of kWords.
template <int kWords, int kFirst, int kCount>
struct BlockWords {
  alignas(64) uint16_t index[32];
  constexpr BlockWords() : index() {
    for (int i = 0; i < 32; i++) {
      index[i] = static_cast<uint16_t>((kWords * (i / kCount) + kFirst + i % kCount) & 63);
    }
  }
  static SLINFER_INLINE __m512i pick(__m512i a, __m512i b) {
    static constexpr BlockWords kWordsOfBlocks;
    return _mm512_permutex2var_epi16(a, _mm512_load_si512(kWordsOfBlocks.index), b);
  }
};

// A whole chunk of Q4_0: eight blocks of 9 words, the scale and 16 bytes with a low and a high nibble.
SLINFER_INLINE void decodeMixedQ4_0(const uint8_t* source, MixedChunk& chunk) {
  constexpr int kWords = Q4_0::kBlockBytes / 2;
  constexpr __mmask32 kLastBlock = 0xF0000000;
  const __m512i a = loadBytes(source), b = loadBytes(source + 64);
  const __m512i halves = BlockWords<kWords, 0, 1>::pick(a, b);
  chunk.scale = pairs(_mm256_cvtph_ps(_mm512_castsi512_si128(halves)));
  // The last block lies beyond b: words 64 to 67 and 68 to 71 go where 28 to 31 are.
  const __m512i early = _mm512_mask_loadu_epi16(
      BlockWords<kWords, 1, 4>::pick(a, b), kLastBlock, source + 72);
  const __m512i late = _mm512_mask_loadu_epi16(
      BlockWords<kWords, 5, 4>::pick(a, b), kLastBlock, source + 80);
  const __m512i nibble = _mm512_set1_epi8(15);
  chunk.q[0] = _mm512_and_si512(early, nibble);
  chunk.q[1] = _mm512_and_si512(late, nibble);
  chunk.q[2] = _mm512_and_si512(_mm512_srli_epi16(early, 4), nibble);
  chunk.q[3] = _mm512_and_si512(_mm512_srli_epi16(late, 4), nibble);
}

// Adds the products of a chunk with kRows rows of x (each job.chunks chunks after the one before).
template <int kRows>
SLINFER_INLINE void addMixed(const MatmulJob& job, const MixedChunk& chunk, int c,
                             F32 (&sums)[kRows]) {
#pragma GCC unroll 4
  for (int t = 0; t < kRows; t++) {
    const ActivationChunk& x = job.quantized[t * job.chunks + c];
    I32 low = (I32)loadBytes(x.minusEight);
    I32 high = {};
    low = dotBytes<false>(low, chunk.q[0], loadBytes(x.mixed));
    high = dotBytes<false>(high, chunk.q[1], loadBytes(x.mixed + 64));
    low = dotBytes<false>(low, chunk.q[2], loadBytes(x.mixed + 128));
    high = dotBytes<false>(high, chunk.q[3], loadBytes(x.mixed + 192));
    sums[t] = fma(toFloat(low + high), chunk.scale * load(x.scale), sums[t]);
  }
}

struct MixedQ4_0Stream {
  template <int kRows>
  static void run(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
    const int64_t rowBytes = static_cast<int64_t>(job.columns / Q4_0::kBlock) * Q4_0::kBlockBytes;
    const uint8_t* row = static_cast<const uint8_t*>(weights.data) + first * rowBytes;
    const int whole = job.columns / 256;
    for (int r = first; r < last; r++, row += rowBytes) {
      F32 sums[2][kRows];
      for (int t = 0; t < kRows; t++) sums[0][t] = sums[1][t] = splat(0);
      MixedChunk chunk;
      int c = 0;
      for (; c + 1 < whole; c += 2) {
        decodeMixedQ4_0(row + c * kChunkBytes<Q4_0>, chunk);
        addMixed(job, chunk, c, sums[0]);
        decodeMixedQ4_0(row + (c + 1) * kChunkBytes<Q4_0>, chunk);
        addMixed(job, chunk, c + 1, sums[1]);
      }
      for (; c < job.chunks; c++) {
        alignas(64) uint8_t padded[kChunkBytes<Q4_0>] = {};
        const uint8_t* source = row + c * kChunkBytes<Q4_0>;
        if (c == whole) {
          std::memcpy(padded, source, rowBytes - static_cast<int64_t>(c) * kChunkBytes<Q4_0>);
          source = padded;
        }
        decodeMixedQ4_0(source, chunk);
        addMixed(job, chunk, c, sums[0]);
      }
      for (int t = 0; t < kRows; t++) {
        weights.out[static_cast<int64_t>(t) * weights.rows + r] = sum(sums[0][t] + sums[1][t]);
      }
    }
  }
};
