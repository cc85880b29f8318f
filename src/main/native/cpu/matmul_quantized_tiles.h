// Products with quantised weights for many rows of x on tile registers (see tiles.h): the panels and the
// scaling are those of matmul_quantized.h, which is included before; the sums of bytes within a group are
// the tiles'. In the namespace of SLINFER_ISA, AVX-512 only.

static_assert(kPanelRows == 2 * kTileRowBytes / 4, "two tiles of weights are a panel's rows");

// `rows` rows of x (1 to kMostTileRows) times `chunks` chunks of the panel.
template <class Format, class Tiles>
void multiplyOnTiles(const Panel& panel, int chunks, const ActivationChunk* x, int64_t stride,
                     int rows, const TileOutput& to) {
  constexpr int kGroups = 256 / Format::kGroup;
  F32 sums[kMostTileRows][kRowVectors];
  alignas(64) int32_t dots[kMostTileRows][kPanelRows];
  for (int t = 0; t < rows; t++) {
    for (int v = 0; v < kRowVectors; v++) {
      sums[t][v] = to.add ? loadFirst(to.out + t * to.stride + v * kLanes, to.rows - v * kLanes)
                          : splat(0);
    }
  }
  for (int c = 0; c < chunks; c++) {
    for (int group = 0; group < kGroups; group++) {
      clearSums<Tiles>();
      loadFactors<Tiles>(x[c].q + group * Format::kGroup, stride * sizeof(ActivationChunk),
                         panel.q[c][group * Format::kGroup / 4]);
      Tiles::template addBytes<kLeftSums, kActivationTile, kLeftWeights>();
      Tiles::template addBytes<kRightSums, kActivationTile, kRightWeights>();
      storeSums<Tiles>(dots);
      const int group16 = group * (Format::kGroup / 16);
      for (int t = 0; t < rows; t++) {
        const ActivationChunk& chunk = x[t * stride + c];
        const F32 xScale = splat(chunk.scale[group16]);
        const float xSum = Format::kGroup == 32 ? chunk.sum32[group] : chunk.sum16[group];
        const F32 offset = splat(Format::kHasMinimum ? xSum : -kZeroOf<Format> * xSum);
#pragma GCC unroll 2
        for (int v = 0; v < kRowVectors; v++) {
          I32 dot;
          std::memcpy(&dot, &dots[t][v * kLanes], sizeof(dot));
          const F32 scale = load(&panel.scale[c][group16][kLanes * v]);
          if (Format::kHasMinimum) {
            const F32 minimum = load(&panel.minimum[c][group16][kLanes * v]);
            sums[t][v] = fma(minimum, offset, sums[t][v]);
            sums[t][v] = fma(toFloat(dot) * xScale, scale, sums[t][v]);
          } else {
            sums[t][v] = fma(fma(toFloat(dot), xScale, offset), scale, sums[t][v]);
          }
        }
      }
    }
  }
  for (int t = 0; t < rows; t++) {
    for (int v = 0; v < kRowVectors; v++) {
      storeFirst(to.out + t * to.stride + v * kLanes, sums[t][v], to.rows - v * kLanes);
    }
  }
}

template <class Format, class Tiles>
void multiplyPanelOnTiles(const MatmulJob& job, const slinfer_weights& weights, int firstRow,
                          void* scratch) {
  Panel& panel = *static_cast<Panel*>(scratch);
  const int64_t rowBytes = static_cast<int64_t>(job.columns / Format::kBlock) * Format::kBlockBytes;
  const uint8_t* source = static_cast<const uint8_t*>(weights.data) + firstRow * rowBytes;
  const int panelRows = std::min(kPanelRows, weights.rows - firstRow);
  for (int chunk = 0; chunk < job.chunks; chunk += kPanelChunks) {
    const int chunks = std::min(kPanelChunks, job.chunks - chunk);
    decodePanel<Format>(source, rowBytes, panelRows, chunk, chunks, job.columns, panel);
    int configured = 0;
    for (int t = 0; t < job.rows; t += kMostTileRows) {
      const int rows = std::min(kMostTileRows, job.rows - t);
      if (rows != configured) Tiles::configure(tileShapes(rows, Format::kGroup));
      configured = rows;
      const TileOutput to = {weights.out + static_cast<int64_t>(t) * weights.rows + firstRow,
                             weights.rows, panelRows, chunk > 0};
      multiplyOnTiles<Format, Tiles>(panel, chunks,
                                     job.quantized + static_cast<int64_t>(t) * job.chunks + chunk,
                                     job.chunks, rows, to);
    }
  }
  Tiles::release();
}
