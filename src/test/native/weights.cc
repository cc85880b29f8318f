#include "weights.h"

#include <cmath>
#include <cstring>

namespace {

uint16_t word(const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }
double half(const uint8_t* p) { return halfValue(word(p)); }

int nibble(const uint8_t* p, int i, int count) {  // count low nibbles, then the high ones
  return i < count ? p[i] & 15 : p[i - count] >> 4;
}

int bit(const uint8_t* p, int i) { return p[i / 8] >> i % 8 & 1; }

double f32(const uint8_t* p, int) {
  float value;
  std::memcpy(&value, p, 4);
  return value;
}
double f16(const uint8_t* p, int) { return half(p); }
double bf16(const uint8_t* p, int) {
  const uint32_t bits = static_cast<uint32_t>(word(p)) << 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

double q4_0(const uint8_t* b, int i) { return half(b) * (nibble(b + 2, i, 16) - 8); }
double q4_1(const uint8_t* b, int i) { return half(b) * nibble(b + 4, i, 16) + half(b + 2); }
double q5_0(const uint8_t* b, int i) {
  return half(b) * ((nibble(b + 6, i, 16) | bit(b + 2, i) << 4) - 16);
}
double q5_1(const uint8_t* b, int i) {
  return half(b) * (nibble(b + 8, i, 16) | bit(b + 4, i) << 4) + half(b + 2);
}
double q8_0(const uint8_t* b, int i) { return half(b) * static_cast<int8_t>(b[2 + i]); }

// 2-bit numbers of a 256-block: 128 at a time, four to a byte, 32 bytes apart.
int twoBits(const uint8_t* p, int i) { return p[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3; }

double q2_k(const uint8_t* b, int i) {
  const int scale = b[i / 16];
  return half(b + 80) * (scale & 15) * twoBits(b + 16, i) - half(b + 82) * (scale >> 4);
}

double q3_k(const uint8_t* b, int i) {
  const int group = i / 16;
  const uint8_t* scales = b + 96;
  const int low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
  const int high = scales[8 + group % 4] >> group / 4 * 2 & 3;
  const int third = b[i % 32] >> i / 32 & 1;
  return half(b + 108) * ((low | high << 4) - 32) * (twoBits(b + 32, i) - (third ? 0 : 4));
}

// Scale (kind 0) or minimum (kind 1) number j of Q4_K and Q5_K: six bits of twelve bytes.
int sixBits(const uint8_t* p, int j, int kind) {
  if (j < 4) return p[4 * kind + j] & 63;
  const int low = kind == 0 ? p[4 + j] & 15 : p[4 + j] >> 4;
  return low | (p[4 * kind + j - 4] >> 6) << 4;
}

double q4_k(const uint8_t* b, int i) {
  const int q = nibble(b + 16 + i / 64 * 32, i % 64, 32);
  return half(b) * sixBits(b + 4, i / 32, 0) * q - half(b + 2) * sixBits(b + 4, i / 32, 1);
}

double q5_k(const uint8_t* b, int i) {
  const int fifth = b[16 + i % 32] >> i / 32 & 1;
  const int q = nibble(b + 48 + i / 64 * 32, i % 64, 32) | fifth << 4;
  return half(b) * sixBits(b + 4, i / 32, 0) * q - half(b + 2) * sixBits(b + 4, i / 32, 1);
}

double q6_k(const uint8_t* b, int i) {
  const int within = i % 128;
  const int low = nibble(b + i / 128 * 64, within, 64);
  const int high = b[128 + i / 128 * 32 + within % 32] >> within / 32 * 2 & 3;
  return half(b + 208) * static_cast<int8_t>(b[192 + i / 16]) * ((low | high << 4) - 32);
}

const int kNonLinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                            1,    13,   25,  38,  53,  69,  89,  113};
double iq4_nl(const uint8_t* b, int i) { return half(b) * kNonLinear[nibble(b + 2, i, 16)]; }

double iq4_xs(const uint8_t* b, int i) {
  const int group = i / 32;
  const int low = b[4 + group / 2] >> group % 2 * 4 & 15;
  const int scale = low | (word(b + 2) >> group * 2 & 3) << 4;
  return half(b) * (scale - 32) * kNonLinear[nibble(b + 8 + group * 16, i % 32, 16)];
}

double mxfp4(const uint8_t* b, int i) {
  static const double kValues[8] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  const int code = nibble(b + 1, i, 16);
  return std::ldexp(code < 8 ? kValues[code] : -kValues[code - 8], b[0] - 127);
}

}  // namespace

double halfValue(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -magnitude : magnitude;
}

const std::vector<WeightType>& weightTypes() {
  static const std::vector<WeightType> types = {
      {"F32", 0, 1, 4, f32},          {"F16", 1, 1, 2, f16},
      {"BF16", 30, 1, 2, bf16},       {"Q4_0", 2, 32, 18, q4_0},
      {"Q4_1", 3, 32, 20, q4_1},      {"Q5_0", 6, 32, 22, q5_0},
      {"Q5_1", 7, 32, 24, q5_1},      {"Q8_0", 8, 32, 34, q8_0},
      {"Q2_K", 10, 256, 84, q2_k},    {"Q3_K", 11, 256, 110, q3_k},
      {"Q4_K", 12, 256, 144, q4_k},   {"Q5_K", 13, 256, 176, q5_k},
      {"Q6_K", 14, 256, 210, q6_k},   {"IQ4_NL", 20, 32, 18, iq4_nl},
      {"IQ4_XS", 23, 256, 136, iq4_xs}, {"MXFP4", 39, 32, 17, mxfp4},
  };
  return types;
}
