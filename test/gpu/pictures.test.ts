/** What pictures ask of a lane whose engine is a GPU: plan, kernels, device and trace. */
import { expect, test } from 'vitest';
import { Channel } from '../../src/host/channel.ts';
import { HostClient } from '../../src/host/client.ts';
import { Host } from '../../src/host/host.ts';
import type { HostRequests } from '../../src/host/protocol.ts';

test('plan, kernels, device and trace of a lane', async () => {
  const { port1, port2 } = new MessageChannel();
  new Host().serve(port2);
  const client = new HostClient({ thread: 'page', why: 'a test' }, new Channel<HostRequests>(port1));
  const lane = await client.open('models/char-mini', { engine: 'gpu', context: 32 });
  const rows = await lane.plan();
  const device = await lane.device();
  expect(device.features.includes('subgroups')).toBe(lane.engine.facts.subgroups);
  expect(device.variants.reduce((sum, { steps }) => sum + steps, 0)).toBe(rows.length);
  for (const op of new Set(rows.map((row) => row.op))) {
    const { index } = rows.find((row) => row.op === op)!;
    const { language, file, specialised, variant } = await lane.kernel(index);
    expect([language, variant]).toEqual(['wgsl', rows[index].variant]);
    expect(file).toContain('@compute');
    expect(specialised).toContain('@compute');
  }
  const prompt = { text: 'And the king' };
  const trace = await lane.trace(prompt);
  expect(trace.rows.map((row) => row.label)).toEqual(rows.map((row) => row.label));
  for (const { time, ofRoof } of trace.rows) {
    expect(time.median).toBeGreaterThan(0);
    expect(ofRoof).toBeGreaterThanOrEqual(0);
  }
  const [next, taps] = await Promise.all([
    lane.generate(prompt, { maxTokens: 1, candidates: 3 }).next(),
    lane.taps(prompt, ['logits', 'h.1.out']),
  ]);
  expect(next.done).toBe(false);
  expect(taps['h.1.out'].shape).toEqual([lane.model.width]);
  lane.close();
  client.close();
  port1.close();
  port2.close();
});
