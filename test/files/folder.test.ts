/** Folders as people have them: the weights among bystanders, tokenizers as files, ends of text wherever they are named. */
import { describe, expect, test } from 'vitest';
import { folderOf } from '../../src/files/chosen.ts';
import { openWeights } from '../../src/files/folder.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { FileFormatError } from '../../src/files/types.ts';
import { loadModel } from '../../src/session/load.ts';
import { dataBytes, dataPath } from '../data.ts';
import { filesOf, GPT2, randomTensors, type Tensors } from '../model/hub_files.ts';
import { made } from './made.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const zip = bytes('PK\x03\x04archive/data.pkl and so on');
const gguf = bytes('GGUF\x03\0\0\0 and so on');
const tensors = randomTensors(GPT2);
const weights = writeSafetensors(tensors);

const load = (files: readonly File[]) => loadModel({ kind: 'files', files });
const withFiles = (more: Record<string, unknown>, json: unknown = GPT2, from: Tensors = tensors) => load(filesOf(json, from, more)); // prettier-ignore

describe('the weights of a folder', () => {
  test.each<[string, Record<string, unknown>]>([
    ['PyTorch’s copy', { 'pytorch_model.bin': zip }],
    ['leavings of a training', { 'training_args.bin': zip, 'optimizer.pt': zip, 'scheduler.pt': zip, 'rng_state.pth': zip, 'trainer_state.json': {} }],
    ['an adapter', { 'adapter_model.safetensors': writeSafetensors(new Map()), 'adapter_config.json': {} }],
    ['copies of other programs', { 'model.gguf': gguf, 'tf_model.h5': bytes('\x89HDF\r\n\x1a\n…'), 'flax_model.msgpack': zip, 'model.onnx': zip }],
    ['another version', { 'fp16.safetensors': writeSafetensors(new Map()), 'README.md': '# model' }],
    ['llama2.c’s tokenizer', { 'tokenizer.bin': zip }],
  ])('are taken beside %s', async (_, more) => {
    expect((await withFiles(more)).weights.size).toBe(28);
  }); // prettier-ignore

  test('under another name, if there is one alone', async () => {
    const [model, ...others] = filesOf(GPT2, tensors, { 'pytorch_model.bin': zip });
    const renamed = (name: string) => new File([model], name);
    expect((await load([renamed('my-gpt.safetensors'), ...others])).config.layers).toBe(2);
    const two = load([renamed('a.safetensors'), renamed('b.safetensors'), ...others]);
    await expect(two).rejects.toThrow(
      'one file of weights was expected; a.safetensors, b.safetensors are 2: leave one',
    );
  });

  const folder = (files: Record<string, Uint8Array<ArrayBuffer> | string>) => openWeights(new Map(Object.entries(files).map(([name, content]) => [name, new Blob([content])]))); // prettier-ignore

  test.each<[string, Record<string, Uint8Array<ArrayBuffer> | string>, string]>([
    ['a GGUF file', { 'config.json': '{}', 'model-q4.gguf': gguf }, 'model-q4.gguf: this is a GGUF file; get the safetensors of the same model'],
    ['a PyTorch file', { 'ckpt.pt': zip }, 'ckpt.pt: this is a PyTorch (zip) file, which can run code; convert it to safetensors'],
    ['PyTorch’s file of the hub', { 'pytorch_model.bin': zip, 'training_args.bin': zip }, 'pytorch_model.bin: this is a PyTorch (zip) file'],
    ['a pickle of today', { 'ckpt.pkl': bytes('\x80\x04\x95 and so on') }, 'ckpt.pkl: this is a Python pickle'],
    ['Keras', { 'tf_model.h5': bytes('\x89HDF\r\n\x1a\n and so on') }, 'this is an HDF5 file (TensorFlow)'],
    ['an old GGML', { 'model.bin': bytes('tjgg and so on and on') }, 'this is a GGML file'],
    ['something packed', { 'model.bin.gz': bytes('\x1f\x8b\x08 and so on') }, 'this is compressed (gzip); unpack it'],
    ['NumPy', { 'weights.npy': bytes('\x93NUMPY\x01 and so on') }, 'this is a NumPy array'],
    ['Flax', { 'flax_model.msgpack': bytes('\x82 params and so on') }, 'flax_model.msgpack: this is not a format that is read here: model.safetensors'],
    ['an adapter alone', { 'adapter_model.safetensors': weights }, 'an adapter alone is not a model; merge it into its base model'],
    ['parts without an index', { 'model-00001-of-00002.safetensors': weights }, '1 parts of a model are there, and not model.safetensors.index.json'],
    ['a part that is missing', { 'model.safetensors.index.json': '{"weight_map": {"a": "x-1.safetensors"}}' }, 'it names x-1.safetensors, which is not among'],
    ['a broken index', { 'model.safetensors.index.json': '{"weight_map"' }, 'model.safetensors.index.json: it is not JSON, or cut short'],
    ['two of llama2.c', { 'a.bin': 'x', 'b.bin': 'y' }, "a.bin, b.bin could each be llama2.c's weights"],
    ['texts', { 'README.md': 'x' }, 'README.md: no weights are there: model.safetensors'],
    ['nothing', {}, 'no file: no weights are there'],
  ])('%s', async (_, files, message) => {
    await expect(folder(files)).rejects.toThrow(FileFormatError);
    await expect(folder(files)).rejects.toThrow(message);
  }); // prettier-ignore

  test('of two files with one name the outer one counts', () => {
    const file = (path: string): File => Object.defineProperty(new File([path], path.split('/').at(-1)!), 'webkitRelativePath', { value: path }); // prettier-ignore
    const found = folderOf([file('m/onnx/model.safetensors'), file('m/model.safetensors'), file('m/config.json')]);
    expect(found.get('model.safetensors')).toMatchObject({ webkitRelativePath: 'm/model.safetensors' });
    expect(() => folderOf([file('m/a/x.json'), file('m/b/x.json')])).toThrow('x.json: two files have this name');
  });

  test('elements that nobody wants may be of any type, wanted ones may not', async () => {
    const extra = { a: { dtype: 'F8_E8M0', shape: [2], data_offsets: [0, 2] }, b: { dtype: 'F4_NEW', shape: [3], data_offsets: [2, 4] }, c: { dtype: 'I64', shape: [], data_offsets: [4, 12] } }; // prettier-ignore
    const file = await openWeights(new Map([['model.safetensors', new Blob([made(extra, 12)])]]));
    expect([...file.tensors.keys()]).toEqual(['a', 'b', 'c']);
    await expect(file.f32('a')).rejects.toThrow(
      'its elements are F8_E8M0, and only F32, F16 and BF16 are read as numbers',
    );
    const odd = made({ a: { dtype: 'I64', shape: [2], data_offsets: [0, 12] } }, 12);
    await expect(openWeights(new Map([['model.safetensors', new Blob([odd])]]))).rejects.toThrow(
      '12 bytes for I64 of shape [2]',
    );
  });
});

describe('tokenizers of a folder', () => {
  const added = { 'tokenizer.json': { kind: 'bpe', merges: ['a b'], added: { '<|endoftext|>': 257 }, special: {} } };

  test('a little larger than the model: only its last tokens are an error', async () => {
    const { tokenizer, config, notes } = await withFiles(added);
    expect([tokenizer.size, config.vocab]).toEqual([258, 257]);
    expect(notes).toEqual(['The tokenizer has 258 tokens, the model 257: those from 257 on cannot be used.']);
    expect(tokenizer.special.ends).toBeUndefined();
    const other = { 'tokenizer.json': { kind: 'bpe', merges: [], added: { x: 400 }, special: {} } };
    await expect(withFiles(other)).rejects.toThrow('tokenizer: it has 401 tokens, the model predicts 257: they do not belong together'); // prettier-ignore
  });

  test('smaller than the model: the other rows have a name and no text', async () => {
    const json = { ...GPT2, vocab_size: 272 };
    const { tokenizer, notes } = await withFiles({}, json, randomTensors(json));
    expect(tokenizer.label(264)).toBe('<unused 264>');
    expect(tokenizer.decoder().push(264)).toBe('');
    expect(notes).toEqual(['The model has 272 tokens, the tokenizer 257: those from 257 on have no text.']);
  });

  const words = {
    added_tokens: ['<stop>', '<end>'].map((content, i) => ({ id: 2 + i, content, special: true })),
    pre_tokenizer: { type: 'Whitespace' },
    model: { type: 'WordPiece', unk_token: 'a', vocab: { a: 0, b: 1, '<stop>': 2, '<end>': 3 } },
  };
  test.each<[string, Record<string, unknown>, number[]]>([
    ['tokenizer_config.json', { 'tokenizer_config.json': { eos_token: '<end>' } }, [3]],
    ['tokenizer_config.json, as an object', { 'tokenizer_config.json': { eos_token: { content: '<end>', lstrip: false } } }, [3]],
    ['special_tokens_map.json', { 'special_tokens_map.json': { eos_token: '<stop>' } }, [2]],
    ['generation_config.json', { 'generation_config.json': { eos_token_id: 3 } }, [3]],
    ['generation_config.json, several', { 'generation_config.json': { eos_token_id: [3, 2] } }, [3, 2]],
    ['config.json', { 'config.json': { ...GPT2, eos_token_id: 2 } }, [2]],
    ['several files', { 'config.json': { ...GPT2, eos_token_id: 2 }, 'tokenizer_config.json': { eos_token: '<end>' } }, [3, 2]],
  ])('the end of a text named in %s', async (_, more, ends) => {
    const { tokenizer } = await withFiles({ 'tokenizer.json': words, ...more });
    expect(tokenizer.special).toMatchObject({ eos: ends[0], ends });
  }); // prettier-ignore

  test.skipIf(!dataPath('weights/tiny-gpt2-hub-layout'))('GPT-2’s own files, as text', async () => {
    const names = [
      'config.json',
      'vocab.json',
      'merges.txt',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer_config.json',
    ];
    const { tokenizer, config } = await load(names.map((name) => new File([dataBytes(`weights/tiny-gpt2-hub-layout/${name}`)], name))); // prettier-ignore
    expect(tokenizer.kind).toBe('bpe');
    expect(tokenizer.decode(tokenizer.encode('ello world'))).toBe('ello world');
    expect(config.width).toBe(2);
    expect(tokenizer.special.ends).toHaveLength(1);
  });

  test('broken files name themselves', async () => {
    for (const [more, message] of [
      [{ 'config.json': '{"model_type": "gpt2", ' }, 'config.json: it is not JSON, or cut short: it has 23 characters and starts with'],
      [{ 'config.json': 'null' }, 'config.json: it is null: an object was expected'],
      [{ 'config.json': '<html>' }, 'config.json: this is a web page, not JSON'],
      [{ 'config.json': undefined }, 'config.json is missing'],
      [{ 'tokenizer.json': '{' }, 'the tokenizer is not JSON'],
      [{ 'tokenizer.json': undefined }, 'a tokenizer is missing'],
      [{ 'tokenizer_config.json': '[]' }, 'tokenizer_config.json: it is []'],
      [{ 'generation_config.json': '{' }, 'generation_config.json: it is not JSON'],
    ] as [Record<string, unknown>, string][])
      await expect(withFiles(more)).rejects.toThrow(message);
  }); // prettier-ignore
});
