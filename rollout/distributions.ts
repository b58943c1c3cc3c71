/** Probabilities of the normal, Student's t and binomial distributions, to about 12 digits. */

/** P(Z ≤ z): through the incomplete gamma function's series near zero, its continued fraction in the tails. */
export function normalCdf(z: number): number {
  const tail = upperNormal(Math.abs(z));
  return z < 0 ? tail : 1 - tail;
}

/** P(Z > z) for z ≥ 0, exact in the far tail too. Marsaglia 2004; continued fraction of Laplace. */
function upperNormal(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 3) {
    let fraction = z;
    for (let term = 120; term > 0; term -= 1) fraction = z + term / fraction;
    return density / fraction;
  }
  let sum = z;
  let term = z;
  for (let odd = 3; Math.abs(term) > 1e-17; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 - density * sum;
}

/** P(T > t) with `df` degrees of freedom, which need not be whole. */
export function upperT(t: number, df: number): number {
  const tail = incompleteBeta(df / 2, 0.5, df / (df + t * t)) / 2;
  return t > 0 ? tail : 1 - tail;
}

/** The t that is exceeded with probability `upper`. */
export function tQuantile(upper: number, df: number): number {
  return root((t) => upperT(t, df) - upper, -1e3, 1e3);
}

/** The z that is exceeded with probability `upper`. */
export function normalQuantile(upper: number): number {
  return root((z) => 1 - normalCdf(z) - upper, -9, 9);
}

/** P(X ≥ successes) of `trials` with chance `p`; counts need not be whole. */
export function upperBinomial(successes: number, trials: number, p: number): number {
  return successes <= 0 ? 1 : incompleteBeta(successes, trials - successes + 1, p);
}

/** Regularised incomplete beta function I_x(a, b), by Lentz' continued fraction (DLMF 8.17.22). */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, 1 - x);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a;
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 1000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / notZero(1 + even * d);
    c = notZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / notZero(1 + odd * d);
    c = notZero(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return front * fraction;
}

function notZero(x: number): number {
  return Math.abs(x) < 1e-300 ? 1e-300 : x;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Stirling's series after the argument was raised above 10 (DLMF 5.11.1). */
function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 10; y += 1) shift += Math.log(y);
  const r = 1 / (y * y);
  const series = 1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)));
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series / y - shift;
}

/** Where a falling function crosses zero. */
export function root(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let halving = 0; halving < 80 && high - low > 1e-13 * Math.max(1, Math.abs(low)); halving += 1) {
    const middle = (low + high) / 2;
    if (f(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
