import type { EngineTexts } from './engine_texts.ts';

const missing: EngineTexts['missing'] = {
  webgpu: '这个浏览器没有 WebGPU，或页面不是通过 HTTPS 打开的',
  adapter: '浏览器有 WebGPU，但没有找到可用的 GPU',
  'adapter-refused': '浏览器不让使用 GPU',
  'device-refused': 'GPU 没有给出设备',
  failed: 'GPU 没能准备好',
};

const texts: EngineTexts = {
  native: false,
  reasons: {
    'cpu-chosen': () => 'CPU，按你的选择。',
    'handed-in': () => '引擎由这个页面指定。',
    'gpu-chosen': ({ name, software }) =>
      software ? `${name}，按你的选择：这是用 CPU 模拟的 GPU。` : `${name}，按你的选择。`,
    gpu: ({ name }) => `${name}，本机的 GPU。`,
    'only-software': ({ name }) => `CPU：这里的 GPU 只有软件适配器（${name}），不如 WebAssembly 快。`,
    'no-gpu': ({ missing: what }) => `CPU：${missing[what]}。`,
    'one-thread': () => 'CPU，单线程：页面不允许启动更多线程。',
    memory: () => 'CPU：GPU 的内存放不下这个模型。',
    lost: ({ times }) => `CPU：GPU 连续中断了 ${times} 次。`,
    'lost-opening': ({ times }) => `CPU：打开模型时 GPU 中断了 ${times} 次。`,
    'lost-no-gpu': ({ missing: what }) => `CPU：GPU 中断了，而且${missing[what]}。`,
    wrong: ({ what }) => `CPU：${what === 'golden tokens' ? '标准词元' : what} 在这个 GPU 上算得不对。`,
  },
  places: {
    asked: () => '在页面自己的线程上：页面要求这样。',
    'no-workers': () => '在页面自己的线程上：这里没有 Web Worker。',
    'trusted-types': ({ directive }) =>
      `在页面自己的线程上：页面的 Content-Security-Policy（${directive}）不允许 Web Worker。请把 nextoken 加入 trusted-types。`,
    policy: ({ directive, source }) =>
      `在页面自己的线程上：页面的 Content-Security-Policy（${directive}）不允许 Web Worker。请加上 worker-src ${source}。`,
    failed: () => '在页面自己的线程上：Web Worker 没能启动。',
  },
  missing,
  noGpu: (what) => `没有可用的 GPU：${what}。可以改用 CPU。`,
  chosen: {
    rule: '按规则，最适合这样的大小',
    tuner: '在这台设备上测得最快',
    check: '另一个在这里算得不对',
  },
  checks: {
    case: () => '',
    wrong: () => '',
    elsewhere: () => '是另一个引擎的核函数',
    'no-case': () => '没有可以对照的算例',
    golden: (tokens) => `${tokens} 个词元`,
  },
  goldenTokens: '标准词元',
  errors: {
    AbortError: '已取消。',
    CheckpointError: '之前学到的内容接不上了，请重新开始训练。',
    ClosedError: '它已经关闭，请重新打开模型。',
    CpuPlanError: 'CPU 引擎运行不了这个模型，请换一个。',
    DeviceLostError: 'GPU 中断了，请再试一次。',
    DownloadError: '文件没能下载，请再试一次。',
    FileFormatError: '这些文件不能组成一个模型，请换别的文件。',
    GpuError: 'GPU 拒绝了一条命令，请再试一次，或改用 CPU。',
    GpuUnavailableError: '这里没有可用的 GPU，用 CPU 也可以。',
    HostError: '这个页面里已经没有可以计算的引擎，请重新加载页面。',
    NeedsModelError: '这一步需要模型，请先加载。',
    NotAllowedError: '浏览器不允许这样做。',
    NotFiniteError: '模型算不出有效的数：权重已损坏，请换一个文件。',
    OutOfMemoryError: '内存不够，请换一个小一点的模型，或关掉别的页面。',
    RangeError: '有一个数超出了范围。',
    RecordError: '这不是测量记录，请换一个文件。',
    RunFileError: '这不是运行记录，请换一个文件。',
    SettingsError: '有一项设置超出了范围。',
    ShaderError: '核函数没有通过编译。',
    TimeoutError: '等得太久了，请再试一次。',
    TokenizerError: '读不懂这个分词器，请换一个文件。',
    TrainingError: '没有可以学习的内容，请给更多文字。',
    TypeError: '程序出了错，或网络没有回应，请再试一次。',
    UnknownOpError: '没有这样的核函数。',
    WeightsError: '权重和模型对不上，请换一个文件。',
  },
  download: {
    http: '服务器没有给出文件，请检查地址。',
    network: '连接断了，请检查网络后再试一次。',
    length: '文件没有下载完整，请再试一次。',
    hash: '文件和发布的不一致，请再试一次。',
    storage: '浏览器没有空间保存文件，请腾出空间后再试一次。',
  },
  unknown: '没有成功。',
};

export default texts;
