// Adam on typed arrays, which hold float64 or float32 as the vectors do. What `run.mjs` needs of an implementation is this:
export const options = ["weight_decay"]; // those on offer; vectors with others are left out

export function run({ w, steps, hyperparameters: { beta1, beta2, epsilon }, options: { weight_decay = 0 } }) {
  const m = w.map(() => 0), v = w.map(() => 0);
  return steps.map(({ gradient, learning_rate }, k) => { // the parameters after every step
    gradient(w).forEach((derivative, i) => {
      const g = derivative + weight_decay * w[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      const root = Math.sqrt(v[i] / (1 - beta2 ** (k + 1)));
      w[i] -= (learning_rate * m[i]) / (1 - beta1 ** (k + 1)) / (root + epsilon);
    });
    return w.slice();
  });
}
