/** The curves that several ops share, in doubles. */

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);
const ROOT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

/**
 * Error function, absolute error below 1e-14. Up to 2.5 the series 2/√π·e^(−x²)·Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!, whose terms are all of one
 * sign; beyond it the continued fraction of erfc (Abramowitz & Stegun 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x;
    let total = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      total += term;
    }
    return TWO_OVER_ROOT_PI * Math.exp(-x * x) * total;
  }
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)));
}

/** GELU by form: 1 tanh, 2 erf (the numbers of the matmul options GELU and DGELU). */
export function gelu(x: number, form: number): number {
  if (form === 2) return 0.5 * x * (1 + erf(x * Math.SQRT1_2));
  return 0.5 * x * (1 + Math.tanh(ROOT_TWO_OVER_PI * (x + 0.044715 * x * x * x)));
}

/** Derivative of `gelu`. */
export function geluSlope(x: number, form: number): number {
  if (form === 2) return 0.5 * (1 + erf(x * Math.SQRT1_2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
  const t = Math.tanh(ROOT_TWO_OVER_PI * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * ROOT_TWO_OVER_PI * (1 + 3 * 0.044715 * x * x);
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function silu(x: number): number {
  return x * sigmoid(x);
}
