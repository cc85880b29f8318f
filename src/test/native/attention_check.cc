// Attention over paged blocks against the plain formula in float64.
#include <algorithm>
#include <vector>

#include "attention.h"
#include "check.h"

namespace {

constexpr int kBlockTokens = 16;
constexpr int kLayers = 2;

struct Case {
  int kvHeads, queryHeads, headSize, positions, rows, window;
  float softcap;
};

// The rows' scores and values as the formula says, for one query.
void expected(const Case& c, const std::vector<float>& k, const std::vector<float>& v,
              const float* query, int head, int position, std::vector<double>& result,
              double& magnitude) {
  const double scale = 1 / std::sqrt(static_cast<double>(c.headSize));
  const int first = c.window > 0 ? std::max(0, position - c.window + 1) : 0;
  std::vector<double> scores;
  double top = -1e300;
  for (int p = first; p <= position; p++) {
    const float* key = k.data() + (static_cast<size_t>(p) * c.kvHeads + head) * c.headSize;
    double score = 0;
    for (int d = 0; d < c.headSize; d++) score += static_cast<double>(key[d]) * query[d];
    score *= scale;
    if (c.softcap > 0) score = c.softcap * std::tanh(score / c.softcap);
    scores.push_back(score);
    top = std::max(top, score);
  }
  double total = 0;
  result.assign(c.headSize, 0);
  magnitude = 0;
  for (size_t i = 0; i < scores.size(); i++) {
    const double weight = std::exp(scores[i] - top);
    total += weight;
    const float* value =
        v.data() + ((first + i) * static_cast<size_t>(c.kvHeads) + head) * c.headSize;
    for (int d = 0; d < c.headSize; d++) {
      result[d] += weight * value[d];
      magnitude = std::max(magnitude, std::fabs(static_cast<double>(value[d])));
    }
  }
  for (double& number : result) number /= total;
}

// Numbers that float16 holds exactly, so that only the kernels' arithmetic is judged.
float halfExact(Random& random) { return static_cast<float>(random.below(257) - 128) / 64; }

void check(slinfer_pool* pool, const Case& c, Random& random, Tally& tally) {
  const int isa = slinfer_pool_isa(pool);
  const size_t row = static_cast<size_t>(c.kvHeads) * c.headSize;
  const int blocks = (c.positions + kBlockTokens - 1) / kBlockTokens;
  std::vector<uint16_t> memory(static_cast<size_t>(blocks) * kLayers * 2 * kBlockTokens * row);
  std::vector<void*> addresses;
  for (int b = blocks - 1; b >= 0; b--) {  // in any order
    addresses.push_back(memory.data() + static_cast<size_t>(b) * kLayers * 2 * kBlockTokens * row);
  }
  std::vector<float> k(c.positions * row), v(c.positions * row);
  for (float& number : k) number = halfExact(random);
  for (float& number : v) number = halfExact(random);
  const slinfer_kv_shape shape = {kLayers, c.kvHeads, c.headSize, 1};
  const int32_t allRows[] = {0, c.positions}, lastRows[] = {0, c.rows};
  const int32_t zero = 0, start = c.positions - c.rows, firstBlock[] = {0, blocks};
  const slinfer_kv_batch whole = {allRows, &zero, firstBlock, addresses.data(), 1, 0};
  const slinfer_kv_batch last = {lastRows, &start, firstBlock, addresses.data(), 1, 0};
  tally.compare(slinfer_store_kv(pool, &shape, &whole, k.data(), v.data()), 0, 0, "store", isa);
  std::vector<float> q(static_cast<size_t>(c.rows) * c.queryHeads * c.headSize), out(q.size(), NAN);
  for (float& number : q) number = static_cast<float>(random.normal());
  const slinfer_attention_options options = {
      nullptr, c.queryHeads, c.window, 1 / std::sqrt(static_cast<float>(c.headSize)), c.softcap};
  tally.compare(slinfer_attention(pool, &shape, &last, &options, q.data(), out.data()), 0, 0,
                "status of slinfer_attention", isa);
  char what[120];
  std::snprintf(what, sizeof(what), "attention, %d/%d heads of %d, %d of %d positions, window %d",
                c.queryHeads, c.kvHeads, c.headSize, c.rows, c.positions, c.window);
  std::vector<double> wanted;
  for (int r = 0; r < c.rows; r++) {
    for (int head = 0; head < c.queryHeads; head++) {
      const size_t at = (static_cast<size_t>(r) * c.queryHeads + head) * c.headSize;
      double magnitude;
      expected(c, k, v, q.data() + at, head * c.kvHeads / c.queryHeads, start + r, wanted,
               magnitude);
      for (int d = 0; d < c.headSize; d++) {
        tally.compare(out[at + d], wanted[d], 2e-5 * magnitude, what, isa);
      }
    }
  }
}

}  // namespace

void checkAttention(slinfer_pool* pool, uint64_t seed, Tally& tally) {
  Random random(seed);
  const Case cases[] = {
      {1, 1, 32, 1, 1, 0, 0},       {1, 4, 64, 17, 1, 0, 0},    {2, 8, 64, 130, 5, 0, 0},
      {2, 2, 80, 33, 33, 0, 0},     {1, 3, 128, 700, 2, 0, 30}, {2, 4, 256, 90, 7, 40, 0},
      {1, 8, 64, 1100, 1, 0, 0},    {3, 3, 72, 200, 70, 64, 50},
  };
  for (const Case& one : cases) check(pool, one, random, tally);
}
