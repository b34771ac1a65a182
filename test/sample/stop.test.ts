import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stopWhen } from '../../src/sample/stop.ts';

describe('stop', () => {
  test('at a token, whose text is not shown', () => {
    const stop = stopWhen({ tokens: [5, 7] });
    expect(stop.push(1, 'a')).toEqual({ text: 'a' });
    expect(stop.push(7, '<|endoftext|>')).toEqual({ text: '', stop: 'token' });
  });

  test('after so many tokens, with everything shown', () => {
    const stop = stopWhen({ maxTokens: 2, texts: ['\n\n'] });
    expect(stop.push(1, 'a\n')).toEqual({ text: 'a' });
    expect(stop.push(1, 'b\n')).toEqual({ text: '\nb\n', stop: 'length' });
  });

  test('at a text across tokens; nothing of it is shown', () => {
    const stop = stopWhen({ texts: ['\nUser:', '###'] });
    expect(stop.push(1, 'yes\n')).toEqual({ text: 'yes' });
    expect(stop.push(1, 'User')).toEqual({ text: '' });
    expect(stop.push(1, 's\nUse')).toEqual({ text: '\nUsers' });
    expect(stop.push(1, 'r: hello')).toEqual({ text: '', stop: 'text' });
  });

  test('the earliest of several; a token inside a held text', () => {
    expect(stopWhen({ texts: ['c', 'ab'] }).push(1, 'xabc')).toEqual({ text: 'x', stop: 'text' });
    const stop = stopWhen({ texts: ['abc'], tokens: [9] });
    expect(stop.push(1, 'xab')).toEqual({ text: 'x' });
    expect(stop.push(9, '')).toEqual({ text: 'ab', stop: 'token' });
  });

  test('flush gives what was held and the stream’s rest', () => {
    const stop = stopWhen({ texts: ['abc'] });
    stop.push(1, 'xab');
    expect(stop.flush('\ufffd')).toBe('ab\ufffd');
    expect(stop.flush()).toBe('');
    stop.push(1, 'ab');
    expect(stop.flush('cd')).toBe('');
  });

  test('however a text is cut into tokens, the same is shown', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 });
    const property = fc.property(
      fc.array(part, { maxLength: 12 }),
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), { maxLength: 3 }),
      (parts, texts) => {
        const whole = parts.join('');
        const ends = texts.map((text) => whole.indexOf(text)).filter((at) => at >= 0);
        const stop = stopWhen({ texts });
        let shown = '';
        let ended = false;
        for (const text of parts) {
          const step = stop.push(0, text);
          shown += step.text;
          ended = step.stop !== undefined;
          if (ended) break;
        }
        if (!ended) shown += stop.flush();
        // which of two overlapping stop texts is complete first depends on the cut; what is shown ends at one of them
        if (ends.length === 0) expect(shown).toBe(whole);
        else expect(ends.map((at) => whole.slice(0, at))).toContain(shown);
        if (texts.length === 1 && ends.length > 0) expect(shown).toBe(whole.slice(0, ends[0]));
      },
    );
    fc.assert(property, { seed: 20_260_923, numRuns: 2000 });
  });

  test('rules that make no sense', () => {
    expect(() => stopWhen({ maxTokens: 0 })).toThrow('maxTokens is 0');
    expect(() => stopWhen({ texts: [''] })).toThrow('a stop text is empty');
  });
});
