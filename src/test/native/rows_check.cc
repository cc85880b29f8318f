// Norms, gates, rotations and sums of rows against the plain formulas in float64.
#include <vector>

#include "check.h"
#include "rows.h"

namespace {

constexpr double kError = 2e-6;

std::vector<float> randomNumbers(Random& random, size_t count, double scale) {
  std::vector<float> numbers(count);
  for (float& number : numbers) number = static_cast<float>(random.normal() * scale);
  return numbers;
}

void checkNorms(slinfer_pool* pool, int rows, int columns, Random& random, Tally& tally) {
  const int isa = slinfer_pool_isa(pool);
  const size_t count = static_cast<size_t>(rows) * columns;
  const std::vector<float> x = randomNumbers(random, count, 3);
  const std::vector<float> weight = randomNumbers(random, columns, 1);
  const std::vector<float> bias = randomNumbers(random, columns, 1);
  std::vector<float> rms(count, NAN), layer(count, NAN);
  slinfer_rms_norm(pool, x.data(), weight.data(), 1e-5f, rows, columns, rms.data());
  slinfer_layer_norm(pool, x.data(), weight.data(), bias.data(), 1e-5f, rows, columns, layer.data());
  for (int r = 0; r < rows; r++) {
    double sum = 0, squares = 0, around = 0;
    for (int c = 0; c < columns; c++) sum += x[r * columns + c];
    const double mean = sum / columns;
    for (int c = 0; c < columns; c++) {
      const double number = x[r * columns + c];
      squares += number * number;
      around += (number - mean) * (number - mean);
    }
    for (int c = 0; c < columns; c++) {
      const double number = x[r * columns + c];
      const double wantedRms = number / std::sqrt(squares / columns + 1e-5) * weight[c];
      const double wanted =
          (number - mean) / std::sqrt(around / columns + 1e-5) * weight[c] + bias[c];
      tally.compare(rms[r * columns + c], wantedRms, kError * (1 + std::fabs(wantedRms)), "rms norm",
                    isa);
      // One column is its own mean: what is left is the rounding of their difference.
      if (columns > 1) {
        tally.compare(layer[r * columns + c], wanted, 10 * kError * (1 + std::fabs(wanted)),
                      "layer norm", isa);
      }
    }
  }
}

void checkGates(slinfer_pool* pool, int count, Random& random, Tally& tally) {
  const int isa = slinfer_pool_isa(pool);
  const std::vector<float> gate = randomNumbers(random, count, 4);
  const std::vector<float> up = randomNumbers(random, count, 1);
  std::vector<float> silu(count, NAN), gelu(count, NAN);
  slinfer_gate(pool, SLINFER_SILU, gate.data(), up.data(), count, silu.data());
  slinfer_gate(pool, SLINFER_GELU_TANH, gate.data(), up.data(), count, gelu.data());
  for (int i = 0; i < count; i++) {
    const double g = gate[i];
    const double inner = std::sqrt(2 / M_PI) * (g + 0.044715 * g * g * g);
    const double wantedSilu = g / (1 + std::exp(-g)) * up[i];
    const double wantedGelu = 0.5 * g * (1 + std::tanh(inner)) * up[i];
    const double scale = 1 + std::fabs(g * up[i]);
    tally.compare(silu[i], wantedSilu, kError * scale, "silu", isa);
    tally.compare(gelu[i], wantedGelu, kError * scale, "gelu", isa);
  }
}

void checkRope(slinfer_pool* pool, bool interleaved, Random& random, Tally& tally) {
  const int isa = slinfer_pool_isa(pool);
  const slinfer_rope_shape shape = {3, 5, 80, 48, interleaved};
  const std::vector<float> x = randomNumbers(random, 3 * 5 * 80, 1);
  const std::vector<float> table = randomNumbers(random, 3 * 48, 1);
  std::vector<float> rotated = x;
  slinfer_rope(pool, rotated.data(), table.data(), &shape);
  for (int r = 0; r < 3; r++) {
    for (int head = 0; head < 5; head++) {
      const size_t at = (r * 5 + head) * 80;
      for (int i = 0; i < 24; i++) {
        const size_t first = at + (interleaved ? 2 * i : i);
        const size_t second = interleaved ? first + 1 : first + 24;
        const double cosine = table[r * 48 + i], sine = table[r * 48 + 24 + i];
        tally.compare(rotated[first], x[first] * cosine - x[second] * sine, 1e-5, "rope", isa);
        tally.compare(rotated[second], x[first] * sine + x[second] * cosine, 1e-5, "rope", isa);
      }
      for (int d = 48; d < 80; d++) tally.compare(rotated[at + d], x[at + d], 0, "no rope", isa);
    }
  }
}

}  // namespace

void checkRows(slinfer_pool* pool, uint64_t seed, Tally& tally) {
  Random random(seed);
  for (int columns : {1, 3, 15, 16, 17, 64, 257, 2048}) {
    for (int rows : {1, 3, 40}) checkNorms(pool, rows, columns, random, tally);
    checkGates(pool, columns, random, tally);
  }
  checkRope(pool, false, random, tally);
  checkRope(pool, true, random, tally);
}
