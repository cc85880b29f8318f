// Shapes of the products' tiles and how their sums are kept, in the namespace of SLINFER_ISA. Included
// once a pass (see each_isa.h), between SLINFER_ISA_BEGIN and SLINFER_ISA_END.
//
// Few rows of x (kStreamRows at most): each weight row is streamed once from memory, decoded in
// registers and multiplied with every row of x; bytes moved: the weights, once.
// More: panels of kPanelRows weight rows are decoded once into a cache-resident buffer, interleaved so
// that a lane is a weight row, and multiplied with tiles of kTileRows rows of x, sums in registers.

#if SLINFER_ISA_ID == 3
constexpr int kStreamRows = 4;
// 2 x 6 sums in int32, as many in float32, and operands: 27 to 29 of 32 registers.
constexpr int kRowVectors = 2;
constexpr int kTileRows = 6;
#elif SLINFER_ISA_ID == 2
constexpr int kStreamRows = 2;
constexpr int kRowVectors = 1;
constexpr int kTileRows = 4;
#elif SLINFER_ISA_ID == 5 || SLINFER_ISA_ID == 6
constexpr int kStreamRows = 2;
constexpr int kRowVectors = 2;
constexpr int kTileRows = 4;
#else
constexpr int kStreamRows = 1;
constexpr int kRowVectors = 1;
constexpr int kTileRows = 2;
#endif
constexpr int kPanelRows = kRowVectors * kLanes;

SLINFER_INLINE F32 loadFirst(const float* p, int count) {
  if (count >= kLanes) return load(p);
  alignas(64) float padded[kLanes] = {};
  if (count > 0) std::memcpy(padded, p, count * sizeof(float));
  return load(padded);
}

SLINFER_INLINE void storeFirst(float* p, F32 v, int count) {
  if (count >= kLanes) {
    store(p, v);
  } else if (count > 0) {
    alignas(64) float padded[kLanes];
    store(padded, v);
    std::memcpy(p, padded, count * sizeof(float));
  }
}

// Where a tile's results go: `rows` of kPanelRows columns are real; `add`: to what is there.
struct TileOutput {
  float* out;
  int64_t stride;
  int rows;
  bool add;
};

template <int kRows>
SLINFER_INLINE void loadTile(const TileOutput& to, F32 (&sums)[kRowVectors][kRows]) {
  for (int t = 0; t < kRows; t++) {
    for (int v = 0; v < kRowVectors; v++) {
      sums[v][t] = to.add ? loadFirst(to.out + t * to.stride + v * kLanes, to.rows - v * kLanes)
                          : splat(0);
    }
  }
}

template <int kRows>
SLINFER_INLINE void storeTile(const TileOutput& to, const F32 (&sums)[kRowVectors][kRows]) {
  for (int t = 0; t < kRows; t++) {
    for (int v = 0; v < kRowVectors; v++) {
      storeFirst(to.out + t * to.stride + v * kLanes, sums[v][t], to.rows - v * kLanes);
    }
  }
}

// Streams weight rows [first, last) for the 1 to kRows rows of x that the job has.
template <class Stream, int kRows>
void streamSome(const MatmulJob& job, const slinfer_weights& weights, int first, int last) {
  if constexpr (kRows > 1) {
    if (job.rows < kRows) return streamSome<Stream, kRows - 1>(job, weights, first, last);
  }
  Stream::template run<kRows>(job, weights, first, last);
}
