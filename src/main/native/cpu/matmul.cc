// Products of activations with weight matrices as they lie in a GGUF file, and rows of such a matrix: the
// part that is the same for every instruction set. The kernels are in matmul_float.cc, matmul_brain.cc and,
// for quantised types, matmul_legacy.cc, matmul_k.cc and matmul_lookup.cc.
#include "matmul_types.h"

#include <algorithm>

#include "thread_pool.h"

namespace slinfer {
namespace {

const WeightKernels* kernelsOfType(const MatmulKernels& kernels, int32_t type) {
  for (const WeightKernels* candidate : kernels.types) {
    if (candidate->type == type) return candidate;
  }
  return nullptr;
}

// Weight rows of one item: a panel, or a stretch of about 32 KiB to stream.
int itemRows(const MatmulJob& job, const WeightKernels& kernels) {
  if (job.rows > kernels.streamRows) return kernels.panelRows;
  constexpr int64_t kStreamBytes = 32 << 10;
  const int64_t rowBytes = static_cast<int64_t>(job.columns / kernels.block) * kernels.blockBytes;
  return static_cast<int>(std::max<int64_t>(1, kStreamBytes / rowBytes));
}

void multiplyItems(void* context, int64_t first, int64_t last, int thread) {
  const MatmulJob& job = *static_cast<const MatmulJob*>(context);
  int64_t start = 0;
  for (int i = 0; i < job.count && start < last; i++) {
    const slinfer_weights& weights = job.weights[i];
    const WeightKernels& kernels = *kernelsOfType(*job.kernels, weights.type);
    const auto onTiles = kernels.panel[static_cast<int>(job.kernels->tiles)];
    const auto panel = onTiles == nullptr ? kernels.panel[0] : onTiles;
    const int perItem = itemRows(job, kernels);
    const int64_t items = (weights.rows + perItem - 1) / perItem;
    for (int64_t item = std::max(first, start); item < std::min(last, start + items); item++) {
      const int row = static_cast<int>(item - start) * perItem;
      if (job.rows <= kernels.streamRows) {
        kernels.stream(job, weights, row, std::min(row + perItem, weights.rows));
      } else {
        panel(job, weights, row, job.panels + thread * job.panelBytes);
      }
    }
    start += items;
  }
}

int32_t quantizeAll(ThreadPool& pool, MatmulJob& job) {
  const int64_t items = static_cast<int64_t>(job.rows) * job.chunks;
  job.quantized = static_cast<ActivationChunk*>(
      pool.scratch(ThreadPool::kActivations, items * sizeof(ActivationChunk)));
  if (job.quantized == nullptr) return SLINFER_OUT_OF_MEMORY;
  constexpr int64_t kGrain = 32;
  pool.run(job.kernels->quantize, &job, items, kGrain);
  return SLINFER_OK;
}

int32_t roundAllToBrain(ThreadPool& pool, MatmulJob& job) {
  job.brain = static_cast<uint16_t*>(pool.scratch(
      ThreadPool::kBrainActivations, job.rows * brainColumns(job.columns) * sizeof(uint16_t)));
  if (job.brain == nullptr) return SLINFER_OUT_OF_MEMORY;
  constexpr int64_t kGrain = 8;
  pool.run(job.kernels->roundToBrain, &job, job.rows, kGrain);
  return SLINFER_OK;
}

// What the matrices of a job need between them.
struct Needs {
  int64_t items;
  size_t panelBytes;
  bool quantized;
  bool brain;
};

// False if a matrix has a type that is not known or columns that are no whole blocks.
bool addNeeds(const MatmulJob& job, const slinfer_weights& weights, Needs& needs) {
  const WeightKernels* kernels = kernelsOfType(*job.kernels, weights.type);
  if (kernels == nullptr || job.columns % kernels->block != 0) return false;
  const int perItem = itemRows(job, *kernels);
  needs.items += (weights.rows + perItem - 1) / perItem;
  if (job.rows > kernels->streamRows) {
    needs.panelBytes = std::max(needs.panelBytes, kernels->panelBytes);
  }
  needs.quantized |= kernels->activations == Activations::kInt8;
  needs.brain |= kernels->activations == Activations::kBrain;
  return true;
}

}  // namespace

int32_t matmul(ThreadPool& pool, MatmulJob& job) {
  job.chunks = (job.columns + 255) / 256;
  Needs needs = {};
  for (int i = 0; i < job.count; i++) {
    if (!addNeeds(job, job.weights[i], needs)) return SLINFER_INVALID_ARGUMENT;
  }
  int32_t status = SLINFER_OK;
  if (needs.quantized) status = quantizeAll(pool, job);
  if (status == SLINFER_OK && needs.brain) status = roundAllToBrain(pool, job);
  if (status != SLINFER_OK) return status;
  if (needs.panelBytes > 0) {
    job.panelBytes = needs.panelBytes;
    job.panels = static_cast<uint8_t*>(
        pool.scratch(ThreadPool::kWorkspaces, pool.threads() * job.panelBytes));
    if (job.panels == nullptr) return SLINFER_OUT_OF_MEMORY;
  }
  pool.run(multiplyItems, &job, needs.items, 1);
  return SLINFER_OK;
}

int32_t embed(const MatmulKernels& kernels, const slinfer_weights& table, int columns,
              const TokenRows& rows) {
  const WeightKernels* type = kernelsOfType(kernels, table.type);
  if (type == nullptr || columns % type->block != 0) return SLINFER_INVALID_ARGUMENT;
  const int64_t rowBytes = static_cast<int64_t>(columns / type->block) * type->blockBytes;
  for (int t = 0; t < rows.count; t++) {
    const int32_t token = rows.tokens[t];
    if (token < 0 || token >= table.rows) return SLINFER_INVALID_ARGUMENT;
    type->embed(static_cast<const uint8_t*>(table.data) + token * rowBytes, columns, rows.scale,
                rows.out + static_cast<int64_t>(t) * columns);
  }
  return SLINFER_OK;
}

}  // namespace slinfer
