/** Whole models beside those of the peers: the same weights, and the same tokens or losses before anything is timed. */
import { type Bench, type Contender, measure } from '../../src/bench/index.ts';
import { shuffled } from '../../src/bench/stats.ts';
import { presets } from '../../src/model/config.ts';
import type { Engine } from '../../src/plan/types.ts';
import { randomStream } from '../../src/sample/random.ts';
import { initialWeights } from '../../src/train/trainer.ts';
import { greedy, livelyWeights, openDecode, openTraining, openSession } from '../suites/models.ts';
import type { Decoder, Learner, Lesson, PagePeer } from '../suites/peer.ts';
import { type Effort, type Report, why } from './page_report.ts';

/** The prompt of `greedy` in bench/suites/models.ts. */
const prompt = (vocab: number) => Array.from({ length: 16 }, (_, i) => (i * 7 + 3) % vocab);

const placeOf = ({ facts }: Engine) => (facts.engine === 'gpu' ? 'page, WebGPU' : 'page, CPU engine');

/** Interleaved samples of one repetition, for work of seconds that is warm already: `measure` would warm it twice more. */
async function rounds(candidates: readonly Contender[], { samples, budget }: Effort): Promise<number[][]> {
  const taken: number[][] = candidates.map(() => []);
  const began = performance.now();
  for (let round = 0; round < samples; round++) {
    for (const i of shuffled(candidates.length, round)) taken[i].push(await candidates[i].run(1));
    if (round >= 2 && (performance.now() - began) / 1000 > budget) break;
  }
  return taken;
}

/** A peer's decoder, if it gives the same tokens as ours. */
async function openChecked(
  peer: PagePeer,
  open: () => Promise<Decoder>,
  vocab: number,
  expected: readonly number[],
  what: string,
  report: Report,
): Promise<Decoder | undefined> {
  report.log(`${what}: checking ${peer.title}`);
  try {
    const decoder = await open();
    const said = await decoder.greedy(prompt(vocab), expected.length);
    if ([...said].join() === expected.join()) return decoder;
    decoder.close?.();
    throw new Error(`it says ${said.join(' ')}, we say ${expected.join(' ')}`);
  } catch (error) {
    report.note(`${peer.title}, ${what}: ${why(error)}`);
    return undefined;
  }
}

/** The mini GPT: time until it is ready and the longest frame meanwhile, prefill of 64 tokens, decoding. */
export async function miniBars(
  { engine }: Bench,
  peers: readonly PagePeer[],
  how: Effort,
  report: Report,
): Promise<void> {
  const place = placeOf(engine);
  const config = presets.mini;
  const weights = livelyWeights(config);
  const frames = watchFrames();
  const from = performance.now();
  const session = openSession(engine, config, weights);
  await session.warm({ candidates: 0, taps: [] });
  await engine.idle();
  const ready = (performance.now() - from) / 1000;
  const longest = await frames();
  const atMost = (bar: string, most: number, measured: number, unit: string) =>
    report.bar({ bar: `${place}: ${bar}`, wanted: `≤ ${most}`, measured, unit, pass: measured <= most, note: '' });
  atMost('mini GPT ready to run after its weights', 0.5, ready, 's');
  if (engine.facts.engine === 'gpu') atMost('longest frame meanwhile', 50, longest, 'ms');
  const ours = await openDecode(session);
  const expected = await greedy(session, 24);
  const rivals: { title: string; decoder: Decoder }[] = [];
  for (const peer of peers) {
    const open = () => peer.decoder(config, weights);
    const decoder = await openChecked(peer, open, config.vocab, expected, 'decoding of the mini GPT', report);
    if (decoder) rivals.push({ title: peer.title, decoder });
  }
  const parts = [
    ['decode', 'candidate', { name: 'decode', run: ours.token, lot: 8 }, 1],
    ['prefill of 64 tokens', 'prefill', { name: 'prefill', run: ours.prefill }, 64],
  ] as const;
  for (const [what, part, candidate, tokens] of parts) {
    report.log(`${what} of the mini GPT: measuring`);
    const [own, ...others] = await measure([candidate, ...rivals.map(({ decoder }) => decoder[part])], how);
    report.rate('mini', `${what} (${place})`, tokens, own.samples);
    for (const [i, { samples }] of others.entries())
      report.over(`${place}, ${what} of the mini GPT`, rivals[i].title, own.samples, samples);
  }
  for (const { decoder } of rivals) decoder.close?.();
  session.close();
}

/** GPT-2 with 124 M random parameters: one peer after the other, because each holds 500 MB of its own. */
export async function gpt2Bars(
  { engine }: Bench,
  peers: readonly PagePeer[],
  how: Effort,
  report: Report,
): Promise<void> {
  const what = 'decode of gpt2-small';
  const place = placeOf(engine);
  const config = presets['gpt2-small'];
  report.log(`${what}: making weights`);
  const weights = livelyWeights(config);
  const session = openSession(engine, config, weights);
  const ours = await openDecode(session);
  const expected = await greedy(session, 4);
  const run: Contender = { name: 'decode', run: ours.token };
  for (const peer of peers) {
    const open = () => peer.decoder(config, weights, 16);
    const decoder = await openChecked(peer, open, config.vocab, expected, what, report);
    if (!decoder) continue;
    report.log(`${what}: measuring ${peer.title}`);
    await ours.token(1);
    const [own, other] = await rounds([run, decoder.candidate], how);
    // ours has read 64 tokens, theirs 16: that is to their advantage
    report.over(`${place}, ${what}`, peer.title, own, other, `weights in ${session.weights.storage}`);
    report.rate('gpt2-small', `decode (${place}, beside ${peer.title})`, 1, own);
    decoder.close?.();
  }
  session.close();
}

/** Steps after which losses are compared; they also serve as warm-up. */
const LEARNT = 3;

/** A training step of the mini GPT, batch 8 × 64: forward, backward, clipping, AdamW. */
export async function trainingBars(
  bench: Bench,
  peers: readonly PagePeer[],
  how: Effort,
  report: Report,
): Promise<void> {
  const what = 'training step of the mini GPT, batch 8 × 64';
  const place = placeOf(bench.engine);
  const config = presets.mini;
  const lesson = sameLesson(config.vocab, 8, 64);
  report.log(`${what}: our first steps`);
  const ours = await openTraining(bench, config, lesson.B, lesson.T);
  await ours.seconds(LEARNT);
  const rivals: { title: string; learner: Learner }[] = [];
  for (const peer of peers) {
    if (!peer.learner) {
      report.note(`${peer.title}, ${what}: it has no training`);
      continue;
    }
    report.log(`${what}: checking ${peer.title}`);
    try {
      const learner = await peer.learner(config, initialWeights(config, 1), lesson);
      await learner.candidate.run(LEARNT);
      for (const [i, loss] of learner.losses.entries())
        if (!(Math.abs(loss - ours.losses[i]) <= 1e-3))
          throw new Error(`its losses are ${learner.losses.join(', ')}, ours ${ours.losses.join(', ')}`);
      rivals.push({ title: peer.title, learner });
    } catch (error) {
      report.note(`${peer.title}, ${what}: ${why(error)}`);
    }
  }
  report.log(`${what}: measuring`);
  const candidates = [{ name: 'training', run: ours.seconds }, ...rivals.map(({ learner }) => learner.candidate)];
  const [own, ...others] = await rounds(candidates, how);
  report.rate('mini', `training, batch 8 × 64 (${place})`, ours.tokens, own);
  for (const [i, other] of others.entries()) {
    const agreed = `losses ${ours.losses[0].toFixed(4)} → ${ours.losses[LEARNT - 1].toFixed(4)} agree`;
    report.over(`${place}, ${what}`, rivals[i].title, own, other, agreed);
    rivals[i].learner.close?.();
  }
  ours.close();
}

/** What `openTraining` learns; if it learned something else, the losses would differ. */
function sameLesson(vocab: number, B: number, T: number): Lesson {
  const random = randomStream(5, 0);
  const text = Uint32Array.from({ length: B * T + 1 }, () => Math.floor(random() * vocab));
  const hyper = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, decay: 0.1, maxNorm: 1 };
  return { B, T, tokens: text.subarray(0, B * T), targets: text.subarray(1), hyper };
}

/** Longest gap between two animation frames, in ms, until the returned function is called. */
function watchFrames(): () => Promise<number> {
  let longest = 0;
  let last = performance.now();
  let on = true;
  const frame = (now: number) => {
    longest = Math.max(longest, now - last);
    last = now;
    if (on) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return () =>
    new Promise((resolve) =>
      requestAnimationFrame(() => {
        on = false;
        resolve(longest);
      }),
    );
}
