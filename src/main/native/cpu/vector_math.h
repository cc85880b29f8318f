// exp and tanh of vectors, in the namespace of SLINFER_ISA. Included once a pass (see each_isa.h),
// between SLINFER_ISA_BEGIN and SLINFER_ISA_END.

// e^x with a relative error below 3e-7; 0 for x < -87.3, infinity for x > 88.7.
SLINFER_INLINE F32 exponential(F32 x) {
  constexpr float kLowest = -87.3f, kHighest = 88.7f;
  const F32 clamped = minimum(maximum(x, splat(kLowest)), splat(kHighest));
  const I32 n = roundToInt(clamped * splat(1.44269504f));
  const F32 whole = toFloat(n);
  // x - n ln 2, with ln 2 in two parts.
  F32 r = fma(whole, splat(-0.693359375f), clamped);
  r = fma(whole, splat(2.12194440e-4f), r);
  F32 p = splat(1.9875691500e-4f);
  p = fma(p, r, splat(1.3981999507e-3f));
  p = fma(p, r, splat(8.3334519073e-3f));
  p = fma(p, r, splat(4.1665795894e-2f));
  p = fma(p, r, splat(1.6666665459e-1f));
  p = fma(p, r, splat(5.0000001201e-1f));
  p = fma(p, r * r, r + splat(1));
  // 2^n in two factors, since n may be 128.
  const I32 half = n >> 1;
  const F32 power = (F32)((half + 127) << 23);
  const F32 rest = (F32)((n - half + 127) << 23);
  const F32 value = p * power * rest;
  const F32 bounded = x > splat(kHighest) ? splat(std::numeric_limits<float>::infinity()) : value;
  return x < splat(kLowest) ? splat(0) : bounded;
}

SLINFER_INLINE F32 sigmoid(F32 x) { return splat(1) / (splat(1) + exponential(splat(0) - x)); }

// tanh; the absolute error is below 1e-6.
SLINFER_INLINE F32 hyperbolicTangent(F32 x) {
  const F32 bounded = minimum(maximum(x, splat(-15)), splat(15));
  const F32 e = exponential(bounded + bounded);
  return (e - splat(1)) / (e + splat(1));
}
