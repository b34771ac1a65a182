/** How a GPT learns: a training step, its loss alone, and the optimizer's part of a step of several micro-batches. */
import type { Plan } from '../../plan/types.ts';
import { type GptOptions, gptProgram } from '../gpt_program.ts';
import { planOptimizer, planRun, planTrain, type TrainingOptions } from '../planning.ts';
import type { PlanContext } from './decode.ts';

export interface TrainPlanOptions extends GptOptions, TrainingOptions {}

/** Forward to `losses` (B·T) and `loss` (Σ weights·nll), without gradients. */
export function evalPlan(context: PlanContext, options: GptOptions): Plan {
  return planRun(gptProgram(context.config, options), context, 'eval');
}

/** Forward, backward and (without `accumulate`) clipping and AdamW over all trained parameters. Keeps `loss`, `losses`, `norm`. */
export function trainPlan(context: PlanContext, options: TrainPlanOptions): Plan {
  return planTrain(gptProgram(context.config, options), context, options, options.accumulate ? 'train-micro' : 'train');
}

/** Clipping and AdamW alone: the end of a step of several micro-batches. Leaves gradients at zero for the next. */
export function optimizerPlan(context: PlanContext): Plan {
  return planOptimizer(gptProgram(context.config, { B: 1, T: 1 }), context, 'optimizer');
}
