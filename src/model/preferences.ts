/**
 * Learning from preferences, as weights of a cross-entropy: what a loss on whole answers sends back through log π is one number per
 * answer. The host computes it from one run before the training step.
 */

/** −log σ(β·margin); the margin is how much more than the reference the model prefers the chosen answer: Σ log π/π_ref of it − of the other. */
export const preferenceLoss = (beta: number, margin: number): number => Math.log1p(Math.exp(-beta * margin));

/**
 * DPO (Rafailov et al., "Direct preference optimization", 2023, equation 7): the weight of the chosen answer's tokens is this divided by
 * the number of pairs; that of the other answer's is its negative.
 */
export const preferenceWeight = (beta: number, margin: number): number => beta / (1 + Math.exp(beta * margin));
