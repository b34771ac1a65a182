/** What an element's page says beside its documentation: Chinese, the example that it begins with, and what its states can be. */

/** How the live example stands. `written`: as its text says. */
export type Pose = 'written' | 'empty' | 'loading' | 'running' | 'failed' | 'no-webgpu' | 'lost';

export const POSES: readonly Pose[] = ['written', 'empty', 'loading', 'running', 'failed', 'no-webgpu', 'lost'];

export interface About {
  /** One sentence. */
  readonly zh: string;
  /** HTML that shows something. Default: the element on a recorded run. */
  readonly snippet?: string;
  /** Default: all. */
  readonly poses?: readonly Pose[];
}

/** A recorded run, from a folder below elements/. In Chinese another one is shown. */
export const RECORDED = '../../recorded/austen.json';
export const RECORDED_CHINESE = '../../recorded/tang.json';

const around = (inner: string, view = 'none') =>
  `<next-token model="char-mini" view="${view}">\n  ${inner}\n</next-token>`;

export const ABOUT: Readonly<Record<string, About>> = {
  'next-token': {
    zh: '一行字和它的候选：一段文本，以及网页里的小 GPT 接下来会写什么。蓝色是你写的或选的，黑色是模型算的，红色是抽中的。',
    snippet: '<next-token model="char-mini" prompt="And the LORD said "></next-token>',
  },
  'nt-token-strip': {
    zh: '把文本排成一块块活字，每个词元一块；块下的横条是模型的惊讶度。',
  },
  'nt-candidate-bars': {
    zh: '下一个词元是在全部词元里做选择：概率最大的几个画成条形，轮廓是采样设置改变后的概率，指针 u 指出抽中了谁。',
  },
  'nt-token-tree': {
    zh: '走过的路和没走的路：每个位置上抽中的词元，以及当时还可以选的几个。',
  },
  'nt-attention-map': {
    zh: '每个注意力头在看哪里：所有头画成小三角，选中的一个逐词元展开，还有连到文本上的弧线和一行注意力的完整算式。',
  },
  'nt-layer-lens': {
    zh: '每一层的猜测：逐层往下，看这一层会选哪个词元、有多大把握，以及答案从哪一层起不再改变。',
  },
  'nt-embedding-map': {
    zh: '词元、位置或单词的向量投影到平面上：离得近的，模型也当作相近。',
    snippet: around('<nt-embedding-map of="tokens"></nt-embedding-map>'),
    poses: ['written', 'empty', 'failed'],
  },
  'nt-model-graph': {
    zh: '算出一个词元要经过的一切：主干自上而下，每一层从主干分出再加回来，每个核函数一个方框，打开可以看算式、数值、源代码和在本机用的时间。',
    snippet: around('<nt-model-graph></nt-model-graph>'),
    poses: ['written', 'empty', 'failed'],
  },
  'nt-device-status': {
    zh: '模型在什么上面运行、为什么选它、检查过什么、占了多少内存。',
    snippet: around('<nt-device-status detail></nt-device-status>'),
  },
  'nt-loss-chart': {
    zh: '模型怎样学习：损失随步数下降的曲线，旁边是只会计数的 n-gram 作比较。',
    snippet: '<nt-loss-chart unit="bits"></nt-loss-chart>',
    poses: ['written', 'empty', 'running'],
  },
  'nt-train-panel': {
    zh: '用你自己的文本，在网页里训练一个小模型：选文本、开始、看曲线，再看它写的样本。',
    snippet: '<nt-train-panel size="tiny"></nt-train-panel>',
    poses: ['written'],
  },
  'nt-model-picker': {
    zh: '选择模型：随包提供的、已缓存的、本机文件、网址或 Hugging Face 上的，并写明大小。',
    snippet: '<nt-model-picker></nt-model-picker>',
    poses: ['written'],
  },
};

/** The example of an element. */
export const snippetOf = (tag: string): string => ABOUT[tag]?.snippet ?? `<${tag} src="${RECORDED}"></${tag}>`;

/** The file that defines it, by name: `token-strip`. */
export const nameOf = (tag: string): string => tag.replace(/^nt-/, '');
